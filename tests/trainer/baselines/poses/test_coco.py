import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from trainer.baselines.poses.coco import COCO_KEYPOINTS, human36m_keypoints, interpolate_unseen

# One person, seen from the front: the left side is at the right of the picture. Nose, eyes and ears; shoulders,
# elbows, wrists, hips, knees, ankles, left before right.
PERSON = [
    (50, 22),
    (52, 20),
    (48, 20),
    (56, 24),
    (44, 24),
    (64, 40),
    (36, 40),
    (70, 60),
    (30, 60),
    (72, 80),
    (28, 80),
    (58, 100),
    (42, 100),
    (60, 140),
    (40, 140),
    (62, 180),
    (38, 180),
]
# pelvis; right and left leg; spine, thorax, neck, head (mean of eyes and ears); left and right arm
HUMAN36M = [
    (50, 100),
    (42, 100),
    (40, 140),
    (38, 180),
    (58, 100),
    (60, 140),
    (62, 180),
    (50, 70),
    (50, 40),
    (50, 31),
    (50, 22),
    (64, 40),
    (70, 60),
    (72, 80),
    (36, 40),
    (30, 60),
    (28, 80),
]


def clip(num_frames: int) -> tuple[np.ndarray, np.ndarray]:
    """The person moving to the right by 10 pixels a frame, everything seen."""
    keypoints = np.array(PERSON, float) + 10 * np.arange(num_frames)[:, None, None] * [1, 0]
    return keypoints, np.full((num_frames, 17), 0.9)


def test_a_person_by_hand():
    joints = human36m_keypoints(*clip(1))
    assert joints.dtype == np.float32
    assert joints[0].tolist() == [list(point) for point in HUMAN36M]


def test_the_order_is_that_of_coco():
    assert COCO_KEYPOINTS[:7] == (
        "nose",
        "left_eye",
        "right_eye",
        "left_ear",
        "right_ear",
        "left_shoulder",
        "right_shoulder",
    )
    assert COCO_KEYPOINTS[9:13] == ("left_wrist", "right_wrist", "left_hip", "right_hip")
    assert len(COCO_KEYPOINTS) == 17


def test_an_unseen_joint_lies_between_where_it_was_seen():
    points = np.zeros((6, 1, 2))
    points[:, 0] = [(9, 9), (1, 10), (0, 0), (0, 0), (4, 40), (7, 7)]
    is_seen = np.array([[False], [True], [False], [False], [True], [False]])
    filled = interpolate_unseen(points, is_seen)[:, 0]
    assert filled.tolist() == pytest.approx(np.array([(1, 10), (1, 10), (2, 20), (3, 30), (4, 40), (4, 40)]))


def test_a_point_is_seen_from_the_least_confidence_on():
    keypoints, confidence = clip(3)
    left_wrist = COCO_KEYPOINTS.index("left_wrist")
    keypoints[1, left_wrist] = (500, 500)
    confidence[1, left_wrist] = 0.3
    assert human36m_keypoints(keypoints, confidence)[1, 13].tolist() == [500, 500]
    confidence[1, left_wrist] = 0.29
    # between (72, 80) and (92, 80)
    assert human36m_keypoints(keypoints, confidence)[1, 13].tolist() == [82, 80]
    assert human36m_keypoints(keypoints, confidence, least_confidence=0.2)[1, 13].tolist() == [500, 500]


def test_the_pelvis_follows_a_hip_that_was_interpolated():
    keypoints, confidence = clip(3)
    left_hip = COCO_KEYPOINTS.index("left_hip")
    keypoints[1, left_hip], confidence[1, left_hip] = (0, 0), 0.0
    assert human36m_keypoints(keypoints, confidence)[1, 0].tolist() == [60, 100]


def test_a_head_from_the_side_is_the_mean_of_what_is_ever_seen():
    keypoints, confidence = clip(2)
    confidence[:, [2, 4]] = 0.0  # right eye and ear
    # left eye (52, 20), left ear (56, 24)
    assert human36m_keypoints(keypoints, confidence)[0, 10].tolist() == [54, 22]


def test_joints_that_are_never_seen_are_named_with_the_clip():
    keypoints, confidence = clip(4)
    confidence[:, COCO_KEYPOINTS.index("right_knee")] = 0.1
    confidence[:, :5] = 0.2
    with pytest.raises(ValueError) as raised:
        human36m_keypoints(keypoints, confidence, name="squats/7_1.mp4")
    assert str(raised.value) == (
        "squats/7_1.mp4: right_knee, head (eyes and ears) seen in none of 4 frames with a confidence of 0.3 or more. "
        "A pose needs each joint once at least: show the whole lifter, or leave the clip out."
    )


@settings(deadline=None)
@given(
    points=hnp.arrays(float, (7, 3, 2), elements=st.floats(-1e4, 1e4)),
    is_seen=hnp.arrays(bool, (7, 3)),
    once=st.lists(st.integers(0, 6), min_size=3, max_size=3),
)
def test_what_is_seen_stays_and_what_is_filled_lies_between(points, is_seen, once):
    is_seen[once, range(3)] = True
    filled = interpolate_unseen(points, is_seen)
    assert (filled[is_seen] == points[is_seen]).all()
    for point in range(3):
        seen = points[is_seen[:, point], point]
        assert (filled[:, point] >= seen.min(axis=0) - 1e-6).all()
        assert (filled[:, point] <= seen.max(axis=0) + 1e-6).all()
