"""The model that a Space answers with: a folder, or a repository on the Hub."""

import json
from pathlib import Path

from huggingface_hub import RepoCard, snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError

# What answering needs: no optimizer, no pickled weights, no pictures, nothing in sub-folders.
WEIGHTS = ("*.safetensors", "*.safetensors.index.json")
TEXT_FILES = ("*config.json", "tokenizer.json", "vocab.json", "merges.txt", "*.jinja", "*tokens*.json")
RECIPE, CALIBRATION, RESULTS, CARD = "recipe.yaml", "calibration.json", "train_results.json", "README.md"
SMALL_FILES = (RECIPE, RESULTS, CARD)


def model_folder(model: str, only: tuple[str, ...] = (*WEIGHTS, *TEXT_FILES, *SMALL_FILES, CALIBRATION)) -> Path:
    """
    The model on this machine.

    Args:
        model (`str`):
            A folder, or `owner/name` on the Hub, which is downloaded to the cache.
        only (`tuple[str, ...]`):
            Patterns of the files that are needed.

    Returns:
        `Path`: The folder.

    Raises:
        ValueError: If there is no such model, or it may not be read with this token or without one.
    """
    if Path(model).is_dir():
        return Path(model)
    try:
        return Path(snapshot_download(model, allow_patterns=list(only), ignore_patterns=["*/*"]))
    except HFValidationError:
        raise ValueError(f"{model}: no such folder, and no name of a model on the Hub (owner/name).") from None
    except RepositoryNotFoundError:
        raise ValueError(
            f"{model}: no such model on the Hub, or it is private. A private model needs the secret HF_TOKEN, a token "
            "that may read it (Settings → Variables and secrets of the Space), and a restart."
        ) from None
    except (LocalEntryNotFoundError, HfHubHTTPError) as error:
        raise ValueError(f"{model}: could not be loaded from the Hub ({' '.join(str(error).split())}).") from None


def is_synthetic_model(folder: Path) -> bool:
    """Whether a model says of itself that it was trained on simulated clips, in its results or on its card."""
    results = folder / RESULTS
    if results.is_file() and "synthetic" in (content := json.loads(results.read_text())):
        return bool(content["synthetic"])
    card = folder / CARD
    return card.is_file() and "synthetic" in (RepoCard.load(card, ignore_metadata_errors=True).data.get("tags") or ())
