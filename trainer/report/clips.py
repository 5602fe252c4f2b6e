"""The clips that labelled runs are about: their references, lengths and videos."""

from dataclasses import dataclass
from pathlib import Path

from metrics.fitness_aqa.records import to_reference
from trainer.arguments import DataArguments
from trainer.clip_check import find_bad_clips
from trainer.prediction.inputs import Clip, Inputs, list_data
from trainer.report.run_files import Run
from trainer.splits import load_split

NUM_IDS_SHOWN = 5


@dataclass
class Clips:
    """
    The clips that were answered, in the order of the first run.

    Args:
        references (`dict[str, dict]`):
            By id: `{"exercise", "errors": [{"label", "start", "end"}]}`, seconds.
        durations_s (`dict[str, float]`):
            By id; lacks clips that cannot be read.
        train_references (`dict[str, dict]`), train_durations_s (`dict[str, float]`):
            The same of the train split; empty where the data has none.
        inputs ([`Inputs`]):
            The whole split.
        is_synthetic (`bool`):
            Whether they are simulated.
    """

    references: dict[str, dict]
    durations_s: dict[str, float]
    train_references: dict[str, dict]
    train_durations_s: dict[str, float]
    inputs: Inputs
    is_synthetic: bool

    def video(self, key: str) -> dict:
        """A clip as `open_video` takes it."""
        clip = next(clip for clip in self.inputs.clips if clip.id == key)
        return {"bytes": None, "path": clip.path} if clip.path else self.inputs.rows[clip.row]["video"]


def load_clips(runs: list[Run]) -> Clips:
    """
    Load what the runs' answers are compared with.

    Args:
        runs (`list[Run]`):
            Of labelled clips.

    Returns:
        `Clips`: Those of the runs.

    Raises:
        FileNotFoundError: If the data or a clip is gone.
        ValueError: If the runs are not about the same clips, or about clips that the data does not have.
    """
    first = runs[0]
    for run in runs[1:]:
        check_same_clips(first, run)
    data, split = first.settings["data"], first.settings["split"]
    inputs = list_data(data, split)
    references = _references(inputs)
    if unknown := [key for key in first.rows if key not in references]:
        raise ValueError(
            f"{first.path}: {len(unknown)} of {len(first.rows)} ids are not in the split {split} of {data}: "
            f"{', '.join(unknown[:NUM_IDS_SHOWN])}{', …' * (len(unknown) > NUM_IDS_SHOWN)}. "
            "The data has changed since; predict again."
        )
    _check_videos(first, inputs.clips, data)
    data_args = DataArguments(dataset_name=data, on_bad_clip="skip")
    bad = list(find_bad_clips(data_args))
    rows, train = (load_split(data_args, name, bad).select_columns(["id", "duration"]) for name in (split, "train"))
    durations_s, train_durations_s = (dict(zip(part["id"], part["duration"], strict=True)) for part in (rows, train))
    train_references = _references(list_data(data, "train")) if train_durations_s else {}
    return Clips(
        references={key: references[key] for key in first.rows},
        durations_s=durations_s,
        train_references={key: train_references[key] for key in train_durations_s},
        train_durations_s=train_durations_s,
        inputs=inputs,
        is_synthetic=bool(first.settings.get("synthetic") or inputs.is_synthetic),
    )


def _references(inputs: Inputs) -> dict[str, dict]:
    return {reference["id"]: to_reference(reference, index) for index, reference in enumerate(inputs.references)}


def _check_videos(run: Run, clips: list[Clip], data: str) -> None:
    """Raise FileNotFoundError if a clip that was read is not there any more."""
    gone = [
        clip
        for clip in clips
        if clip.id in run.rows and not run.rows[clip.id].get("error") and clip.path and not Path(clip.path).is_file()
    ]
    if gone:
        more = f", and {len(gone) - 1} more are" if len(gone) > 1 else ""
        raise FileNotFoundError(
            f"{gone[0].path}: the video of clip {gone[0].id} is gone{more}. Put it back into {data}."
        )


def check_same_clips(first: Run, other: Run) -> None:
    """Raise ValueError unless two runs answer the same clips of the same data."""
    for key in ("data", "split"):
        ours, theirs = first.settings.get(key), other.settings.get(key)
        if key == "data" and ours != theirs:
            ours, theirs = str(Path(ours).resolve()), str(Path(theirs).resolve())
        if ours != theirs:
            raise ValueError(
                f"{first.path} has the {key} {ours} and {other.path} {theirs}: a table of different clips is no "
                "table. Make a page for each."
            )
    if differing := sorted(first.rows.keys() ^ other.rows.keys()):
        raise ValueError(
            f"{first.path} and {other.path} do not answer the same clips: {len(differing)} are in one of them only, "
            f"{', '.join(differing[:NUM_IDS_SHOWN])}{', …' * (len(differing) > NUM_IDS_SHOWN)}. "
            "A table of different clips is no table: predict again, or make a page for each."
        )
