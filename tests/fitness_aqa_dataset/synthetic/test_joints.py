import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset.human36m import BONES, JOINTS
from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.joints import human36m_joints, write_joints
from fitness_aqa_dataset.synthetic.scene import project


def test_each_joint_goes_to_its_place():
    """Every simulated joint somewhere of its own: first coordinate as written here."""
    own = {"pelvis": 1, "neck": 3, "head": 9}
    sides = {
        "hip": 10,
        "knee": 20,
        "ankle": 30,
        "shoulder": 40,
        "elbow": 50,
        "wrist": 60,
        "toe": 70,
        "heel": 80,
        "bar": 90,
    }
    own |= {f"{joint}_l": value for joint, value in sides.items()}
    own |= {f"{joint}_r": value + 1 for joint, value in sides.items()}
    pose = human36m_joints({name: np.array([[value, 0.0, -1.0]]) for name, value in own.items()})
    assert pose.shape == (1, 17, 3) and pose.dtype == np.float32
    # pelvis; right leg; left leg; spine 2, thorax 3, neck 6, head 9; left arm; right arm
    assert pose[0, :, 0].tolist() == [1, 11, 21, 31, 10, 20, 30, 2, 3, 6, 9, 40, 50, 60, 41, 51, 61]
    assert (pose[0, :, 1:] == [0, -1]).all()


def test_a_standing_lifter_by_hand(round_clip):
    clip = round_clip("squat", {})
    at = dict(zip(JOINTS, human36m_joints(clip.joints(np.array([0.0])))[0].tolist(), strict=True))
    # A leg of 1 m on an ankle 7 cm high, bent to 0.99 of its length; the trunk of 0.5 m leans 0.1 rad:
    # 0.5 sin 0.1 = 0.0499, 0.5 cos 0.1 = 0.4975.
    assert at["pelvis"] == pytest.approx([0, 0, 1.06])
    assert at["left_hip"] == pytest.approx([0.2, 0, 1.06])
    assert at["right_ankle"] == pytest.approx([-0.2, 0, 0.07])
    assert at["thorax"] == pytest.approx([0, 0.0499, 1.5575], abs=1e-4)
    assert at["spine"] == pytest.approx([0, 0.0250, 1.3088], abs=1e-4)
    # for 1.75 m the head is 3 cm before and 14.5 cm above the thorax
    assert at["head"] == pytest.approx([0, 0.0799, 1.7025], abs=1e-4)
    assert at["neck_nose"] == pytest.approx([0, 0.0649, 1.6300], abs=1e-4)
    # the knee half way up, before the leg by sqrt(0.5² - 0.495²) = 0.0705
    assert at["left_knee"] == pytest.approx([0.2, 0.0705, 0.565], abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), index=st.integers(0, 400))
def test_left_is_left_bones_keep_their_lengths_and_all_is_in_the_picture(seed, index):
    clip = simulate_clip(seed, index, error_rate=1.0)
    pose = human36m_joints(clip.joints(clip.times_s))
    at = dict(zip(JOINTS, pose.swapaxes(0, 1), strict=True))
    for joint in ("hip", "knee", "ankle", "shoulder", "elbow", "wrist"):
        assert (at[f"left_{joint}"][:, 0] > at[f"right_{joint}"][:, 0]).all(), joint
    assert (at["left_wrist"][:, 0] > 0).all() and (at["right_wrist"][:, 0] < 0).all()
    for parent, child in BONES:
        length = np.linalg.norm(pose[:, parent] - pose[:, child], axis=1)
        # the shin gives way by at most 2 % (see test_motion)
        assert np.ptp(length) <= 0.02 * length.max() + 1e-5, JOINTS[child]
    seen = project(pose, clip.scene, clip.body, clip.repetition.exercise, clip.size)
    height_px, width_px = clip.size
    assert (seen[..., :2] > 0).all() and (seen[..., :2] < [width_px, height_px]).all()
    assert (seen[..., 2] > 0).all()


def test_the_file_of_a_clip_has_every_frame_in_metres(round_clip, tmp_path):
    clip = round_clip("squat", {})  # 3 s at 30 frames a second, at the bottom from 1 s to 2 s
    write_joints(clip, tmp_path / "1_1.npy")
    assert [path.name for path in tmp_path.iterdir()] == ["1_1.npy"]
    pose = np.load(tmp_path / "1_1.npy", allow_pickle=False)
    assert pose.shape == (90, 17, 3) and pose.dtype == np.float32
    # the bent leg reaches 0.55 of its metre above the ankle, the hips sit back by 0.36
    assert pose[45, JOINTS.index("pelvis")] == pytest.approx([0, -0.36, 0.62])
    assert pose[0, JOINTS.index("pelvis")] == pytest.approx([0, 0, 1.06])


def test_equal_clips_have_equal_files(tmp_path):
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        write_joints(simulate_clip(seed, 3), tmp_path / f"{name}.npy")
    a, b, c = ((tmp_path / f"{name}.npy").read_bytes() for name in "abc")
    assert a == b != c
