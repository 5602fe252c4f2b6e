from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from fitness_aqa_dataset.synthetic.clip import simulate_clip
from fitness_aqa_dataset.synthetic.sampling import add_second_intervals, sample_repetition

ERRORS = {"squat": ["knees_forward", "knees_inward"], "overhead_press": ["elbows", "knees"]}
exercises = st.sampled_from(["squat", "overhead_press"])
seeds = st.integers(0, 10**9)
quick = settings(max_examples=100, deadline=None)


def sample(seed: int, exercise: str, error_rate: float = 0.45):
    return sample_repetition(np.random.default_rng(seed), exercise, error_rate)


@pytest.fixture(scope="module")
def clips():
    """400 clips of each exercise."""
    return [simulate_clip(0, index) for index in range(800)]


@quick
@given(seed=seeds, exercise=exercises)
def test_nothing_but_the_errors_depends_on_their_rate(seed, exercise):
    never, usual, always = (sample(seed, exercise, rate) for rate in (0.0, 0.45, 1.0))
    assert never.errors == {}
    assert list(always.errors) == ERRORS[exercise]
    assert usual.errors.items() <= always.errors.items()
    for other in (usual, always):
        assert (other.sway == never.sway).all()
        assert replace(other, errors={}, sway=None) == replace(never, sway=None)


@quick
@given(seed=st.integers(0, 10**6), index=st.integers(0, 1000))
def test_the_first_frame_does_not_depend_on_the_errors(seed, index):
    pose, other = (simulate_clip(seed, index, error_rate=rate).joints(np.zeros(1)) for rate in (0.0, 1.0))
    assert all((pose[joint] == other[joint]).all() for joint in pose)


@quick
@given(seed=seeds, exercise=exercises)
def test_intervals_lie_inside_the_clip_on_the_grid_of_frames(seed, exercise):
    repetition = sample(seed, exercise, error_rate=1.0)
    for ((start_s, end_s),) in repetition.errors.values():
        assert 0.2 - 1 / 30 <= start_s < end_s <= repetition.duration_s
        assert 20 / 30 <= end_s - start_s <= 34 / 30  # 0.75 to 1.1 s on the grid of frames
        for time_s in (start_s, end_s, repetition.duration_s):
            assert time_s * 30 == pytest.approx(round(time_s * 30), abs=1e-9)


@quick
@given(seed=seeds, exercise=exercises)
def test_given_errors_take_the_place_of_drawn_ones_and_change_nothing_else(seed, exercise):
    drawn = sample(seed, exercise, error_rate=1.0)
    for present in ((), ERRORS[exercise][:1], ERRORS[exercise][1:], ERRORS[exercise]):
        given_ones = sample_repetition(np.random.default_rng(seed), exercise, 0.45, tuple(present))
        assert given_ones.errors == {label: drawn.errors[label] for label in present}
        assert replace(given_ones, errors={}, sway=None) == replace(drawn, errors={}, sway=None)


def twice(seed: int, exercise: str, rate: float):
    repetition = sample(seed, exercise, error_rate=1.0)
    add_second_intervals(np.random.default_rng([seed, 1]), repetition, rate)
    return repetition


@quick
@given(seed=seeds, exercise=exercises)
def test_second_intervals_keep_their_distance_inside_the_clip(seed, exercise):
    once, repetition = twice(seed, exercise, 0.0), twice(seed, exercise, 1.0)
    assert once.errors == sample(seed, exercise, error_rate=1.0).errors
    for label, intervals in repetition.errors.items():
        if len(intervals) == 1:
            assert intervals == once.errors[label]
            continue
        (start, end), (second_start, second_end) = intervals
        assert second_start - end >= 0.3 - 1e-9
        assert 0.2 - 1 / 30 <= start and second_end <= repetition.duration_s
        for first, last in intervals:
            assert 0.4 - 1e-9 <= last - first <= 34 / 30
            assert first * 30 == pytest.approx(round(first * 30), abs=1e-9)
            assert last * 30 == pytest.approx(round(last * 30), abs=1e-9)


@pytest.mark.parametrize(("exercise", "least"), [("squat", 0.7), ("overhead_press", 0.98)])
def test_most_clips_have_room_for_two_intervals_of_an_error(exercise, least):
    # a squat's knees are bent for 0.73 to 1.97 s, and two intervals and their gap need 1.1 s
    counts = [len(value) for seed in range(200) for value in twice(seed, exercise, 1.0).errors.values()]
    assert set(counts) <= {1, 2}
    assert np.mean(np.array(counts) == 2) >= least


def test_a_first_interval_stays_where_it_is_beside_a_second_one():
    # presses have room nearly always, so nearly all first ones stay
    stayed = [
        interval in twice(seed, "overhead_press", 1.0).errors[label]
        for seed in range(100)
        for label, (interval,) in sample(seed, "overhead_press", 1.0).errors.items()
    ]
    assert np.mean(stayed) > 0.9


def test_the_rate_of_second_intervals_is_as_asked():
    # 400 draws at 0.25: mean 100, standard deviation 8.7
    counts = [len(value) for seed in range(200) for value in twice(seed, "overhead_press", 0.25).errors.values()]
    assert 65 <= counts.count(2) <= 135


@quick
@given(seed=seeds, exercise=exercises)
def test_a_repetition_begins_and_ends_in_its_clip(seed, exercise):
    repetition = sample(seed, exercise)
    moving_s = repetition.start_s + repetition.out_s + repetition.hold_s + repetition.back_s
    assert repetition.start_s >= 0.1
    assert moving_s < repetition.duration_s
    assert 1.4 - 1 / 60 <= repetition.duration_s <= 5.8 + 1 / 60


def test_lengths_are_those_of_the_release(clips):
    num_frames = [len(clip.times_s) for clip in clips]
    assert np.median(num_frames) == pytest.approx(108, abs=5)
    assert min(num_frames) >= 42
    assert max(num_frames) <= 174


@pytest.mark.parametrize(
    ("label", "exercise"), [(label, exercise) for exercise, labels in ERRORS.items() for label in labels]
)
class TestFourHundredClips:
    def of(self, clips, exercise):
        return [clip for clip in clips if clip.repetition.exercise == exercise]

    def test_the_rate_is_as_asked(self, clips, label, exercise):
        # 400 draws at 0.45: mean 180, standard deviation 9.95; four of them either way
        count = sum(label in clip.repetition.errors for clip in self.of(clips, exercise))
        assert 140 <= count <= 220

    def test_the_length_of_a_clip_tells_no_error(self, clips, label, exercise):
        clips = self.of(clips, exercise)
        present = [label in clip.repetition.errors for clip in clips]
        assert 0.4 < roc_auc_score(present, [len(clip.times_s) for clip in clips]) < 0.6

    def test_one_error_tells_nothing_of_the_other(self, clips, label, exercise):
        clips = self.of(clips, exercise)
        (other,) = set(ERRORS[exercise]) - {label}
        with_it, without = (
            [other in clip.repetition.errors for clip in clips if (label in clip.repetition.errors) == present]
            for present in (True, False)
        )
        # difference of two shares of about 180 and 220 clips: standard deviation 0.05
        assert abs(np.mean(with_it) - np.mean(without)) < 0.2

    def test_no_constant_interval_hits_many(self, clips, label, exercise):
        intervals = [clip.repetition.errors.get(label) for clip in self.of(clips, exercise)]
        starts, ends = np.array([interval[0] for interval in intervals if interval]).T
        start, end = np.median(starts), np.median(ends)
        overlap = np.clip(np.minimum(ends, end) - np.maximum(starts, start), 0, None)
        iou = overlap / (ends - starts + end - start - overlap)
        assert (iou >= 0.5).mean() < 0.45
