"""The clips that labelled runs are about: their references, lengths and videos."""

from dataclasses import dataclass
from pathlib import Path

from datasets import Dataset

from fitness_aqa_dataset.prepared import is_synthetic
from metrics.fitness_aqa.records import to_reference
from trainer.arguments import DataArguments
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
            By id.
        videos (`dict[str, dict]`):
            By id: `{"bytes", "path"}`, undecoded.
        num_in_split (`int`):
            Clips of the whole split.
        is_synthetic (`bool`):
            Whether they are simulated.
    """

    references: dict[str, dict]
    durations_s: dict[str, float]
    videos: dict[str, dict]
    num_in_split: int
    is_synthetic: bool


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
    rows = load_rows(data, split)
    index_of = {key: index for index, key in enumerate(rows["id"])}
    if unknown := [key for key in first.rows if key not in index_of]:
        raise ValueError(
            f"{first.path}: {len(unknown)} of {len(first.rows)} ids are not in the split {split} of {data}: "
            f"{', '.join(unknown[:NUM_IDS_SHOWN])}{', …' * (len(unknown) > NUM_IDS_SHOWN)}. "
            "The data has changed since; predict again."
        )
    rows = rows.select([index_of[key] for key in first.rows])
    videos = dict(zip(rows["id"], rows["video"], strict=True))
    for key, video in videos.items():
        if video["bytes"] is None and not Path(video["path"]).is_file():
            raise FileNotFoundError(f"{video['path']}: the video of clip {key} is gone. Put it back into {data}.")
    return Clips(
        references=references_of(rows),
        durations_s=dict(zip(rows["id"], rows["duration"], strict=True)),
        videos=videos,
        num_in_split=len(index_of),
        is_synthetic=bool(first.settings.get("synthetic")) or is_synthetic(Path(data)),
    )


def load_rows(data: str, split: str) -> Dataset:
    """Rows of a split of labelled clips, undecoded; see `load_split`."""
    return load_split(DataArguments(dataset_name=str(data)), split)


def references_of(rows: Dataset) -> dict[str, dict]:
    """References of rows by id, in the form that is scored."""
    names = rows.features["exercise"].names
    return {
        row["id"]: to_reference({"exercise": names[row["exercise"]], "errors": row["errors"]}, index)
        for index, row in enumerate(rows.select_columns(["id", "exercise", "errors"]))
    }


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
