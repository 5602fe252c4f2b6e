"""What answers that have seen nothing would score, and the counts behind the scores."""

from collections import Counter

import numpy as np

from .interval_ap import merge
from .records import ERRORS, EXERCISE_OF, to_prediction

UNREAD = "not read"


def trivial_predictions(references: list[dict]) -> list[dict]:
    """
    The same answer for every clip of an exercise: all its errors, each with one constant interval.

    Args:
        references (`list[dict]`):
            As `to_reference` returns them.

    Returns:
        `list[dict]`: One prediction per reference, as `to_prediction` returns it: the exercise that is true, each of
        its errors from the median start to the median end of the references, with the share of the clips that have
        it as probability. An error that no reference has is named from 0.0 to 0.0.
    """
    intervals_s, share = {}, {}
    for label, exercise in EXERCISE_OF.items():
        merged_s = [merge(r["errors"], label) for r in references if r["exercise"] == exercise]
        annotated_s = [interval_s for interval_s in merged_s if interval_s[1] > interval_s[0]]
        intervals_s[label] = np.median(annotated_s, axis=0).tolist() if annotated_s else [0.0, 0.0]
        share[label] = len(annotated_s) / max(len(merged_s), 1)
    return [
        to_prediction(
            {
                "exercise": reference["exercise"],
                "errors": [
                    {"label": label, "start": intervals_s[label][0], "end": intervals_s[label][1]}
                    for label in ERRORS[reference["exercise"]]
                ],
                "scores": share,
            },
            clip,
        )
        for clip, reference in enumerate(references)
    ]


def confusion(predictions: list[dict], references: list[dict]) -> dict:
    """
    Count what was answered against what is there.

    Args:
        predictions (`list[dict]`), references (`list[dict]`):
            In one order, as `to_prediction` and `to_reference` return them.

    Returns:
        `dict`: `exercise` (`{true exercise: {answered exercise or "not read": clips}}`) and, for every label, the
        numbers of clips of its exercise by `true_positives`, `false_positives`, `false_negatives`, `true_negatives`;
        an answer with the wrong exercise names no error.
    """
    pairs = list(zip(predictions, references, strict=True))
    answered = Counter((r["exercise"], p["exercise"] or UNREAD) for p, r in pairs)
    result = {"exercise": {true: {name: answered[true, name] for name in (*ERRORS, UNREAD)} for true in ERRORS}}
    for label, exercise in EXERCISE_OF.items():
        counts = Counter(
            (p["exercise"] == exercise and _names(p, label), _names(r, label))
            for p, r in pairs
            if r["exercise"] == exercise
        )
        result[label] = {
            "true_positives": counts[True, True],
            "false_positives": counts[True, False],
            "false_negatives": counts[False, True],
            "true_negatives": counts[False, False],
        }
    return result


def _names(record: dict, label: str) -> bool:
    return any(error["label"] == label for error in record["errors"])
