"""A folder that `prepare` made, as it lies on disk: which configs and splits it has, in which files."""

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from datasets import Features, Image, Video

from .parts import SPLIT_FILES
from .rows import FEATURES
from .taxonomy import IMAGE_TASKS

# Beside the rows of a simulated release; a release without it counts as the real one.
SYNTHETIC_MARKER = "synthetic.json"

REMEDY = "make it with `python -m fitness_aqa_dataset prepare`"


@dataclass(frozen=True)
class Prepared:
    """
    A prepared folder.

    Args:
        path (`Path`):
            The folder.
        format (`str`):
            `parquet` or `videofolder`.
        is_synthetic (`bool`):
            Whether it comes from a simulated release.
        splits (`dict[str, dict[str, list[Path]]]`):
            By config, then by split: the Parquet files with its rows, in order.
    """

    path: Path
    format: str
    is_synthetic: bool
    splits: dict[str, dict[str, list[Path]]]

    def features(self, name: str) -> Features:
        """Features of a config as `load_dataset` gives them."""
        schema = pq.read_schema(next(iter(self.splits[name].values()))[0])
        media = ("image", Image()) if name in IMAGE_TASKS else ("video", Video())
        features = Features.from_arrow_schema(schema).items()
        return Features(dict(media if key == "file_name" else (key, feature) for key, feature in features))

    def read(self, name: str, split: str) -> pa.Table:
        """Rows of a split without its clips or images."""
        columns = [key for key, value in self.features(name).items() if not isinstance(value, Video | Image)]
        return pa.concat_tables([pq.ParquetFile(path).read(columns) for path in self.splits[name][split]])

    def files(self, name: str, split: str) -> list[Path]:
        """
        Every file of a split: its Parquet files and, in a `videofolder`, the clips or images that they name.

        Raises:
            FileNotFoundError: If one of those is missing.
        """
        paths = self.splits[name][split]
        if self.format == "parquet":
            return paths
        folder = paths[0].parent
        media = [folder / file_name for file_name in pq.ParquetFile(paths[0]).read(["file_name"])[0].to_pylist()]
        for path in media:
            if not path.is_file():
                raise FileNotFoundError(f"{path}: no such file, but {paths[0]} names it; {REMEDY} again")
        return [*paths, *media]

    def num_rows(self, name: str, split: str) -> int:
        """Rows of a split."""
        return sum(pq.read_metadata(path).num_rows for path in self.splits[name][split])

    def num_bytes(self, name: str, split: str) -> int:
        """Size of a split's rows in memory, clips and images included."""
        if self.format == "videofolder":
            return sum(path.stat().st_size for path in self.files(name, split))
        metadata = [pq.read_metadata(path) for path in self.splits[name][split]]
        return sum(one.row_group(index).total_byte_size for one in metadata for index in range(one.num_row_groups))


def read_prepared(folder: str | Path) -> Prepared:
    """
    Find what a prepared folder holds.

    Args:
        folder (`str` or `Path`):
            As [`~fitness_aqa_dataset.prepare.prepare_release`] left it.

    Returns:
        `Prepared`: Without the configs and splits that it does not have.

    Raises:
        FileNotFoundError: If the folder is missing.
        ValueError: If it is not a prepared folder, or a Parquet file of it is missing or of another run.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: no such folder; {REMEDY}")
    for format, find in {"parquet": _shards, "videofolder": _metadata}.items():
        splits = {
            name: {split: files for split in SPLIT_FILES if (files := find(folder / name, split))} for name in FEATURES
        }
        if splits := {name: its_splits for name, its_splits in splits.items() if its_splits}:
            return Prepared(folder, format, is_synthetic(folder), splits)
    raise ValueError(f"{folder}: not a prepared folder: no rows in {'/, '.join(FEATURES)}/; {REMEDY}")


def is_synthetic(folder: Path) -> bool:
    """Whether a release or a prepared folder says that it is simulated; a marker that cannot be read says nothing."""
    try:
        marker = json.loads((folder / SYNTHETIC_MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(marker, dict) and marker.get("synthetic") is True


def _shards(folder: Path, split: str) -> list[Path]:
    number = "[0-9]" * 5
    files = sorted(folder.glob(f"{split}-{number}-of-{number}.parquet"))
    num_shards = int(files[0].stem[-5:]) if files else 0
    expected = [folder / f"{split}-{index:05d}-of-{num_shards:05d}.parquet" for index in range(num_shards)]
    if files != expected:
        what = f"{len(files)} Parquet files of {split}, which are not the {num_shards} that belong together"
        raise ValueError(f"{folder}: {what}; {REMEDY} again")
    return files


def _metadata(folder: Path, split: str) -> list[Path]:
    path = folder / split / "metadata.parquet"
    return [path] if path.is_file() else []
