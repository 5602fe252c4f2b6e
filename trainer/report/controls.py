"""Control rows: what a model answers when its clips, or its question, are not what they should be."""

import sys
from pathlib import Path

from trainer import predict
from trainer.report.clips import check_same_clips
from trainer.report.run_files import Run, read_runs, read_settings, settings_path

CONTROLS = ("blank", "shuffled", "paraphrased")
# What tells about a run and is no option of `trainer.predict`, or is given anew.
NOT_REPEATED = ("control", "output", "synthetic", "synthetic_model")


def control_path(run: Run, control: str) -> Path:
    """Where the answers of a control of a run lie: `controls/X.blank.jsonl` beside `X.jsonl`."""
    return run.path.parent / "controls" / f"{run.path.stem}.{control}.jsonl"


def control_run(run: Run, control: str) -> Run:
    """
    Answers of the run's model, with the run's settings, under a control; made unless they are there.

    Args:
        run ([`Run`]):
            Of labelled clips.
        control (`str`):
            One of `CONTROLS`.

    Returns:
        `Run`: Its file lies in `controls/` of the run's folder.

    Raises:
        ValueError: If `trainer.predict` cannot make it.
    """
    path = control_path(run, control)
    if not is_current(run, path, control):
        path.parent.mkdir(parents=True, exist_ok=True)
        print(f"{run.name}: answering the control {control}", file=sys.stderr)
        try:
            predict.main([*arguments_of(run.settings), "--control", control, "--output", str(path)])
        except SystemExit as exit:
            if exit.code:
                reason = str(exit.code).removeprefix("error: ")
                raise ValueError(
                    f"{run.path}: its control {control} could not be made ({reason}). "
                    "Mend that, or give --no_controls for a page without."
                ) from None
    (made,) = read_runs([path])
    check_same_clips(run, made)
    return made


def is_current(run: Run, path: Path, control: str) -> bool:
    """Whether a control is there, was made with the run's settings, and is no older than the run."""
    if not (path.is_file() and settings_path(path).is_file()):
        return False
    settings = read_settings(path)
    same = _repeated(settings) == _repeated(run.settings) and settings.get("control") == control
    return same and path.stat().st_mtime >= run.path.stat().st_mtime


def arguments_of(settings: dict) -> list[str]:
    """The settings of a run as arguments of `trainer.predict`, without control and output."""
    arguments = []
    for key, value in _repeated(settings).items():
        if value is None or value is False:
            continue
        values = [] if value is True else value if isinstance(value, list) else [value]
        arguments += [f"--{key}", *map(str, values)]
    return arguments


def _repeated(settings: dict) -> dict:
    return {key: value for key, value in settings.items() if key not in NOT_REPEATED}
