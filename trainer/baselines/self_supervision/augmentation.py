"""
Augmentations of decoded frames, drawn once for all frames of a clip.

Shapes: T frames, 3 colours, H rows, W columns.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torchvision.transforms.v2 import InterpolationMode
from torchvision.transforms.v2 import functional as F

from fitness_aqa_dataset.augmentation import uniform

GREY = 128


@dataclass(frozen=True)
class Augmentation:
    """
    How much frames are changed.

    Args:
        flip (`float`): Probability of a horizontal flip.
        rotation_deg (`float`): Largest angle of a rotation, either way.
        translation (`float`): Largest shift, either way, in shares of height and of width.
        mask (`float`): Largest height and width of a grey box, in shares of the frame's; 0 is no box.
    """

    flip: float
    rotation_deg: float
    translation: float
    mask: float


# The paper names the four kinds and no sizes; these are ours.
STRONG = Augmentation(flip=0.5, rotation_deg=20.0, translation=0.15, mask=0.4)
# Without turning and shifting: with them the loss of a small network stays at log 2 for hundreds of steps.
MASKED = Augmentation(flip=0.5, rotation_deg=0.0, translation=0.0, mask=0.4)
# While errors are learnt: a rotation or a box could hide or feign one.
MILD = Augmentation(flip=0.5, rotation_deg=5.0, translation=0.05, mask=0.0)
NONE = Augmentation(flip=0.0, rotation_deg=0.0, translation=0.0, mask=0.0)


def augment_frames(frames: torch.Tensor, generator: np.random.Generator, strength: Augmentation) -> torch.Tensor:
    """
    Flip, turn and shift frames, and hide a part of them, all alike.

    Args:
        frames (`torch.Tensor`):
            RGB, uint8 in [0, 255] or float in [0, 1], shape `(T, 3, H, W)`.
        generator (`numpy.random.Generator`):
            Source of randomness; as much is drawn from it whatever the strength.
        strength ([`Augmentation`]):
            How much is changed; `STRONG`, `MASKED`, `MILD`, `NONE` or one's own.

    Returns:
        `torch.Tensor`: Same shape and dtype; the box, and what comes in from outside of the frame, is grey.
    """
    grey = GREY if frames.dtype == torch.uint8 else GREY / 255
    height, width = frames.shape[-2:]
    flip, *draws = generator.random(8)
    angle, down, right = (2 * draw - 1 for draw in draws[:3])
    if flip < strength.flip:
        frames = F.horizontal_flip(frames)
    if strength.rotation_deg or strength.translation:
        # as one picture with 3 T channels: the grid is made once
        picture = F.affine(
            frames.reshape(1, -1, height, width),
            angle=angle * strength.rotation_deg,
            translate=[right * strength.translation * width, down * strength.translation * height],
            scale=1.0,
            shear=[0.0, 0.0],
            interpolation=InterpolationMode.BILINEAR,
            fill=grey,
        )
        frames = picture.reshape(frames.shape)
    if strength.mask:
        rows, columns = (_span(size, strength.mask, *draws[at : at + 2]) for size, at in ((height, 3), (width, 5)))
        frames = frames.clone()
        frames[..., rows, columns] = grey
    return frames


def generator_of(*key: object) -> np.random.Generator:
    """A generator whose numbers depend on `key` alone, see [`~fitness_aqa_dataset.augmentation.uniform`]."""
    return np.random.default_rng(int(uniform(*key) * 2**53))


def _span(size: int, largest: float, length_draw: float, place_draw: float) -> slice:
    """Rows or columns of a box: up to `largest` of `size` pixels, anywhere."""
    length = round(length_draw * largest * size)
    first = round(place_draw * (size - length))
    return slice(first, first + length)
