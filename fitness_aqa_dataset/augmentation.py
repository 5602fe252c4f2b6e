"""
Augmentations: a struct in a column until the sampled frames are decoded, a transform of those frames then.

An augmented row costs no video: the clip on disk is the original's.
"""

import hashlib

import torch
from datasets import Value
from torchvision.transforms import v2

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
        `dict`: `{"name", "horizontal_flip", "invert_colors", "angle"}`, the value of the column `augmentation`.

    Raises:
        ValueError: If there is no augmentation of that name.
    """
    if name not in AUGMENTATIONS:
        raise ValueError(f"no augmentation is called {name!r}. Choose among {', '.join(AUGMENTATIONS)}.")
    steps = name.split("+")
    low, high = angle_range
    return {
        "name": name,
        "horizontal_flip": "horizontal_flip" in steps,
        "invert_colors": "invert_colors" in steps,
        "angle": low + (high - low) * uniform(seed, id, "angle", copy) if "rotation" in steps else 0.0,
    }


def augment_frames(frames: torch.Tensor, augmentation: dict) -> torch.Tensor:
    """
    Flip, then invert, then rotate the sampled frames of a clip, all of them alike.

    Args:
        frames (`torch.Tensor`):
            RGB, uint8 in [0, 255], shape `(T, 3, H, W)`.
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
