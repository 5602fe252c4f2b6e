"""What the probabilities of the answers are worth: ranking of the clips and calibration."""

import numpy as np
from sklearn.metrics import average_precision_score

NUM_BINS = 10


def has_probability(predictions: list[dict]) -> bool:
    """Whether any prediction (as `to_prediction` returns it) gives a probability, of a clip or of an interval."""
    return any(
        probability is not None
        for prediction in predictions
        for probability in (*prediction["scores"].values(), *(error["score"] for error in prediction["errors"]))
    )


def interval_probability(error: dict, prediction: dict) -> float:
    """The `score` of the interval, else the clip's probability of its label, else 1.0."""
    of_clip = prediction["scores"][error["label"]]
    return next((float(p) for p in (error["score"], of_clip) if p is not None), 1.0)


def clip_probability(prediction: dict, label: str) -> float:
    """
    Probability that an error is in a clip.

    Args:
        prediction (`dict`):
            As `to_prediction` returns it.
        label (`str`):
            The error.

    Returns:
        `float`: In [0, 1]: that of `scores`, else the highest of its intervals (1.0 for one without), else 0.0.
    """
    of_clip = prediction["scores"][label]
    if of_clip is not None:
        return float(of_clip)
    named = [error for error in prediction["errors"] if error["label"] == label]
    return max((interval_probability(error, prediction) for error in named), default=0.0)


def probability_scores(predictions: list[dict], label: str, is_annotated: np.ndarray) -> dict[str, float]:
    """
    How well the clips' probabilities of an error rank them, and how true they are.

    Args:
        predictions (`list[dict]`):
            N >= 1, as `to_prediction` returns them.
        label (`str`):
            The error, see [`clip_probability`].
        is_annotated (`np.ndarray`):
            bool, shape `(N,)`: whether the clip has the error.

    Returns:
        `dict[str, float]`: `average_precision` of the clips ranked by their probability, equal ones together
        (scikit-learn's definition; 0.0 where no clip has the error), and [`calibration_error`]. In [0, 1].
    """
    probability = np.array([clip_probability(prediction, label) for prediction in predictions])
    return {
        "average_precision": float(average_precision_score(is_annotated, probability)) if is_annotated.any() else 0.0,
        "calibration_error": calibration_error(is_annotated, probability),
    }


def bin_clips(is_annotated: np.ndarray, probability: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Clips in ten bins of equal width by their probability: [0, 0.1), [0.1, 0.2), ..., [0.9, 1.0].

    Args:
        is_annotated (`np.ndarray`):
            bool, shape `(N,)`, N >= 1: whether the clip has the error.
        probability (`np.ndarray`):
            float64 in [0, 1], shape `(N,)`.

    Returns:
        `tuple[np.ndarray, np.ndarray, np.ndarray]`: Of the bins that hold a clip, ascending: mean probability, share
        of clips that have the error, and number of clips.
    """
    bins = np.digitize(probability, np.arange(1, NUM_BINS) / NUM_BINS)
    counts = np.bincount(bins, minlength=NUM_BINS)
    filled = counts > 0
    means, shares = (
        np.bincount(bins, weights=values, minlength=NUM_BINS)[filled] / counts[filled]
        for values in (probability, is_annotated)
    )
    return means, shares, counts[filled]


def calibration_error(is_annotated: np.ndarray, probability: np.ndarray) -> float:
    """
    Expected calibration error over the ten bins of [`bin_clips`].

    In each, the mean probability is compared with the share of clips that have the error; the absolute differences are
    averaged with the number of clips as weight.

    Args:
        is_annotated (`np.ndarray`), probability (`np.ndarray`):
            As for [`bin_clips`].

    Returns:
        `float`: In [0, 1]; 0.0 where every probability is right on average.
    """
    means, shares, counts = bin_clips(is_annotated, probability)
    return float(np.average(np.abs(means - shares), weights=counts))
