"""Expected values follow from legs of two parts of 0.5 m: at the bottom the hips are 0.36 m back and 0.55 m up."""

import numpy as np
import pytest

from fitness_aqa_dataset.synthetic.quantities import QUANTITIES, measure

STANDING_AND_HELD_S = np.array([0.0, 1.5])


def values(clip, name):
    return measure(clip, STANDING_AND_HELD_S)[name]


def test_every_quantity_has_one_value_a_frame(round_clip):
    measured = measure(round_clip("squat", {}), np.arange(7) / 30)
    assert tuple(measured) == QUANTITIES
    assert all(value.shape == (7,) for value in measured.values())


def test_a_squat_from_standing_to_the_bottom(round_clip):
    clip = round_clip("squat", {})
    # hip to ankle: 0.6573 m at the bottom and 0.99 m standing; knee angle from 1 - 2 * (distance)^2
    assert values(clip, "knee_bend") == pytest.approx([16.22, 97.81], abs=0.01)
    # half the bend, less what the line from ankle to hip leans back: atan(0.36 / 0.55) = 33.21
    assert values(clip, "shin_tilt") == pytest.approx([8.11, 48.90 - 33.21], abs=0.01)
    assert values(clip, "hip_height") == pytest.approx([0.99, 0.55])
    assert values(clip, "trunk_lean") == pytest.approx([5.730, 41.253], abs=0.001)  # 0.10 and 0.72 rad
    assert values(clip, "knee_gap") == pytest.approx([1.0, 1.0])


def test_knees_out_over_the_toes_and_falling_in(round_clip):
    assert values(round_clip("squat", {}, knee_half_width=0.25), "knee_gap")[1] == pytest.approx(1.25)
    # 5.5 cm from the middle, over half a stance of 20 cm
    inward = round_clip("squat", {"knees_inward": [(1.2, 1.8)]}, knee_half_width=0.25)
    assert values(inward, "knee_gap")[1] == pytest.approx(0.275)


def test_knees_forward_tilts_the_shins_and_keeps_the_trunk_up(round_clip):
    clip = round_clip("squat", {"knees_forward": [(1.2, 1.8)]})
    # hips straight above the ankles at 0.55 m: each half of the leg leans acos(0.275 / 0.5)
    assert values(clip, "shin_tilt")[1] == pytest.approx(56.63, abs=0.01)
    assert values(clip, "knee_bend")[1] == pytest.approx(113.27, abs=0.01)
    assert values(clip, "trunk_lean")[1] == pytest.approx(8.02, abs=0.01)  # 0.14 rad


def test_a_press_from_the_collarbones_to_straight_arms(round_clip):
    clip = round_clip("overhead_press", {})
    assert values(clip, "bar_height") == pytest.approx([0.02 / 0.6, 0.985], abs=1e-6)
    assert values(clip, "elbow_gap") == pytest.approx([1.0, 1.0])
    # hips 2 cm forward of the ankles and 0.995 m above: 0.9952 m
    assert values(clip, "knee_bend") == pytest.approx([11.23, 11.23], abs=0.01)


def test_flared_elbows_swing_out(round_clip):
    # flared since before 0 s, when the bar is at the collarbones
    clip = round_clip("overhead_press", {"elbows": [(-1.0, 1.0)]})
    # hand 15 cm before the shoulder: elbow on a circle of 0.2905 m, out by .9864 of it, over hands at 0.2 m
    assert values(clip, "elbow_gap") == pytest.approx([2.4326, 1.0], abs=1e-3)
