"""The base's own clips: sampled frames at the tower's size and, for every frame, where the body is."""

import multiprocessing
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torchvision.transforms.v2 import functional as F
from tqdm import tqdm

from fitness_aqa_dataset.synthetic import Clip, simulate_clip
from fitness_aqa_dataset.synthetic.quantities import QUANTITIES, measure
from fitness_aqa_dataset.synthetic.scene import project

from .settings import IMAGE_SIZE, NUM_FRAMES

JOINTS = tuple(f"{j}_{s}" for j in ("ankle", "knee", "hip", "shoulder", "elbow", "wrist", "bar") for s in "lr")


@dataclass(frozen=True)
class Pool:
    """
    Frames and targets of N simulated clips.

    Args:
        frames (`numpy.ndarray`): uint8, shape (N, NUM_FRAMES, 3, IMAGE_SIZE, IMAGE_SIZE).
        targets (`numpy.ndarray`): float32, shape (N, NUM_FRAMES, K): quantities, joints in the picture (shares of its
            sides), joints in space (metres from the pelvis).
    """

    frames: np.ndarray
    targets: np.ndarray


def sampled_times_s(clip: Clip) -> np.ndarray:
    """Times of the sampled frames in seconds, shape (NUM_FRAMES,), as `fitness_aqa_dataset.frames` samples them."""
    return clip.times_s[np.linspace(0, len(clip.times_s) - 1, NUM_FRAMES).astype(int)]


def load_pool(folder: Path, seed: int, num_clips: int) -> Pool:
    """
    The pool of a seed, drawn on the first call and read from disk afterwards.

    Args:
        folder (`pathlib.Path`): Where the arrays are kept (about 0.6 MB a clip).
        seed (`int`): Seed of the simulated clips.
        num_clips (`int`): Number of clips.

    Returns:
        `Pool`: Read-only.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames_file, targets_file = (folder / f"{kind}-{seed}-{num_clips}.npy" for kind in ("frames", "targets"))
    if not targets_file.exists():
        shape = (num_clips, NUM_FRAMES, 3, IMAGE_SIZE, IMAGE_SIZE)
        frames = np.lib.format.open_memmap(frames_file, mode="w+", dtype=np.uint8, shape=shape)
        targets = []
        work = [(seed, index) for index in range(num_clips)]
        with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
            done = pool.imap(_draw, work, chunksize=8)
            for index, (pixels, target) in enumerate(tqdm(done, total=num_clips, desc="drawing the base's clips")):
                frames[index] = pixels
                targets.append(target)
        frames.flush()
        np.save(targets_file, np.stack(targets))
    # In memory, not mapped: reading frames at random from disk would take longer than the training step.
    return Pool(np.load(frames_file), np.load(targets_file))


def _draw(work: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    torch.set_num_threads(1)
    clip = simulate_clip(*work)
    times_s = sampled_times_s(clip)
    frames = torch.from_numpy(clip.draw(times_s)).permute(0, 3, 1, 2)
    pixels = F.resize(frames, [IMAGE_SIZE] * 2, interpolation=F.InterpolationMode.BICUBIC, antialias=True)
    return pixels.numpy(), frame_targets(clip, times_s)


def frame_targets(clip: Clip, times_s: np.ndarray) -> np.ndarray:
    """
    What the tower learns to tell of each frame.

    Args:
        clip (`Clip`): The simulated clip.
        times_s (`numpy.ndarray`): Times in seconds, shape (T,).

    Returns:
        `numpy.ndarray`: float32, shape (T, K), the first `len(QUANTITIES)` columns are the quantities.
    """
    at = clip.joints(times_s)
    measured = measure(clip, times_s)
    points = np.stack([at[name] for name in JOINTS], axis=1)  # (T, J, 3)
    flat = project(points, clip.scene, clip.body, clip.repetition.exercise, clip.size)[..., :2]
    in_picture = flat / np.array(clip.size[::-1])
    in_space = points - at["pelvis"][:, None]
    columns = [np.stack([measured[name] for name in QUANTITIES], axis=1)]
    columns += [part.reshape(len(times_s), -1) for part in (in_picture, in_space)]
    return np.concatenate(columns, axis=1).astype(np.float32)
