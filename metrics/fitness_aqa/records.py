"""Predictions and references of the task: their checks and their common form."""

from .parsing import parse_answer
from .segments import check_number, check_segment

ERRORS = {"squat": ("knees_forward", "knees_inward"), "overhead_press": ("elbows", "knees")}
EXERCISE_OF = {label: exercise for exercise, labels in ERRORS.items() for label in labels}
NUM_CHARACTERS_SHOWN = 80


def to_prediction(prediction: str | dict, clip: int) -> dict:
    """
    Check a prediction and bring it into the structured form.

    Args:
        prediction (`str` or `dict`):
            An answer to be read by [`parse_answer`], or `{"exercise", "errors": [{"label", "start", "end"}]}`, each
            error optionally with a `score`, the record optionally with `scores`, `{label: probability}` of the clip
            (an exercise's is allowed and not used). Probabilities lie in [0, 1]; None is the same as none given.
        clip (`int`):
            Its index, for the message.

    Returns:
        `dict`: `exercise` (`str`, or None where it could not be read), `errors`, each with `label`, `start`, `end`
        (seconds) and `score` (`float`, or None), and `scores` (`float`, or None, for every label).

    Raises:
        ValueError: If it is neither, or a value in it is wrong (names clip and item).
    """
    if isinstance(prediction, str):
        prediction = parse_answer(prediction, images=False)
    where = f"predictions[{clip}]"
    _check(prediction, where, (*ERRORS, None), "an answer text or ")
    errors = []
    for item, error in enumerate(prediction["errors"]):
        check_segment(error, ("start", "end"), clip, item, "predictions")
        _check_label(error["label"], tuple(EXERCISE_OF), f"{where}[{item}]")
        score = error.get("score")
        _check_probability(score, "score", f"{where}[{item}]")
        errors.append({"label": error["label"], "start": error["start"], "end": error["end"], "score": score})
    scores = prediction.get("scores") or {}
    if not isinstance(scores, dict):
        raise ValueError(
            f"{where}: `scores` must be probabilities by label, such as {{'elbows': 0.9}}, got {_shown(scores)}."
        )
    for label, probability in scores.items():
        _check_label(label, (*EXERCISE_OF, *ERRORS), f"{where}, `scores`")
        _check_probability(probability, label, f"{where}, `scores`")
    return {
        "exercise": prediction["exercise"],
        "errors": errors,
        "scores": {label: scores.get(label) for label in EXERCISE_OF},
    }


def to_reference(reference: dict, clip: int) -> dict:
    """
    Check a reference.

    Args:
        reference (`dict`):
            `{"exercise", "errors": [{"label", "start", "end"}]}`, times in seconds, `end` > `start`, labels of that
            exercise, several intervals per label allowed; further keys are ignored.
        clip (`int`):
            Its index, for the message.

    Returns:
        `dict`: `exercise` and `errors` with only the named keys.

    Raises:
        ValueError: If a key is missing or a value is wrong (names clip and item).
    """
    _check(reference, f"references[{clip}]", tuple(ERRORS), "")
    for item, error in enumerate(reference["errors"]):
        check_segment(error, ("start", "end"), clip, item, "references")
        _check_label(error["label"], ERRORS[reference["exercise"]], f"references[{clip}][{item}]")
    errors = [{key: error[key] for key in ("label", "start", "end")} for error in reference["errors"]]
    return {"exercise": reference["exercise"], "errors": errors}


def _check(record, where: str, exercises: tuple, alternative: str) -> None:
    form = f"{alternative}{{'exercise': 'squat', 'errors': [{{'label': 'knees_forward', 'start': 1.0, 'end': 2.0}}]}}"
    if not isinstance(record, dict) or not {"exercise", "errors"} <= record.keys():
        raise ValueError(f"{where}: expected {form}, got {_shown(record)}.")
    if record["exercise"] not in exercises:
        raise ValueError(
            f"{where}: `exercise` must be one of {list(exercises)}, got {_shown(record['exercise'])}. Correct it."
        )
    if not isinstance(record["errors"], list | tuple):
        raise ValueError(
            f"{where}: `errors` must be a list (empty where there is none), got {_shown(record['errors'])}."
        )


def _check_label(label: str, labels: tuple[str, ...], where: str) -> None:
    if label not in labels:
        raise ValueError(f"{where}: `label` must be one of {list(labels)}, got {_shown(label)}. Correct the name.")


def _check_probability(value, key: str, where: str) -> None:
    if value is None:
        return
    check_number(value, key, where)
    if not 0.0 <= value <= 1.0:
        raise ValueError(f"{where}: `{key}` must be a probability in [0, 1], got {value}. Give exp of a logarithm.")


def _shown(value) -> str:
    """The value on one line, cut where it is long."""
    text = " ".join(repr(value).split())
    return text if len(text) <= NUM_CHARACTERS_SHOWN else f"{text[:NUM_CHARACTERS_SHOWN]}..."
