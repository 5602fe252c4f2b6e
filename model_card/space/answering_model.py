"""The model that a Space answers with: a folder, or a repository on the Hub."""

import json
from pathlib import Path

import yaml
from huggingface_hub import RepoCard, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError
from huggingface_hub.utils import validate_repo_id

from trainer.prediction.calibration import CALIBRATION, SETTINGS
from trainer.prediction.options import DEFAULTS
from trainer.run_record import RECIPE

# What answering needs: no optimizer, no pickled weights, no pictures, nothing in sub-folders.
WEIGHTS = ("*.safetensors", "*.safetensors.index.json")
TEXT_FILES = ("*config.json", "tokenizer.json", "vocab.json", "merges.txt", "*.jinja", "*_tokens.json")
RESULTS, CARD = "train_results.json", "README.md"


def check_name(model: str) -> str:
    """The name of a model on the Hub as it is; a ValueError if it is none."""
    try:
        validate_repo_id(model)
    except HFValidationError:
        raise ValueError(f"{model}: no such folder, and no name of a model on the Hub (owner/name).") from None
    return model


def model_folder(model: str) -> Path:
    """
    The model on this machine.

    Args:
        model (`str`):
            A folder, or `owner/name` on the Hub, which is downloaded to the cache.

    Returns:
        `Path`: The folder.

    Raises:
        ValueError: If there is no such model, or it may not be read with this token or without one.
    """
    if Path(model).is_dir():
        return Path(model)
    patterns = [*WEIGHTS, *TEXT_FILES, RECIPE, CALIBRATION, RESULTS, CARD]
    try:
        return Path(snapshot_download(check_name(model), allow_patterns=patterns, ignore_patterns=["*/*"]))
    except RepositoryNotFoundError:
        raise ValueError(
            f"{model}: no such model on the Hub, or it is private. A private model needs the secret HF_TOKEN, a token "
            "that may read it (Settings → Variables and secrets of the Space), and a restart."
        ) from None
    except (LocalEntryNotFoundError, HfHubHTTPError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise ValueError(f"{model}: could not be loaded from the Hub ({reason}).") from None


def is_synthetic_model(folder: Path) -> bool:
    """Whether a model says of itself that it was trained on simulated clips, in its results or on its card."""
    results = folder / RESULTS
    if results.is_file() and (said := json.loads(results.read_text()).get("synthetic")) is not None:
        return bool(said)
    card = folder / CARD
    return card.is_file() and "synthetic" in (RepoCard.load(card, ignore_metadata_errors=True).data.get("tags") or ())


def frames_of_recipe(folder: Path) -> int | None:
    """How many frames a model was trained with, where its recipe says so."""
    return _recipe(folder).get("num_frames")


def inference_files(folder: Path) -> dict[str, Path | bytes]:
    """
    What a model's folder holds that answering needs, without what is about one machine.

    Args:
        folder (`Path`):
            A checkpoint that `trainer.sft` has written, or an adapter.

    Returns:
        `dict[str, Path | bytes]`: By name. Of the recipe and of the calibration only the settings that answers hang on
        are kept: the rest names folders of the machine that trained.

    Raises:
        ValueError: If there is no model in the folder, or it is an adapter on a base that lies in a folder.
    """
    patterns = (*WEIGHTS, *TEXT_FILES)
    files: dict[str, Path | bytes] = {path.name: path for pattern in patterns for path in folder.glob(pattern)}
    if not any(name.endswith(".safetensors") for name in files):
        raise ValueError(f"{folder}: no weights (*.safetensors) there. Give the folder of a trained model.")
    if "adapter_config.json" in files:
        base = json.loads(files["adapter_config.json"].read_text()).get("base_model_name_or_path")
        if not isinstance(base, str) or not base:
            raise ValueError(
                f"{files['adapter_config.json']}: no `base_model_name_or_path`, the name of the model that the "
                "adapter belongs to. Write it there, or bring the file back."
            )
        if Path(base).is_dir():
            raise ValueError(f"{folder}: an adapter on {base}, which is no model on the Hub. Push the base first.")
    if recipe := {name: value for name, value in _recipe(folder).items() if name in DEFAULTS}:
        files[RECIPE] = yaml.safe_dump(recipe).encode()
    if (folder / CALIBRATION).is_file():
        content = json.loads((folder / CALIBRATION).read_text())
        made_with = {name: value for name, value in content["predictions"].items() if name in SETTINGS}
        kept = {"labels": content["labels"], "predictions": made_with}
        files[CALIBRATION] = (json.dumps(kept, indent=2) + "\n").encode()
    files[RESULTS] = (json.dumps({"synthetic": is_synthetic_model(folder)}) + "\n").encode()
    return files


def _recipe(folder: Path) -> dict:
    path = folder / RECIPE
    return yaml.safe_load(path.read_text()) if path.is_file() else {}
