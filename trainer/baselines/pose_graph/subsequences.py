"""A clip as several sparse ones: GYMetricPose sees each clip ten times, every time in other frames."""

import numpy as np


def strided_subsequences(poses: np.ndarray, num_frames: int, num_subsequences: int = 10) -> np.ndarray:
    """
    Part a clip into sub-sequences of the whole clip that lie between one another's frames.

    The clip is resampled at `num_frames * num_subsequences` evenly placed frames, the first and the last included
    (`linspace` truncated to integers, as [`~fitness_aqa_dataset.frames.sample_frames`] does). Sub-sequence k takes
    every `num_subsequences`-th of them from k on. A clip of fewer frames gives some of them more than once.

    Args:
        poses (`numpy.ndarray`):
            Poses of a clip, shape (T, 17, 3), T at least 1.
        num_frames (`int`):
            Frames of each sub-sequence, at least 1.
        num_subsequences (`int`, *optional*, defaults to `10`):
            At least 1; 10 as in Gallardo et al. 2024. 1 is the clip resampled at `num_frames` frames.

    Returns:
        `numpy.ndarray`: Shape (num_subsequences, num_frames, 17, 3), of the dtype given.

    Raises:
        ValueError: If there is nothing to take or to make.
    """
    if min(len(poses), num_frames, num_subsequences) < 1:
        raise ValueError(
            f"cannot make {num_subsequences} sub-sequences of {num_frames} frames from {len(poses)} poses: "
            "each number must be at least 1."
        )
    indices = np.linspace(0, len(poses) - 1, num_frames * num_subsequences).astype(int)
    return poses[indices.reshape(num_frames, num_subsequences).T]
