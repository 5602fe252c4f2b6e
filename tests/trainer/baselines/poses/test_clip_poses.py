from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset.joint_files import joints_path, save_joints
from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.clip import write_clip
from fitness_aqa_dataset.synthetic.joints import human36m_joints
from trainer.baselines.poses.clip_poses import find_poses, normalise_poses, read_joints_beside
from trainer.baselines.poses.lifting import LiftingConfig, LiftingNetwork
from trainer.baselines.poses.vitpose import PoseEstimator


@pytest.fixture(scope="module")
def clip():
    clip = simulate_clip(3, 0)
    return replace(clip, repetition=replace(clip.repetition, duration_s=33 / 30))  # one more than is decoded at once


@pytest.fixture(scope="module")
def video(tmp_path_factory, clip):
    """A clip without joints beside it."""
    folder = tmp_path_factory.mktemp("release") / "videos"
    folder.mkdir()
    write_clip(clip, folder / "1_1.mp4")
    return folder / "1_1.mp4"


@pytest.fixture(scope="module")
def with_joints(tmp_path_factory, clip, video):
    """The same clip with its joints beside it."""
    folder = tmp_path_factory.mktemp("simulated")
    for name in ("videos", "joints"):
        (folder / name).mkdir()
    path = folder / "videos" / "1_1.mp4"
    path.write_bytes(video.read_bytes())
    save_joints(human36m_joints(clip.joints(clip.times_s)), joints_path(path))
    return path


@pytest.fixture(scope="module")
def networks(random_vitpose):
    torch.manual_seed(0)
    return PoseEstimator(random_vitpose, device="cpu"), LiftingNetwork(LiftingConfig(hidden_size=16)).eval()


def test_joints_beside_a_clip_are_taken(with_joints, clip):
    joints = human36m_joints(clip.joints(clip.times_s))
    for video in (with_joints, str(with_joints), {"bytes": None, "path": str(with_joints)}):
        assert (find_poses(video) == joints).all()


def test_networks_are_not_asked_where_joints_are(with_joints, networks):
    assert (find_poses(with_joints, *networks) == find_poses(with_joints)).all()


def test_poses_of_a_clip_without_joints_are_found_and_lifted(video, networks):
    poses = find_poses(video, *networks)
    assert poses.shape == (33, 17, 3) and poses.dtype == np.float32
    assert np.isfinite(poses).all()
    assert (poses[:, 3] + poses[:, 6]) / 2 == pytest.approx(np.zeros((33, 3)), abs=1e-4)
    from_bytes = find_poses({"bytes": video.read_bytes(), "path": "1_1.mp4"}, *networks)
    assert (from_bytes == poses).all()


def test_bytes_have_no_joints_beside_them(with_joints):
    assert read_joints_beside({"bytes": with_joints.read_bytes(), "path": str(with_joints)}) is None
    assert read_joints_beside(with_joints.read_bytes()) is None


@pytest.mark.parametrize("given_networks", [(), (0,), (None, 1)])
def test_without_networks_it_says_how_to_get_poses(video, networks, given_networks):
    chosen = [networks[index] if index is not None else None for index in given_networks]
    with pytest.raises(ValueError) as raised:
        find_poses({"bytes": None, "path": str(video)}, *chosen)
    assert str(raised.value) == (
        f"{video}: no joints lie beside this clip, as beside a simulated one, and so its poses must be found. Give "
        "`pose_model`, a folder or a name on the Hub (usyd-community/vitpose-base-simple); the lifting network is "
        "trained by `python -m trainer.baselines.poses.lifter_training`."
    )


def test_a_clip_where_nobody_is_seen_is_named(video, spot_vitpose, networks):
    estimator = PoseEstimator(spot_vitpose, device="cpu")
    with torch.no_grad():
        estimator.model.head.conv.weight.zero_()
    with pytest.raises(ValueError, match=r"1_1\.mp4: left_shoulder, right_shoulder, .* seen in none of 33 frames"):
        find_poses(video, estimator, networks[1])


def test_all_points_in_one_place_are_no_pose(video, spot_vitpose, networks):
    with pytest.raises(ValueError, match=r"1_1\.mp4: hips and shoulders are in one place"):
        find_poses(video, PoseEstimator(spot_vitpose, device="cpu"), networks[1])


def test_a_clip_that_ends_early_is_named(video, networks, tmp_path):
    content = bytearray(video.read_bytes())
    content[5000:60000] = bytes(55000)
    (tmp_path / "damaged.mp4").write_bytes(content)
    with pytest.raises(ValueError, match=r"damaged\.mp4: not a video that FFmpeg can decode"):
        find_poses(tmp_path / "damaged.mp4", *networks)


def test_a_torso_is_the_unit():
    poses = np.zeros((2, 17, 3))
    poses[0, 8], poses[1, 8] = (0, 0, 0.4), (0.6, 0, 0)  # 0.5 in the mean
    poses[:, 10] = (0, 1, 2)
    normal = normalise_poses(poses)
    assert normal.dtype == np.float32
    assert normal[0, 8] == pytest.approx([0, 0, 0.8])
    assert normal[1, 10] == pytest.approx([0, 2, 4])


@settings(deadline=None)
@given(scale=st.floats(0.01, 100))
def test_the_unit_of_the_poses_does_not_matter(scale):
    poses = np.random.default_rng(0).normal(size=(4, 17, 3))
    assert normalise_poses(poses * scale) == pytest.approx(normalise_poses(poses), rel=1e-4, abs=1e-4)


def test_bones_of_a_simulated_body_are_shorter_than_two_torsos_and_flared_elbows_may_be_farther_apart():
    """The graph's functions of lengths end at two torsos."""
    longest = {"bone": 0.0, "elbows": 0.0}
    for index in range(1, 9, 2):
        clip = simulate_clip(2, index, error_rate=1.0)
        normal = normalise_poses(human36m_joints(clip.joints(clip.times_s)))
        bones = np.linalg.norm(normal[:, [1, 2, 4, 5, 8, 12]] - normal[:, [2, 3, 5, 6, 0, 13]], axis=-1)
        elbows = np.linalg.norm(normal[:, 12] - normal[:, 15], axis=-1)
        longest = {"bone": max(longest["bone"], bones.max()), "elbows": max(longest["elbows"], elbows.max())}
    assert longest["bone"] < 1.1
    assert 1.5 < longest["elbows"] < 2.3


def test_poses_without_a_size():
    with pytest.raises(ValueError, match="pelvis and thorax are in one place in every frame"):
        normalise_poses(np.ones((3, 17, 3)))
