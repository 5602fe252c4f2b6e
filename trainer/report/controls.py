"""Control rows: what a model answers when its clips, or its question, are not what they should be."""

import sys
from pathlib import Path

from trainer import predict
from trainer.prediction.settings_file import read_settings, settings_path
from trainer.report.clips import check_same_clips
from trainer.report.run_files import Run, read_runs

CONTROLS = ("blank", "shuffled", "paraphrased")
# Options of `trainer.predict` that a run's settings are given again by, where they are set.
REPEATED = ("model", "data", "split", "limit", "decode", "num_frames", "clip_reduction", "num_beams", "temperature")
REPEATED += ("top_p", "max_new_tokens", "seed", "calibration", "batch_size", "dtype")
# What a control may have otherwise than its run.
MAY_DIFFER = {"control", "seed", "batch_size", "rows_state"}


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
        ValueError: If `trainer.predict` cannot make it, or the model or the clips have changed since the run.
    """
    path = control_path(run, control)
    begun = settings_path(path).is_file()
    differing = differences(run, read_settings(path)) if begun else []
    if differing or not path.is_file():
        print(f"{run.name}: answering the control {control}", file=sys.stderr)
        arguments = [*arguments_of(run.settings), "--control", control, "--output", str(path)]
        try:
            predict.main([*arguments, "--overwrite"] if differing else arguments)
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
    The settings of a run as arguments of `trainer.predict`.

    Args:
        settings (`dict`):
            Of a run on labelled clips.

    Returns:
        `list[str]`: Without control and output, and without what does nothing beside the other settings.
    """
    names = list(REPEATED)
    if settings.get("decode") != "free" or settings.get("clip_reduction") != "none":
        names += ["style", "decimals"]
    if settings.get("clip_reduction") == "windows":
        names.append("overlap")
    arguments = []
    for name in names:
        if settings.get(name) is not None:
            arguments += [f"--{name}", str(settings[name])]
    if settings.get("do_sample"):
        arguments.append("--do_sample")
    if settings.get("decode") == "score" and not settings.get("calibration"):
        arguments.append("--no_calibration")
    return arguments
