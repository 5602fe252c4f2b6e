"""Average precision of temporal segments, ActivityNet's definition (the same file lies in both metric folders)."""

from dataclasses import dataclass

import numpy as np

from .segments import Segments, check_lengths, check_thresholds, group_by_label, to_segments

# Predictions and pairs of segments looked at in one go: keeps the memory linear where a video has many references
MAX_ROWS, MAX_PAIRS = 100_000, 1_000_000


@dataclass(frozen=True)
class LabelMatches:
    """
    What became of the N detections of one label; it has R references.

    Args:
        prediction (`np.ndarray`):
            int64, shape `(N,)`: which of all predictions, by falling score.
        hit (`np.ndarray`):
            bool, shape `(thresholds, N)`: whether the detection took a reference.
        reference (`np.ndarray`):
            int64, shape `(R,)`: which of all references.
    """

    prediction: np.ndarray
    hit: np.ndarray
    reference: np.ndarray


def segment_iou(start_a, end_a, start_b, end_b) -> np.ndarray:
    """
    Temporal intersection over union; 0 for segments that do not touch.

    Args:
        start_a, end_a, start_b, end_b (`np.ndarray` or `float`):
            Seconds, of one shape, each `end` greater than its `start`.

    Returns:
        `np.ndarray`: float64 in [0, 1], of the same shape.
    """
    overlap = np.maximum(np.minimum(end_a, end_b) - np.maximum(start_a, start_b), 0.0)
    # ActivityNet's order of additions, so that an IoU on the threshold falls on the same side
    return overlap / ((end_b - start_b) + (end_a - start_a) - overlap)


def _overlapping(prediction: Segments, reference: Segments) -> tuple[np.ndarray, np.ndarray]:
    """First and last + 1 of the references (by video, then start) that a prediction could overlap."""

    def key(video, time_s):  # complex numbers are compared by real, then imaginary part
        return np.stack([video, time_s], axis=-1).astype(np.float64).view(np.complex128)[:, 0]

    starts = key(reference.video, reference.start_s)
    latest_ends = np.maximum.accumulate(key(reference.video, reference.end_s))
    last = np.searchsorted(starts, key(prediction.video, prediction.end_s), side="left")
    first = np.searchsorted(latest_ends, key(prediction.video, prediction.start_s), side="right")
    last[prediction.end_s <= prediction.start_s] = 0  # a segment without length can never be a hit
    return first, np.maximum(first, last)


def match(prediction: Segments, reference: Segments, iou_thresholds: list[float]) -> np.ndarray:
    """
    Give each detection, in the order of the arrays, the best reference of its video that is still free.

    Args:
        prediction ([`Segments`]):
            Detections of one label, by falling score.
        reference ([`Segments`]):
            References of that label, `video` ascending.
        iou_thresholds (`list[float]`):
            Each in (0, 1]; an IoU equal to the threshold is a hit.

    Returns:
        `np.ndarray`: bool, shape `(thresholds, N)`.
    """
    by_start = np.lexsort((reference.start_s, reference.video))
    reference = reference[by_start]
    hit = np.zeros((len(iou_thresholds), len(prediction.video)), dtype=bool)
    taken = np.zeros((len(iou_thresholds), len(by_start)), dtype=bool)
    start = 0
    while start < hit.shape[1]:
        free = np.flatnonzero(~taken.all(axis=0))
        first, last = _overlapping(prediction[start : start + MAX_ROWS], reference[free])
        num_rows = max(1, int(np.searchsorted(np.cumsum(last - first), MAX_PAIRS, side="right")))
        count, first = (last - first)[:num_rows], first[:num_rows]
        p = np.repeat(np.arange(start, start + num_rows), count)
        r = free[np.arange(len(p)) + np.repeat(first - np.cumsum(count) + count, count)]
        start += num_rows
        iou = segment_iou(prediction.start_s[p], prediction.end_s[p], reference.start_s[r], reference.end_s[r])
        keep = iou >= min(iou_thresholds)
        p, r, iou = p[keep], r[keep], iou[keep]
        order = np.lexsort((-by_start[r], -iou, p))  # of equal IoUs the later reference, as sorting backwards gives
        p, r, iou = p[order], r[order], iou[order]
        for threshold, is_hit, is_taken in zip(iou_thresholds, hit, taken, strict=True):
            possible = (iou >= threshold) & ~is_taken[r]
            _take(p[possible], r[possible], is_hit, is_taken)
    return hit


def _take(p: np.ndarray, r: np.ndarray, is_hit: np.ndarray, is_taken: np.ndarray) -> None:
    """One pass over the pairs in order; each step depends on the ones before, so it is a plain loop."""
    hit, taken = is_hit.view(np.uint8).data, is_taken.view(np.uint8).data
    for i, j in zip(p.tolist(), r.tolist(), strict=True):
        if not (hit[i] or taken[j]):
            hit[i] = taken[j] = 1


def precision_recall(hit: np.ndarray, score: np.ndarray, num_references: int) -> dict[str, np.ndarray]:
    """
    Points of the precision-recall curve, one per different score: within one score the order would be chance.

    Args:
        hit (`np.ndarray`), score (`np.ndarray`):
            bool and float64, shape `(N,)`: whether the detection is a true positive, and its score, falling.
        num_references (`int`):
            Positive number of references.

    Returns:
        `dict[str, np.ndarray]`: `score` and, in [0, 1], `recall`, `precision` and `interpolated_precision` (highest at
        the same or a higher recall); float64, one value per different score.
    """
    last_of_score = np.flatnonzero(np.append(score[1:] != score[:-1], np.ones(min(len(score), 1), dtype=bool)))
    num_hits = np.cumsum(hit)[last_of_score]
    precision = num_hits / (last_of_score + 1)
    return {
        "score": score[last_of_score],
        "recall": num_hits / num_references,
        "precision": precision,
        "interpolated_precision": np.maximum.accumulate(precision[::-1])[::-1],
    }


def average_precision(hit: np.ndarray, score: np.ndarray, num_references: int) -> float:
    """Area under the interpolated curve of [`precision_recall`], with the same arguments; in [0, 1]."""
    curve = precision_recall(hit, score, num_references)
    return float(np.sum(np.diff(curve["recall"], prepend=0.0) * curve["interpolated_precision"]))


def match_labels(predicted: Segments, truth: Segments, iou_thresholds: list[float]) -> dict[str, LabelMatches]:
    """Match the detections of every label that has a reference; labels in alphabetical order."""
    by_label, labels = group_by_label(predicted), {}
    for label, reference in group_by_label(truth).items():
        prediction = by_label.get(label, np.empty(0, dtype=np.int64))
        prediction = prediction[np.argsort(-predicted.score[prediction], kind="stable")]
        labels[label] = LabelMatches(
            prediction, match(predicted[prediction], truth[reference], iou_thresholds), reference
        )
    return labels


def temporal_map(
    predictions: list[list[dict]],
    references: list[list[dict]],
    iou_thresholds: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7),
) -> dict:
    """
    Mean average precision of temporal detections.

    Args:
        predictions (`list[list[dict]]`):
            One list per video of `{"label", "start", "end", "score"}`, times in seconds. One with `end` <= `start` is
            a false positive and counted in `num_invalid_predictions`.
        references (`list[list[dict]]`):
            One list per video of `{"label", "start", "end"}`, times in seconds, `end` > `start`.
        iou_thresholds (`tuple[float, ...]`, *optional*, defaults to `(0.3, 0.4, 0.5, 0.6, 0.7)`):
            Each in (0, 1].

    Returns:
        `dict`: `average_map` (`float`, mean over labels and thresholds), `map` (one per threshold), `ap` (`{label: one
        per threshold}`), `iou_thresholds`, `num_references`, `num_predictions` (`{label: int}`, the latter with labels
        that are only predicted), `num_invalid_predictions` (`int`). Scores in [0, 1].

    Raises:
        ValueError: If the lengths differ, a threshold is out of range, or a segment is bad (names video and item).
    """
    thresholds = check_thresholds(iou_thresholds)
    predicted, truth = to_segments(predictions, "predictions"), to_segments(references, "references")
    check_lengths(predictions, references)
    return summarize(predicted, match_labels(predicted, truth, thresholds), thresholds)


def summarize(predicted: Segments, labels: dict[str, LabelMatches], iou_thresholds: list[float]) -> dict:
    """The result of [`temporal_map`] from the matches."""
    ap = {
        label: [average_precision(hit, predicted.score[one.prediction], len(one.reference)) for hit in one.hit]
        for label, one in labels.items()
    }
    mean_ap = np.mean(list(ap.values()), axis=0) if ap else np.zeros(len(iou_thresholds))
    num_predictions = {label: len(index) for label, index in group_by_label(predicted).items()}
    return {
        "average_map": float(mean_ap.mean()),
        "map": mean_ap.tolist(),
        "ap": ap,
        "iou_thresholds": iou_thresholds,
        "num_references": {label: len(one.reference) for label, one in labels.items()},
        "num_predictions": {label: num_predictions.get(label, 0) for label in sorted({*num_predictions, *ap})},
        "num_invalid_predictions": int(np.sum(predicted.end_s <= predicted.start_s)),
    }
