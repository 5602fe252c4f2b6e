"""`scores.json`: read, checked, and brought to one form."""

import json
import math
from pathlib import Path

from fitness_aqa_dataset.taxonomy import ERROR_LABELS, ERRORS, EXERCISES

MAP_DEFINITIONS = ("published", "paper", "recall", "detection")
MODELS = ("before", "after", "blank")


def read_scores(path: Path) -> dict:
    """
    Read `scores.json`.

    Args:
        path (`Path`):
            JSON file with the keys `before`, `after`, `blank`, each a result of `metrics/fitness_aqa`.

    Returns:
        `dict`: the file's content, every `null` turned into NaN.

    Raises:
        ValueError: If it is no JSON object or lacks numbers the card prints; all of them are listed.
    """
    scores = null_to_nan(read_json_object(path))
    wanted = [(model, *keys) for model in MODELS for keys in _score_keys()]
    missing = [".".join(keys) for keys in wanted if not isinstance(_get(scores, keys), (int, float))]
    if missing:
        some = ", ".join(missing[:6]) + (" …" if len(missing) > 6 else "")
        raise ValueError(
            f"{path}: no number at {some} ({len(missing)} in all). "
            "Expected the results of metrics/fitness_aqa for before, after and blank; `make demo` writes them."
        )
    return scores


def _score_keys() -> list[tuple[str, ...]]:
    single = [("exercise_accuracy",), ("parse_rate",), ("macro_f1",)]
    per_label = ("f1", "mcc", "always_yes_f1", "constant_interval_ap")
    return [
        *single,
        *[(name, label) for name in per_label for label in ERROR_LABELS],
        *[("map", definition) for definition in MAP_DEFINITIONS],
        *[("ap", "paper", label) for label in ERROR_LABELS],
        *[("support", label, count) for label in ERROR_LABELS for count in ("positives", "clips")],
    ]


def _get(tree, keys: tuple[str, ...]):
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def null_to_nan(tree):
    """
    Give undefined scores one form: strict JSON has no NaN and writes them as `null`.

    Args:
        tree (`dict`, `float`, `int` or `None`):
            Scores, nested to any depth.

    Returns:
        The same tree with NaN for every `None`.
    """
    if isinstance(tree, dict):
        return {key: null_to_nan(value) for key, value in tree.items()}
    return math.nan if tree is None else tree


def read_json_object(path: Path) -> dict:
    """
    Read a JSON file whose top level is an object.

    Args:
        path (`Path`):
            The file.

    Returns:
        `dict`: its content.

    Raises:
        ValueError: If it is no JSON, or no object.
    """
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: not valid JSON ({error}). Make it again with `make demo`.") from error
    if not isinstance(content, dict):
        kind = type(content).__name__
        raise ValueError(f"{path}: expected a JSON object, got {kind}. Make it again with `make demo`.")
    return content


def exercise_clip_counts(scores: dict) -> dict[str, int]:
    """
    Count the test clips of each exercise.

    Args:
        scores (`dict`):
            Content of `scores.json`.

    Returns:
        `dict[str, int]`: number of clips by exercise.
    """
    support = scores["after"]["support"]
    return {exercise: int(support[ERRORS[exercise][0]]["clips"]) for exercise in EXERCISES}
