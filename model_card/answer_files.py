"""Whether files of answers are about what a card says they are about: the run's model, one set of clips, a control."""

from pathlib import Path

from metrics.fitness_aqa.rows import read_rows
from trainer.baselines.run_folder import state_of_run
from trainer.prediction.output import fingerprint, state_of_rows

# the checksums that `trainer.predict` has written
from trainer.prediction.settings import content_of, state_of

# Settings that a card tells.
NEEDED = ("model", "decode", "num_frames", "clip_reduction")
EXPECTED_CONTROL = {"before": "none", "after": "none", "blank": "blank"}


def command_of(settings: dict) -> str:
    """The command that has answered, from the settings beside its rows."""
    return f"python -m trainer.{'baselines.predict' if 'system' in settings else 'predict'}"


def check_made_by(path: Path, settings: dict, model_dir: Path) -> None:
    """
    Refuse answers of another model, and answers from before the model was trained again.

    Args:
        path (`Path`):
            File of predictions, for the message.
        settings (`dict`):
            Those beside it.
        model_dir (`Path`):
            The run's checkpoint, or of a baseline the run's folder.

    Raises:
        ValueError: If `model_state` is not that of the checkpoint's files, or the folder is another one.
    """
    state, model = settings.get("model_state"), str(settings.get("model"))
    if state is not None and state == (state_of_run(model_dir) if "system" in settings else state_of(str(model_dir))):
        return  # the same files, wherever the run lies now
    again = f"Answer the clips again with `{command_of(settings)} --model {model_dir}`."
    if Path(model).expanduser().resolve() != model_dir.resolve():
        raise ValueError(f"{path}: its settings say that the model {model} answered, not {model_dir}. {again}")
    if state is not None:
        raise ValueError(
            f"{path}: the files of {model_dir} have changed since (a copy keeps their times with `cp -a`). {again}"
        )


def check_rows(path: Path, settings: dict) -> None:
    """
    Refuse rows that the command that answers has not written so.

    Args:
        path (`Path`):
            File of predictions.
        settings (`dict`):
            Those beside it; without `rows_state`, as older runs wrote them, the bytes are not compared.

    Raises:
        ValueError: If the bytes, or the number or ids of the rows, are others than the settings say.
    """
    content = path.read_bytes()
    command = command_of(settings)
    again = f"Bring the file back, or answer the clips again with `{command} --overwrite`."
    if settings.get("rows_state", state_of_rows(content)) != state_of_rows(content):
        raise ValueError(f"{path}: was changed since `{command}` wrote it. {again}")
    ours = fingerprint(read_rows(content, str(path), lambda row, index: row))
    if settings.get("rows", ours) != ours:
        raise ValueError(f"{path}: its rows are not those that its settings name (`rows`: number and ids). {again}")


def check_calibration(path: Path, settings: dict, calibration: Path) -> None:
    """
    Refuse answers that went through another calibration than the one that lies beside the model.

    Args:
        path (`Path`):
            File of predictions, for the message.
        settings (`dict`):
            Those beside it.
        calibration (`Path`):
            `calibration.json` of the run's model, there or not.

    Raises:
        ValueError: If the answers went through one, and it is not this one.
    """
    used = settings.get("calibration")
    if used and settings.get("calibration_state") != content_of(calibration):
        raise ValueError(
            f"{path}: its settings name the calibration {used} as it was then, and {calibration} is another one or "
            f"not there. Answer the clips again with `{command_of(settings)} --model {calibration.parent}`."
        )


def check_control(name: str, path: Path, settings: dict[str, dict]) -> None:
    """
    Refuse answers to other clips than the tuned model's, or to clips that were changed otherwise than the name says.

    Args:
        name (`str`):
            `before`, `after` or `blank`.
        path (`Path`):
            File of predictions, for the message.
        settings (`dict[str, dict]`):
            By name, that of `after` among them.

    Raises:
        ValueError: If control, data or split differ, or the answers are about a user's own videos.
    """
    control, command = settings[name].get("control", "none"), command_of(settings[name])
    if control != EXPECTED_CONTROL[name]:
        raise ValueError(
            f"{path}: its settings say control {control}, expected {EXPECTED_CONTROL[name]}. Answer the clips again "
            f"with `{command} --control {EXPECTED_CONTROL[name]}`."
        )
    if not settings[name].get("data") or not settings[name].get("split"):
        raise ValueError(
            f"{path}: its settings name no `data` and `split`, so these answers are not about labelled clips. Answer "
            f"a test split with `{command} --data RELEASE`."
        )
    if missing := [key for key in NEEDED if settings[name].get(key) is None]:
        raise ValueError(f"{path}: its settings lack {', '.join(missing)}. Answer the clips again with `{command}`.")
    for key in ("data", "split"):
        ours, theirs = settings[name][key], settings["after"].get(key)
        if ours != theirs:
            raise ValueError(
                f"{path}: its settings say {key} {ours}, those of predictions.jsonl {theirs}: a table of different "
                "clips is no table. Answer the same clips."
            )
