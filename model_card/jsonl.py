"""References and predictions of a run, one JSON object a line, checked line by line."""

import json
import math
from collections.abc import Iterator
from pathlib import Path

from fitness_aqa_dataset.taxonomy import ERROR_LABELS, EXERCISES


def read_references(path: Path) -> list[dict]:
    """
    Read the annotated test clips.

    Args:
        path (`Path`):
            Lines `{"id", "exercise", "errors": [{"label", "start", "end"}]}`, times in seconds.

    Returns:
        `list[dict]`: the rows in file order, at least one, every id once.

    Raises:
        ValueError: Naming file, line and key, if a line is damaged or an id comes twice.
    """
    rows = []
    for where, row in _rows(path):
        _check(row.get("exercise") in EXERCISES, where, "exercise", row.get("exercise"), f"one of {EXERCISES}")
        rows.append(row)
    if not rows:
        raise ValueError(f"{path}: no rows. Make it again with `make demo`.")
    return rows


def read_predictions(path: Path, references: list[dict]) -> dict[str, dict]:
    """
    Read a model's answers to the test clips.

    Args:
        path (`Path`):
            Lines `{"id", "answer", "exercise", "errors": [{"label", "start", "end"}]}`; `exercise` may be null.
        references (`list[dict]`):
            Rows of [`read_references`]; the ids must be the same.

    Returns:
        `dict[str, dict]`: row by id.

    Raises:
        ValueError: Naming file, line and key, if a line is damaged; listing the ids that are on one side only.
    """
    rows = {}
    for where, row in _rows(path):
        exercise = row.get("exercise")
        _check(exercise is None or exercise in EXERCISES, where, "exercise", exercise, f"null or one of {EXERCISES}")
        _check(isinstance(row.get("answer"), str), where, "answer", row.get("answer"), "a text")
        rows[row["id"]] = row
    ids = {row["id"] for row in references}
    different = sorted(ids ^ rows.keys())
    if different:
        some = ", ".join(different[:5]) + (" …" if len(different) > 5 else "")
        raise ValueError(
            f"{path}: {len(different)} ids are only here or only in references.jsonl: {some}. "
            "Predict again on the same test split with `python -m trainer.predict`."
        )
    return rows


def _rows(path: Path) -> Iterator[tuple[str, dict]]:
    seen = set()
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise ValueError(f"{where}: not valid JSON ({error}). Make the file again with `make demo`.") from error
        _check(isinstance(row, dict), where, "row", row, "a JSON object")
        row_id = row.get("id")
        _check(isinstance(row_id, str), where, "id", row_id, "a text such as 'squat/32939_2'")
        _check(row_id not in seen, where, "id", row_id, "an id that no line before has")
        _check(row_id.partition("/")[0] in EXERCISES, where, "id", row_id, "an id such as 'squat/32939_2'")
        seen.add(row_id)
        _check_errors(where, row.get("errors"))
        yield where, row


def _check_errors(where: str, errors) -> None:
    _check(isinstance(errors, list), where, "errors", errors, "a list of {label, start, end}")
    for error in errors:
        _check(isinstance(error, dict), where, "errors", error, "a list of {label, start, end}")
        _check(error.get("label") in ERROR_LABELS, where, "errors.label", error.get("label"), f"one of {ERROR_LABELS}")
        for key in ("start", "end"):
            time_s = error.get(key)
            is_time = isinstance(time_s, (int, float)) and abs(time_s) < math.inf
            _check(is_time, where, f"errors.{key}", time_s, "a number of seconds")


def _check(good: bool, where: str, key: str, got, expected: str) -> None:
    if not good:
        raise ValueError(f"{where}: `{key}` is {got!r}, expected {expected}. Make the file again with `make demo`.")
