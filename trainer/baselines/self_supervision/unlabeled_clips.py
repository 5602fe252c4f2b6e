"""The unlabelled clips that a baseline may learn from."""

from collections.abc import Sequence

from datasets import Dataset, Video

from fitness_aqa_dataset.taxonomy import EXERCISES
from trainer.arguments import DataArguments
from trainer.splits import load_config, load_split

COLUMNS = ("id", "video", "exercise", "bar_y")
REMEDY = "Add them, or train without: `self_supervised: false`."


def load_unlabeled(dataset_name: str, exercises: Sequence[str] = EXERCISES) -> Dataset:
    """
    Rows of the config `unlabeled`, undecoded, without the clips that are labelled for validation or test.

    Args:
        dataset_name (`str`):
            Folder of the raw release, folder that `prepare` made, or data set on the Hub.
        exercises (`Sequence[str]`, *optional*):
            Whose clips: `squat`, `overhead_press` or both, the default.

    Returns:
        `Dataset`: With `id`, `video` (`{"bytes", "path"}`), `exercise` and `bar_y` (pixels from the top, NaN where the
        bar was not seen), in the order of the data.

    Raises:
        FileNotFoundError: If there is no such data, or the clips are still in a zip file.
        ValueError: If the data has no unlabelled clips of these exercises, or lacks a column.
    """
    try:
        rows = load_config(dataset_name, "unlabeled", "train", None)
    except ValueError as error:
        raise ValueError(f"no unlabelled clips to learn from first ({error}). {REMEDY}") from None
    if rows is None:
        raise ValueError(f"{dataset_name}: no unlabelled clips to learn from first. {REMEDY}")
    if missing := [name for name in COLUMNS if name not in rows.column_names]:
        raise ValueError(
            f"{dataset_name}: unlabeled has no column {', '.join(missing)}, the columns are "
            f"{', '.join(rows.column_names)}. Give data that `python -m fitness_aqa_dataset prepare` made."
        )
    names = rows.features["exercise"].names
    held_out = _held_out_ids(dataset_name)
    keys = zip(rows["id"], rows["exercise"], strict=True)
    wanted = [at for at, (id, exercise) in enumerate(keys) if names[exercise] in exercises and id not in held_out]
    if not wanted:
        raise ValueError(
            f"{dataset_name}: no unlabelled clips of {' or '.join(exercises)} to learn from first, besides those "
            f"labelled for validation and test. {REMEDY}"
        )
    return rows.select(wanted).select_columns(list(COLUMNS)).cast_column("video", Video(decode=False))


def _held_out_ids(dataset_name: str) -> set[str]:
    """Ids of the labelled clips that are scored."""
    data_args = DataArguments(dataset_name)
    # an empty list of clips to skip: a labelled clip that is not on disk is not scored
    splits = [load_split(data_args, split, skip_clips=[]) for split in ("validation", "test")]
    return {id for rows in splits if len(rows) for id in rows["id"]}
