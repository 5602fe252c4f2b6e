"""In which order rows come: a function of seed and epoch alone, every row once an epoch on however many processes."""

from collections.abc import Iterator

import torch
from datasets import Dataset, Value
from torch.utils.data import Sampler

from fitness_aqa_dataset.columns import set_column


def pad_rows(rows: Dataset, multiple: int) -> Dataset:
    """
    Make the number of rows a multiple, so that every process has equally many whole batches.

    Accelerate would repeat the first rows of the epoch instead, and those would be learnt twice.

    Args:
        rows (`Dataset`):
            At least one row.
        multiple (`int`):
            Rows of one batch on all processes together.

    Returns:
        `Dataset`: The rows, and behind them padding: `is_padding` tells the collator not to decode or learn them.
    """
    num_padding = -len(rows) % multiple
    if not num_padding:
        return rows
    padded = rows.select([*range(len(rows)), *[0] * num_padding])
    return set_column(padded, "is_padding", [False] * len(rows) + [True] * num_padding, Value("bool"))


class EpochSampler(Sampler[int]):
    """
    Shuffles rows anew in every epoch and leaves padding at the end.

    Args:
        num_rows (`int`): Rows to shuffle.
        num_padding (`int`): Rows of padding behind them.
        seed (`int`): Seed of the order.
    """

    def __init__(self, num_rows: int, num_padding: int, seed: int):
        self.num_rows, self.num_padding, self.seed = num_rows, num_padding, seed
        self.epoch = 0

    def __len__(self) -> int:
        return self.num_rows + self.num_padding

    def __iter__(self) -> Iterator[int]:
        # Both numbers as one seed: a sum would give run 0 in epoch 1 the order of run 1 in epoch 0.
        generator = torch.Generator().manual_seed((self.seed << 20) + self.epoch)
        yield from torch.randperm(self.num_rows, generator=generator).tolist()
        yield from range(self.num_rows, len(self))
