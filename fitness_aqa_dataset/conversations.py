"""
Annotations into conversations: the paper's question, and answers in two styles.

`sentence` is the paper's form in wordings of our own; `checklist` gives every error of the exercise a place where yes
and no compete. Both can be read back without loss by `metrics/fitness_aqa/parsing.py`.
"""

from itertools import groupby

from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict, List, Value

from .augmentation import uniform
from .taxonomy import ERROR_TEXT, ERRORS, EXERCISE_TEXT, EXERCISES

# The paper's question, to the letter ("a Overhead Press" included).
QUESTION = (
    "The subject is performing a Squat or a Overhead Press (OHP) exercise. Which one is he making? "
    "Is he making a mistake? If so, what mistake is he making?"
)

NO_ERROR = (
    "No mistake can be seen.",
    "He makes no mistake.",
    "The form is correct from start to finish.",
    "There are no errors in this repetition.",
    "The technique is correct.",
    "The movement is carried out without errors.",
    "No error is visible in the execution.",
    "Everything is done correctly.",
    "This repetition is free of mistakes.",
    "The execution shows no faults.",
    "He performs it correctly, without any mistake.",
)

ONE_ERROR = (
    "He makes one mistake, at this body part",
    "There is an error at the following body part",
    "One mistake is visible",
    "The body part that moves incorrectly is",
    "The execution has a fault at this body part",
    "A single error can be seen",
    "The mistake concerns the following body part",
    "This part of the body is in the wrong position",
    "His technique fails at one body part",
    "What goes wrong is the following",
    "The form breaks down at this body part",
)

TWO_ERRORS = (
    "He makes two mistakes, at these body parts",
    "There are errors at the following body parts",
    "Two mistakes are visible",
    "The body parts that move incorrectly are",
    "The execution has faults at these body parts",
    "Two errors can be seen",
    "The mistakes concern the following body parts",
    "These parts of the body are in the wrong position",
    "His technique fails at two body parts",
    "Two things go wrong",
    "The form breaks down at these body parts",
)

WORDINGS = (NO_ERROR, ONE_ERROR, TWO_ERRORS)
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
            A row with `id`, `exercise` (name or class index), `errors` (list of `{label, start, end}`, seconds) and,
            if augmented, `augmentation`.
        style (`str`, *optional*, defaults to `"sentence"`):
            `sentence`: "The subject is performing a Squat. One mistake is visible: knees forward from frame time
            2.62s to 4.58s." `checklist`: "The subject is performing a Squat. Knees forward: from 2.62 to 4.58
            seconds. Knees inward: no."
        times (`bool`, *optional*, defaults to `True`):
            Say when each error happens, not only that it does.
        decimals (`int`, *optional*, defaults to `2`):
            Digits after the point of a time in seconds.
        seed (`int`, *optional*, defaults to `0`):
            With the row's id and the name of its augmentation, chooses the wording of a sentence.
        merge_intervals (`bool`, *optional*, defaults to `True`):
            One interval an error, from the first start to the last end, as the paper does. Otherwise all of them.

    Returns:
        `dict`: `{"messages": [user, assistant]}`; the user's content is a video part (`text` is `None`: the frames
        are put in when they are decoded) and the question.

    Raises:
        ValueError: If there is no such style.
    """
    exercise = example["exercise"] if isinstance(example["exercise"], str) else EXERCISES[example["exercise"]]
    intervals = _intervals(example["errors"], exercise, merge_intervals)
    if style == "sentence":
        key = (seed, example["id"], example.get("augmentation", {}).get("name", "none"))
        said = _sentence(intervals, key, times, decimals)
    elif style == "checklist":
        said = _checklist(intervals, exercise, times, decimals)
    else:
        raise ValueError(f"no answer style is called {style!r}. Choose among {', '.join(STYLES)}.")
    answer = f"The subject is performing a {EXERCISE_TEXT[exercise]}. {said}"
    question = [{"type": "video", "text": None}, {"type": "text", "text": QUESTION}]
    return {
        "messages": [
            {"role": "user", "content": question},
            {"role": "assistant", "content": [{"type": "text", "text": answer}]},
        ]
    }


def add_messages(
    dataset: Dataset | DatasetDict | IterableDataset | IterableDatasetDict, **options
) -> Dataset | DatasetDict | IterableDataset | IterableDatasetDict:
    """
    Add the column `messages` to every row; no clip is decoded.

    Args:
        dataset (`Dataset`, `DatasetDict` or their iterable counterparts):
            Rows of the config `video`, balanced and augmented or not.
        options:
            Keyword arguments of [`to_conversation`].

    Returns:
        The same kind of dataset, with `messages`.

    Raises:
        ValueError: If there is no such style.
    """
    one_split = next(iter(dataset.values())) if isinstance(dataset, dict) else dataset
    features = one_split.features.copy()
    features["messages"] = MESSAGES_FEATURE
    return dataset.map(to_conversation, fn_kwargs=options, features=features)


def _intervals(errors: list[dict], exercise: str, merge: bool) -> dict[str, list[tuple[float, float]]]:
    """Intervals of each error that the clip has, errors in the taxonomy's order, intervals in time's."""
    order = ERRORS[exercise].index
    by_label = sorted(errors, key=lambda error: (order(error["label"]), error["start"], error["end"]))
    intervals = {
        label: [(error["start"], error["end"]) for error in group]
        for label, group in groupby(by_label, key=lambda error: error["label"])
    }
    if merge:
        return {label: [(times[0][0], max(end for _, end in times))] for label, times in intervals.items()}
    return intervals


def _sentence(intervals: dict[str, list[tuple[float, float]]], key: tuple, times: bool, decimals: int) -> str:
    wordings = WORDINGS[len(intervals)]
    wording = wordings[int(uniform(*key) * len(wordings))]
    if not intervals:
        return wording
    named = [
        f"{ERROR_TEXT[label]} from frame time {start:.{decimals}f}s to {end:.{decimals}f}s"
        for label, its_intervals in intervals.items()
        for start, end in its_intervals
    ]
    return f"{wording}: {' and '.join(named if times else [ERROR_TEXT[label] for label in intervals])}."


def _checklist(intervals: dict[str, list[tuple[float, float]]], exercise: str, times: bool, decimals: int) -> str:
    items = []
    for label in ERRORS[exercise]:
        spans = [f"from {start:.{decimals}f} to {end:.{decimals}f} seconds" for start, end in intervals.get(label, [])]
        said = " and ".join(spans) if times else "yes"
        items.append(f"{ERROR_TEXT[label].capitalize()}: {said if spans else 'no'}.")
    return " ".join(items)
