"""
Annotations into conversations: the paper's question, and answers in two styles.

`sentence` is the paper's form in wordings of our own; `checklist` gives every error of the exercise a place where yes
and no compete. Both can be read back without loss by `metrics/fitness_aqa/parsing.py`.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial
from itertools import groupby

from datasets import List, Value

from .augmentation import IDENTITY, uniform
from .columns import AnyDataset, compute_column
from .taxonomy import ERROR_TEXT, ERRORS, EXERCISE_TEXT, EXERCISES, IMAGE_TASKS
from .wordings import IMAGE_ERROR, IMAGE_NO_ERROR, IMAGE_QUESTION, NO_ERROR, ONE_ERROR, QUESTION, TWO_ERRORS

WORDINGS = (NO_ERROR, ONE_ERROR, TWO_ERRORS)
IMAGE_WORDINGS = (IMAGE_NO_ERROR, IMAGE_ERROR)
STYLES = ("sentence", "checklist")

MESSAGES_FEATURE = List({"role": Value("string"), "content": List({"type": Value("string"), "text": Value("string")})})


def to_conversation(
    example: dict,
    *,
    style: str = "sentence",
    times: bool = True,
    decimals: int = 2,
    seed: int = 0,
    merge_intervals: bool = True,
) -> dict:
    """
    One row's question and answer, in TRL's conversational format.

    Args:
        example (`dict`):
            A row with `id` and, if augmented, `augmentation`. Of a clip also `exercise` (name or class index) and
            `errors` (list of `{label, start, end}`, seconds); of an image `task` (`shallow_squat`, `lumbar` or
            `torso_angle`, which says the exercise) and `label` (1: the error is there, 0: it is not).
        style (`str`, *optional*, defaults to `"sentence"`):
            `sentence`: "The subject is performing a Squat. One mistake is visible: knees forward from frame time
            2.62s to 4.58s." `checklist`: "The subject is performing a Squat. Knees forward: from 2.62 to 4.58
            seconds. Knees inward: no."
        times (`bool`, *optional*, defaults to `True`):
            Say when each error happens, not only that it does. Answers about images have no times.
        decimals (`int`, *optional*, defaults to `2`):
            Digits after the point of a time in seconds. Times are rounded to the nearest; where that would leave
            nothing of an interval, its start is rounded down and its end up, so that it still says when.
        seed (`int`, *optional*, defaults to `0`):
            With the row's id and the name of its augmentation, chooses the wording of a sentence.
        merge_intervals (`bool`, *optional*, defaults to `True`):
            One interval an error, from the first start to the last end, as the paper does. Otherwise all of them,
            those that are written alike once.

    Returns:
        `dict`: `{"messages": [user, assistant]}`; the user's content is a video or image part (`text` is `None`: the
        pixels are put in when they are decoded) and the question.

    Raises:
        ValueError: If there is no such style or task, `decimals` is negative, or the row is neither an annotated clip
            nor a labelled image.
    """
    if style not in STYLES:
        raise ValueError(f"no answer style is called {style!r}. Choose among {', '.join(STYLES)}.")
    if decimals < 0:
        raise ValueError(f"`decimals` must be 0 or more, got {decimals}.")
    key = (seed, example["id"], (example.get("augmentation") or IDENTITY)["name"])
    if "task" in example:
        media, question = "image", IMAGE_QUESTION
        exercise, said = _about_image(example, style, key)
    elif "errors" in example:
        media, question = "video", QUESTION
        exercise = example["exercise"] if isinstance(example["exercise"], str) else EXERCISES[example["exercise"]]
        intervals = _intervals(example["errors"], exercise, merge_intervals, decimals)
        said = _sentence(intervals, key, times) if style == "sentence" else _checklist(intervals, exercise, times)
    else:
        raise ValueError(
            f"row {example['id']!r} has neither `errors` nor `task`, so there is nothing to say about it. "
            "Give rows of the config `video` or of an image config."
        )
    return {
        "messages": [
            {"role": "user", "content": [{"type": media, "text": None}, {"type": "text", "text": question}]},
            {"role": "assistant", "content": [{"type": "text", "text": _answer(exercise, said)}]},
        ]
    }


def add_messages(dataset: AnyDataset, **options) -> AnyDataset:
    """
    Add the column `messages` to every row; no clip or image is copied or decoded.

    Args:
        dataset (`Dataset`, `DatasetDict` or their iterable counterparts):
            Rows of the config `video` or of an image config, balanced and augmented or not.
        options:
            Keyword arguments of [`to_conversation`].

    Returns:
        The same kind of dataset, with `messages`.

    Raises:
        ValueError: As [`to_conversation`] does; of an iterable dataset when its first row is asked for.
    """
    inputs = ("id", "exercise", "errors", "task", "label", "augmentation")
    return compute_column(dataset, "messages", partial(_messages, options=options), MESSAGES_FEATURE, inputs)


def _messages(row: dict, options: dict) -> list[dict]:
    return to_conversation(row, **options)["messages"]


def _answer(exercise: str, said: str) -> str:
    return f"The subject is performing a {EXERCISE_TEXT[exercise]}. {said}"


def _about_image(example: dict, style: str, key: tuple) -> tuple[str, str]:
    """Exercise of the image's task, and what is said of its error."""
    if example["task"] not in IMAGE_TASKS:
        raise ValueError(f"no image task is called {example['task']!r}. Choose among {', '.join(IMAGE_TASKS)}.")
    task = IMAGE_TASKS[example["task"]]
    if style == "checklist":
        return task.exercise, f"{task.text.capitalize()}: {'yes' if example['label'] else 'no'}."
    wording = _choose(IMAGE_WORDINGS[example["label"]], key)
    return task.exercise, f"{wording}: {task.text}." if example["label"] else wording


def _choose(wordings: tuple[str, ...], key: tuple) -> str:
    return wordings[int(uniform(*key) * len(wordings))]


def _intervals(errors: list[dict], exercise: str, merge: bool, decimals: int) -> dict[str, list[tuple[str, str]]]:
    """Intervals, as they are written, of each error: errors in the taxonomy's order, intervals in time's."""
    order = ERRORS[exercise].index
    by_label = sorted(errors, key=lambda error: (order(error["label"]), error["start"], error["end"]))
    intervals = {}
    for label, group in groupby(by_label, key=lambda error: error["label"]):
        times = [(error["start"], error["end"]) for error in group]
        if merge:
            times = [(times[0][0], max(end for _, end in times))]
        intervals[label] = list(dict.fromkeys(write_interval(start, end, decimals) for start, end in times))
    return intervals


def write_interval(start: float, end: float, decimals: int) -> tuple[str, str]:
    """
    An interval as answers write it.

    Args:
        start (`float`), end (`float`): Seconds, `start` < `end`.
        decimals (`int`): Digits after the point.

    Returns:
        `tuple[str, str]`: Both rounded to the nearest; where they would be written alike, the start is rounded down
        and the end up.
    """
    written = f"{start:.{decimals}f}", f"{end:.{decimals}f}"
    if written[0] != written[1]:
        return written
    last_digit = Decimal(1).scaleb(-decimals)  # "from 1 to 1" would be no interval
    return (
        str(Decimal(str(start)).quantize(last_digit, ROUND_FLOOR)),
        str(Decimal(str(end)).quantize(last_digit, ROUND_CEILING)),
    )


def _sentence(intervals: dict[str, list[tuple[str, str]]], key: tuple, times: bool) -> str:
    wording = _choose(WORDINGS[len(intervals)], key)
    if not intervals:
        return wording
    named = [
        f"{ERROR_TEXT[label]} from frame time {start}s to {end}s"
        for label, its_intervals in intervals.items()
        for start, end in its_intervals
    ]
    return f"{wording}: {' and '.join(named if times else [ERROR_TEXT[label] for label in intervals])}."


def _checklist(intervals: dict[str, list[tuple[str, str]]], exercise: str, times: bool) -> str:
    items = []
    for label in ERRORS[exercise]:
        spans = [f"from {start} to {end} seconds" for start, end in intervals.get(label, [])]
        said = " and ".join(spans) if times else "yes"
        items.append(f"{ERROR_TEXT[label].capitalize()}: {said if spans else 'no'}.")
    return " ".join(items)
