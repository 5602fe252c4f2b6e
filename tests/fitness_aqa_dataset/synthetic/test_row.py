"""A lifter of round numbers: trunk of 0.5 m, arms of twice 0.3 m, legs of twice 0.5 m; see conftest."""

import numpy as np
import pytest

from fitness_aqa_dataset.synthetic.row import Row, row_joints


@pytest.fixture
def pose_of(round_clip):
    body = round_clip("squat", {}).body

    def pose(degrees=30.0, bulge_m=0.0, pull=0.0, knee_reach=0.94):
        at = row_joints(body, Row(np.deg2rad(degrees), bulge_m, knee_reach, pull, 0.0))
        return {name: points[0] for name, points in at.items()}

    return pose


@pytest.mark.parametrize("degrees", [30.0, 45.0, 75.0])
@pytest.mark.parametrize("bulge_m", [0.0, 0.1])
def test_the_trunk_has_the_angle_asked_with_a_straight_and_a_rounded_back(pose_of, degrees, bulge_m):
    at = pose_of(degrees, bulge_m)
    way = at["neck"] - at["pelvis"]
    assert np.linalg.norm(way) == pytest.approx(0.5)
    assert np.degrees(np.arctan2(way[2], way[1])) == pytest.approx(degrees)


def test_a_rounded_lower_back_stands_out_by_what_was_asked_in_its_lower_half(pose_of):
    at, rounded = pose_of(30.0), pose_of(30.0, bulge_m=0.1)
    # the middle of the trunk's two outlines is the spine; how far it is above the line from hips to neck
    spine = (rounded["slice_1"][:15] + rounded["slice_1"][15:][::-1]) / 2
    outward = np.array([0.0, -np.sin(np.pi / 6), np.cos(np.pi / 6)])
    out_m = (spine - at["pelvis"]) @ outward
    assert out_m.max() == pytest.approx(0.1, abs=1e-6)
    assert 2 <= out_m.argmax() <= 7  # of 0 at the hips to 14 at the neck
    assert out_m[[0, -1]] == pytest.approx([0, 0], abs=1e-9)


def test_a_straight_back_is_straight(pose_of):
    at = pose_of(40.0)
    spine = (at["slice_1"][:15] + at["slice_1"][15:][::-1]) / 2
    way = np.diff(spine, axis=0)
    assert way == pytest.approx(np.tile(way[0], (14, 1)))


def test_hanging_arms_are_plumb_and_the_bar_comes_to_the_belly(pose_of):
    hanging, pulled = pose_of(pull=0.0), pose_of(pull=1.0)
    assert hanging["wrist_l"][1] == pytest.approx(hanging["shoulder_l"][1])
    # hands as wide as the shoulders: 98.5 % of an arm of 0.6 m
    assert hanging["shoulder_l"][2] - hanging["wrist_l"][2] == pytest.approx(0.591)
    assert pulled["bar_l"][2] > hanging["bar_l"][2] + 0.2
    assert np.linalg.norm((pulled["bar_l"] - pulled["pelvis"])[1:]) < 0.3
    assert pulled["elbow_l"][1] < pulled["wrist_l"][1]  # behind the hand


@pytest.mark.parametrize("degrees", [28.0, 45.0, 78.0])
@pytest.mark.parametrize("pull", [0.0, 0.4, 0.75])
@pytest.mark.parametrize("bulge_m", [0.0, 0.1])
def test_bones_do_not_stretch(pose_of, degrees, pull, bulge_m):
    at = pose_of(degrees, bulge_m, pull)
    bones = [("hip", "knee", 0.5), ("knee", "ankle", 0.5), ("shoulder", "elbow", 0.3), ("elbow", "wrist", 0.3)]
    for start, end, length in bones:
        for side in "lr":
            assert np.linalg.norm(at[f"{start}_{side}"] - at[f"{end}_{side}"]) == pytest.approx(length, rel=1e-6)
    assert at["ankle_l"][2] == pytest.approx(0.07)
    assert at["knee_l"][1] > at["hip_l"][1]  # knees bend forward
