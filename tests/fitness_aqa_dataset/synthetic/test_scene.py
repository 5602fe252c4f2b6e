from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset.synthetic.clip import simulate_clip
from fitness_aqa_dataset.synthetic.scene import project, sample_scene

SIZE = (288, 240)
# Half the height of a squat's frame for a lifter of 1.75 m, 1.75 * 1.08 / 2: what the camera looks at.
MIDDLE_M = 0.945
# A frame 1.72 m wide: 240 / 1.72 pixels a metre at the lifter's place, 6.5 m away.
PX_PER_M = 139.5349


def scene_from(azimuth_deg: float, elevation_deg: float = 0.0):
    scene = sample_scene(np.random.default_rng(0))
    return replace(scene, azimuth=np.deg2rad(azimuth_deg), elevation=np.deg2rad(elevation_deg), zoom=1.0)


def seen(point, azimuth_deg, body, elevation_deg=0.0):
    return project(np.array(point), scene_from(azimuth_deg, elevation_deg), body, "squat", SIZE)


@pytest.fixture(scope="module")
def body(round_clip):
    return round_clip("squat", {}).body


def test_the_camera_looks_at_the_middle_of_the_frame_from_six_and_a_half_metres(body):
    for azimuth_deg in (-40, 0, 40):
        assert seen([0, 0, MIDDLE_M], azimuth_deg, body, elevation_deg=8) == pytest.approx([120, 144, 6.5])


def test_the_lifters_left_is_at_the_right_of_the_picture_and_up_is_up(body):
    assert seen([0.5, 0, MIDDLE_M], 0, body) == pytest.approx([120 + 0.5 * PX_PER_M, 144, 6.5])
    assert seen([0, 0, MIDDLE_M + 0.5], 0, body) == pytest.approx([120, 144 - 0.5 * PX_PER_M, 6.5])


def test_what_is_nearer_looks_larger(body):
    x_px, y_px, depth_m = seen([0.5, 1.5, MIDDLE_M], 0, body)
    assert depth_m == pytest.approx(5.0)
    assert x_px == pytest.approx(120 + 0.5 * PX_PER_M * 6.5 / 5.0)


def test_from_the_side_forward_goes_across_the_picture(body):
    # the camera a quarter turn to the lifter's left: forward points to the left of the picture
    assert seen([0, 0.5, MIDDLE_M], 90, body) == pytest.approx([120 - 0.5 * PX_PER_M, 144, 6.5])


def test_a_camera_above_sees_the_far_floor_higher(body):
    assert seen([0, -1, 0], 0, body, elevation_deg=8)[1] < seen([0, 0, 0], 0, body, elevation_deg=8)[1]


def test_zoom_shrinks_the_picture_about_its_middle(body):
    scene = replace(scene_from(0), zoom=0.6)
    x_px = project(np.array([0.5, 0, MIDDLE_M]), scene, body, "squat", SIZE)[0]
    assert x_px == pytest.approx(120 + 0.6 * 0.5 * PX_PER_M)


def test_a_press_leaves_room_for_the_bar_overhead(body):
    top = np.array([0, 0, 1.75 * 1.32])
    assert project(top, scene_from(0), body, "overhead_press", SIZE)[1] > 0
    assert project(top, scene_from(0), body, "squat", SIZE)[1] < 0


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), index=st.integers(0, 400), look=st.sampled_from(["studio", "gym"]))
def test_the_lifter_stays_inside_the_frame(seed, index, look):
    clip = simulate_clip(seed, index, look, error_rate=1.0)
    points = np.stack(list(clip.joints(clip.times_s).values()))
    share = project(points, clip.scene, clip.body, clip.repetition.exercise, clip.size)[..., :2] / clip.size[::-1]
    assert share.min() >= 0
    assert share.max() <= 1.01  # the tip of a shoe may touch the lower edge


def test_the_studio_is_plain_and_light_the_clothes_dark():
    scenes = [sample_scene(np.random.default_rng(seed)) for seed in range(200)]
    degrees = np.rad2deg([scene.azimuth for scene in scenes])
    assert all(len(scene.clutter) == 0 for scene in scenes)
    assert (np.abs(degrees) >= 15).all() and (np.abs(degrees) <= 45).all()
    assert 60 < (degrees > 0).sum() < 140  # both sides; mean 100, standard deviation 7
    for scene in scenes:
        # grey of at least 205 against clothes of at most 130: the outline always shows
        assert scene.wall.min() > max(scene.shirt.max(), scene.shorts.max()) + 60


def test_the_gym_has_clutter_any_colour_and_a_wider_view():
    scenes = [sample_scene(np.random.default_rng(seed), "gym") for seed in range(200)]
    assert all(scene.clutter.shape == (12, 7) for scene in scenes)
    assert max(np.abs(np.rad2deg(scene.azimuth)) for scene in scenes) > 60
    assert min(scene.zoom for scene in scenes) < 0.65
    assert max(scene.shorts.max() for scene in scenes) > 200


def test_half_of_the_gyms_have_a_post_or_a_bench_before_the_lifter_and_no_studio_has():
    gyms = [sample_scene(np.random.default_rng(seed), "gym").foreground for seed in range(200)]
    boxes = np.array([len(foreground) for foreground in gyms])  # a post has two stripes, a bench two legs and a pad
    assert set(boxes.tolist()) == {0, 2, 3}
    assert 70 <= (boxes > 0).sum() <= 130  # mean 100, standard deviation 7
    assert 30 <= (boxes == 2).sum() <= 70
    assert all(len(sample_scene(np.random.default_rng(seed)).foreground) == 0 for seed in range(50))


def test_what_stands_before_the_lifter_changes_no_other_draw():
    rng, again = np.random.default_rng(5), np.random.default_rng(5)
    scene, other = sample_scene(rng, "gym"), sample_scene(again, "gym")
    assert (scene.foreground == other.foreground).all()
    assert rng.random() == again.random()
