"""What the page of the distribution needs of every labelled clip."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ..builder import load_fitness_aqa
from ..statistics import length_auroc
from ..taxonomy import ERRORS


@dataclass(frozen=True)
class LabelledClip:
    """
    One labelled clip.

    Args:
        id (`str`):
            Exercise and the release's own key.
        split (`str`):
            `train`, `validation` or `test`.
        exercise (`str`):
            `squat` or `overhead_press`.
        errors (`tuple[tuple[str, float, float], ...]`):
            Label, start and end in seconds of every annotated interval.
        duration_s (`float`):
            Length of the clip, in seconds.
    """

    id: str
    split: str
    exercise: str
    errors: tuple[tuple[str, float, float], ...]
    duration_s: float

    @property
    def labels(self) -> list[str]:
        """Labels of its errors, one an interval."""
        return [label for label, _, _ in self.errors]


def read_labelled_clips(data_dir: str | Path) -> list[LabelledClip]:
    """The labelled clips of a release, split by split; raises as [`~fitness_aqa_dataset.load_fitness_aqa`]."""
    clips = []
    for split, dataset in load_fitness_aqa(data_dir).items():
        exercise_of = dataset.features["exercise"].int2str
        for row in dataset.select_columns(["id", "exercise", "errors", "duration"]):
            errors = tuple((error["label"], error["start"], error["end"]) for error in row["errors"])
            clips.append(LabelledClip(row["id"], split, exercise_of(row["exercise"]), errors, row["duration"]))
    return clips


def by_exercise(clips: list[LabelledClip]) -> dict[str, list[LabelledClip]]:
    """The clips of each exercise that has some, in the order of the taxonomy."""
    groups = {exercise: [clip for clip in clips if clip.exercise == exercise] for exercise in ERRORS}
    return {exercise: its_clips for exercise, its_clips in groups.items() if its_clips}


@dataclass(frozen=True)
class ErrorFacts:
    """
    One error in the clips of its exercise.

    Args:
        intervals (`list[tuple[float, float, float]]`):
            Start and end of every interval and length of its clip, in seconds.
        num_clips (`int`):
            Clips of the exercise.
        num_intervals (`list[int]`):
            Intervals in each clip that has the error.
        auroc (`float`, *optional*):
            How well clip length alone tells the error; `None` if all clips have it or none has.
    """

    intervals: list[tuple[float, float, float]]
    num_clips: int
    num_intervals: list[int]
    auroc: float | None


def error_facts(clips: list[LabelledClip], label: str) -> ErrorFacts:
    """Facts about one error, from all clips of its exercise."""
    intervals = [
        (start_s, end_s, clip.duration_s) for clip in clips for error, start_s, end_s in clip.errors if error == label
    ]
    counts = Counter(clip.id for clip in clips for error in clip.labels if error == label)
    auroc = length_auroc([clip.duration_s for clip in clips], [label in clip.labels for clip in clips])
    return ErrorFacts(intervals, len(clips), list(counts.values()), auroc)
