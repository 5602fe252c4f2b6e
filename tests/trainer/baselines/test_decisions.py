"""From probabilities of windows to intervals, from readings to rows; every expected value was worked out by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.baselines.decisions import IntervalRule, find_interval, fit_rule
from trainer.baselines.readings import ClipReading

TIMES = [0.0, 1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("scores", "threshold", "expected"),
    [
        ([0.1, 0.8, 0.5, 0.1], 0.5, (0.5, 2.5)),  # 0.4 of 0.8 and more: frames 1 and 2, half-way to their neighbours
        ([0.1, 0.8, 0.5, 0.1], 0.7, (0.5, 1.5)),
        ([0.1, 0.8, 0.4, 0.1], 0.5, (0.5, 2.5)),  # exactly the share is enough
        ([0.9, 0.8, 0.1, 0.1], 0.5, (0.0, 1.5)),  # from the clip's start
        ([0.1, 0.1, 0.8, 0.9], 0.5, (1.5, 3.5)),  # to its end, half a second behind the last frame
        ([0.8, 0.1, 0.9, 0.1], 0.5, (1.5, 2.5)),  # the other hill is another stretch
        ([0.8, 0.1, 0.8, 0.1], 0.5, (0.0, 0.5)),  # of two equal ones the first
        ([0.4, 0.4, 0.4, 0.4], 1.0, (0.0, 3.5)),  # a plateau has all of its frames
        ([0.1, 0.7, 0.7, 0.1], 1.0, (0.5, 2.5)),
        ([0.0, 0.0, 0.0, 0.0], 0.5, (0.0, 3.5)),
        ([0.1, 0.2, 0.3, 0.2], 0.05, (0.0, 3.5)),
    ],
)
def test_the_stretch_around_the_likeliest_frame(scores, threshold, expected):
    assert find_interval(scores, TIMES, 3.5, threshold) == expected


def test_a_clip_of_one_frame_is_one_interval():
    assert find_interval([0.3], [0.0], 0.25, 0.5) == (0.0, 0.25)


def test_frames_need_not_be_evenly_placed():
    # 1.0 lies half-way from 0.5 to 1.5, 2.75 from 2.5 to 3.0
    assert find_interval([0.1, 0.8, 0.9, 0.1], [0.5, 1.5, 2.5, 3.0], 3.5, 0.5) == (1.0, 2.75)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.01, 1))
def test_an_interval_lies_in_the_clip_and_holds_the_likeliest_frame(scores, threshold):
    times_s = [0.5 * index for index in range(len(scores))]
    duration_s = 0.5 * len(scores)
    start, end = find_interval(scores, times_s, duration_s, threshold)
    assert 0 <= start < end <= duration_s
    assert start <= times_s[scores.index(max(scores))] <= end


def read(id: str, scores: list[float], times_s: list[float] = TIMES, duration_s: float = 4.0) -> ClipReading:
    return ClipReading(id, duration_s, frame_times_s=times_s, frame_scores={"knees": scores})


def said(*spans: tuple[float, float], label: str = "knees") -> dict:
    return {"errors": [{"label": label, "start": start, "end": end} for start, end in spans]}


# Shares up to 0.2 find all of the clip, up to 0.6 0.5 to 2.5 s, above 0.5 to 1.5 s.
HILL = [0.1, 0.5, 0.3, 0.1]


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        ((0.5, 2.5), IntervalRule(0.6, 1.0)),  # of equal shares the highest
        ((0.0, 4.0), IntervalRule(0.2, 1.0)),
        ((0.5, 1.5), IntervalRule(0.95, 1.0)),
        ((3.0, 4.0), IntervalRule(0.2, 0.0)),  # none is hit; all of the clip has an IoU of 0.25, the others 0
    ],
)
def test_a_share_is_fitted_to_one_clip(truth, expected):
    assert fit_rule([read("a", HILL)], [said(truth)], "knees") == expected


def test_more_hits_count_more_than_better_ones():
    # 0.6 hits both (IoU 0.5 and 0.5), 0.95 the first alone, though with an IoU of 1
    readings = [read("a", HILL), read("b", HILL)]
    assert fit_rule(readings, [said((0.5, 1.5)), said((1.5, 2.5))], "knees") == IntervalRule(0.6, 1.0)


def test_a_rule_is_fitted_to_the_clips_that_have_the_error():
    readings = [read(id, HILL) for id in "abcd"]
    references = [said((0.5, 2.5)), said(), said((0.5, 2.5), label="elbows"), said((3.5, 4.0))]
    # a is hit, d is not; b and c do not have the error
    assert fit_rule(readings, references, "knees") == IntervalRule(0.6, 0.5)


def test_two_intervals_of_a_clip_are_one():
    assert fit_rule([read("a", HILL)], [said((0.5, 1.0), (2.0, 2.5))], "knees") == IntervalRule(0.6, 1.0)


@pytest.mark.parametrize("references", [[said()], [said((0.5, 2.5), label="elbows")]])
def test_without_a_clip_with_the_error_the_rule_is_the_default(references):
    assert fit_rule([read("a", HILL)], references, "knees") == IntervalRule(0.5, 0.5)
    assert fit_rule([], [], "knees") == IntervalRule(0.5, 0.5)
