"""Check lists of temporal segments and lay them out as arrays (the same file lies in both metric folders)."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from operator import itemgetter

import numpy as np

PREDICTION_NUMBERS = ("start", "end", "score")
REFERENCE_NUMBERS = ("start", "end")
NUM_CHARACTERS_SHOWN = 80


@dataclass(frozen=True)
class Segments:
    """
    Segments of all videos as parallel arrays, in the order they were given.

    Args:
        video (`np.ndarray`):
            int64, shape `(N,)`: index of the video, ascending.
        label (`np.ndarray`):
            object (`str`), shape `(N,)`.
        start_s (`np.ndarray`), end_s (`np.ndarray`):
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
        key (`str`), where (`str`):
            Name of the field and place of the item, such as `predictions[3][1]`, for the message.

    Raises:
        ValueError: If `value` is text, a boolean, None, NaN, infinite or too large for float64.
    """
    try:
        is_number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # an integer beyond float64
        is_number = False
    if not is_number:
        raise ValueError(f"{where}: `{key}` must be a finite number, got {_shown(value)}. Give it as a plain number.")


def check_segment(segment: dict, numbers: tuple[str, ...], video: int, item: int, name: str) -> None:
    """
    Refuse a segment that lacks a key, holds no number, or (a reference) has no length.

    Args:
        segment (`dict`), numbers (`tuple[str, ...]`):
            Its keys are `label` (`str`) and `numbers`, which must hold finite numbers.
        video (`int`), item (`int`):
            Index of the video and of the segment in it, for the message.
        name (`str`):
            `predictions` or `references`; only a reference must have `end` > `start`.

    Raises:
        ValueError: Naming video and item.
    """
    where = f"{name}[{video}][{item}]"
    if not isinstance(segment, dict):
        raise ValueError(
            f"{where}: expected a segment such as {{'label': 'a', 'start': 0.0, 'end': 1.0}}, got {_shown(segment)}."
        )
    missing = [key for key in ("label", *numbers) if key not in segment]
    if missing:
        raise ValueError(
            f"{where}: lacks {missing}, has {_shown(list(segment))}. Expected keys: {['label', *numbers]}."
        )
    if not isinstance(segment["label"], str):
        raise ValueError(f"{where}: `label` must be text, got {_shown(segment['label'])}. Write it in quotes.")
    for key in numbers:
        check_number(segment[key], key, where)
    if name == "references" and segment["end"] <= segment["start"]:
        raise ValueError(
            f"{where}: `end` must be greater than `start` ({segment['start']} s), got {segment['end']} s. "
            "Correct the two times or remove the segment."
        )


def to_segments(videos: list[list[dict]], name: str, first_video: int = 0) -> Segments:
    """
    Check the segments of every video and lay them out as arrays.

    Args:
        videos (`list[list[dict]]`):
            One list of segments per video: `{"label", "start", "end"}` in seconds, predictions also `"score"`; other
            keys are ignored.
        name (`str`):
            `predictions` or `references`.
        first_video (`int`, *optional*, defaults to `0`):
            Number of the first video in messages, where the videos come in batches.

    Returns:
        [`Segments`]: In the order given, so `video` ascends from 0.

    Raises:
        ValueError: On the first bad segment, naming video and item.
    """
    if videos is None or isinstance(videos, Mapping | str):
        raise ValueError(
            f"{name}: expected one list of segments per video, got {_shown(videos)}. Give a list of lists."
        )
    for video, segments in enumerate(videos, start=first_video):
        if not isinstance(segments, list | tuple):
            raise ValueError(f"{name}[{video}]: expected the list of the video's segments, got {_shown(segments)}.")
    numbers = PREDICTION_NUMBERS if name == "predictions" else REFERENCE_NUMBERS
    flat = [segment for segments in videos for segment in segments]
    if not _is_plain(flat, numbers, name):
        for video, segments in enumerate(videos, start=first_video):
            for item, segment in enumerate(segments):
                check_segment(segment, numbers, video, item, name)
    columns = {key: np.array([segment[key] for segment in flat], dtype=np.float64) for key in numbers}
    return Segments(
        video=np.repeat(np.arange(len(videos)), np.array([len(segments) for segments in videos], dtype=np.int64)),
        label=np.array([segment["label"] for segment in flat], dtype=object),
        start_s=columns["start"],
        end_s=columns["end"],
        score=columns["score"] if "score" in columns else np.ones(len(flat)),
    )


def group_by_label(segments: Segments) -> dict[str, np.ndarray]:
    """
    Find the segments of each label.

    Args:
        segments ([`Segments`]):
            Of all labels.

    Returns:
        `dict[str, np.ndarray]`: Indices into `segments`, ascending int64; labels that occur, in alphabetical order.
    """
    labels = sorted(set(segments.label))
    code_of = {label: code for code, label in enumerate(labels)}
    code = np.fromiter(map(code_of.__getitem__, segments.label), dtype=np.int64, count=len(segments.label))
    order = np.argsort(code, kind="stable")
    return dict(zip(labels, np.split(order, np.cumsum(np.bincount(code, minlength=1))[:-1]), strict=False))


def check_thresholds(iou_thresholds) -> list[float]:
    """The thresholds as floats; raises ValueError where they are not one or more numbers in (0, 1]."""
    try:
        thresholds = [float(threshold) for threshold in iou_thresholds]
    except (TypeError, ValueError):  # one number instead of a list, or text
        thresholds = []
    if not thresholds or not all(0.0 < threshold <= 1.0 for threshold in thresholds):
        raise ValueError(
            f"iou_thresholds: expected one or more numbers in (0, 1], got {_shown(iou_thresholds)}. Give a list."
        )
    return thresholds


def check_lengths(predictions: list, references: list) -> None:
    """Raise ValueError where the two do not have one item per video each."""
    if len(predictions) != len(references):
        raise ValueError(
            f"predictions has {len(predictions)} videos and references {len(references)}: "
            "give both one list per video, in the same order; an empty list where there is nothing."
        )


def _is_plain(flat: list, numbers: tuple[str, ...], name: str) -> bool:
    """Whether a look at whole columns shows that every segment is good: ten times faster than one check an item."""
    try:
        if not (set(map(type, flat)) <= {dict} and set(map(type, map(itemgetter("label"), flat))) <= {str}):
            return False
        columns = [list(map(itemgetter(key), flat)) for key in numbers]
        if not all(set(map(type, column)) <= {float, int} for column in columns):
            return False
        values = np.array(columns, dtype=np.float64)
    except (KeyError, OverflowError):
        return False
    return bool(np.isfinite(values).all() and (name == "predictions" or (values[1] > values[0]).all()))


def _shown(value) -> str:
    """The value on one line, cut where it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= NUM_CHARACTERS_SHOWN else f"{text[:NUM_CHARACTERS_SHOWN]}..."
