"""Read the two files that `python -m metrics` compares, and write its results."""

import os
from pathlib import Path

from metrics.fitness_aqa.rows import pair_rows


def read_clips(predictions_path: Path, references_path: Path) -> tuple[dict[str, dict], dict[str, dict]]:
    """
    Read predictions and references and put them in one order.

    Args:
        predictions_path (`Path`), references_path (`Path`):
            JSON Lines files, see [`pair_rows`].

    Returns:
        `tuple[dict[str, dict], dict[str, dict]]`: Predictions and references by id, in the order of the references.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a row is wrong, or the ids of the two files are not the same (lists those that differ).
    """
    for path in (predictions_path, references_path):
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file. Give a JSON Lines file with one row per clip.")
    contents = predictions_path.read_bytes(), references_path.read_bytes()
    return pair_rows(*contents, str(predictions_path), str(references_path))


def read_pairs(predictions_path: Path, references_path: Path) -> tuple[list[dict], list[dict]]:
    """[`read_clips`] without the ids: two lists in the order of the references."""
    predictions, references = read_clips(predictions_path, references_path)
    return list(predictions.values()), list(references.values())


def scored_segments(predictions: list[dict]) -> list[list[dict]]:
    """
    The intervals of predictions as `temporal_map` takes them; one without a score was said, so it counts as sure.

    Args:
        predictions (`list[dict]`):
            From [`read_pairs`].

    Returns:
        `list[list[dict]]`: For each clip its `{"label", "start", "end", "score"}`.
    """
    return [
        [{**error, "score": 1.0 if error["score"] is None else error["score"]} for error in prediction["errors"]]
        for prediction in predictions
    ]


def write_files(folder: Path, contents: dict[str, bytes]) -> None:
    """
    Write files into a folder, all of them or none.

    Args:
        folder (`Path`):
            Made when missing; files of the same names in it are replaced, others stay.
        contents (`dict[str, bytes]`):
            Bytes by file name.

    Raises:
        OSError: If the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    partial = {folder / f".{name}.partial": folder / name for name in contents}
    try:
        for path, content in zip(partial, contents.values(), strict=True):
            path.write_bytes(content)
        for path, final in partial.items():
            os.replace(path, final)
    finally:
        for path in partial:
            path.unlink(missing_ok=True)
