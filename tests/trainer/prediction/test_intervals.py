"""Distributions over intervals: the one that is said, and probabilities of times."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.prediction.intervals import best_interval, frame_scores
from trainer.prediction.reading import Interval


def test_the_only_interval_is_certain():
    assert best_interval({(1.0, 2.0): 0.3}) == Interval(1.0, 2.0, 1.0)


def test_neighbours_outweigh_the_likeliest_that_stands_alone():
    # expected IoU of the first 0.4, of the others 0.3 + 0.3 / 1.5 = 0.5
    spans = {(5.0, 6.0): 0.4, (1.0, 2.0): 0.3, (1.0, 2.5): 0.3}
    best = best_interval(spans)
    assert (best.start, best.end) in {(1.0, 2.0), (1.0, 2.5)}
    assert best.score == pytest.approx(0.6)


def test_the_score_counts_what_overlaps_by_half():
    # IoU with (0, 2): 1.0, 0.5, 0.25
    best = best_interval({(0.0, 2.0): 0.6, (0.0, 1.0): 0.3, (0.0, 0.5): 0.1})
    assert best == Interval(0.0, 2.0, pytest.approx(0.9))


def test_frames_inside_intervals():
    spans = {(1.0, 2.0): 0.3, (1.5, 3.0): 0.1}
    assert frame_scores(spans, [0.5, 1.0, 1.75, 2.5]) == pytest.approx([0.0, 0.75, 1.0, 0.25])
    assert frame_scores({}, [0.0, 1.0]) == [0.0, 0.0]


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 20), st.integers(1, 20)).map(lambda pair: (pair[0] / 10, (pair[0] + pair[1]) / 10)),
        st.floats(1e-6, 1.0),
        min_size=1,
        max_size=30,
    )
)
def test_the_best_is_one_of_them_and_its_score_a_probability(spans):
    best = best_interval(spans)
    assert (best.start, best.end) in spans
    own = spans[best.start, best.end] / sum(spans.values())
    assert own - 1e-9 <= best.score <= 1.0
