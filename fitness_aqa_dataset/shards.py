"""Rows with the bytes of their clips or images inside, in Parquet files that stream well."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features
from datasets.arrow_writer import get_parquet_column_options
from datasets.config import DEFAULT_CDC_OPTIONS

from .records import ImageRecord, Record
from .rows import FEATURES, make_row

# A stream fetches about five row groups before it gives its first row: 38 MB of a file of 1 MB clips with this size,
# 170 MB with 32 MiB. Reading everything costs the same with both.
ROW_GROUP_BYTES = 8 * 2**20
ROW_GROUP_ROWS = 256


def media_column(name: str) -> str:
    """The column of a config that holds its clips or images: `video` or `image`."""
    return "image" if "image" in FEATURES[name] else "video"


def media_path(record: Record) -> Path:
    """The clip or image of a record."""
    return record.image if isinstance(record, ImageRecord) else record.video


def pack(records: list[Record], max_bytes: int, max_rows: int | None = None) -> Iterator[list[Record]]:
    """
    Cut records into runs, in their order.

    Args:
        records (`list[Record]`):
            At least one.
        max_bytes (`int`):
            Bytes of clips or images in a run; a single one may be larger.
        max_rows (`int`, *optional*):
            Records in a run.

    Returns:
        `Iterator[list[Record]]`: Runs of at least one record each.
    """
    run, num_bytes = [], 0
    for record in records:
        size = media_path(record).stat().st_size
        if run and (num_bytes + size > max_bytes or len(run) == max_rows):
            yield run
            run, num_bytes = [], 0
        run.append(record)
        num_bytes += size
    yield run


def write_shards(folder: Path, split: str, name: str, records: list[Record], max_bytes: int, done: Callable) -> None:
    """
    Write the files `<split>-00000-of-0000N.parquet` of one split; those that are there already stay as they are.

    Args:
        folder (`Path`):
            Where to; it must exist.
        split (`str`):
            `train`, `validation` or `test`.
        name (`str`):
            Config that the records belong to.
        records (`list[Record]`):
            Rows, at least one.
        max_bytes (`int`):
            Bytes of clips or images in one file.
        done (`Callable[[int], object]`):
            Told how many more rows are on disk.

    Raises:
        ValueError: If a clip is no video, or a bar trajectory file is wrong.
    """
    shards = list(pack(records, max_bytes))
    for index, shard in enumerate(shards):
        path = folder / f"{split}-{index:05d}-of-{len(shards):05d}.parquet"
        if path.exists():
            done(len(shard))
        else:
            _write_shard(path, name, shard, done)


def _write_shard(path: Path, name: str, records: list[Record], done: Callable) -> None:
    features, column = FEATURES[name], media_column(name)
    part = path.with_name(path.name + ".part")
    with parquet_writer(part, features) as writer:
        for group in pack(records, ROW_GROUP_BYTES, ROW_GROUP_ROWS):
            rows = []
            for record in group:
                media = media_path(record)
                row = features.encode_example(make_row(record))
                # put in after encoding: `Video` drops the bytes when a file of that name is in the current folder
                rows.append(row | {column: {"bytes": media.read_bytes(), "path": media.name}})
                done(1)
            writer.write_table(pa.Table.from_pylist(rows, schema=features.arrow_schema))
    os.replace(part, path)


def parquet_writer(path: Path, features: Features) -> pq.ParquetWriter:
    """
    A writer with the settings of `Dataset.push_to_hub`: clips are not compressed again, and chunks are cut by content,
    so that the Hub recognises those it has. The features go into the file, so that reading needs no code of ours.
    """
    schema = features.arrow_schema
    return pq.ParquetWriter(
        path,
        schema,
        use_content_defined_chunking=DEFAULT_CDC_OPTIONS,
        write_page_index=True,
        **get_parquet_column_options(features, schema),
    )
