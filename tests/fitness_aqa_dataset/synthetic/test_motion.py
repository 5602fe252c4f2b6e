import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset.synthetic.clip import simulate_clip
from fitness_aqa_dataset.synthetic.motion import envelope, minimum_jerk, progress
from fitness_aqa_dataset.synthetic.quantities import measure

# Which quantity shows the error, its least change, and what it is at most (or at least) with and without the error.
# Over 7200 clips the nearest values were 38.8/23.9 degrees, 0.54/1.23, 1.43/1.25 and 67.0/9.2 degrees.
SHOWN_BY = {
    "knees_forward": ("shin_tilt", 20.0, 35.0, 27.0),
    "knees_inward": ("knee_gap", 0.7, 0.65, 1.1),
    "elbows": ("elbow_gap", 0.25, 1.38, 1.30),
    "knees": ("knee_bend", 50.0, 60.0, 15.0),
}
BONES = (
    ("hip", "knee", "thigh", 1e-9),
    # A leg never straightens wholly: within the last millimetres the shin gives way, at most 2 %.
    ("knee", "ankle", "shank", 0.02),
    ("shoulder", "elbow", "upper_arm", 1e-9),
    ("elbow", "wrist", "forearm", 1e-9),
)
some_clips = given(seed=st.integers(0, 10**6), index=st.integers(0, 400))
quick = settings(max_examples=60, deadline=None)


def clip_with_all_errors(seed: int, index: int, second_interval_rate: float = 0.0):
    return simulate_clip(seed, index, error_rate=1.0, second_interval_rate=second_interval_rate)


def assert_shown(label: str, clip, other, interval: tuple[float, float]) -> None:
    """`clip` has the error in the interval and `other` does not, all else equal."""
    quantity, change, with_error, without = SHOWN_BY[label]
    start_s, end_s = interval
    times_s = clip.times_s[(clip.times_s >= start_s + 0.12) & (clip.times_s <= end_s - 0.12)]
    assert len(times_s) >= 4  # 0.4 s, the shortest, less two ramps
    shown, usual = measure(clip, times_s)[quantity], measure(other, times_s)[quantity]
    sign = -1 if label == "knees_inward" else 1
    assert (sign * (shown - usual)).min() > change
    assert (sign * shown).min() > sign * with_error
    assert (sign * usual).max() < sign * without


@quick
@some_clips
def test_bones_do_not_stretch(seed, index):
    clip = clip_with_all_errors(seed, index)
    at = clip.joints(clip.times_s)
    for start, end, bone, tolerance in BONES:
        for side in "lr":
            length = np.linalg.norm(at[f"{start}_{side}"] - at[f"{end}_{side}"], axis=1)
            assert length == pytest.approx(getattr(clip.body, bone), rel=tolerance), bone
    assert np.linalg.norm(at["neck"] - at["pelvis"], axis=1) == pytest.approx(clip.body.torso)
    assert np.linalg.norm(at["bar_l"] - at["bar_r"], axis=1) == pytest.approx(1.6, rel=1e-3)


@quick
@some_clips
def test_both_feet_stay_where_they_are_on_the_floor(seed, index):
    clip = clip_with_all_errors(seed, index)
    at = clip.joints(clip.times_s)
    for joint, height in (("ankle", 0.07), ("heel", 0.03), ("toe", 0.025)):
        for side in "lr":
            path = at[f"{joint}_{side}"]
            assert (path == path[0]).all()
            assert path[0, 2] == pytest.approx(height)
    assert at["ankle_l"][0] == pytest.approx(at["ankle_r"][0] * [-1, 1, 1])


@quick
@some_clips
def test_outside_its_interval_an_error_changes_nothing(with_errors, seed, index):
    clip = clip_with_all_errors(seed, index)
    errors = clip.repetition.errors
    for label, ((start_s, end_s),) in errors.items():
        outside = clip.times_s[(clip.times_s <= start_s) | (clip.times_s >= end_s)]
        for others in ({}, {name: value for name, value in errors.items() if name != label}):
            with_it = with_errors(clip, {**others, label: errors[label]}).joints(outside)
            without = with_errors(clip, others).joints(outside)
            assert len(outside) > 0
            assert all((with_it[joint] == without[joint]).all() for joint in without), label


@quick
@some_clips
def test_inside_its_interval_each_error_shows_alone_and_beside_the_other(with_errors, seed, index):
    clip = clip_with_all_errors(seed, index)
    errors = clip.repetition.errors
    assert len(errors) == 2
    for label, (interval,) in errors.items():
        assert_shown(label, with_errors(clip, {label: [interval]}), with_errors(clip, {}), interval)
        without = {name: value for name, value in errors.items() if name != label}
        assert_shown(label, clip, with_errors(clip, without), interval)


@quick
@some_clips
def test_two_intervals_of_each_error_show_in_both_and_nowhere_else(with_errors, seed, index):
    clip = clip_with_all_errors(seed, index, second_interval_rate=1.0)
    errors = clip.repetition.errors
    for label, intervals in errors.items():
        without = with_errors(clip, {name: value for name, value in errors.items() if name != label})
        for interval in intervals:
            assert_shown(label, clip, without, interval)
        inside = np.any([(clip.times_s > start) & (clip.times_s < end) for start, end in intervals], axis=0)
        outside = clip.times_s[~inside]
        usual = without.joints(outside)
        assert all((positions == usual[joint]).all() for joint, positions in clip.joints(outside).items()), label


def test_an_error_starts_and_ends_to_the_frame(round_clip, with_errors):
    clip = round_clip("overhead_press", {"knees": [(1.2, 1.7)]})
    bend = measure(clip, clip.times_s)["knee_bend"] - measure(with_errors(clip, {}), clip.times_s)["knee_bend"]
    assert np.flatnonzero(bend).tolist() == list(range(37, 51))  # 36 / 30 = 1.2 s and 51 / 30 = 1.7 s are still 0


def test_two_intervals_of_one_error_show_twice(round_clip):
    clip = round_clip("overhead_press", {"knees": [(0.5, 1.0), (2.0, 2.5)]})
    times_s = np.array([0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.25, 2.5])
    assert envelope(clip.repetition, "knees", times_s).tolist() == [0, 0, 1, 0, 0, 0, 1, 0]


def test_an_envelope_rises_over_120_ms_to_its_strength(round_clip):
    repetition = round_clip("squat", {"knees_forward": [(1.0, 2.0)]}).repetition
    repetition.strength["knees_forward"] = 0.9
    times_s = np.array([0.99, 1.06, 1.12, 1.5, 1.88, 1.94, 2.01])
    assert envelope(repetition, "knees_forward", times_s) == pytest.approx([0, 0.45, 0.9, 0.9, 0.9, 0.45, 0])
    assert envelope(repetition, "knees_inward", times_s).tolist() == [0] * 7


def test_minimum_jerk_is_a_smooth_step():
    # 10 x^3 - 15 x^4 + 6 x^5 at 1/4: 0.15625 - 0.05859375 + 0.005859375
    assert minimum_jerk(np.array([-1, 0, 0.25, 0.5, 0.75, 1, 9])) == pytest.approx(
        [0, 0, 0.103515625, 0.5, 0.896484375, 1, 1]
    )


def test_progress_goes_out_holds_and_comes_back(round_clip):
    repetition = round_clip("squat", {}).repetition
    times_s = np.array([0.0, 0.5, 0.75, 1.0, 1.5, 2.0, 2.25, 2.5, 3.0])
    assert progress(repetition, times_s) == pytest.approx([0, 0, 0.5, 1, 1, 1, 0.5, 0, 0])


def test_a_squat_lowers_the_hips_and_a_press_lifts_the_bar(round_clip):
    times_s = np.array([0.0, 1.5])
    squat, press = (round_clip(exercise, {}).joints(times_s) for exercise in ("squat", "overhead_press"))
    assert squat["pelvis"][:, 2] == pytest.approx([0.07 + 0.99, 0.07 + 0.55])  # a leg is 1 m, the ankle 7 cm high
    assert press["pelvis"][:, 2] == pytest.approx([0.07 + 0.995] * 2)
    assert press["bar_l"][1, 2] > press["head"][1, 2] + 0.2
    assert press["bar_l"][0, 2] < press["head"][0, 2]
    for squat_bar, neck in zip(squat["bar_l"], squat["neck"], strict=True):
        assert 0 < neck[2] - squat_bar[2] < 0.1  # on the upper back, all the way down


def test_flared_elbows_keep_the_bar_from_lockout(round_clip):
    times_s = np.array([1.5])
    locked, flared = (
        round_clip("overhead_press", errors).joints(times_s)["bar_l"][0, 2]
        for errors in ({}, {"elbows": [(1.2, 1.8)]})
    )
    # 55 % of the way of 0.985 arms of 0.6 m less 2 cm is missing
    assert locked - flared == pytest.approx(0.55 * (0.985 * 0.6 - 0.02))
