"""Splits of a simulated release: by source, in the shares of the release's own."""

import numpy as np

# Squat 1136/243/244, overhead press 1582/339/339 clips.
SPLIT_SHARES = {"train": 0.70, "val": 0.15, "test": 0.15}


def split_by_source(keys: list[str], rng: np.random.Generator) -> dict[str, list[str]]:
    """
    Deal the sources of clips or images over the splits.

    Args:
        keys (`list[str]`):
            Ids `<source>_<number>`.
        rng (`numpy.random.Generator`):
            Decides which source goes where.

    Returns:
        `dict[str, list[str]]`: Ids of `train`, `val` and `test`, in the order given; all ids of a source are in the
        same one.
    """
    sources = sorted({_source(key) for key in keys})
    ends = np.round(np.cumsum(list(SPLIT_SHARES.values())) * len(sources)).astype(int)
    dealt = np.split(np.array(sources)[rng.permutation(len(sources))], ends[:-1])
    split_of = {source: split for split, group in zip(SPLIT_SHARES, dealt, strict=True) for source in group.tolist()}
    return {split: [key for key in keys if split_of[_source(key)] == split] for split in SPLIT_SHARES}


def _source(key: str) -> int:
    return int(key.split("_")[0])
