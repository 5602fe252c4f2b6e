"""Values of a run's files that a card is made from, each with its type: a damaged file is named before it is used."""

import math
from pathlib import Path

from fitness_aqa_dataset.clip_reduction import REDUCTIONS
from model_card.answer_files import command_of
from model_card.training_files import SFT
from trainer.prediction.options import DECODES
from trainer.prediction.settings_file import settings_path

TEXT, NUMBER, WHOLE, YES_NO = "a text", "a number", "a whole number", "true, false or null"
VERSIONS = "names with texts or null"
# By file: what a value has to be, where it is there.
TRAINING_VALUES = {
    "recipe.yaml": {"model_name_or_path": TEXT},
    "processor_config.json": {"processor_class": TEXT},
    "environment.json": {"packages": VERSIONS, "python": TEXT, "rows_a_step": WHOLE, "device": TEXT, "platform": TEXT},
    "train_results.json": {"train_runtime": NUMBER, "num_rows": WHOLE, "num_epochs": WHOLE, "started_from": TEXT},
    "trainer_state.json": {"epoch": NUMBER, "global_step": WHOLE},
}
LOGGED_VALUES = {"step": WHOLE, "loss": NUMBER, "mean_token_accuracy": NUMBER}
SETTINGS_VALUES = {
    "model": TEXT,
    "data": TEXT,
    "split": TEXT,
    "decode": DECODES,
    "clip_reduction": REDUCTIONS,
    "num_frames": WHOLE,
    "limit": WHOLE,
    "synthetic": YES_NO,
    "synthetic_model": YES_NO,
    "calibration": TEXT,
}
# Of `trainer.baselines.predict`.
BASELINE_VALUES = {"decode": ("baseline",), "is_told_exercise": YES_NO, "intervals": YES_NO}


def check_training_values(model_dir: Path, contents: dict[str, dict], command: str = SFT) -> None:
    """
    Check what the training wrote.

    Args:
        model_dir (`Path`):
            Folder of the files.
        contents (`dict[str, dict]`):
            By the file's name, `trainer_state.json` among them.
        command (`str`, *optional*, defaults to that of `trainer.sft`):
            That trains again.

    Raises:
        ValueError: If a value has another type; names the file, the key and what was expected.
    """
    mend = f"Bring the file back, or train again with `{command}`."
    for name, content in contents.items():
        _check(model_dir / name, content, TRAINING_VALUES.get(name, {}), mend)
    state = model_dir / "trainer_state.json"
    for entry in contents[state.name]["log_history"]:
        _check(state, entry, LOGGED_VALUES, mend, "log_history.")
        if "loss" in entry and "step" not in entry:
            raise ValueError(f"{state}: an entry of `log_history` has a loss and no `step`. {mend}")


def check_base(model_dir: Path, config: dict, recipe: dict) -> None:
    """Raise ValueError unless the files say what a model was made from."""
    key, name = "base_model_name_or_path", "adapter_config.json"
    if key not in config:
        key, name, config = "model_name_or_path", "recipe.yaml", recipe
    if not isinstance(config.get(key), str) or not config[key]:
        raise ValueError(
            f"{model_dir / name}: `{key}` must be a text, what the model was made from, got {_shown(config.get(key))}."
            " Write it there, or bring the file back."
        )


def check_settings_values(predictions: Path, settings: dict) -> None:
    """
    Check the settings beside a file of predictions.

    Args:
        predictions (`Path`):
            The file.
        settings (`dict`):
            Those beside it.

    Raises:
        ValueError: As [`check_training_values`] does.
    """
    mend = f"Bring the file back, or answer the clips again with `{command_of(settings)} --overwrite`."
    values = SETTINGS_VALUES | (BASELINE_VALUES if "system" in settings else {})
    _check(settings_path(predictions), settings, values, mend)


def _check(path: Path, content: dict, types: dict, mend: str, prefix: str = "") -> None:
    for key, expected in types.items():
        value = content.get(key)
        if value is not None and not _is(value, expected):
            said = expected if isinstance(expected, str) else f"one of {', '.join(expected)}"
            raise ValueError(f"{path}: `{prefix}{key}` must be {said}, got {_shown(value)}. {mend}")


def _is(value, expected: str | tuple[str, ...]) -> bool:
    if isinstance(expected, tuple):
        return value in expected
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    versions = isinstance(value, dict) and all(isinstance(item, str | None) for item in value.values())
    return {
        TEXT: isinstance(value, str),
        NUMBER: is_number,
        WHOLE: is_number and isinstance(value, int),
        YES_NO: isinstance(value, bool),
        VERSIONS: versions,
    }[expected]


def _shown(value) -> str:
    return repr(value)[:60]
