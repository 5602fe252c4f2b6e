"""95 % bootstrap intervals over videos, from the matches of the whole set."""

import numpy as np

from .segment_ap import LabelMatches
from .segments import Segments

# Entries (resample, detection) worked on in one go; 4 bytes each in a few arrays
MAX_ENTRIES = 4_000_000
PERCENTILES = (2.5, 97.5)


def bootstrap_intervals(
    predicted: Segments,
    truth: Segments,
    labels: dict[str, LabelMatches],
    num_videos: int,
    num_resamples: int,
    seed: int,
) -> dict | None:
    """
    Percentile intervals of the scores under resampling of the videos.

    A resample draws as many videos as there are, with replacement. Matching never crosses videos, so a video drawn k
    times counts its detections and references k times, and nothing is matched again. A label without reference in a
    resample is left out of that resample's mean; a resample without any reference is left out altogether.

    Args:
        predicted ([`Segments`]), truth ([`Segments`]):
            All predictions and references.
        labels (`dict[str, LabelMatches]`):
            Their matches.
        num_videos (`int`):
            Videos to draw from, those without segments included.
        num_resamples (`int`):
            At least 1; 1000 is usual.
        seed (`int`):
            Equal seeds give equal intervals for videos in equal order.

    Returns:
        `dict`: `average_map` (`[low, high]`), `map` (one `[low, high]` per threshold) and `ap` (`{label: one per
        threshold}`), the 2.5th and 97.5th percentiles; None without any label.
    """
    if not labels:
        return None
    rng = np.random.default_rng(seed)
    largest = max(num_videos, *(len(one.prediction) for one in labels.values()))
    step = max(1, MAX_ENTRIES // largest)
    parts = []
    for start in range(0, num_resamples, step):
        size = min(step, num_resamples - start)
        drawn = rng.integers(0, num_videos, (size, num_videos)) + num_videos * np.arange(size)[:, None]
        times = np.bincount(drawn.ravel(), minlength=size * num_videos).reshape(size, num_videos).astype(np.int32)
        parts.append(np.stack([_label_ap(predicted, truth, one, times) for one in labels.values()]))
    ap = np.concatenate(parts, axis=2)  # (labels, thresholds, resamples)
    ap = ap[:, :, ~np.isnan(ap).all(axis=(0, 1))]
    mean_ap = np.nanmean(ap, axis=0)

    def interval(values: np.ndarray) -> list:
        return np.moveaxis(np.nanpercentile(values, PERCENTILES, axis=-1), 0, -1).tolist()

    return {
        "average_map": interval(mean_ap.mean(axis=0)),
        "map": interval(mean_ap),
        "ap": {label: interval(values) for label, values in zip(labels, ap, strict=True)},
    }


def _label_ap(predicted: Segments, truth: Segments, one: LabelMatches, times: np.ndarray) -> np.ndarray:
    """
    AP of one label in every resample, shape `(thresholds, resamples)`; NaN where it has no reference.

    Between two hits precision only falls, so the curve is needed only at scores that some hit has.
    """
    num_references = times @ np.bincount(truth.video[one.reference], minlength=times.shape[1])
    score = predicted.score[one.prediction]
    weight = times[:, predicted.video[one.prediction]]
    seen = np.cumsum(weight, axis=1, dtype=np.int32)
    ap = np.zeros((len(one.hit), len(times)))
    for row, hit in zip(ap, one.hit, strict=True):
        index = np.flatnonzero(hit)
        last_hit = np.flatnonzero(np.append(score[index][1:] != score[index][:-1], np.ones(min(len(index), 1), bool)))
        last_of_score = np.searchsorted(-score, -score[index[last_hit]], side="right") - 1
        num_hits = np.cumsum(weight[:, index], axis=1)[:, last_hit]
        precision = num_hits / np.maximum(seen[:, last_of_score], 1)
        envelope = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
        row[:] = np.sum(np.diff(num_hits, prepend=0, axis=1) * envelope, axis=1)
    with np.errstate(invalid="ignore"):
        return ap / num_references
