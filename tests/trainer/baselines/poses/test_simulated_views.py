from dataclasses import replace

import numpy as np
import pytest

from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.joints import human36m_joints
from fitness_aqa_dataset.synthetic.scene import project
from trainer.baselines.poses.simulated_views import see_keypoints, simulate_views

LIMBS_AND_HEAD = [1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14, 15, 16]


def seen(index: int, anywhere_share: float, noisy: bool, seed: int = 0) -> np.ndarray:
    clip = simulate_clip(5, index, "gym")
    joints_m = human36m_joints(clip.joints(clip.times_s))
    return see_keypoints(clip, joints_m, np.random.default_rng(seed), anywhere_share, noisy)


def projected(index: int, **camera) -> np.ndarray:
    clip = simulate_clip(5, index, "gym")
    joints_m = human36m_joints(clip.joints(clip.times_s))
    scene = replace(clip.scene, **camera)
    return project(joints_m, scene, clip.body, clip.repetition.exercise, clip.size)[..., :2]


def test_without_noise_joints_are_where_the_clips_camera_sees_them():
    for index in (0, 1):
        found, expected = seen(index, 0.0, noisy=False), projected(index)
        assert found[:, LIMBS_AND_HEAD] == pytest.approx(expected[:, LIMBS_AND_HEAD])
        # as of a real clip's keypoints, the thorax is the middle of the shoulders
        assert found[:, 8] == pytest.approx((expected[:, 11] + expected[:, 14]) / 2)
        assert found[:, 0] == pytest.approx((expected[:, 1] + expected[:, 4]) / 2)


def test_cameras_anywhere_are_seen_from_there():
    left_is_at_the_right = [(found[0, 4, 0] > found[0, 1, 0]) for found in (seen(0, 1.0, False, s) for s in range(40))]
    assert 8 <= sum(left_is_at_the_right) <= 32  # from behind it is at the left; mean 20, standard deviation 3
    assert all((found := seen(0, 0.0, False, s))[0, 4, 0] > found[0, 1, 0] for s in range(3))


def test_noise_is_small_against_the_torso():
    shifts = []
    for seed in range(12):
        difference = (seen(1, 0.0, True, seed) - seen(1, 0.0, False))[:, LIMBS_AND_HEAD]
        clean = projected(1)
        torso_px = np.linalg.norm(clean[:, 8] - clean[:, 0], axis=1).max()
        shifts.append(np.median(np.abs(difference)) / torso_px)  # a normal's median is 0.67 of its deviation
    assert min(shifts) < 0.02 < max(shifts) < 0.05


def test_joints_get_lost_for_a_while():
    """A gap of a joint is a straight line, which noise else never is for three frames."""
    bends = np.abs(np.diff(seen(0, 0.0, True, seed=3)[:, LIMBS_AND_HEAD], n=2, axis=0)).max(axis=2)
    straight = [(bends[:, joint] < 1e-9).sum() for joint in range(len(LIMBS_AND_HEAD))]
    assert any(seen_straight >= 2 for seen_straight in straight)
    assert sum(seen_straight == 0 for seen_straight in straight) >= 10


def test_poses_are_a_body_in_torso_lengths():
    views = simulate_views(5, 4)
    assert views.keypoints.shape == (64, 17, 2) and views.poses.shape == (64, 17, 3)
    assert (views.poses[:, 0] == 0).all()
    assert views.poses[:, 8].norm(dim=1).numpy() == pytest.approx(np.ones(64), abs=1e-5)
    # 1.58 · 0.288 · 0.96 to 1.92 · 0.288 · 1.04
    assert 0.436 < views.torso_m.min() and views.torso_m.max() < 0.576
    assert (views.poses[:, 10, 2] > 1).all()  # the head is up
    assert (views.poses[:, 11, 0] > 0).all() and (views.poses[:, 14, 0] < 0).all()  # left is left


def test_views_are_the_same_again():
    first, again, other = simulate_views(5, 2), simulate_views(5, 2), simulate_views(6, 2)
    assert (first.keypoints == again.keypoints).all() and (first.poses == again.poses).all()
    assert not (first.keypoints == other.keypoints).all()


def test_cameras_and_noise_change_what_is_seen_and_no_body():
    one, other = simulate_views(5, 2, 0.0), simulate_views(5, 2, 1.0, noisy=False)
    assert not (one.keypoints == other.keypoints).all()
    torsos_m = [views.torso_m.view(2, 16) for views in (one, other)]
    # a clip of a lifter who squats, and one of a lifter who presses; a torso keeps its length but for rounding
    assert max(of_clips.std(dim=1).max() for of_clips in torsos_m) < 1e-6
    assert torsos_m[0].mean(dim=1).tolist() == pytest.approx(torsos_m[1].mean(dim=1).tolist())
