"""From a distribution over intervals to the one interval that is said, and to probabilities of times."""

import numpy as np

from metrics.fitness_aqa.segment_ap import segment_iou
from trainer.prediction.reading import Interval

IOU_THRESHOLD = 0.5
Spans = dict[tuple[float, float], float]


def best_interval(spans: Spans) -> Interval:
    """
    The interval with the highest expected IoU. The likeliest one may stand alone; this one overlaps with its rivals.

    Args:
        spans (`dict[tuple[float, float], float]`):
            Weights of intervals `(start_s, end_s)`, at least one, above 0.

    Returns:
        [`Interval`]: One of them; its score is the probability that the true one overlaps it by an IoU of 0.5 or more.
    """
    start_s, end_s = np.array(list(spans)).T
    weights = np.array(list(spans.values()))
    weights = weights / weights.sum()
    iou = segment_iou(start_s[:, None], end_s[:, None], start_s, end_s)
    best = int(np.argmax(iou @ weights))
    score = float(weights[iou[best] >= IOU_THRESHOLD].sum())
    return Interval(float(start_s[best]), float(end_s[best]), min(score, 1.0))


def frame_scores(spans: Spans, times_s: list[float]) -> list[float]:
    """
    Probability that each time lies in the interval.

    Args:
        spans (`dict[tuple[float, float], float]`):
            Weights of intervals, as in [`best_interval`]; none gives 0 everywhere.
        times_s (`list[float]`):
            Times, in seconds.

    Returns:
        `list[float]`: One a time, in [0, 1].
    """
    total = sum(spans.values())
    return [
        min(sum(weight for (start, end), weight in spans.items() if start <= time <= end) / total, 1.0)
        if total
        else 0.0
        for time in times_s
    ]
