"""From a distribution over intervals to the one interval that is said, and to probabilities of times."""

import numpy as np

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
    bounds = np.array(list(spans))
    weights = np.array(list(spans.values()))
    weights = weights / weights.sum()
    overlap = np.minimum(bounds[:, None, 1], bounds[None, :, 1]) - np.maximum(bounds[:, None, 0], bounds[None, :, 0])
    overlap = overlap.clip(min=0.0)
    lengths = bounds[:, 1] - bounds[:, 0]
    iou = overlap / (lengths[:, None] + lengths[None, :] - overlap)
    best = int(np.argmax(iou @ weights))
    score = float(weights[iou[best] >= IOU_THRESHOLD].sum())
    return Interval(float(bounds[best, 0]), float(bounds[best, 1]), min(score, 1.0))


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
