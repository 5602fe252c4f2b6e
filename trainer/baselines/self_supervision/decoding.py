"""What both kinds of triplets need of decoding: small frames, and one line about the clips that were left out."""

import logging
from collections import Counter

import torch
from datasets import Dataset
from torchvision.transforms import v2

logger = logging.getLogger(__name__)
REMEDY = "Look at the bar trajectories and clips with `python -m fitness_aqa_dataset check`, or train without: "
REMEDY += "`self_supervised: false`."


def resize(frames: torch.Tensor, size: int) -> torch.Tensor:
    """Frames `(T, 3, H, W)` as squares of `size` pixels, uint8; the whole picture, whatever its form."""
    return v2.functional.resize(frames, [size, size], antialias=True)


def without_problems(decoded: Dataset, num_clips: int) -> Dataset:
    """
    Rows that could be made, and one line in the log about the clips of which none could.

    Args:
        decoded (`Dataset`):
            With `problem`: why a clip was left out, or `None`; one row of each clip with a problem.
        num_clips (`int`):
            Clips there were.

    Returns:
        `Dataset`: The rows whose `problem` is `None`, in their order.

    Raises:
        ValueError: If there is none.
    """
    problems = decoded["problem"][:]
    kept = [index for index, problem in enumerate(problems) if problem is None]
    counts = Counter(problem for problem in problems if problem is not None)
    reasons = ", ".join(f"{count} {problem}" for problem, count in counts.most_common())
    if not kept:
        raise ValueError(f"no triplets can be made of the {num_clips} unlabelled clips: {reasons}. {REMEDY}")
    if counts:
        logger.warning("%d of %d unlabelled clips are left out: %s", counts.total(), num_clips, reasons)
    return decoded.select(kept)
