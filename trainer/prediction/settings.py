"""Every setting that rows of predictions hang on: of the command line, the model's own recipe, or the defaults."""

import argparse
from pathlib import Path

import yaml
from transformers.utils import cached_file

from trainer.prediction.calibration import CALIBRATION
from trainer.prediction.options import DEFAULTS, GENERATION
from trainer.prediction.output import checksum
from trainer.run_record import RECIPE
from trainer.splits import is_synthetic_data

# What answers hang on; a user may keep predictions and scores in the model's folder.
MODEL_FILES = ("*.safetensors", "*.bin", "*config.json", "tokenizer.json", "vocab.json", "merges.txt", "*.jinja")


def settings_of(options: argparse.Namespace) -> dict:
    """
    Every setting that rows hang on, from the command line, the model's recipe or the defaults, in this order.

    Args:
        options (`argparse.Namespace`): Checked.

    Returns:
        `dict`: Plain values; with them the same command can be given again.

    Raises:
        ValueError: If the recipe cannot be read, or the run is a baseline's, or --overlap does nothing or is as long
            as a window.
    """
    recipe = _recipe_of(options.model)
    if "system" in recipe:  # of `trainer.baselines`, which imports this module
        raise ValueError(
            f"{options.model}: is a run of {recipe['system']}, no language model. Answer the clips with "
            "`python -m trainer.baselines.predict`."
        )
    shown = {
        name: next(value for value in (getattr(options, name), recipe.get(name), default) if value is not None)
        for name, default in DEFAULTS.items()
    }
    if shown["clip_reduction"] != "windows":
        if options.overlap is not None:
            raise ValueError("--overlap does nothing without --clip_reduction windows. Leave it out.")
        shown["overlap"] = 0
    if shown["overlap"] >= shown["num_frames"]:
        raise ValueError(
            f"--overlap: fewer frames than a window has are needed ({shown['num_frames']}), got {shown['overlap']}."
        )
    generation = {name: default if getattr(options, name) is None else getattr(options, name)
                  for name, default in GENERATION.items()} if options.decode != "score" else {}  # fmt: skip
    if options.decode == "constrained":
        del generation["max_new_tokens"]
    if not options.do_sample:
        generation = {name: value for name, value in generation.items() if name not in ("temperature", "top_p")}
    has_seed = options.do_sample or options.control in ("shuffled", "paraphrased")
    calibration = None
    if options.decode == "score" and not options.no_calibration:
        calibration = options.calibration or beside_model(options.model, CALIBRATION)
    return {
        "model": options.model,
        "model_state": state_of(options.model),
        "data": options.data,
        "split": (options.split or "test") if options.data else None,
        "videos": options.videos,
        "repetitions": (options.repetitions or "auto") if options.videos else None,
        "limit": options.limit,
        "decode": options.decode,
        **shown,
        "control": options.control,
        **generation,
        "seed": (options.seed or 0) if has_seed else None,
        "calibration": calibration and str(calibration),
        "calibration_state": calibration and content_of(calibration),
        "batch_size": options.batch_size,
        "synthetic_model": _is_synthetic_model(recipe),
    }


def beside_model(model: str, name: str) -> Path | None:
    """
    A small file that a training or a calibration has left beside a model's weights.

    Args:
        model (`str`): A folder, or `owner/name` on the Hub, from which the file is downloaded to the cache.
        name (`str`): Of the file.

    Returns:
        `Path`, *optional*: `None` where there is none, or the Hub cannot say; loading the model says why.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder / name if (folder / name).is_file() else None
    try:
        path = cached_file(model, name, _raise_exceptions_for_missing_entries=False)
    except OSError:
        return None
    return Path(path) if path else None


def _recipe_of(model: str) -> dict:
    """What the run that made a model was told; empty of a model that was not trained here."""
    path = beside_model(model, RECIPE)
    if path is None:
        return {}
    try:
        recipe = yaml.safe_load(path.read_text())
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: cannot be read ({' '.join(str(error).split())}). Mend it or remove it.") from None
    if not isinstance(recipe, dict):
        raise ValueError(f"{path}: no recipe, which is a list of settings with names. Mend it or remove it.")
    return recipe


def _is_synthetic_model(recipe: dict) -> bool | None:
    """Whether the model was trained on simulated clips; `None` where that cannot be known."""
    return is_synthetic_data(recipe["dataset_name"]) if recipe.get("dataset_name") else None


def state_of(model: str) -> str | None:
    """Checksum of sizes and times of a local model's files; `None` where there are none."""
    folder = Path(model).expanduser()
    files = {path for pattern in MODEL_FILES for path in folder.glob(pattern)} if folder.is_dir() else set()
    stats = [(path.name, path.stat().st_size, path.stat().st_mtime_ns) for path in sorted(files)]
    return checksum(stats) if stats else None


def content_of(path: Path) -> str | None:
    """Checksum of a text file; `None` where there is none."""
    return checksum(path.read_text(errors="replace")) if path.is_file() else None
