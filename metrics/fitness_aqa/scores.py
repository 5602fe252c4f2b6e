"""All scores of the task, from predictions and references."""

from numbers import Real

import numpy as np
from sklearn.metrics import matthews_corrcoef, precision_recall_fscore_support

from .interval_ap import interval_scores, merge
from .probabilities import has_probability, interval_probability, probability_scores
from .records import EXERCISE_OF, to_prediction, to_reference
from .segment_ap import temporal_map

AP_NAMES = ("published", "paper", "recall", "detection")
PROBABILITY_NAMES = ("average_precision", "calibration_error")
NOTHING = to_prediction({"exercise": None, "errors": []}, 0)


def fitness_scores(predictions: list[str | dict], references: list[dict], iou_threshold: float = 0.5) -> dict:
    """
    Exercise accuracy, error detection and temporal scores of the answers.

    Every score of an error is over all clips of its true exercise; nothing is dropped. An answer with the wrong
    exercise, or none that can be read, predicts no error of the true one (for `published` a missing prediction like
    any other); errors of the other exercise are ignored. Means over labels are over those with at least one clip; a
    label without clips has 0 everywhere.

    Args:
        predictions (`list[str | dict]`):
            Answer texts, or `{"exercise", "errors": [{"label", "start", "end", "score"}], "scores": {label: float}}`,
            `score` and `scores` (probabilities of an interval and of the clip, in [0, 1]) optional.
        references (`list[dict]`):
            `{"exercise", "errors": [{"label", "start", "end"}]}`, times in seconds, in the order of the predictions.
        iou_threshold (`float`, *optional*, defaults to `0.5`):
            In (0, 1].

    Returns:
        `dict`: `exercise_accuracy`, `parse_rate` (share of answers whose exercise could be read), `f1`, `precision`,
        `recall`, `mcc`, `always_yes_f1` (F1 of naming the error in every clip) and `mean_iou`, each `{label: float}`;
        `macro_f1`; `ap` (`published`, `paper`, `recall`, `detection`, each `{label: float}`); `map` (means of `ap`);
        `constant_interval_ap`; `support` (`{label: {"positives", "clips"}}`); and, if a prediction gives
        a probability, `average_precision` and `calibration_error` (each `{label: float}`). See [`interval_scores`] and
        [`probability_scores`] for the definitions.

    Raises:
        ValueError: If the lengths differ, there is no clip, the threshold is out of range, or a record is wrong.

    Example:

        >>> found = {"label": "elbows", "start": 1.0, "end": 2.0}
        >>> truth = {"label": "elbows", "start": 1.0, "end": 2.5}
        >>> scores = fitness_scores(
        ...     [{"exercise": "overhead_press", "errors": [found]}, "I cannot tell."],
        ...     [{"exercise": "overhead_press", "errors": [truth]}, {"exercise": "overhead_press", "errors": []}],
        ... )
        >>> scores["parse_rate"], scores["f1"]["elbows"], scores["ap"]["paper"]["elbows"]
        (0.5, 1.0, 0.5)
    """
    check_lengths(predictions, references)
    if not references:
        raise ValueError("references: no clip to score, expected at least one.")
    iou_threshold = check_threshold(iou_threshold)
    predicted = [to_prediction(prediction, i) for i, prediction in enumerate(predictions)]
    truth = [to_reference(reference, i) for i, reference in enumerate(references)]
    pairs = list(zip(predicted, truth, strict=True))
    per_label = {label: _label_scores(pairs, label, iou_threshold) for label in EXERCISE_OF}
    with_clips = [label for label, scores in per_label.items() if scores["support"]["clips"]]

    def column(name: str) -> dict:
        return {label: scores[name] for label, scores in per_label.items()}

    def mean(name: str) -> float:
        return float(np.mean([per_label[label][name] for label in with_clips]))

    result = {
        "exercise_accuracy": float(np.mean([p["exercise"] == t["exercise"] for p, t in pairs])),
        "parse_rate": float(np.mean([p["exercise"] is not None for p in predicted])),
        **{name: column(name) for name in ("f1", "precision", "recall", "mcc", "always_yes_f1")},
        "macro_f1": mean("f1"),
        "ap": {name: column(f"ap_{name}") for name in AP_NAMES},
        "map": {name: mean(f"ap_{name}") for name in AP_NAMES},
        "constant_interval_ap": column("constant_interval_ap"),
        "mean_iou": column("mean_iou"),
        "support": column("support"),
    }
    if has_probability(predicted):
        result |= {name: column(name) for name in PROBABILITY_NAMES}
    return result


def check_lengths(predictions, references) -> None:
    """Raise ValueError unless both are lists with one item per clip."""
    for name, records in (("predictions", predictions), ("references", references)):
        if isinstance(records, str | dict) or not hasattr(records, "__len__"):
            raise ValueError(f"{name}: expected a list with one item per clip, got {type(records).__name__}.")
    if len(predictions) != len(references):
        raise ValueError(
            f"predictions has {len(predictions)} items and references {len(references)}: "
            "give one per clip, in the same order."
        )


def check_threshold(iou_threshold) -> float:
    """The threshold as a float; raises ValueError unless it is a number in (0, 1]."""
    if not (isinstance(iou_threshold, Real) and 0.0 < iou_threshold <= 1.0):
        raise ValueError(f"iou_threshold: expected a number in (0, 1], got {iou_threshold!r}. The paper's is 0.5.")
    return float(iou_threshold)


def _label_scores(pairs: list[tuple[dict, dict]], label: str, iou_threshold: float) -> dict:
    """Scores of one error over the clips of its exercise, as a flat dict."""
    exercise = EXERCISE_OF[label]
    # Whatever an answer with a wrong exercise names belongs to another movement.
    clips = [(p if p["exercise"] == exercise else NOTHING, t) for p, t in pairs if t["exercise"] == exercise]
    predicted = [_named(p, label) for p, _ in clips]
    annotated = [_named(t, label) for _, t in clips]
    is_predicted = np.array([bool(errors) for errors in predicted], dtype=bool)
    is_annotated = np.array([bool(errors) for errors in annotated], dtype=bool)
    num_positives = int(is_annotated.sum())
    result = {"support": {"positives": num_positives, "clips": len(clips)}}
    if not clips:
        names = ("f1", "precision", "recall", "mcc", "always_yes_f1", "constant_interval_ap", "mean_iou")
        return result | dict.fromkeys((*names, *(f"ap_{name}" for name in AP_NAMES), *PROBABILITY_NAMES), 0.0)

    precision, recall, f1, _ = precision_recall_fscore_support(
        is_annotated, is_predicted, average="binary", zero_division=0.0
    )
    intervals = interval_scores(
        np.array([merge(errors, label) for errors in predicted]),
        np.array([merge(errors, label) for errors in annotated]),
        iou_threshold,
    )
    scored = [
        [{**error, "score": interval_probability(error, p)} for error in errors]
        for errors, (p, _) in zip(predicted, clips, strict=True)
    ]
    return result | {
        "f1": float(f1),
        "precision": float(precision),
        "recall": float(recall),
        "mcc": mcc(is_annotated, is_predicted),
        "always_yes_f1": 2 * num_positives / (num_positives + len(clips)),
        "constant_interval_ap": intervals["constant_interval"],
        "mean_iou": intervals["mean_iou"],
        **{f"ap_{name}": intervals[name] for name in ("published", "paper", "recall")},
        "ap_detection": temporal_map(scored, annotated, (iou_threshold,))["average_map"],
        **probability_scores([p for p, _ in clips], label, is_annotated),
    }


def _named(record: dict, label: str) -> list[dict]:
    return [error for error in record["errors"] if error["label"] == label]


def mcc(is_annotated: np.ndarray, is_predicted: np.ndarray) -> float:
    """Matthews' correlation of two bool arrays, shape `(N,)`; 0 where one has one class, where scikit-learn warns."""
    if np.ptp(is_annotated.astype(int)) == 0 or np.ptp(is_predicted.astype(int)) == 0:
        return 0.0
    return float(matthews_corrcoef(is_annotated, is_predicted))
