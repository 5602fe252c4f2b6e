"""Splits of what a recipe names as data: a raw release, a folder that `prepare` made, or a data set on the Hub."""

import hashlib
from pathlib import Path

import datasets
from datasets import Dataset, Image, Video, concatenate_datasets, get_dataset_split_names, load_dataset
from datasets.exceptions import DatasetsError

from fitness_aqa_dataset import load_fitness_aqa
from fitness_aqa_dataset.prepared import is_synthetic, read_prepared
from fitness_aqa_dataset.release import wrong_root
from fitness_aqa_dataset.taxonomy import IMAGE_TASKS
from trainer.arguments import DataArguments


def kind_of(dataset_name: str) -> str:
    """What a data set's name is: `prepared` (a folder with Parquet), `hub` (`user/name`, no folder) or `release`."""
    folder = Path(dataset_name).expanduser()
    if folder.is_dir():
        return "prepared" if wrong_root(folder.resolve()) and any(folder.rglob("*.parquet")) else "release"
    return "hub" if dataset_name.count("/") == 1 and dataset_name[0] not in "./~" else "release"


def is_synthetic_data(dataset_name: str) -> bool | None:
    """Whether a data set says that its clips are simulated; `None` where that is not known, as of one on the Hub."""
    folder = Path(dataset_name).expanduser()
    return is_synthetic(folder) if folder.is_dir() else None


def load_split(data_args: DataArguments, split: str, skip_clips: list[str] | None = None) -> Dataset:
    """
    Rows of one split of every config asked for, undecoded.

    Args:
        data_args (`DataArguments`):
            Names the data set.
        split (`str`):
            `train`, `validation` or `test`; empty where the data has no such split, unless it is `train`.
        skip_clips (`list[str]`, *optional*):
            Ids to leave out.

    Returns:
        `Dataset`: In the order of the data.

    Raises:
        FileNotFoundError, ValueError: If there is no such data, it lacks a column, or clips and images are mixed.
    """
    names = data_args.dataset_config
    if not names or len(set(names)) < len(names):
        raise ValueError(f"dataset_config: expected one or more configs, each once, got {', '.join(names) or 'none'}.")
    kinds = {"image" if name in IMAGE_TASKS else "video" for name in names}
    if len(kinds) != 1:
        raise ValueError(
            f"dataset_config: expected clips (video) or images ({', '.join(IMAGE_TASKS)}), got {', '.join(names)}."
        )
    (media,) = kinds
    parts = [part for name in names if (part := load_config(data_args.dataset_name, name, split, skip_clips))]
    if not parts:
        if split != "train":
            return Dataset.from_dict({})
        raise ValueError(f"{data_args.dataset_name}: no rows in the split train of {', '.join(names)}.")
    for rows in parts:
        needed = {"id", media, *(("exercise", "errors") if media == "video" else ("task", "label"))}
        if missing := sorted(needed - set(rows.column_names)):
            raise ValueError(
                f"{data_args.dataset_name}: no column {', '.join(missing)}, the columns are "
                f"{', '.join(rows.column_names)}. Give data that `python -m fitness_aqa_dataset prepare` made."
            )
    feature = Video(decode=False) if media == "video" else Image(decode=False)
    parts = [rows.cast_column(media, feature) for rows in parts]
    if len(parts) > 1:  # images of several tasks: their exercises differ, and the task says it
        parts = [rows.select_columns(["id", media, "task", "label", "augmentation"]) for rows in parts]
    return concatenate_datasets(parts)


def load_config(dataset_name: str, name: str, split: str, skip_clips: list[str] | None = None) -> Dataset | None:
    """Rows of one split of one config, as the data has them; `None` where it has no such split. See [`load_split`]."""
    kind = kind_of(dataset_name)
    if kind == "release":
        return load_fitness_aqa(dataset_name, name, skip_clips=skip_clips).get(split)
    if kind == "prepared":
        splits = read_prepared(dataset_name).splits.get(name, {})
    else:
        try:
            splits = get_dataset_split_names(dataset_name, name)
        except (OSError, ValueError) as error:
            raise ValueError(
                f"{dataset_name}: no such folder; give the folder that holds Squat/ and OHP/, one that `prepare` "
                f"made, or a data set on the Hub with the config {name} ({str(error).splitlines()[0]})"
            ) from None
    if split not in splits:
        return None
    try:
        rows = load_dataset(dataset_name, name, split=split, cache_dir=_cache_of(dataset_name))
    except DatasetsError as error:
        reason = str(error.__cause__ or error).strip().splitlines()[0]
        raise ValueError(
            f"{dataset_name}: {name}, {split} cannot be read ({reason}). Prepare or download it again."
        ) from None
    if skip_clips:
        skipped = set(skip_clips)
        rows = rows.select([index for index, id in enumerate(rows["id"]) if id not in skipped])
    return rows


def _cache_of(dataset_name: str) -> str | None:
    """A cache of its own for each state of a prepared folder: `datasets` tells two apart by their cards alone."""
    folder = Path(dataset_name)
    if not folder.is_dir():
        return None
    files = sorted(path for path in folder.expanduser().resolve().rglob("*") if path.is_file())
    state = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    digest = hashlib.sha256(repr(state).encode()).hexdigest()[:16]
    return str(Path(datasets.config.HF_DATASETS_CACHE) / f"prepared-{digest}")
