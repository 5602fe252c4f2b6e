"""The unlabelled part of a simulated release: clips of further sources, and where the bar is in every frame."""

import math

import numpy as np

from ..taxonomy import EXERCISES
from .clip import Clip, simulate_clip
from .scene import project

# Beyond the clips of any release: other sources, so that no labelled lifter is seen here.
FIRST_INDEX = 400_000
# Share of files in which the bar is not seen for a while, at least one of each exercise. Of the real release's
# overhead press files about 4 in 10 have gaps, of its squat files only 19.
GAP_SHARE = {"squat": 0.1, "overhead_press": 0.4}
BAR_RADIUS_M = 0.03


def simulate_unlabeled(num_clips: int, seed: int, look: str, error_rate: float, second_rate: float) -> list[Clip]:
    """
    The unlabelled clips of a simulated release of `num_clips` labelled ones: a tenth as many, at least 8.

    Args:
        num_clips (`int`): Labelled clips of both exercises together.
        seed (`int`), look (`str`), error_rate (`float`), second_rate (`float`): As for `simulate_clip`.

    Returns:
        `list[Clip]`: Squats and overhead presses in turn.
    """
    indices = range(FIRST_INDEX, FIRST_INDEX + max(8, num_clips // 10))
    return [simulate_clip(seed, index, look, error_rate, second_rate) for index in indices]


def bar_trajectories(clips: list[Clip], seed: int) -> dict[str, list]:
    """
    Raw bar trajectories of the clips of one exercise, true to the drawing.

    Args:
        clips (`list[Clip]`):
            Of one exercise.
        seed (`int`):
            Decides in which clips and when the bar is not seen.

    Returns:
        `dict[str, list]`: By id, one entry a frame. Squat: y of the bar's middle in pixels, NaN where it is not seen.
        Overhead press: three regions (bar, plate at the lifter's left, at the right), each a list of one
        `[x1, y1, x2, y2, confidence]` in pixels; that of the bar is empty where it is not seen.
    """
    exercise = clips[0].repetition.exercise
    rng = np.random.default_rng([seed, 7, EXERCISES.index(exercise)])
    with_gaps = set(rng.permutation(len(clips))[: max(1, round(GAP_SHARE[exercise] * len(clips)))].tolist())
    trajectories = {}
    for index, clip in enumerate(clips):
        seen = _sample_seen(rng, len(clip.times_s)) if index in with_gaps else np.ones(len(clip.times_s), bool)
        if exercise == "squat":
            bar_y = _bar_ends(clip).mean(axis=0)[:, 1].round(2).tolist()
            trajectories[clip.key] = [y if there else math.nan for y, there in zip(bar_y, seen, strict=True)]
        else:
            regions = zip(*_regions(clip, rng), strict=True)
            entries = zip(regions, seen, strict=True)
            trajectories[clip.key] = [
                [[bar] if there else [], [left], [right]] for (bar, left, right), there in entries
            ]
    return trajectories


def _sample_seen(rng: np.random.Generator, num_frames: int) -> np.ndarray:
    """Whether the bar is seen, shape (T,): not so for one or two gaps of 3 to 10 frames."""
    seen = np.ones(num_frames, bool)
    for _ in range(rng.integers(1, 3)):
        start = rng.integers(0, num_frames - 10)
        seen[start : start + rng.integers(3, 11)] = False
    return seen


def _bar_ends(clip: Clip, offset_m: tuple[float, float, float] = (0.0, 0.0, 0.0)) -> np.ndarray:
    """The bar's left and right end in the picture, moved by an offset in space: pixels, shape (2, T, 2)."""
    at = clip.joints(clip.times_s)
    ends = np.stack([at["bar_l"], at["bar_r"]]) + np.array(offset_m)
    return project(ends, clip.scene, clip.body, clip.repetition.exercise, clip.size)[..., :2]


def _regions(clip: Clip, rng: np.random.Generator) -> list[list]:
    """Boxes of the bar and of the two plates, each one `[x1, y1, x2, y2, confidence]` a frame."""

    def around(radius_m: float) -> np.ndarray:
        sides = [(0, radius_m, 0), (0, -radius_m, 0), (0, 0, radius_m), (0, 0, -radius_m)]
        return np.stack([_bar_ends(clip, side) for side in sides])  # (4, 2, T, 2)

    bar, plates = around(BAR_RADIUS_M), around(clip.scene.plate_radius)
    boxes = []
    for points in (bar.reshape(8, *bar.shape[2:]), plates[:, 0], plates[:, 1]):
        confidence = rng.uniform(0.6, 0.99, (points.shape[1], 1)).round(3)
        box = np.concatenate([points.min(axis=0), points.max(axis=0)], axis=1).round(2)
        boxes.append(np.concatenate([box, confidence], axis=1).tolist())
    return boxes
