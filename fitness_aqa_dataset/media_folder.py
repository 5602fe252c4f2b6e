"""Clips or images as files, with one `metadata.parquet` beside those of each split: `videofolder`, `imagefolder`."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
from datasets import Features, Value

from .records import Record
from .rows import FEATURES, make_row
from .shards import media_column, media_path, parquet_writer


def metadata_features(name: str) -> Features:
    """The features of a config with `file_name`, relative to `metadata.parquet`, where the clip or image would be."""
    column = media_column(name)
    return Features(
        {
            "file_name" if key == column else key: Value("string") if key == column else feature
            for key, feature in FEATURES[name].items()
        }
    )


def write_folder(folder: Path, name: str, records: list[Record], done: Callable) -> None:
    """
    Copy the files of one split, then write their rows; a split that has its rows is whole and stays as it is.

    Files are copied, not linked: a link would change when the release does.

    Args:
        folder (`Path`):
            Where to: files become `<id>.mp4`, so a folder an exercise.
        name (`str`):
            Config that the records belong to.
        records (`list[Record]`):
            Rows, at least one.
        done (`Callable[[int], object]`):
            Told how many more rows are on disk.

    Raises:
        ValueError: If a clip is no video, or a bar trajectory file is wrong.
    """
    metadata = folder / "metadata.parquet"
    if metadata.exists():
        done(len(records))
        return
    features, column = FEATURES[name], media_column(name)
    rows = []
    for record in records:
        row = features.encode_example(make_row(record))
        source = media_path(record)
        file_name = record.id + source.suffix.lower()
        _copy(source, folder / file_name)
        rows.append({key: value for key, value in row.items() if key != column} | {"file_name": file_name})
        done(1)
    part = metadata.with_name(metadata.name + ".part")
    features = metadata_features(name)
    with parquet_writer(part, features) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=features.arrow_schema))
    os.replace(part, metadata)


def _copy(source: Path, target: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name + ".part")
        shutil.copyfile(source, part)
        os.replace(part, target)
