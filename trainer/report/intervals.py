"""95 % bootstrap intervals of the scores, over clips."""

import numpy as np

from metrics.fitness_aqa.interval_ap import correct_iou, merge, published_iou
from metrics.fitness_aqa.records import EXERCISE_OF
from metrics.fitness_aqa.scores import NOTHING
from metrics.temporal_map.bootstrap import PERCENTILES

LABELS = tuple(EXERCISE_OF)
IOU_THRESHOLD = 0.5
NUM_RESAMPLES, SEED = 2000, 0
COUNTS = ("clips", "true_positives", "false_positives", "false_negatives", "published_hits", "hits")


def count_clips(predictions: list[dict], references: list[dict]) -> np.ndarray:
    """
    What each clip adds to the counts that F1 and AP are made of, by the rules of `fitness_scores`.

    Args:
        predictions (`list[dict]`), references (`list[dict]`):
            N each, as `to_prediction` and `to_reference` return them.

    Returns:
        `np.ndarray`: float64, zeros and ones, shape `(N, labels, counts)`, in the order of `LABELS` and `COUNTS`.
    """
    counts = np.zeros((len(references), len(LABELS), len(COUNTS)))
    for of_clip, prediction, reference in zip(counts, predictions, references, strict=True):
        if prediction["exercise"] != reference["exercise"]:
            prediction = NOTHING
        for of_label, (label, exercise) in zip(of_clip, EXERCISE_OF.items(), strict=True):
            if exercise != reference["exercise"]:
                continue
            is_named, is_there = (
                any(error["label"] == label for error in row["errors"]) for row in (prediction, reference)
            )
            spans_s = [np.array([merge(row["errors"], label)]) for row in (prediction, reference)]
            of_label[:] = (
                1,
                is_named and is_there,
                is_named and not is_there,
                is_there and not is_named,
                published_iou(*spans_s)[0] >= IOU_THRESHOLD,
                correct_iou(*spans_s)[0] >= IOU_THRESHOLD,
            )
    return counts


def scores_of(counts: np.ndarray) -> dict[str, np.ndarray]:
    """
    Scores from counts.

    Args:
        counts (`np.ndarray`):
            float64, shape `(…, labels, counts)`: sums over clips.

    Returns:
        `dict[str, np.ndarray]`: `f1`, `mcc`, `published`, `paper` and `recall`, shape `(…, labels)`, NaN for a label
        without clips, and their means over the other labels, `macro_f1`, `mean_mcc`, `map_published`, `map_paper` and
        `map_recall`, shape `(…)`.
    """
    clips, both, false, missed, published_hits, hits = np.moveaxis(counts, -1, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = {
            "f1": np.where(clips > 0, 2 * both / np.maximum(2 * both + false + missed, 1), np.nan),
            "mcc": np.where(clips > 0, _mcc(both, false, missed, clips - both - false - missed), np.nan),
            "published": published_hits / clips,
            "paper": hits / clips,
            "recall": np.where(clips > 0, hits / np.maximum(both + missed, 1), np.nan),
        }
    means = {"f1": "macro_f1", "mcc": "mean_mcc"}
    means |= {"published": "map_published", "paper": "map_paper", "recall": "map_recall"}
    return scores | {mean: np.nanmean(scores[name], axis=-1) for name, mean in means.items()}


def _mcc(both: np.ndarray, false: np.ndarray, missed: np.ndarray, neither: np.ndarray) -> np.ndarray:
    """Matthews' correlation from counts; 0 where the answers or the clips are all of one class, as in the metric."""
    product = (both + false) * (both + missed) * (neither + false) * (neither + missed)
    return np.where(product > 0, (both * neither - false * missed) / np.sqrt(np.maximum(product, 1)), 0.0)


def resample(num_clips: int) -> np.ndarray:
    """How often each clip is drawn: float64, shape `(resamples, num_clips)`, the same for every run."""
    rng = np.random.default_rng(SEED)
    return rng.multinomial(num_clips, np.full(num_clips, 1 / num_clips), NUM_RESAMPLES).astype(np.float64)


def bootstrap(counts: np.ndarray) -> dict[str, np.ndarray]:
    """
    Percentile intervals of every score of [`scores_of`], resampling clips with replacement.

    Args:
        counts (`np.ndarray`):
            From [`count_clips`].

    Returns:
        `dict[str, np.ndarray]`: 2.5th and 97.5th percentile, shape `(labels, 2)`, or `(2,)` for the means. NaN for a
        label without clips.
    """
    resampled = scores_of(np.tensordot(resample(len(counts)), counts, axes=1))
    absent = counts[..., 0].sum(axis=0) == 0

    def percentiles(values: np.ndarray) -> np.ndarray:
        if values.ndim == 1:
            return np.percentile(values, PERCENTILES)
        values = np.where(absent, 0.0, values)
        low_high = np.nanpercentile(values, PERCENTILES, axis=0).T
        return np.where(absent[:, None], np.nan, low_high)

    return {name: percentiles(values) for name, values in resampled.items()}


def difference(counts: np.ndarray, other: np.ndarray, name: str) -> tuple[float, float]:
    """
    Interval of how much a mean score of one set of answers exceeds that of another on the same clips.

    Args:
        counts (`np.ndarray`), other (`np.ndarray`):
            From [`count_clips`], the same clips in the same order.
        name (`str`):
            Such as `macro_f1`.

    Returns:
        `tuple[float, float]`: 2.5th and 97.5th percentile of the paired difference.
    """
    times = resample(len(counts))
    ours, theirs = (scores_of(np.tensordot(times, each, axes=1))[name] for each in (counts, other))
    low, high = np.percentile(ours - theirs, PERCENTILES)
    return float(low), float(high)
