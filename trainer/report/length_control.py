"""What the length of a clip alone tells about its errors."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import precision_recall_curve

from metrics.fitness_aqa.interval_ap import merge
from metrics.fitness_aqa.records import ERRORS, EXERCISE_OF, to_prediction
from trainer.report.clips import Clips


def length_predictions(clips: Clips) -> list[dict]:
    """
    Answers of a logistic regression on the clip's duration, one for each error, fitted on the train split.

    It is told the exercise. It names an error where its probability reaches the threshold that has the best F1 on the
    train split, from the median start to the median end of that split. A clip that cannot be read has the train
    split's median duration.

    Args:
        clips ([`Clips`]):
            The clips to answer, and those of the train split, at least one.

    Returns:
        `list[dict]`: One prediction a clip, as `to_prediction` returns it, with the probabilities in `scores`.
    """
    references, durations_s, keys = clips.train_references, clips.train_durations_s, list(clips.references)
    median_s = float(np.median(list(durations_s.values())))
    lengths_s = np.array([[clips.durations_s.get(key, median_s)] for key in keys])
    named = {}
    for label, exercise in EXERCISE_OF.items():
        ids = [key for key, reference in references.items() if reference["exercise"] == exercise]
        intervals_s = np.array([merge(references[key]["errors"], label) for key in ids]).reshape(-1, 2)
        has_error = intervals_s[:, 1] > intervals_s[:, 0]
        if has_error.all() or not has_error.any():  # nothing to tell apart, or no clip of the exercise
            probability, threshold = np.full(len(keys), float(has_error.any())), 0.5
        else:
            fit_s = np.array([[durations_s[key]] for key in ids])
            regression = LogisticRegression().fit(fit_s, has_error)
            threshold = best_f1_threshold(has_error, regression.predict_proba(fit_s)[:, 1])
            probability = regression.predict_proba(lengths_s)[:, 1]
        middle_s = np.median(intervals_s[has_error], axis=0).tolist() if has_error.any() else [0.0, 0.0]
        named[label] = probability, threshold, middle_s
    return [_prediction(index, clips.references[key]["exercise"], named) for index, key in enumerate(keys)]


def best_f1_threshold(has_error: np.ndarray, probability: np.ndarray) -> float:
    """
    The threshold at or above which naming the error has the best F1.

    Args:
        has_error (`np.ndarray`):
            bool, shape `(N,)`, at least one true.
        probability (`np.ndarray`):
            float64 in [0, 1], shape `(N,)`.

    Returns:
        `float`: One of the probabilities; the lowest of equally good ones.
    """
    precision, recall, thresholds = precision_recall_curve(has_error, probability)
    f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
    return float(thresholds[np.argmax(f1[:-1])])  # the last point is no threshold


def _prediction(index: int, exercise: str, named: dict) -> dict:
    errors = [
        {"label": label, "start": named[label][2][0], "end": named[label][2][1]}
        for label in ERRORS[exercise]
        if named[label][0][index] >= named[label][1]
    ]
    scores = {label: float(named[label][0][index]) for label in ERRORS[exercise]}
    return to_prediction({"exercise": exercise, "errors": errors, "scores": scores}, index)
