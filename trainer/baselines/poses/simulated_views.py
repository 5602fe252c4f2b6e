"""
What a lifting network learns from: simulated lifters' joints in space, and where a pose estimator would see them.

Nothing is drawn: joints are projected. Noise and gaps are put on the limbs and the head, and the joints between them
are derived from those ([`~trainer.baselines.poses.coco`]), as they are of a real clip's keypoints.
"""

from dataclasses import dataclass, replace

import numpy as np
import torch
from tqdm import tqdm

from fitness_aqa_dataset.human36m import JOINTS
from fitness_aqa_dataset.synthetic import Clip, simulate_clip
from fitness_aqa_dataset.synthetic.joints import human36m_joints
from fitness_aqa_dataset.synthetic.scene import project
from trainer.baselines.poses.coco import derive_middle_joints, interpolate_unseen
from trainer.baselines.poses.lifting import PELVIS, THORAX, normalise_keypoints

FRAMES_PER_CLIP = 16
# A pose estimator's standard deviation, drawn for each clip up to this share of the torso's length (3 cm of 50), and
# joints that it loses for a while: up to so many gaps a clip, each of 3 to 20 frames.
NOISE_TORSOS, MOST_GAPS, GAP_FRAMES = 0.06, 3, (3, 20)
# The simulated cameras stand up to 65° to the side of the lifter's front. Real ones stand anywhere, so that half of
# the training's do, at eye height and somewhat above: -6° to 20°.
ANYWHERE_SHARE, ELEVATIONS = 0.5, (-0.1, 0.35)
# Apart from the simulated clip's own streams of random numbers (CONTRIBUTING.md), which are below 100.
STREAM = 100


@dataclass(frozen=True)
class Views:
    """
    Frames of simulated clips, N in all.

    Args:
        keypoints (`torch.Tensor`): As [`~trainer.baselines.poses.lifting.normalise_keypoints`] makes them, (N, 17, 2).
        poses (`torch.Tensor`): In torso lengths from the pelvis, along the lifter's axes, float32, (N, 17, 3).
        torso_m (`torch.Tensor`): Length of the lifter's torso, pelvis to thorax, in metres, (N,).
    """

    keypoints: torch.Tensor
    poses: torch.Tensor
    torso_m: torch.Tensor


def simulate_views(seed: int, num_clips: int, anywhere_share: float = ANYWHERE_SHARE, noisy: bool = True) -> Views:
    """
    Views of the clips 0, 1, … of a simulated release, as the harder look `gym` frames them.

    Args:
        seed (`int`): Seed of the release.
        num_clips (`int`): At least 1; four clips have two lifters, one for each exercise.
        anywhere_share (`float`, *optional*, defaults to 0.5): Of clips whose camera stands anywhere around the lifter.
        noisy (`bool`, *optional*, defaults to `True`): Whether keypoints have noise and gaps.

    Returns:
        [`Views`]: 16 frames of each clip, at random.
    """
    keypoints, poses, torso_m = [], [], []
    for index in tqdm(range(num_clips), desc="simulating lifters", unit="clip", delay=1, leave=False):
        clip, rng = simulate_clip(seed, index, "gym"), np.random.default_rng([seed, STREAM, index])
        joints_m = human36m_joints(clip.joints(clip.times_s))
        seen = normalise_keypoints(see_keypoints(clip, joints_m, rng, anywhere_share, noisy))
        chosen = rng.choice(len(seen), FRAMES_PER_CLIP, replace=False)
        around_m = (joints_m - joints_m[:, PELVIS : PELVIS + 1])[chosen]
        torso_m.append(np.linalg.norm(around_m[:, THORAX], axis=1))
        poses.append(around_m / torso_m[-1][:, None, None])
        keypoints.append(seen[chosen])
    return Views(*(torch.from_numpy(np.concatenate(part)) for part in (keypoints, poses, torso_m)))


def see_keypoints(
    clip: Clip, joints_m: np.ndarray, rng: np.random.Generator, anywhere_share: float, noisy: bool
) -> np.ndarray:
    """
    Where a pose estimator would see a clip's joints.

    Args:
        clip (`Clip`): Simulated.
        joints_m (`numpy.ndarray`): Its joints in metres, (T, 17, 3).
        rng (`numpy.random.Generator`): Of camera, noise and gaps; the same draws whatever the other arguments.
        anywhere_share, noisy: See [`simulate_views`].

    Returns:
        `numpy.ndarray`: Pixels, (T, 17, 2).
    """
    scene = clip.scene
    azimuth, elevation = rng.uniform(-np.pi, np.pi), rng.uniform(*ELEVATIONS)
    if rng.random() < anywhere_share:
        scene = replace(scene, azimuth=azimuth, elevation=elevation)
    points = project(joints_m, scene, clip.body, clip.repetition.exercise, clip.size)[..., :2]
    if noisy:
        torso_px = np.linalg.norm(points[:, THORAX] - points[:, PELVIS], axis=1).max()
        points = points + rng.normal(0.0, rng.uniform(0, NOISE_TORSOS) * torso_px, points.shape)
        points = interpolate_unseen(points, ~_gaps(len(points), rng))
    return derive_middle_joints(points)


def _gaps(num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """Where joints are lost, bool, (T, 17). None is lost in the last frame, so that each is seen once at least."""
    is_lost = np.zeros((num_frames, len(JOINTS)), bool)
    for _ in range(rng.integers(MOST_GAPS + 1)):
        length = rng.integers(*GAP_FRAMES, endpoint=True)
        start = rng.integers(num_frames - length)
        is_lost[start : start + length, rng.integers(len(JOINTS))] = True
    return is_lost
