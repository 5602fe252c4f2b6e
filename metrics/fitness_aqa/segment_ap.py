"""Average precision of temporal segments, ActivityNet's definition (the same file lies in both metric folders)."""

import numpy as np

from .segments import Segments, group_by_label, to_segments

# Pairs (prediction, reference) looked at in one go: keeps the memory linear where a video has many references
MAX_PAIRS = 1_000_000


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
    return overlap / ((end_b - start_b) + (end_a - start_a) - overlap)


def _pairs_in_order(prediction: Segments, reference: Segments, min_iou: float):
    """Pairs of one video with IoU >= `min_iou`: by prediction, then falling IoU, then the later reference first."""
    first = np.searchsorted(reference.video, prediction.video, side="left")
    count = np.searchsorted(reference.video, prediction.video, side="right") - first
    count[prediction.end_s <= prediction.start_s] = 0  # a segment without length can never be a hit
    pairs = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    cuts = np.searchsorted(np.cumsum(count), np.arange(MAX_PAIRS, count.sum(), MAX_PAIRS))
    for rows in np.split(np.arange(len(count)), cuts):
        total = count[rows].sum()
        p = np.repeat(rows, count[rows])
        r = np.arange(total) - np.repeat(np.cumsum(count[rows]) - count[rows], count[rows]) + first[p]
        iou = segment_iou(prediction.start_s[p], prediction.end_s[p], reference.start_s[r], reference.end_s[r])
        keep = iou >= min_iou
        pairs.append((p[keep], r[keep], iou[keep]))
    p, r, iou = (np.concatenate(column) for column in zip(*pairs, strict=True))
    order = np.lexsort((-r, -iou, p))
    return p[order], r[order], iou[order]


def _match(p: np.ndarray, r: np.ndarray, num_predictions: int, num_references: int) -> np.ndarray:
    """Give each prediction, in order, its best reference that is still free; returns bool hits, one per prediction."""
    hit, taken = bytearray(num_predictions), bytearray(num_references)
    for i, j in zip(p.tolist(), r.tolist(), strict=True):
        if not (hit[i] or taken[j]):
            hit[i] = taken[j] = 1
    return np.frombuffer(hit, dtype=bool)


def interpolated_average_precision(hit: np.ndarray, score: np.ndarray, num_references: int) -> float:
    """
    Area under the interpolated precision-recall curve.

    Detections of one score enter the curve together, as one point: their order would be chance.

    Args:
        hit (`np.ndarray`):
            bool, shape `(N,)`: whether the detection is a true positive, by falling score.
        score (`np.ndarray`):
            float64, shape `(N,)`, falling.
        num_references (`int`):
            Positive number of references.

    Returns:
        `float`: In [0, 1].
    """
    is_last_of_score = np.append(score[1:] != score[:-1], np.ones(min(len(score), 1), dtype=bool))
    num_hits = np.cumsum(hit)[is_last_of_score]
    precision = num_hits / (np.flatnonzero(is_last_of_score) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(num_hits / num_references, prepend=0.0) * envelope))


def average_precision(prediction: Segments, reference: Segments, iou_thresholds: list[float]) -> list[float]:
    """
    Average precision of one label.

    Args:
        prediction ([`Segments`]):
            Detections of one label in all videos.
        reference ([`Segments`]):
            References of that label, at least one, `video` ascending.
        iou_thresholds (`list[float]`):
            Each in (0, 1]; an IoU equal to the threshold is a hit.

    Returns:
        `list[float]`: In [0, 1], one per threshold.
    """
    prediction = prediction[np.argsort(-prediction.score, kind="stable")]
    p, r, iou = _pairs_in_order(prediction, reference, min(iou_thresholds))
    size = len(prediction.video), len(reference.video)
    return [
        interpolated_average_precision(_match(p[iou >= t], r[iou >= t], *size), prediction.score, size[1])
        for t in iou_thresholds
    ]


def temporal_map(
    predictions: list[list[dict]],
    references: list[list[dict]],
    iou_thresholds: tuple[float, ...] = (0.3, 0.4, 0.5, 0.6, 0.7),
) -> dict:
    """
    Mean average precision of temporal detections.

    Follows ActivityNet's definition (Caba Heilbron et al., CVPR 2015): per label, the detections of all videos by
    falling score; each takes the free reference of its video with the highest IoU at or above the threshold (of equal
    IoUs the later one), otherwise it is a false positive. Labels are those of the references. Where that definition
    leaves it open: detections of equal score match in the order given and form one point of the curve; labels that are
    only predicted enter no average; a detection in a video without references is a false positive; one with
    `end` <= `start` is a false positive; without any reference every mean is 0.

    Args:
        predictions (`list[list[dict]]`):
            One list per video of `{"label", "start", "end", "score"}`, times in seconds.
        references (`list[list[dict]]`):
            One list per video of `{"label", "start", "end"}`, times in seconds, `end` > `start`.
        iou_thresholds (`tuple[float, ...]`, *optional*, defaults to `(0.3, 0.4, 0.5, 0.6, 0.7)`):
            Each in (0, 1].

    Returns:
        `dict`: `average_map` (mean over labels and thresholds), `map` (one per threshold), `ap` (`{label: one per
        threshold}`), `iou_thresholds`, `num_references` and `num_predictions` (`{label: int}`, the latter with labels
        that are only predicted), `num_invalid_predictions` (`int`). Scores in [0, 1].

    Raises:
        ValueError: If the lengths differ, a threshold is out of range, or a segment is bad (names video and item).
    """
    thresholds = [float(threshold) for threshold in iou_thresholds]
    if not thresholds or not all(0.0 < threshold <= 1.0 for threshold in thresholds):
        raise ValueError(f"iou_thresholds: expected one or more numbers in (0, 1], got {list(iou_thresholds)}.")
    if len(predictions) != len(references):
        raise ValueError(
            f"predictions has {len(predictions)} videos and references {len(references)}: "
            "give both one list per video, in the same order; an empty list where there is nothing."
        )
    predicted = to_segments(predictions, "predictions")
    by_label, truth_by_label = group_by_label(predicted), group_by_label(to_segments(references, "references"))
    nothing = predicted[:0]
    ap = {
        label: average_precision(by_label.get(label, nothing), truth, thresholds)
        for label, truth in truth_by_label.items()
    }
    mean_ap = np.mean(list(ap.values()), axis=0) if ap else np.zeros(len(thresholds))
    return {
        "average_map": float(mean_ap.mean()),
        "map": mean_ap.tolist(),
        "ap": ap,
        "iou_thresholds": thresholds,
        "num_references": {label: len(truth.video) for label, truth in truth_by_label.items()},
        "num_predictions": {label: len(by_label.get(label, nothing).video) for label in sorted({*by_label, *ap})},
        "num_invalid_predictions": int(np.sum(predicted.end_s <= predicted.start_s)),
    }
