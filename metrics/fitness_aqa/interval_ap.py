"""The interval scores of the task: hits over clips, by the published arithmetic and by a correct one."""

import numpy as np

from .segment_ap import segment_iou


def published_iou(predicted_s: np.ndarray, reference_s: np.ndarray) -> np.ndarray:
    """
    The IoU of the paper's own evaluation script, its mistake included.

    The script (`compute_iou` in `uamp25_87_files/utils.py` of github.com/GaetanoDibenedetto/UMAP25) takes the absolute
    value of `min(ends) - max(starts)` as the intersection, the sum of the lengths less that as the union, and 0 where
    this union is not positive. A missing interval is [0, 0]. So segments that do not touch can score, above 1 even:
    [0, 0] against [s, e] is at or above 0.5 whenever 2 s < e <= 4 s.

    Args:
        predicted_s (`np.ndarray`):
            float64, shape `(N, 2)`: start and end in seconds, zeros where there is none.
        reference_s (`np.ndarray`):
            float64, shape `(N, 2)`, likewise.

    Returns:
        `np.ndarray`: float64, shape `(N,)`, at least 0 and without upper bound.
    """
    overlap = np.abs(
        np.minimum(predicted_s[:, 1], reference_s[:, 1]) - np.maximum(predicted_s[:, 0], reference_s[:, 0])
    )
    union = (predicted_s[:, 1] - predicted_s[:, 0]) + (reference_s[:, 1] - reference_s[:, 0]) - overlap
    return np.divide(overlap, union, out=np.zeros(len(union)), where=union > 0)


def correct_iou(predicted_s: np.ndarray, reference_s: np.ndarray) -> np.ndarray:
    """
    Intersection over union; 0 where the two do not touch or one of them has no length.

    Args:
        predicted_s (`np.ndarray`):
            float64, shape `(N, 2)`: start and end in seconds, zeros where there is none.
        reference_s (`np.ndarray`):
            float64, shape `(N, 2)`, likewise.

    Returns:
        `np.ndarray`: float64 in [0, 1], shape `(N,)`.
    """
    is_real = (predicted_s[:, 1] > predicted_s[:, 0]) & (reference_s[:, 1] > reference_s[:, 0])
    iou = np.zeros(len(is_real))
    iou[is_real] = segment_iou(*predicted_s[is_real].T, *reference_s[is_real].T)
    return iou


def merge(errors: list[dict], label: str) -> tuple[float, float]:
    """
    The one interval per error that the paper keeps: from the first start to the last end.

    Args:
        errors (`list[dict]`):
            `{"label", "start", "end"}` of one clip, seconds.
        label (`str`):
            The error to merge.

    Returns:
        `tuple[float, float]`: Seconds; (0.0, 0.0) without an interval of positive length.
    """
    kept = [error for error in errors if error["label"] == label and error["end"] > error["start"]]
    if not kept:
        return 0.0, 0.0
    return min(error["start"] for error in kept), max(error["end"] for error in kept)


def interval_scores(predicted_s: np.ndarray, reference_s: np.ndarray, iou_threshold: float) -> dict[str, float]:
    """
    Interval scores of one error over the clips of its exercise.

    Args:
        predicted_s (`np.ndarray`):
            float64, shape `(N, 2)`, N >= 1: merged predicted interval of each clip, seconds, zeros for none.
        reference_s (`np.ndarray`):
            float64, shape `(N, 2)`: merged annotated interval, likewise.
        iou_threshold (`float`):
            In (0, 1]; an IoU equal to it is a hit.

    Returns:
        `dict[str, float]`: `published` and `paper` (hits over all N clips, by [`published_iou`] and [`correct_iou`]),
        `recall` (hits over the clips that have the error), `mean_iou` (mean correct IoU over those clips),
        `constant_interval` (the `paper` value of one constant answer: in every clip the error from the median start to
        the median end of the references). 0 where no clip has the error.
    """
    has_error = reference_s[:, 1] > reference_s[:, 0]
    iou = correct_iou(predicted_s, reference_s)
    scores = {
        "published": float(np.mean(published_iou(predicted_s, reference_s) >= iou_threshold)),
        "paper": float(np.mean(iou >= iou_threshold)),
        "recall": 0.0,
        "mean_iou": 0.0,
        "constant_interval": 0.0,
    }
    if has_error.any():
        constant_s = np.broadcast_to(np.median(reference_s[has_error], axis=0), reference_s.shape)
        scores["recall"] = float(np.mean(iou[has_error] >= iou_threshold))
        scores["mean_iou"] = float(np.mean(iou[has_error]))
        scores["constant_interval"] = float(np.mean(correct_iou(constant_s, reference_s) >= iou_threshold))
    return scores
