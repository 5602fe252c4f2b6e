from dataclasses import replace

import numpy as np
import pytest

from fitness_aqa_dataset.synthetic.clip import simulate_clip
from fitness_aqa_dataset.synthetic.scene import project

LIMBS = (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow"), ("elbow", "wrist"), ("shoulder", "hip"))
LABELS = {"squat": ("knees_forward", "knees_inward"), "overhead_press": ("elbows", "knees")}


def on_screen(clip, time_s: float) -> dict[str, np.ndarray]:
    pose = clip.joints(np.array([time_s]))
    return {
        joint: project(points[0], clip.scene, clip.body, clip.repetition.exercise, clip.size)[:2]
        for joint, points in pose.items()
    }


def pixel(frame: np.ndarray, at: np.ndarray) -> np.ndarray:
    x, y = np.round(at).astype(int)
    return frame[y, x].astype(int)


def is_background(colour: np.ndarray, scene) -> bool:
    """The studio's wall and floor have one colour each, shaded by a few per cent."""
    return min(np.abs(colour - plain).max() for plain in (scene.wall, scene.floor)) < 20


@pytest.mark.parametrize("look", ["studio", "gym"])
@pytest.mark.parametrize("index", [0, 1])
def test_frames_are_rgb_bytes_of_the_clips_size(look, index):
    clip = simulate_clip(4, index, look)
    frames = clip.draw(np.array([0.0, 0.5, 1.0]))
    height, width = clip.size
    assert frames.dtype == np.uint8
    assert frames.shape == (3, height, width, 3)
    assert width == 240
    assert frames.std() > 10


def test_behind_the_lifter_the_studio_is_plain_and_the_gym_cluttered():
    def colours_above_the_head(look):
        clips = [simulate_clip(4, index, look) for index in range(1, 33, 4)]  # presses, each of another source
        rows = [clip.draw(np.zeros(1))[0, round(clip.size[0] * 0.18)] for clip in clips]
        return [len(np.unique(row, axis=0)) for row in rows]

    assert colours_above_the_head("studio") == [1] * 8
    assert sum(count > 1 for count in colours_above_the_head("gym")) >= 6


@pytest.mark.parametrize("index", range(8))
def test_hands_and_head_are_skin_where_the_joints_are(index):
    clip = simulate_clip(5, index, error_rate=0.0)
    frame = clip.draw(np.zeros(1))[0]
    at = on_screen(clip, 0.0)
    for hand in ("wrist_l", "wrist_r"):
        assert pixel(frame, at[hand]) == pytest.approx(clip.scene.skin * 0.93, abs=12), hand
    assert pixel(frame, at["head"] + [0, 2]) == pytest.approx(clip.scene.skin, abs=12)


@pytest.mark.parametrize("index", range(8))
def test_every_limb_is_drawn_where_its_joints_are_in_every_pose(index):
    clip = simulate_clip(6, index, error_rate=1.0)
    times_s = np.linspace(0, clip.times_s[-1], 7)
    for time_s, frame in zip(times_s, clip.draw(times_s), strict=True):
        at = on_screen(clip, time_s)
        assert is_background(pixel(frame, np.array([1, 1])), clip.scene)
        for start, end in LIMBS:
            for side in "lr":
                for share in (0.0, 0.5, 1.0):
                    point = at[f"{start}_{side}"] * (1 - share) + at[f"{end}_{side}"] * share
                    assert not is_background(pixel(frame, point), clip.scene), (start, end, share)


@pytest.mark.parametrize("look", ["studio", "gym"])
@pytest.mark.parametrize(("exercise", "label"), [(e, label) for e, labels in LABELS.items() for label in labels])
def test_an_error_changes_the_frames_of_its_interval_and_no_others(with_errors, exercise, label, look):
    clip = simulate_clip(8, list(LABELS).index(exercise), look, error_rate=1.0)
    (start_s, end_s) = clip.repetition.errors[label][0]
    times_s = clip.times_s[::3]
    with_it = with_errors(clip, {label: [(start_s, end_s)]}).draw(times_s).astype(int)
    without = with_errors(clip, {}).draw(times_s).astype(int)
    # pixels that differ clearly, as a share of the frame; in the gym the lifter may be half as high
    changed = (np.abs(with_it - without).max(axis=3) > 20).mean(axis=(1, 2))
    inside = (times_s >= start_s + 0.12) & (times_s <= end_s - 0.12)
    outside = (times_s <= start_s) | (times_s >= end_s)
    assert inside.sum() >= 3 and outside.sum() >= 3
    assert changed[inside].min() > (0.01 if look == "studio" else 0.004)
    assert (with_it[outside] == without[outside]).all()


@pytest.mark.parametrize("index", [0, 1])
def test_a_frame_does_not_depend_on_the_frames_drawn_with_it(index):
    clip = simulate_clip(9, index)
    assert (clip.draw(clip.times_s[:40])[30] == clip.draw(clip.times_s[30:31])[0]).all()


def test_what_stands_before_the_lifter_hides_him_and_nothing_else():
    clip = simulate_clip(4, 0)
    post = np.array([[0.5, 0.0, 0.05, 1.0, 10, 200, 30], [0.51, 0.0, 0.01, 1.0, 300, 0, 0]])  # 300 is clipped
    hidden = replace(clip, scene=replace(clip.scene, foreground=post)).draw(clip.times_s[:3])
    seen = clip.draw(clip.times_s[:3])
    assert (hidden[:, :, 120:122] == [10, 200, 30]).all()
    assert (hidden[:, :, 122:124] == [255, 0, 0]).all()
    assert (hidden[:, :, :120] == seen[:, :, :120]).all()
    assert (hidden[:, :, 132:] == seen[:, :, 132:]).all()


def test_the_lifter_moves():
    for index in (0, 1):
        clip = simulate_clip(10, index, error_rate=0.0)
        middle_s = clip.repetition.start_s + clip.repetition.out_s
        first, far = clip.draw(np.array([0.0, middle_s])).astype(int)
        assert (np.abs(first - far).max(axis=2) > 20).mean() > 0.05
