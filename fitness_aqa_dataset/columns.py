"""Columns added to a dataset beside the others: no clip or image is copied or decoded, wherever its bytes lie."""

from collections.abc import Callable
from functools import partial

import numpy as np
from datasets import Dataset, DatasetDict, IterableDataset, IterableDatasetDict, concatenate_datasets
from datasets.utils import tqdm

AnyDataset = Dataset | DatasetDict | IterableDataset | IterableDatasetDict


def set_column(dataset: Dataset, name: str, values: list, feature: object) -> Dataset:
    """
    Add a column, or replace the one of that name, and share everything else with the dataset given.

    `Dataset.add_column` and `Dataset.map` write every other column of selected rows again: a clip inside a Parquet
    file that four rows share would be there four times.

    Args:
        dataset (`Dataset`):
            Any rows; the same stored row may be there several times, as `select` allows.
        name (`str`):
            The column.
        values (`list`):
            One value a row.
        feature (`object`):
            Its feature, such as `Value("string")`.

    Returns:
        `Dataset`: The same rows in the same order, with the same format, and the column at the end.
    """
    num_stored = len(dataset.data)
    # `datasets` has no public way to ask which stored rows a dataset shows
    stored = np.arange(num_stored) if dataset._indices is None else dataset._indices.column("indices").to_numpy()
    stored = stored.astype(np.int64)
    # the stored table is laid out once for each time that a row of it is shown; tables are shared, not copied
    layer = _times_seen_before(stored)
    num_layers = int(layer.max(initial=0)) + 1
    place = layer * num_stored + stored
    column = [None] * (num_layers * num_stored)
    for row, value in zip(place.tolist(), values, strict=True):
        column[row] = value
    base = Dataset(dataset.data, info=dataset.info.copy(), split=dataset.split)
    if name in base.column_names:
        base = base.remove_columns(name)
    layers = concatenate_datasets([base] * num_layers, info=base.info, split=base.split)
    shown = layers.add_column(name, column, feature=feature).select(place)
    return shown.with_format(dataset.format["type"], **dataset.format["format_kwargs"])


def compute_column(
    dataset: AnyDataset, name: str, function: Callable[[dict], object], feature: object, inputs: tuple[str, ...]
) -> AnyDataset:
    """
    Add a column that depends on a few others of the same row, or replace the one of that name.

    Args:
        dataset (`Dataset`, `DatasetDict` or their iterable counterparts):
            Any rows.
        name (`str`):
            The column.
        function (`Callable`):
            From a row to the value; must be picklable for iterable datasets in worker processes.
        feature (`object`):
            Its feature, such as `Value("string")`.
        inputs (`tuple[str, ...]`):
            The columns that `function` reads; those that the rows do not have are left out.

    Returns:
        The same kind of dataset with the column. An iterable dataset without known features stays one.
    """
    if isinstance(dataset, dict):
        return type(dataset)(
            {split: compute_column(rows, name, function, feature, inputs) for split, rows in dataset.items()}
        )
    if isinstance(dataset, IterableDataset):
        add = partial(_add, name=name, function=function)
        if dataset.features is None:
            return dataset.map(add)
        features = dataset.features.copy()
        features[name] = feature
        return dataset.decode(False).map(add).cast(features)  # decoded once, after this and only if still there
    rows = dataset.with_format(None).select_columns([column for column in inputs if column in dataset.column_names])
    values = [function(row) for row in tqdm(rows.to_list(), desc=f"Making {name}", unit=" rows", delay=1)]
    return set_column(dataset, name, values, feature)


def _add(row: dict, name: str, function: Callable[[dict], object]) -> dict:
    return {name: function(row)}


def _times_seen_before(numbers: np.ndarray) -> np.ndarray:
    """[7, 3, 7, 7] -> [0, 0, 1, 2]."""
    order = np.argsort(numbers, kind="stable")
    is_first = np.diff(numbers[order], prepend=-1) != 0
    start_of_run = np.maximum.accumulate(np.where(is_first, np.arange(len(numbers)), 0))
    seen = np.empty(len(numbers), np.int64)
    seen[order] = np.arange(len(numbers)) - start_of_run
    return seen
