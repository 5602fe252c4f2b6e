"""
Augmentations: a struct in a column until the sampled frames are decoded, a transform of those frames then.

An augmented row costs no video: the clip on disk is the original's.
"""

import hashlib
from functools import partial
from math import isfinite

import numpy as np
import torch
from datasets import Value
from torchvision.transforms import v2

from .columns import AnyDataset, compute_column

AUGMENTATIONS = (
    "none",
    "horizontal_flip",
    "invert_colors",
    "rotation",
    "horizontal_flip+invert_colors",
    "horizontal_flip+rotation",
)

IDENTITY = {"name": "none", "horizontal_flip": False, "invert_colors": False, "angle": 0.0}

AUGMENTATION_FEATURE = {
    "name": Value("string"),
    "horizontal_flip": Value("bool"),
    "invert_colors": Value("bool"),
    "angle": Value("float32"),
}

# The authors' code draws one direction only, 0 to 50 degrees.
ANGLE_RANGE = (0.0, 50.0)


def make_augmentation(
    name: str, id: str, seed: int = 0, copy: int = 0, angle_range: tuple[float, float] = ANGLE_RANGE
) -> dict:
    """
    The augmentation of one row. Its angle depends on `(seed, id, copy)` alone: a clip's rotation and its flip with
    rotation share one angle, whatever the order of the rows.

    Args:
        name (`str`):
            One of `AUGMENTATIONS`.
        id (`str`):
            The row's id, such as `squat/32939_2`.
        seed (`int`, *optional*, defaults to `0`):
            Another seed draws other angles.
        copy (`int`, *optional*, defaults to `0`):
            Counts the rotations of one clip when it needs several with different angles.
        angle_range (`tuple[float, float]`, *optional*, defaults to `(0.0, 50.0)`):
            Lowest and highest angle, in degrees, counter-clockwise positive.

    Returns:
        `dict`: `{"name", "horizontal_flip", "invert_colors", "angle"}`, the value of the column `augmentation`; the
        angle is a number that float32 holds, so that it is the same in a column and out of it.

    Raises:
        ValueError: If there is no augmentation of that name, or the range is not one.
    """
    check_augmentations((name,), angle_range)
    steps = name.split("+")
    low, high = angle_range
    angle = low + (high - low) * uniform(seed, id, "angle", copy) if "rotation" in steps else 0.0
    return {
        "name": name,
        "horizontal_flip": "horizontal_flip" in steps,
        "invert_colors": "invert_colors" in steps,
        "angle": float(np.float32(angle)),
    }


def check_augmentations(names: tuple[str, ...], angle_range: tuple[float, float]) -> None:
    """
    Check what a user asks for.

    Args:
        names (`tuple[str, ...]`):
            Should be among `AUGMENTATIONS`.
        angle_range (`tuple[float, float]`):
            Should be finite, in degrees, the lower first; both may be equal.

    Raises:
        ValueError: If there is no augmentation of that name, or the range is not one.
    """
    for name in names:
        if name not in AUGMENTATIONS:
            raise ValueError(f"no augmentation is called {name!r}. Choose among {', '.join(AUGMENTATIONS)}.")
    low, high = angle_range
    if not (isfinite(low) and isfinite(high) and low <= high):
        raise ValueError(f"`angle_range` must be two finite angles in degrees, the lower first, got ({low}, {high}).")


def add_augmentation(
    dataset: AnyDataset, name: str, seed: int = 0, angle_range: tuple[float, float] = ANGLE_RANGE
) -> AnyDataset:
    """
    Give every row the same kind of augmentation. Only the column `augmentation` changes: no clip or image is copied
    or decoded, and its pixels change when [`augment_frames`] is called on what was decoded.

    Args:
        dataset (`Dataset`, `DatasetDict` or their iterable counterparts):
            Rows with `id`, clips or images; their `augmentation`, if any, is replaced.
        name (`str`):
            One of `AUGMENTATIONS`.
        seed (`int`, *optional*, defaults to `0`):
            With a row's id, decides its angle.
        angle_range (`tuple[float, float]`, *optional*, defaults to `(0.0, 50.0)`):
            Lowest and highest angle, in degrees, counter-clockwise positive.

    Returns:
        The same kind of dataset, with as many rows.

    Raises:
        ValueError: If there is no augmentation of that name, or the range is not one.

    Example:
        ```py
        >>> from datasets import Dataset
        >>> from fitness_aqa_dataset.augmentation import add_augmentation
        >>> add_augmentation(Dataset.from_dict({"id": ["squat/1_1"]}), "horizontal_flip")[0]["augmentation"]
        {'name': 'horizontal_flip', 'horizontal_flip': True, 'invert_colors': False, 'angle': 0.0}
        ```
    """
    check_augmentations((name,), angle_range)
    make = partial(_augmentation_of, name=name, seed=seed, angle_range=angle_range)
    return compute_column(dataset, "augmentation", make, AUGMENTATION_FEATURE, ("id",))


def _augmentation_of(row: dict, name: str, seed: int, angle_range: tuple[float, float]) -> dict:
    return make_augmentation(name, row["id"], seed, angle_range=angle_range)


def augment_frames(frames: torch.Tensor, augmentation: dict) -> torch.Tensor:
    """
    Flip, then invert, then rotate the sampled frames of a clip, all of them alike, or one image.

    Args:
        frames (`torch.Tensor`):
            RGB, uint8 in [0, 255], shape `(T, 3, H, W)` or `(3, H, W)`.
        augmentation (`dict`):
            The row's `augmentation`: `horizontal_flip` and `invert_colors` (`bool`), `angle` (`float`, degrees,
            counter-clockwise positive).

    Returns:
        `torch.Tensor`: Same shape and dtype. A rotation keeps the size: corners are cut off, the gaps are black.
    """
    if augmentation["horizontal_flip"]:
        frames = v2.functional.horizontal_flip(frames)
    if augmentation["invert_colors"]:
        frames = v2.functional.invert(frames)
    if augmentation["angle"]:
        frames = v2.functional.rotate(frames, augmentation["angle"], interpolation=v2.InterpolationMode.BILINEAR)
    return frames


def uniform(*key: object) -> float:
    """
    A number in [0, 1) that depends on `key` alone: the same on every machine, in every process, for any row order.

    Args:
        key (`object`):
            Seed, row id and what else tells the draw from others; each is taken as its text.

    Returns:
        `float`: With 53 random bits.
    """
    digest = hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53
