"""Predictions and references of the task: their checks and their common form."""

from .parsing import parse_answer
from .segments import check_number, check_segment

ERRORS = {"squat": ("knees_forward", "knees_inward"), "overhead_press": ("elbows", "knees")}
EXERCISE_OF = {label: exercise for exercise, labels in ERRORS.items() for label in labels}


def to_prediction(prediction: str | dict, clip: int) -> dict:
    """
    Check a prediction and bring it into the structured form.

    Args:
        prediction (`str` or `dict`):
            An answer to be read by [`parse_answer`], or `{"exercise", "errors": [{"label", "start", "end"}]}`, each
            error optionally with a `score`.
        clip (`int`):
            Its index, for the message.

    Returns:
        `dict`: `exercise` (`str`, or None where it could not be read) and `errors`, each with `label`, `start`, `end`
        (seconds) and `score` (`float`, or None).

    Raises:
        ValueError: If it is neither, or a value in it is wrong (names clip and item).
    """
    if isinstance(prediction, str):
        prediction = parse_answer(prediction, images=False)
    _check(prediction, f"predictions[{clip}]", (*ERRORS, None), "an answer text or ")
    errors = []
    for item, error in enumerate(prediction["errors"]):
        check_segment(error, ("start", "end"), clip, item, "predictions")
        _check_label(error["label"], tuple(EXERCISE_OF), f"predictions[{clip}][{item}]")
        score = error.get("score")
        if score is not None:
            check_number(score, "score", f"predictions[{clip}][{item}]")
        errors.append({"label": error["label"], "start": error["start"], "end": error["end"], "score": score})
    return {"exercise": prediction["exercise"], "errors": errors}


def to_reference(reference: dict, clip: int) -> dict:
    """
    Check a reference.

    Args:
        reference (`dict`):
            `{"exercise", "errors": [{"label", "start", "end"}]}`, times in seconds, `end` > `start`, labels of that
            exercise; further keys are ignored.
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
        raise ValueError(f"{where}: expected {form}, got {record!r}.")
    if record["exercise"] not in exercises:
        raise ValueError(f"{where}: `exercise` must be one of {list(exercises)}, got {record['exercise']!r}.")
    if not isinstance(record["errors"], list | tuple):
        raise ValueError(f"{where}: `errors` must be a list (empty where there is none), got {record['errors']!r}.")


def _check_label(label: str, labels: tuple[str, ...], where: str) -> None:
    if label not in labels:
        raise ValueError(f"{where}: `label` must be one of {list(labels)}, got {label!r}.")
