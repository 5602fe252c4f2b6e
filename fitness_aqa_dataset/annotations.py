"""
Label and split files of a release, read and checked entry by entry: what is right comes back, what is wrong is listed.

Shapes of the files: `{id: [[start, end], …]}` in seconds, `{id: 0 or 1}`, `[id, …]`.
"""

import json
import math
from collections import Counter
from pathlib import Path

from .problems import Problem, shorten

MEND = "correct it or restore the file"


def read_intervals(path: Path, problems: list[Problem]) -> dict[str, list[tuple[float, float]]] | None:
    """
    A label file of a video error.

    Args:
        path (`Path`):
            `error_<label>.json`.
        problems (`list[Problem]`):
            Gets one more for everything wrong.

    Returns:
        `dict[str, list[tuple[float, float]]]`: Start and end of every right interval in seconds, 0 <= start < end, by
        id; `None` if the file cannot be read at all.
    """
    labels = _read_object(path, "an object {id: [[start, end], …]}", problems)
    if labels is None:
        return None
    return {key: _intervals(path, key, value, problems) for key, value in labels.items()}


def read_binary_labels(path: Path, problems: list[Problem]) -> dict[str, int] | None:
    """
    A label file of an image task.

    Args:
        path (`Path`):
            `labels_<task>.json`.
        problems (`list[Problem]`):
            Gets one more for everything wrong.

    Returns:
        `dict[str, int]`: 0 (correct) or 1 (error) by id; `None` if the file cannot be read at all.
    """
    labels = _read_object(path, "an object {id: 0 or 1}", problems)
    if labels is None:
        return None
    for key, label in labels.items():
        if type(label) not in (int, float) or label not in (0, 1):
            problems.append(Problem("label", path, f"id {key!r}: expected 0 or 1, got {shorten(label)}", "correct it"))
    return {key: int(label) for key, label in labels.items() if type(label) in (int, float) and label in (0, 1)}


def read_keys(path: Path, problems: list[Problem]) -> list[str] | None:
    """
    A split file.

    Args:
        path (`Path`):
            `train_keys.json` and the like.
        problems (`list[Problem]`):
            Gets one more for everything wrong.

    Returns:
        `list[str]`: The right ids in the file's order, each once; `None` if the file cannot be read at all.
    """
    keys = _read_json(path, problems)
    if keys is None:
        return None
    if not isinstance(keys[0], list):
        what = f'expected a list of ids such as ["32939_2"], got {shorten(keys[0])}'
        problems.append(Problem("json", path, what, MEND))
        return None
    counts = Counter(key for key in keys[0] if _is_right_key(path, key, problems))
    for key in (key for key, count in counts.items() if count > 1):
        problems.append(Problem("split", path, f"id {key!r} is in this split more than once", "leave it there once"))
    return list(counts)


def read_trajectory(path: Path, problems: list[Problem]) -> list | None:
    """The list in a bar trajectory file, one entry a frame; `None`, and one problem more, if there is none."""
    content = _read_json(path, problems)
    if content is not None and not isinstance(content[0], list):
        what = f"expected a list with one entry a frame, got {shorten(content[0])}"
        problems.append(Problem("trajectory", path, what, MEND))
        return None
    return content and content[0]


def _read_object(path: Path, wanted: str, problems: list[Problem]) -> dict | None:
    content = _read_json(path, problems)
    if content is None:
        return None
    if not isinstance(content[0], dict):
        problems.append(Problem("json", path, f"expected {wanted}, got {shorten(content[0])}", MEND))
        return None
    return {key: value for key, value in content[0].items() if _is_right_key(path, key, problems)}


def _read_json(path: Path, problems: list[Problem]) -> tuple[object] | None:
    """The file's content in a tuple (it may be `null`), or nothing and one problem more."""
    twice: dict[str, int] = {}

    def to_object(pairs: list[tuple[str, object]]) -> dict:
        content = dict(pairs)
        if len(content) < len(pairs):
            twice.update({key: count for key, count in Counter(key for key, _ in pairs).items() if count > 1})
        return content

    try:
        text = path.read_text(encoding="utf-8-sig", errors="replace")
        content = (json.loads(text, object_pairs_hook=to_object),)
    except json.JSONDecodeError as error:
        what = f"damaged JSON ({error.msg}, line {error.lineno})"
    except (RecursionError, ValueError):  # brackets a thousand deep; a number of thousands of digits
        what = "damaged JSON (nested too deeply, or a number too long)"
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
    else:
        problems += [Problem("label", path, f"id {key!r} is there twice", "remove one of the two") for key in twice]
        return content
    problems.append(Problem("json", path, what, "mend the line or unpack the file again"))
    return None


def _is_right_key(path: Path, key: object, problems: list[Problem]) -> bool:
    """Whether an id is a plain file name: one with path parts would reach outside the release."""
    right = (
        isinstance(key, str)
        and 0 < len(key) <= 200
        and not key.startswith(".")
        and key.isprintable()
        and not set('/\\:*?"<>|') & set(key)
        and not key.lower().endswith((".mp4", ".jpg", ".jpeg"))
    )
    if not right:
        what = f'expected ids such as "32939_2", file names without folder and ending, got {shorten(key)}'
        problems.append(Problem("id", path, what, "correct or remove it"))
    return right


def _intervals(path: Path, key: str, value: object, problems: list[Problem]) -> list[tuple[float, float]]:
    if not isinstance(value, list):
        what = f"id {key!r}: expected a list of [start, end] in seconds, got {shorten(value)}"
        problems.append(Problem("interval", path, what, "correct it ([] where the error does not occur)"))
        return []
    if value and all(type(pair) in (int, float, str) for pair in value):
        what = f"id {key!r}: expected a list of [start, end] in seconds, got {shorten(value)}"
        problems.append(Problem("interval", path, what, "put each interval in brackets of its own"))
        return []
    wrong = {index: what for index, pair in enumerate(value) if (what := _wrong_with(pair))}
    for what in wrong.values():
        todo = "correct the two times or remove the interval"
        problems.append(Problem("interval", path, f"id {key!r}: {what}", todo))
    return [(float(pair[0]) + 0.0, float(pair[1])) for index, pair in enumerate(value) if index not in wrong]


def _wrong_with(pair: object) -> str | None:
    numbers = isinstance(pair, list) and len(pair) == 2 and all(type(time_s) in (int, float) for time_s in pair)
    # an integer of hundreds of digits is no float
    if not numbers or not all(abs(time_s) < 1e9 and math.isfinite(time_s) for time_s in pair):
        return f"expected [start, end], two numbers in seconds, got {shorten(pair)}"
    start, end = pair
    return None if 0 <= start < end else f"expected 0 <= start < end in seconds, got [{start}, {end}]"
