"""A run's scores: computed from its rows, and compared with the `scores.json` that lies beside them."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

from fitness_aqa_dataset.taxonomy import ERROR_LABELS, ERRORS, EXERCISES
from metrics.files import read_pairs, scored_segments
from metrics.fitness_aqa.scores import fitness_scores
from metrics.temporal_map.scores import temporal_scores

# Every set of answers that a card can show, in the order of its columns.
MODELS = ("before", "after", "blank")
# The metric's own names are prefixed with this in messages and in `scores.json`.
SEGMENTS = "temporal_map"
TOLERANCE = 1e-9


def compute_scores(predictions: Path, references: Path) -> dict:
    """
    Score one set of answers: the numbers of `trainer.score`, without the way through `evaluate`.

    Args:
        predictions (`Path`), references (`Path`):
            JSON Lines, see `metrics.files.read_pairs`.

    Returns:
        `dict`: What `metrics/fitness_aqa` computes, and under `temporal_map` what `metrics/temporal_map` does.

    Raises:
        ValueError: If a row is damaged or the ids of the two files differ.
    """
    predicted, truth = read_pairs(predictions, references)
    if not truth:
        raise ValueError(f"{references}: no row in it. Answer the clips again with `python -m trainer.predict`.")
    segments = temporal_scores(scored_segments(predicted), [reference["errors"] for reference in truth])
    return fitness_scores(predicted, truth) | {SEGMENTS: segments}


def check_scores(path: Path, computed: dict[str, dict]) -> None:
    """
    Refuse a `scores.json` that was made from other rows, or lacks some. Names without rows are not looked at.

    Args:
        path (`Path`):
            As `python -m trainer.score` wrote it.
        computed (`dict[str, dict]`):
            By name, from [`compute_scores`].

    Raises:
        ValueError: If it is damaged, lacks a set of answers, or a number differs; names the first and both values.
    """
    again = "Run `python -m trainer.score` again, or remove the file."
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: not valid JSON ({error}). {again}") from None
    if not isinstance(content, dict):
        raise ValueError(f"{path}: expected a JSON object, got {type(content).__name__}. {again}")
    for name, scores in computed.items():
        if name not in content:
            raise ValueError(f"{path}: has no scores of `{name}`, and the run has rows of it. {again}")
        written = _get(content, name)
        expected = {**scores}
        segments = expected.pop(SEGMENTS)
        pairs = [(name, expected, written), (f"{SEGMENTS}.{name}", segments, _get(_get(content, SEGMENTS), name))]
        for where, ours, theirs in pairs:
            for key, value, found in _differences(where, ours, theirs):
                raise ValueError(
                    f"{path}: was not made from these rows: {key} is {found} in it, the rows give {value}. {again}"
                )


def _differences(where: str, ours, theirs) -> Iterator[tuple[str, object, object]]:
    """Key, computed value and written value of every number that differs."""
    if isinstance(ours, dict):
        for key, value in ours.items():
            yield from _differences(f"{where}.{key}", value, _get(theirs, key))
    elif isinstance(ours, list):
        for index, value in enumerate(ours):
            found = theirs[index] if isinstance(theirs, list) and index < len(theirs) else None
            yield from _differences(f"{where}.{index}", value, found)
    elif not _same(ours, theirs):
        yield where, ours, theirs


def _same(ours: float | None, theirs) -> bool:
    """Strict JSON has no NaN and writes `null`."""
    theirs = math.nan if theirs is None else theirs
    if isinstance(theirs, bool) or not isinstance(theirs, int | float):
        return False
    return math.isclose(ours, theirs, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or (
        math.isnan(ours) and math.isnan(theirs)
    )


def _get(tree, key: str):
    return tree.get(key) if isinstance(tree, dict) else None


def null_to_nan(tree):
    """
    Give undefined scores one form: strict JSON has no NaN and writes them as `null`.

    Args:
        tree (`dict`, `list`, `float`, `int` or `None`):
            Scores, nested to any depth.

    Returns:
        The same tree with NaN for every `None`.
    """
    if isinstance(tree, dict):
        return {key: null_to_nan(value) for key, value in tree.items()}
    return math.nan if tree is None else tree


def exercise_clip_counts(scores: dict) -> dict[str, int]:
    """
    Count the test clips of each exercise.

    Args:
        scores (`dict`):
            By name, results of `metrics/fitness_aqa`, `after` among them.

    Returns:
        `dict[str, int]`: Number of clips by exercise.
    """
    support = scores["after"]["support"]
    return {exercise: int(support[ERRORS[exercise][0]]["clips"]) for exercise in EXERCISES}


def labels_with_clips(scores: dict) -> list[str]:
    """The errors whose exercise has test clips; the others' scores are 0 and mean nothing."""
    return [label for label in ERROR_LABELS if scores["after"]["support"][label]["clips"]]
