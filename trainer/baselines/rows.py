"""Rows that a baseline learns from: samples drawn for an epoch, and what the experts say as numbers."""

import numpy as np
import torch
from datasets import Dataset

from fitness_aqa_dataset.augmentation import uniform
from trainer.baselines.configuration import BaselineConfig
from trainer.baselines.samples import to_array
from trainer.baselines.self_supervision.augmentation import MILD, augment_frames


def exercise_names(rows: Dataset) -> list[str]:
    """The exercise of every row."""
    names = rows.features["exercise"].names
    return [names[index] for index in rows["exercise"]]


def error_targets(rows: Dataset, labels: tuple[str, ...], errors_of: dict[str, tuple[str, ...]]) -> np.ndarray:
    """
    What the experts say.

    Args:
        rows (`Dataset`): With `exercise` and `errors`, or of an image task with `label`.
        labels (`tuple[str, ...]`): Errors, or the image task.
        errors_of (`dict[str, tuple[str, ...]]`): Errors of each exercise.

    Returns:
        `np.ndarray`: float32, shape `(N, L)`: 1 with the error, 0 without, NaN where it is of another exercise.
    """
    if "label" in rows.column_names:
        return np.array(rows["label"], np.float32)[:, None]
    targets = np.full((len(rows), len(labels)), np.nan, np.float32)
    for index, (exercise, errors) in enumerate(zip(exercise_names(rows), rows["errors"], strict=True)):
        present = {error["label"] for error in errors}
        for column, label in enumerate(labels):
            if label in errors_of[exercise]:
                targets[index, column] = label in present
    return targets


def pos_weights(targets: np.ndarray) -> list[float]:
    """Clips without an error over those with it, one a column of `(N, L)` targets; 1 where there are none with it."""
    positives, negatives = np.nansum(targets, axis=0), np.nansum(1 - targets, axis=0)
    return [float(no / yes) if yes and no else 1.0 for yes, no in zip(positives, negatives, strict=True)]


class EpochRows(torch.utils.data.Dataset):
    """
    Rows of all epochs, one after the other, each epoch in an order of its own: what is learnt at a step hangs on the
    seed and the step alone, so that a run that was stopped goes on with the rows that it would have had.

    Args:
        make (`Callable[[int, int], dict]`): Gives the row of an index for an epoch.
        num_rows (`int`): Rows of one epoch, at least 1.
        num_epochs (`int`): Epochs.
        seed (`int`): Of the order.
    """

    def __init__(self, make, num_rows: int, num_epochs: int, seed: int):
        self.make, self.num_rows = make, num_rows
        # Both numbers as one seed, as in `trainer.sampling`.
        generators = [torch.Generator().manual_seed((seed << 20) + epoch) for epoch in range(num_epochs)]
        self.order = [torch.randperm(num_rows, generator=generator).tolist() for generator in generators]

    def __len__(self) -> int:
        return self.num_rows * len(self.order)

    def __getitem__(self, index: int) -> dict:
        epoch, place = divmod(index, self.num_rows)
        return self.make(self.order[epoch][place], epoch)


class ClipRows:
    """
    Makes training rows of decoded ones.

    Args:
        rows (`Dataset`): From [`~trainer.baselines.samples.decode_rows`].
        targets (`np.ndarray`): From [`error_targets`].
        config ([`BaselineConfig`]): Of the model.
        seed (`int`): Of what is drawn; it hangs on seed, row id and epoch alone.
        augment (`bool`): Whether frames are flipped, shifted and turned.
    """

    def __init__(self, rows: Dataset, targets: np.ndarray, config: BaselineConfig, seed: int, augment: bool):
        self.rows, self.targets, self.config, self.seed, self.augment = rows, targets, config, seed, augment
        self.is_press = None
        if config.tells_exercise:
            self.is_press = np.array([name == "overhead_press" for name in exercise_names(rows)], np.float32)

    def __len__(self) -> int:
        return len(self.rows)

    def __call__(self, index: int, epoch: int) -> dict[str, torch.Tensor]:
        """`inputs` with one sub-sequence, `is_error`, and of both exercises `is_press`; see the model's `forward`."""
        row = self.rows[index]
        sample = torch.tensor(to_array(row, self.config))
        draw = uniform(self.seed, row["id"], epoch, "sample")
        if self.config.system == "gymetricpose":
            sample = sample[int(draw * len(sample))]
        elif self.augment and self.config.system in ("md", "cvcspc"):
            frames = sample[None] if self.config.is_image else sample
            frames = augment_frames(frames, np.random.default_rng(int(draw * 2**53)), MILD)
            sample = frames[0] if self.config.is_image else frames
        made = {"inputs": sample[None], "is_error": torch.from_numpy(self.targets[index])}
        return made if self.is_press is None else made | {"is_press": torch.tensor(self.is_press[index])}
