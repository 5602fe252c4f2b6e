"""From readings to rows of predictions: thresholds and intervals that were fitted on the validation clips."""

from dataclasses import dataclass, field

import numpy as np

from fitness_aqa_dataset.conversations import to_conversation, write_interval
from fitness_aqa_dataset.taxonomy import ERROR_LABELS, EXERCISES
from metrics.fitness_aqa.interval_ap import correct_iou, merge
from trainer.baselines.readings import ClipReading
from trainer.prediction.calibration import Calibration
from trainer.prediction.decide import to_row
from trainer.prediction.reading import Interval, Reading

STYLE, DECIMALS = "sentence", 2
IOU = 0.5
THRESHOLDS = np.round(np.arange(0.05, 1.0, 0.05), 2)


@dataclass(frozen=True)
class IntervalRule:
    """
    When an error is taken to go on: while the windows' probability is at least this share of its highest in the clip.

    Args:
        threshold (`float`): In (0, 1].
        hit_rate (`float`): Share of the validation clips with the error whose interval was hit at IoU 0.5.
    """

    threshold: float = 0.5
    hit_rate: float = 0.5


@dataclass(frozen=True)
class Decisions:
    """
    How a run decides.

    Args:
        calibration ([`Calibration`], *optional*): Without one probabilities are the models' and thresholds 0.5.
        rules (`dict[str, IntervalRule]`): By error.
        intervals (`bool`): `False`: errors are named without saying when.
    """

    calibration: Calibration | None = None
    rules: dict[str, IntervalRule] = field(default_factory=dict)
    intervals: bool = True

    def rule(self, label: str) -> IntervalRule:
        """Of an error."""
        return self.rules.get(label, IntervalRule())


class Words:
    """
    The paper's sentence.

    Args:
        intervals (`bool`): Whether it says when.
    """

    def __init__(self, intervals: bool):
        self.intervals = intervals

    def as_written(self, start: float, end: float) -> tuple[float, float]:
        """An interval in seconds as the sentence says it; without intervals zeros."""
        return tuple(map(float, write_interval(start, end, DECIMALS))) if self.intervals else (0.0, 0.0)

    def write(self, exercise: str, errors: list[dict]) -> str:
        """The answer."""
        row = {"id": "", "exercise": exercise, "errors": errors}
        messages = to_conversation(row, style=STYLE, decimals=DECIMALS, times=self.intervals)["messages"]
        return messages[1]["content"][0]["text"]


def find_interval(
    scores: list[float], times_s: list[float], duration_s: float, threshold: float
) -> tuple[float, float]:
    """
    The stretch around the likeliest frame in which no window falls below a share of its probability.

    Args:
        scores (`list[float]`): Probability in a window around each frame, in [0, 1].
        times_s (`list[float]`): Times of the frames, ascending.
        duration_s (`float`): Length of the clip.
        threshold (`float`): The share, in (0, 1].

    Returns:
        `tuple[float, float]`: Start and end in seconds, half-way to the frames outside.
    """
    scores, times_s = np.asarray(scores), np.asarray(times_s)
    peak = int(np.argmax(scores))
    outside = np.flatnonzero(scores < threshold * scores[peak])
    first = int(outside[outside < peak].max(initial=-1)) + 1
    last = int(outside[outside > peak].min(initial=len(scores))) - 1
    borders = np.concatenate([[0.0], (times_s[1:] + times_s[:-1]) / 2, [duration_s]])
    return float(borders[first]), float(borders[last + 1])


def fit_rule(readings: list[ClipReading], references: list[dict], label: str) -> IntervalRule:
    """
    The share that hits most validation clips, of equally good ones the one with the highest mean IoU.

    Args:
        readings (`list[ClipReading]`), references (`list[dict]`): Of the same clips, in one order.
        label (`str`): The error.

    Returns:
        [`IntervalRule`]: The default where no clip has the error.
    """
    spans = [merge(reference["errors"], label) for reference in references]
    pairs = [(reading, span) for reading, span in zip(readings, spans, strict=True) if span[1] > span[0]]
    if not pairs:
        return IntervalRule()
    truth = np.array([span for _, span in pairs])
    results = []
    for threshold in THRESHOLDS.tolist():
        found = [find_interval(r.frame_scores[label], r.frame_times_s, r.duration_s, threshold) for r, _ in pairs]
        iou = correct_iou(np.array(found), truth)
        results.append((float((iou >= IOU).mean()), float(iou.mean()), threshold))
    hit_rate, _, threshold = max(results)
    return IntervalRule(threshold, round(hit_rate, 6))


def to_prediction_row(reading: ClipReading, decisions: Decisions) -> dict:
    """
    A row as `trainer.predict` writes it.

    Args:
        reading ([`ClipReading`]): Of one clip.
        decisions ([`Decisions`]): Of the run.

    Returns:
        `dict`: `id`, `answer`, `exercise`, `errors`, `scores`, and with intervals `frame_times` and `frame_scores`; of
        a clip that cannot be read what `trainer.predict` says of one.
    """
    if reading.problem:
        nothing = {"answer": "", "exercise": None, "errors": [], "scores": {}, "num_frames": 0, "window": None}
        return {"id": reading.id, "error": reading.problem, **nothing}
    intervals = {}
    for label in reading.label_scores:
        rule, span = decisions.rule(label), (0.0, 0.0)
        if decisions.intervals:
            span = find_interval(
                reading.frame_scores[label], reading.frame_times_s, reading.duration_s, rule.threshold
            )
        intervals[label] = Interval(*span, rule.hit_rate if decisions.intervals else 1.0)
    nothing = [0.0] * len(reading.frame_times_s)
    whole = Reading(
        exercise_scores={name: reading.exercise_scores.get(name, 0.0) for name in EXERCISES},
        label_scores={label: reading.label_scores.get(label, 0.0) for label in ERROR_LABELS},
        intervals=intervals,
        frame_times=reading.frame_times_s if decisions.intervals else [],
        frame_scores={
            label: reading.frame_scores.get(label, nothing) if decisions.intervals else [] for label in ERROR_LABELS
        },
    )
    said = to_row(whole, Words(decisions.intervals), decisions.calibration)
    # A window can be surer than the whole clip, and the scale that calibrates the clip takes it beyond 1.
    said["frame_scores"] = {label: [min(p, 1.0) for p in curve] for label, curve in said["frame_scores"].items()}
    shown = {"num_frames": len(reading.frame_times_s), "window": [0.0, round(reading.duration_s, 3)]}
    return {"id": reading.id, **said, **shown}
