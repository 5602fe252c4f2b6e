"""The file beside predictions that says how they were made."""

import json
from pathlib import Path


def settings_path(predictions_path: Path) -> Path:
    """Where the settings of a file of predictions lie."""
    return predictions_path.with_suffix(".settings.json")


def read_settings(predictions_path: Path) -> dict:
    """
    Read the settings beside a file of predictions.

    Args:
        predictions_path (`Path`):
            Such as `predictions.jsonl`.

    Returns:
        `dict`: From `predictions.settings.json`.

    Raises:
        FileNotFoundError: If there are none.
        ValueError: If they are damaged.
    """
    path = settings_path(predictions_path)
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file. Without it, it is unknown what {predictions_path.name} is about: keep the two "
            "files together that `python -m trainer.predict` writes."
        )
    try:
        settings = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(
            f"{path}: is no JSON ({error}). Answer the clips again with `python -m trainer.predict`."
        ) from None
    if not isinstance(settings, dict):
        raise ValueError(
            f"{path}: expected an object, got {str(settings)[:80]}. Run `python -m trainer.predict` again."
        )
    return settings
