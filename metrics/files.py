"""Read the two files that `python -m metrics` compares, and put their rows side by side."""

import json
from pathlib import Path

from metrics.fitness_aqa.records import to_prediction, to_reference

NUM_IDS_SHOWN = 10


def read_rows(path: Path, check) -> dict[str, dict]:
    """
    Read a JSON Lines file of rows with an `id`.

    Args:
        path (`Path`):
            One JSON object per line; empty lines are skipped.
        check (`Callable[[dict], dict]`):
            Turns a row into the form to score, or raises ValueError.

    Returns:
        `dict[str, dict]`: What `check` returned, by id, in the order of the file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a line is no JSON object with an `id`, repeats an id, or fails `check` (names file, line, id).
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Give a JSON Lines file with one row per clip.")
    rows = {}
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:  # also bytes that are not UTF-8
            raise ValueError(f"{where}: is no JSON ({error}). Write one JSON object per line.") from None
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            raise ValueError(f"{where}: expected an object with a text `id`, got {line.decode()[:80]}.")
        if row["id"] in rows:
            raise ValueError(f"{where}: id {row['id']!r} occurs twice. Keep one row per clip.")
        try:
            rows[row["id"]] = check(row)
        except ValueError as error:
            raise ValueError(f"{where}, id {row['id']!r}: {error}") from None
    return rows


def read_pairs(predictions_path: Path, references_path: Path) -> tuple[list[dict], list[dict]]:
    """
    Read predictions and references and put them in one order.

    Args:
        predictions_path (`Path`):
            Rows `{"id", "answer"}` or `{"id", "exercise", "errors"}`; of a row with both, the structure counts, since
            it may hold scores.
        references_path (`Path`):
            Rows `{"id", "exercise", "errors"}`.

    Returns:
        `tuple[list[dict], list[dict]]`: Predictions and references, in the order of the references.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a row is wrong, or the ids of the two files are not the same (lists those that differ).
    """
    predictions = read_rows(predictions_path, lambda row: to_prediction(_prediction_of(row), 0))
    references = read_rows(references_path, lambda row: to_reference(row, 0))
    lacking = [key for key in references if key not in predictions]
    unknown = [key for key in predictions if key not in references]
    if lacking or unknown:
        differences = [
            f"{len(ids)} only in {path}: {', '.join(ids[:NUM_IDS_SHOWN])}{', ...' * (len(ids) > NUM_IDS_SHOWN)}"
            for ids, path in ((unknown, predictions_path), (lacking, references_path))
            if ids
        ]
        raise ValueError(f"the ids of the two files differ: {'; '.join(differences)}. Give both files the same clips.")
    return [predictions[key] for key in references], list(references.values())


def _prediction_of(row: dict):
    if "exercise" in row or "errors" in row:
        return row
    if not isinstance(row.get("answer"), str):
        raise ValueError(f"expected a text `answer`, or `exercise` and `errors`, got the keys {sorted(row)}.")
    return row["answer"]
