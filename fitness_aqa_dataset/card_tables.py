"""The tables of a data card: what the rows of a prepared folder hold, without opening a clip."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from datasets import Features

from .statistics import count_groups, error_groups, length_auroc, shared_sources
from .taxonomy import ERROR_TEXT, ERRORS, EXERCISE_TEXT, IMAGE_TASKS

Table = list[list[str]]


@dataclass(frozen=True)
class Clip:
    """
    One labelled clip, as the tables need it.

    Args:
        id (`str`):
            Exercise and the release's own key.
        split (`str`):
            `train`, `validation` or `test`.
        exercise (`str`):
            `squat` or `overhead_press`.
        labels (`list[str]`):
            Its errors, one entry an interval.
        duration_s (`float`):
            Length of the clip, in seconds.
    """

    id: str
    split: str
    exercise: str
    labels: list[str]
    duration_s: float


def read_clips(tables: dict[str, pa.Table]) -> list[Clip]:
    """The rows of `video` or `unlabeled`, by split as [`~fitness_aqa_dataset.prepared.Prepared.read`] gives them."""
    clips = []
    for split, table in tables.items():
        exercise_of = Features.from_arrow_schema(table.schema)["exercise"].int2str
        for row in table.to_pylist():
            labels = [error["label"] for error in row.get("errors", [])]
            clips.append(Clip(row["id"], split, exercise_of(row["exercise"]), labels, row["duration"]))
    return clips


def by_exercise(clips: list[Clip]) -> dict[str, list[Clip]]:
    """The clips of each exercise that has some, in the order of the taxonomy."""
    groups = {exercise: [clip for clip in clips if clip.exercise == exercise] for exercise in ERRORS}
    return {exercise: its_clips for exercise, its_clips in groups.items() if its_clips}


def error_table(clips: list[Clip]) -> Table:
    """
    The paper's Table 1 for these clips: how many there are of each exercise, and how many have each error.

    Args:
        clips (`list[Clip]`):
            At least one.

    Returns:
        `list[list[str]]`: The heading, then a row for each exercise and each of its errors.
    """
    splits = _splits(clips)
    table = [["", *splits, "all"]]
    for exercise, its_clips in by_exercise(clips).items():
        parts = [[clip for clip in its_clips if clip.split == split] for split in splits] + [its_clips]
        table.append([f"**{EXERCISE_TEXT[exercise]}**, clips", *[str(len(part)) for part in parts]])
        for label in ERRORS[exercise]:
            counts = [sum(label in clip.labels for clip in part) for part in parts]
            table.append([ERROR_TEXT[label], *[_share(n, len(part)) for n, part in zip(counts, parts, strict=True)]])
    return table


def group_tables(clips: list[Clip]) -> list[Table]:
    """The paper's Table 2 for these clips: which errors come together. One table for each exercise."""
    tables = []
    for exercise, its_clips in by_exercise(clips).items():
        groups = error_groups(exercise)
        table = [[EXERCISE_TEXT[exercise], *[_group_text(group) for group in groups]]]
        for split in [*_splits(its_clips), "all"]:
            part = [(clip.exercise, clip.labels) for clip in its_clips if split in (clip.split, "all")]
            table.append([split, *[str(count_groups(part)[exercise][group]) for group in groups]])
        tables.append(table)
    return tables


def duration_table(clips: list[Clip]) -> Table:
    """How long the clips of each exercise are, in seconds, and all together, in minutes."""
    table = [["", "clips", "shortest", "median", "longest", "all together"]]
    for exercise, its_clips in by_exercise(clips).items():
        seconds = np.array([clip.duration_s for clip in its_clips])
        spread = [f"{value:.2f} s" for value in (seconds.min(), np.median(seconds), seconds.max())]
        table.append([EXERCISE_TEXT[exercise], str(len(seconds)), *spread, f"{seconds.sum() / 60:.1f} min"])
    return table


def length_table(clips: list[Clip]) -> Table:
    """How well the length of a clip alone tells each error; empty if no error is in some of the clips only."""
    table = [["error", "AUROC of clip length"]]
    for exercise, its_clips in by_exercise(clips).items():
        seconds = [clip.duration_s for clip in its_clips]
        for label in ERRORS[exercise]:
            auroc = length_auroc(seconds, [label in clip.labels for clip in its_clips])
            if auroc is not None:
                table.append([f"{EXERCISE_TEXT[exercise]}, {ERROR_TEXT[label]}", f"{auroc:.2f}"])
    return table if len(table) > 1 else []


def image_table(tables: dict[str, dict[str, pa.Table]]) -> Table:
    """Images of each task and split and how many show the error; `tables` by config, then by split."""
    splits = list(dict.fromkeys(split for by_split in tables.values() for split in by_split))
    table = [["task", "error", *splits]]
    for name, by_split in tables.items():
        counts = {split: (sum(rows["label"].to_pylist()), len(rows)) for split, rows in by_split.items()}
        cells = [f"{counts[split][1]}, error {_share(*counts[split])}" if split in counts else "0" for split in splits]
        table.append([f"`{name}`", IMAGE_TASKS[name].text, *cells])
    return table


def leak(tables: dict[str, pa.Table]) -> dict[str, int] | None:
    """Sources that are in more than one split, see [`shared_sources`]; `None` without a test split to leak into."""
    return (
        shared_sources({split: rows["id"].to_pylist() for split, rows in tables.items()}) if "test" in tables else None
    )


def _splits(clips: list[Clip]) -> list[str]:
    return list(dict.fromkeys(clip.split for clip in clips))


def _group_text(group: tuple[str, ...]) -> str:
    return {0: "none", 1: f"{ERROR_TEXT[group[0]]} only" if group else "", 2: "both"}[len(group)]


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.1f} %)" if total else "0"
