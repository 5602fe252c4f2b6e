"""Rows of predictions and references in JSON Lines: read, checked and put side by side."""

import json
from collections.abc import Callable

from .records import to_prediction, to_reference

NUM_IDS_SHOWN = 10


def read_rows(content: bytes, name: str, check: Callable[[dict, int], dict]) -> dict[str, dict]:
    """
    Read JSON Lines of rows with an `id`.

    Args:
        content (`bytes`):
            UTF-8, one JSON object per line; empty lines are skipped.
        name (`str`):
            Name of the file, for messages.
        check (`Callable[[dict, int], dict]`):
            Turns a row and its index into the form to score, or raises ValueError.

    Returns:
        `dict[str, dict]`: What `check` returned, by id, in the order given.

    Raises:
        ValueError: If a line is no JSON object with an `id`, repeats an id, or fails `check` (names file, line, id).
    """
    rows = {}
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:  # also bytes that are not UTF-8
            raise ValueError(f"{where}: is no JSON ({error}). Write one JSON object per line.") from None
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            raise ValueError(f"{where}: expected an object with a text `id`, got {json.dumps(row)[:80]}.")
        if row["id"] in rows:
            raise ValueError(f"{where}: id {row['id']!r} occurs twice. Keep one row per clip.")
        try:
            rows[row["id"]] = check(row, len(rows))
        except ValueError as error:
            raise ValueError(f"{where}, id {row['id']!r}: {error}") from None
    return rows


def pair_rows(
    predictions: bytes,
    references: bytes,
    predictions_name: str = "predictions",
    references_name: str = "references",
) -> tuple[dict[str, dict], dict[str, dict]]:
    """
    Read predictions and references and put them in one order.

    Args:
        predictions (`bytes`):
            JSON Lines `{"id", "answer"}` or `{"id", "exercise", "errors"}`; of a row with both, the structure counts,
            since it may hold probabilities.
        references (`bytes`):
            JSON Lines `{"id", "exercise", "errors"}`.
        predictions_name (`str`), references_name (`str`):
            Names of the two files, for messages.

    Returns:
        `tuple[dict[str, dict], dict[str, dict]]`: Predictions and references by id, both in the order of the
        references, as [`to_prediction`] and [`to_reference`] return them.

    Raises:
        ValueError: If a row is wrong, or the ids of the two are not the same (counts and lists those that differ).
    """
    predicted = read_rows(predictions, predictions_name, lambda row, clip: to_prediction(_prediction_of(row), clip))
    truth = read_rows(references, references_name, to_reference)
    differences = [
        f"{len(ids)} only in {name}: {', '.join(ids[:NUM_IDS_SHOWN])}{', ...' * (len(ids) > NUM_IDS_SHOWN)}"
        for ids, name in (
            ([key for key in predicted if key not in truth], predictions_name),
            ([key for key in truth if key not in predicted], references_name),
        )
        if ids
    ]
    if differences:
        raise ValueError(f"the ids of the two files differ: {'; '.join(differences)}. Give both files the same clips.")
    return {key: predicted[key] for key in truth}, truth


def _prediction_of(row: dict):
    if "exercise" in row or "errors" in row:
        return row
    if not isinstance(row.get("answer"), str):
        raise ValueError(f"expected a text `answer`, or `exercise` and `errors`, got the keys {sorted(row)}.")
    return row["answer"]
