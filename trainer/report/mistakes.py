"""The order in which clips are shown: the worst mistakes first."""

from dataclasses import dataclass

import numpy as np

from metrics.fitness_aqa.interval_ap import correct_iou, merge
from metrics.fitness_aqa.probabilities import clip_probability
from metrics.fitness_aqa.records import ERRORS
from trainer.report.intervals import IOU_THRESHOLD
from trainer.report.scoring import named_errors

RULE = (
    "The worst mistakes come first: a wrong or missing exercise; then errors that are missed or named where there are "
    "none; then errors that are named at the wrong time (IoU below 0.5); then right answers. Within each, the surest "
    "first: by the probability of the wrong exercise, of the error named in vain, one less that of the missed error; "
    "at the wrong time by the lowest IoU. An answer without probabilities counts as sure; where a run gives "
    "no intervals, no time is wrong."
)
WRONG_EXERCISE, WRONG_ERROR, WRONG_TIME, RIGHT = range(4)


@dataclass(frozen=True)
class Mistake:
    """
    Args:
        kind (`int`): `WRONG_EXERCISE`, `WRONG_ERROR`, `WRONG_TIME` or `RIGHT`.
        weight (`float`): In [0, 1]; how sure, or one less the IoU.
        text (`str`): For the reader.
        label (`str`, *optional*): The error it is about.
    """

    kind: int
    weight: float
    text: str
    label: str | None = None

    @property
    def rank(self) -> tuple[int, float]:
        """Sorts the worst first."""
        return self.kind, -self.weight


def mistakes_of(
    prediction: dict, reference: dict, exercise_scores: dict[str, float], gives_times: bool = True
) -> list[Mistake]:
    """
    Everything that is wrong with one answer.

    Args:
        prediction (`dict`), reference (`dict`):
            As `to_prediction` and `to_reference` return them.
        exercise_scores (`dict[str, float]`):
            Probabilities of the exercises; may be empty.
        gives_times (`bool`, *optional*, defaults to `True`):
            `False`: the run does not say when, and that is no mistake.

    Returns:
        `list[Mistake]`: The worst first; one of kind `RIGHT` where nothing is wrong.
    """
    exercise, answered = reference["exercise"], prediction["exercise"]
    if answered != exercise:
        weight = exercise_scores.get(answered, 1.0)
        text = f"answered {answered.replace('_', ' ')}" if answered else "no exercise in the answer"
        return [Mistake(WRONG_EXERCISE, weight, text)]
    found = [_mistake_in(label, prediction, reference, gives_times) for label in ERRORS[exercise]]
    wrong = sorted((mistake for mistake in found if mistake.kind != RIGHT), key=lambda mistake: mistake.rank)
    return wrong or [Mistake(RIGHT, max(mistake.weight for mistake in found), "right")]


def _mistake_in(label: str, prediction: dict, reference: dict, gives_times: bool) -> Mistake:
    name = label.replace("_", " ")
    is_named, is_there = (label in named_errors(row, reference["exercise"]) for row in (prediction, reference))
    # `clip_probability` is 0 for an error that is not named and 1 for one that is, where the answer has no numbers.
    probability = clip_probability(prediction, label)
    if is_named and not is_there:
        return Mistake(WRONG_ERROR, probability, f"{name}: named, not there", label)
    if is_there and not is_named:
        return Mistake(WRONG_ERROR, 1 - probability, f"{name}: missed", label)
    if not is_there:
        return Mistake(RIGHT, 0.0, f"{name}: rightly not named", label)
    if not gives_times:
        return Mistake(RIGHT, 1 - probability, f"{name}: rightly named", label)
    spans_s = [np.array([merge(row["errors"], label)]) for row in (prediction, reference)]
    iou = float(correct_iou(*spans_s)[0])
    return Mistake(WRONG_TIME if iou < IOU_THRESHOLD else RIGHT, 1 - iou, f"{name}: IoU {iou:.2f}", label)


def worst_first(
    predictions: dict[str, dict],
    references: dict[str, dict],
    exercise_scores: dict[str, dict[str, float]],
    gives_times: bool = True,
) -> list[tuple[str, list[Mistake]]]:
    """
    Clips in the order of [`RULE`].

    Args:
        predictions (`dict[str, dict]`), references (`dict[str, dict]`):
            By id.
        exercise_scores (`dict[str, dict[str, float]]`):
            Probabilities of the exercises, by id.
        gives_times (`bool`, *optional*, defaults to `True`):
            As for [`mistakes_of`].

    Returns:
        `list[tuple[str, list[Mistake]]]`: Ids with their mistakes; equally bad ones in the order of the references.
    """
    judged = [
        (key, mistakes_of(predictions[key], reference, exercise_scores[key], gives_times))
        for key, reference in references.items()
    ]
    return sorted(judged, key=lambda item: item[1][0].rank)
