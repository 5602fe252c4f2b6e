"""Check lists of temporal segments and lay them out as arrays (the same file lies in both metric folders)."""

import math
from dataclasses import dataclass
from numbers import Real

import numpy as np

PREDICTION_NUMBERS = ("start", "end", "score")
REFERENCE_NUMBERS = ("start", "end")


@dataclass(frozen=True)
class Segments:
    """
    Segments of all videos as parallel arrays, in the order they were given.

    Args:
        video (`np.ndarray`):
            int64, shape `(N,)`: index of the video, ascending.
        label (`np.ndarray`):
            str, shape `(N,)`.
        start_s (`np.ndarray`):
            float64, shape `(N,)`, seconds.
        end_s (`np.ndarray`):
            float64, shape `(N,)`, seconds.
        score (`np.ndarray`):
            float64, shape `(N,)`; ones for references.
    """

    video: np.ndarray
    label: np.ndarray
    start_s: np.ndarray
    end_s: np.ndarray
    score: np.ndarray

    def __getitem__(self, index) -> "Segments":
        return Segments(
            self.video[index], self.label[index], self.start_s[index], self.end_s[index], self.score[index]
        )


def check_number(value, key: str, where: str) -> None:
    """
    Refuse what is not a finite number.

    Args:
        value:
            What the user gave.
        key (`str`):
            Name of the field, for the message.
        where (`str`):
            Place of the item, for the message, such as `predictions[3][1]`.

    Raises:
        ValueError: If `value` is text, a boolean, None, NaN or infinite.
    """
    if not isinstance(value, Real) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"{where}: `{key}` must be a finite number, got {value!r}. Give it as a plain number.")


def check_segment(segment: dict, numbers: tuple[str, ...], video: int, item: int, name: str) -> None:
    """
    Refuse a segment that lacks a key, holds no number, or (a reference) has no length.

    Args:
        segment (`dict`):
            Keys `label` (`str`) and `numbers`.
        numbers (`tuple[str, ...]`):
            Keys that must hold finite numbers.
        video (`int`):
            Index of the video, for the message.
        item (`int`):
            Index of the segment in its video, for the message.
        name (`str`):
            `predictions` or `references`; only a reference must have `end` > `start`.

    Raises:
        ValueError: Naming video and item.
    """
    where = f"{name}[{video}][{item}]"
    if not isinstance(segment, dict):
        raise ValueError(
            f"{where}: expected a segment such as {{'label': 'a', 'start': 0.0, 'end': 1.0}}, got {segment!r}."
        )
    missing = [key for key in ("label", *numbers) if key not in segment]
    if missing:
        raise ValueError(f"{where}: lacks {missing}, has {sorted(segment)}. Expected keys: {['label', *numbers]}.")
    if not isinstance(segment["label"], str):
        raise ValueError(f"{where}: `label` must be text, got {segment['label']!r}.")
    for key in numbers:
        check_number(segment[key], key, where)
    if name == "references" and segment["end"] <= segment["start"]:
        raise ValueError(
            f"{where}: `end` must be greater than `start` ({segment['start']} s), got {segment['end']} s. "
            "Correct the two times or remove the segment."
        )


def to_segments(videos: list[list[dict]], name: str) -> Segments:
    """
    Check the segments of every video and lay them out as arrays.

    Args:
        videos (`list[list[dict]]`):
            One list of segments per video: `{"label", "start", "end"}` in seconds, predictions also `"score"`.
        name (`str`):
            `predictions` or `references`.

    Returns:
        [`Segments`]: In the order given, so `video` ascends.

    Raises:
        ValueError: On the first bad segment, naming video and item.
    """
    numbers = PREDICTION_NUMBERS if name == "predictions" else REFERENCE_NUMBERS
    for video, segments in enumerate(videos):
        if not isinstance(segments, list | tuple):
            raise ValueError(f"{name}[{video}]: expected the list of the video's segments, got {segments!r}.")
        for item, segment in enumerate(segments):
            check_segment(segment, numbers, video, item, name)
    flat = [segment for segments in videos for segment in segments]
    columns = {key: np.array([segment[key] for segment in flat], dtype=np.float64) for key in numbers}
    return Segments(
        video=np.repeat(np.arange(len(videos)), [len(segments) for segments in videos]),
        label=np.array([segment["label"] for segment in flat], dtype=str),
        start_s=columns["start"],
        end_s=columns["end"],
        score=columns.get("score", np.ones(len(flat))),
    )


def group_by_label(segments: Segments) -> dict[str, Segments]:
    """
    Split segments by label, keeping the order inside each label.

    Args:
        segments ([`Segments`]):
            Of all labels.

    Returns:
        `dict[str, Segments]`: Labels in alphabetical order; only labels that occur.
    """
    labels, code = np.unique(segments.label, return_inverse=True)
    order = np.argsort(code, kind="stable")
    bounds = np.searchsorted(code[order], np.arange(len(labels) + 1))
    return {str(label): segments[order[bounds[i] : bounds[i + 1]]] for i, label in enumerate(labels)}
