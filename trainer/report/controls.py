"""Control rows: what a model answers when its clips, or its question, are not what they should be."""

import sys
from collections.abc import Sequence
from pathlib import Path

from trainer import predict
from trainer.baselines import predict as baseline
from trainer.prediction.settings_file import read_settings, settings_path
from trainer.report.clips import check_same_clips
from trainer.report.run_files import Run, read_runs

CONTROLS = ("blank", "shuffled", "paraphrased")
# Of a baseline, which is asked no question.
BASELINE_CONTROLS = ("blank", "shuffled")
BASELINE_REPEATED = ("model", "data", "split", "limit", "seed", "batch_size")
# Options of `trainer.predict` that a run's settings are given again by, where they are set.
REPEATED = ("model", "data", "split", "limit", "decode", "num_frames", "clip_reduction", "num_beams", "temperature")
REPEATED += ("top_p", "max_new_tokens", "seed", "calibration", "batch_size", "dtype")
# What a control may have otherwise than its run.
MAY_DIFFER = {"control", "seed", "batch_size", "rows_state"}


def control_path(run: Run, control: str) -> Path:
    """Where the answers of a control of a run lie: `controls/X.blank.jsonl` beside `X.jsonl`."""
    return run.path.parent / "controls" / f"{run.path.stem}.{control}.jsonl"


def controls_of(run: Run) -> tuple[str, ...]:
    """Names of the controls that there are of a run."""
    return BASELINE_CONTROLS if run.is_baseline else CONTROLS


def control_run(run: Run, control: str) -> Run:
    """
    Answers of the run's model, with the run's settings, under a control; made unless they are there.

    Args:
        run ([`Run`]):
            Of labelled clips.
        control (`str`):
            One of [`controls_of`].

    Returns:
        `Run`: Its file lies in `controls/` of the run's folder.

    Raises:
        ValueError: If the command that answers cannot make it, or the model or the clips have changed since the run.
    """
    path = control_path(run, control)
    begun = settings_path(path).is_file()
    differing = differences(run, read_settings(path)) if begun else []
    if differing or not path.is_file():
        print(f"{run.name}: answering the control {control}", file=sys.stderr)
        arguments = [*arguments_of(run.settings), "--control", control, "--output", str(path)]
        try:
            command = baseline if run.is_baseline else predict
            command.main([*arguments, "--overwrite"] if differing else arguments)
        except SystemExit as exit:
            if exit.code == 130:
                raise KeyboardInterrupt from None
            if exit.code:
                reason = str(exit.code).removeprefix("error: ").removesuffix(".")
                raise ValueError(
                    f"{run.path}: its control {control} could not be made ({reason}). "
                    "Mend that, or give --no_controls for a page without."
                ) from None
        if differing := differences(run, read_settings(path)):
            raise ValueError(
                f"{run.path}: its control {control} is of something else now ({', '.join(differing)} changed since "
                "the run). Predict again, or give --no_controls for a page without."
            )
    (made,) = read_runs([path])
    check_same_clips(run, made)
    return made


def differences(run: Run, settings: dict) -> list[str]:
    """Names of the settings that a control has otherwise than its run, and may not."""
    names = {*run.settings, *settings} - MAY_DIFFER
    return sorted(name for name in names if run.settings.get(name) != settings.get(name))


def arguments_of(settings: dict) -> list[str]:
    """
    The settings of a run as arguments of `trainer.predict`, or of `trainer.baselines.predict`.

    Args:
        settings (`dict`):
            Of a run on labelled clips.

    Returns:
        `list[str]`: Without control and output, and without what does nothing beside the other settings.
    """
    if "system" in settings:
        return _arguments_of_baseline(settings)
    names = list(REPEATED)
    if settings.get("decode") != "free" or settings.get("clip_reduction") != "none":
        names += ["style", "decimals"]
    if settings.get("clip_reduction") == "windows":
        names.append("overlap")
    arguments = _as_arguments(settings, names)
    if settings.get("do_sample"):
        arguments.append("--do_sample")
    if settings.get("decode") == "score" and not settings.get("calibration"):
        arguments.append("--no_calibration")
    return arguments


def _arguments_of_baseline(settings: dict) -> list[str]:
    arguments = _as_arguments(settings, BASELINE_REPEATED)
    if not settings["intervals"]:
        arguments.append("--no_intervals")
    if not settings.get("calibration"):
        arguments.append("--no_calibration")
    return arguments


def _as_arguments(settings: dict, names: Sequence[str]) -> list[str]:
    """Those of the settings that are set."""
    pairs = [(f"--{name}", str(settings[name])) for name in names if settings.get(name) is not None]
    return [part for pair in pairs for part in pair]
