"""What a data set holds and what could mislead a model trained on it: groups, shared sources, clip length."""

from collections import Counter

import numpy as np
from sklearn.metrics import roc_auc_score

from .taxonomy import ERRORS


def error_groups(exercise: str) -> tuple[tuple[str, ...], ...]:
    """The four groups of an exercise, as in the paper's Table 2: first error only, second only, both, none."""
    first, second = ERRORS[exercise]
    return (first,), (second,), (first, second), ()


def count_groups(errors: list[tuple[str, list[str]]]) -> dict[str, dict[tuple[str, ...], int]]:
    """
    Clips in each group.

    Args:
        errors (`list[tuple[str, list[str]]]`):
            Exercise, and the labels of its errors in any order, of every clip.

    Returns:
        `dict[str, dict[tuple[str, ...], int]]`: By exercise, then by group in the order of [`error_groups`]; zeros
        included.
    """
    counts = Counter(
        (exercise, tuple(label for label in ERRORS[exercise] if label in labels)) for exercise, labels in errors
    )
    return {exercise: {group: counts[exercise, group] for group in error_groups(exercise)} for exercise in ERRORS}


def source_of(id: str) -> str:
    """The source of a clip or image, `squat/32939` of `squat/32939_2`: ids are `<source>_<number>`."""
    return id.rpartition("_")[0] or id


def shared_sources(ids: dict[str, list[str]]) -> dict[str, int]:
    """
    How much of the test split was filmed with people, rooms and cameras that training has seen.

    Args:
        ids (`dict[str, list[str]]`):
            Ids of every split.

    Returns:
        `dict[str, int]`: `num_sources` in more than one split, `num_test` (clips of test) and `num_test_shared` (those
        of them whose source is in another split too).
    """
    splits_of = {}
    for split, its_ids in ids.items():
        for id in its_ids:
            splits_of.setdefault(source_of(id), set()).add(split)
    shared = {source for source, splits in splits_of.items() if len(splits) > 1}
    test = ids.get("test", [])
    return {
        "num_sources": len(shared),
        "num_test": len(test),
        "num_test_shared": sum(source_of(id) in shared for id in test),
    }


def length_auroc(durations_s: list[float], present: list[bool]) -> float | None:
    """
    How well clip length alone tells an error.

    Args:
        durations_s (`list[float]`):
            Length of every clip, in seconds.
        present (`list[bool]`):
            Whether the clip has the error.

    Returns:
        `float`: Area under the ROC curve in [0, 1]: 0.5 if length tells nothing, less if clips with the error are the
        shorter ones. `None` if all clips have the error or none has.
    """
    if len(set(present)) < 2:
        return None
    return float(roc_auc_score(np.asarray(present), np.asarray(durations_s)))
