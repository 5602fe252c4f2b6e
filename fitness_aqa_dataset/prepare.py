"""From the raw release to files that plain `load_dataset(OUT)` reads, with no code of ours on the other side."""

import hashlib
import os
import shutil
from collections.abc import Sequence
from glob import escape
from pathlib import Path

from tqdm import tqdm

from .builder import VERSION, read_records, split_records
from .data_card import render_card
from .layout import find, zipped
from .media_folder import write_folder
from .prepared import SYNTHETIC_MARKER, is_synthetic, read_prepared
from .records import Record, fingerprint
from .release import release_root
from .rows import FEATURES
from .shards import ROW_GROUP_BYTES, ROW_GROUP_ROWS, write_shards
from .taxonomy import EXERCISES, IMAGE_TASKS, RELEASE_FOLDER

FORMATS = ("parquet", "videofolder")


def prepare_release(
    data_dir: str | Path,
    out_dir: str | Path,
    format: str = "parquet",
    names: Sequence[str] | None = None,
    merge_validation: bool = False,
    max_shard_mb: float = 500,
    progress: bool = True,
) -> Path:
    """
    Write a release as files that `datasets.load_dataset(out_dir)` reads, streaming included, with a data card beside.

    Nothing is decoded or encoded: the clips' bytes are those of the release. Everything goes into a folder
    `.<name>.partial-…` beside `out_dir`, which is renamed at the end: `out_dir` is whole or absent. The same call
    after an interruption goes on with the files that are missing; wrong data removes the folder. Same release, same
    bytes.

    Args:
        data_dir (`str` or `Path`):
            The release: the folder that holds `Squat/`, `OHP/` and `BarbellRow/`, as the authors ship it.
        out_dir (`str` or `Path`):
            Folder to make.
        format (`str`, *optional*, defaults to `"parquet"`):
            `parquet`: `<config>/<split>-00000-of-0000N.parquet`, the mp4 and jpg bytes inside. `videofolder`: copies
            of the mp4 and jpg files, `<config>/<split>/<id>.mp4`, with one `metadata.parquet` a split. `datasets`
            reads a folder with one builder, so image tasks beside clips are then loaded as
            `load_dataset("imagefolder", data_dir=f"{out_dir}/lumbar")`, the rest as in the other format.
        names (`Sequence[str]`, *optional*):
            Configs to write, see [`~fitness_aqa_dataset.load_fitness_aqa`]. Defaults to all that the release has.
        merge_validation (`bool`, *optional*, defaults to `False`):
            Put the validation rows into `train`, as the paper does, and have no `validation` split.
        max_shard_mb (`float`, *optional*, defaults to 500):
            Size of a Parquet file, in millions of bytes of clips; one clip may be larger.
        progress (`bool`, *optional*, defaults to `True`):
            Show a progress bar for each config.

    Returns:
        `pathlib.Path`: The folder written.

    Raises:
        FileExistsError: If `out_dir` is there already.
        FileNotFoundError: If the folder or a file of the release is missing.
        ValueError: If an argument is none of those above; if the release is wrong, see
            [`~fitness_aqa_dataset.load_fitness_aqa`]; if a file of it is a link that leaves its folder, since others
            will see what is prepared.
    """
    out_dir = Path(out_dir).expanduser()
    _check_arguments(out_dir, format, names, max_shard_mb)
    root = release_root(data_dir)
    records = {name: read_records(root, name) for name in FEATURES if name in (names or _present(root))}
    _check_records(root, records)
    work_dir = _work_dir(out_dir, records, [format, merge_validation, max_shard_mb])
    try:
        for name, its_records in records.items():
            splits = split_records(its_records, merge_validation)
            _write_config(work_dir / name, format, name, splits, int(max_shard_mb * 1e6), progress)
    except ValueError:
        shutil.rmtree(work_dir)  # the release has to be mended first, and is another one then
        raise
    if is_synthetic(root):
        shutil.copyfile(root / SYNTHETIC_MARKER, work_dir / SYNTHETIC_MARKER)
    (work_dir / "README.md").write_text(render_card(read_prepared(work_dir), out_dir.name), encoding="utf-8")
    work_dir.rename(out_dir)
    return out_dir


def _check_arguments(out_dir: Path, format: str, names: Sequence[str] | None, max_shard_mb: float) -> None:
    if out_dir.exists():
        raise FileExistsError(f"{out_dir}: is there already; remove it or name another folder")
    if format not in FORMATS:
        raise ValueError(f"--format: one of {', '.join(FORMATS)} is needed, got {format!r}")
    for name in names or ():
        if name not in FEATURES:
            raise ValueError(f"--names: some of {', '.join(FEATURES)} are needed, got {name!r}")
    if not max_shard_mb > 0:
        raise ValueError(f"max_shard_mb: more than 0 is needed, got {max_shard_mb}")


def _present(root: Path) -> list[str]:
    """The configs whose folders are in the release; the labelled clips if there is none, for the message."""
    names = [name for name, task in IMAGE_TASKS.items() if find(root, *task.folder) or zipped(root, *task.folder)]
    for name, inside in (
        ("unlabeled", ("Unlabeled_Dataset",)),
        ("video", ("Labeled_Dataset", "videos")),
        ("video", ("Labeled_Dataset", "Labels")),
    ):
        folders = [(RELEASE_FOLDER[exercise], *inside) for exercise in EXERCISES]
        if any(find(root, *folder) or zipped(root, *folder) for folder in folders):
            names.append(name)
    return names or ["video"]


def _check_records(root: Path, records: dict[str, list[Record]]) -> None:
    for name, its_records in records.items():
        if not its_records:
            raise ValueError(f"{root}: no rows for {name}: its split files are empty; name other parts with --names")
    files = [value for rows in records.values() for row in rows for value in vars(row).values()]
    for path in [root / SYNTHETIC_MARKER, *(value for value in files if isinstance(value, Path))]:
        if not path.resolve().is_relative_to(root):
            target = path.resolve()
            raise ValueError(f"{path}: a link to {target}, outside of the release; put the file itself there")


def _work_dir(out_dir: Path, records: dict[str, list[Record]], settings: list) -> Path:
    """The folder of an interrupted run over the same files with the same settings, or a new one; others go."""
    content = {name: fingerprint(its_records) for name, its_records in records.items()}
    made_by = [VERSION, ROW_GROUP_BYTES, ROW_GROUP_ROWS, *settings, content]
    name = hashlib.sha256(repr(made_by).encode()).hexdigest()[:16]
    work_dir = out_dir.with_name(f".{out_dir.name}.partial-{name}")
    for left in out_dir.parent.glob(f".{escape(out_dir.name)}.partial-*"):
        if left != work_dir:
            shutil.rmtree(left)
    work_dir.mkdir(parents=True, exist_ok=True)
    return work_dir


def _write_config(
    folder: Path, format: str, name: str, splits: dict[str, list[Record]], max_bytes: int, progress: bool
) -> None:
    unit = "image" if name in IMAGE_TASKS else "clip"
    total = sum(len(records) for records in splits.values())
    folder.mkdir(exist_ok=True)
    with tqdm(total=total, desc=f"preparing {name}", unit=unit, disable=not progress) as bar:
        for split, records in splits.items():
            if format == "parquet":
                write_shards(folder, split, name, records, max_bytes, bar.update)
            else:
                os.makedirs(folder / split, exist_ok=True)
                write_folder(folder / split, name, records, bar.update)
