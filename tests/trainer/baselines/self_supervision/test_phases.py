import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.baselines.self_supervision.phases import bar_phases, distinct_frames, find_triplet

NAN = float("nan")


def test_phases_are_shares_of_the_way_by_360_degrees():
    bar_y = [200, 200, 190, NAN, 170, 160, 160]
    assert bar_phases(bar_y).tolist() == pytest.approx([0, 0, 90, NAN, 270, 360, 360], nan_ok=True)


@pytest.mark.parametrize("bar_y", [[], [NAN, NAN], [100.0] * 20, [100, 105, 100, 105]])
def test_no_phases_where_nothing_moves(bar_y):
    phases = bar_phases(bar_y)
    assert phases.shape == (len(bar_y),)
    assert np.isnan(phases).all()


@given(st.lists(st.one_of(st.floats(0, 1000, width=32), st.just(NAN)), max_size=60))
def test_phases_are_degrees_where_the_bar_was_seen(bar_y):
    phases = bar_phases(bar_y)
    known = phases[~np.isnan(phases)]
    assert ((known >= 0) & (known <= 360)).all()
    assert not len(known) or np.isnan(phases).tolist() == np.isnan(np.array(bar_y)).tolist()


def test_frames_in_which_the_bar_has_hardly_moved_are_left_out():
    phases = np.array([NAN, 0, 1, 1.9, 2, 3, NAN, 9, 8, 6.9, 6.9])
    assert distinct_frames(phases, 2.0).tolist() == [1, 4, 7, 9]
    assert distinct_frames(np.array([NAN]), 2.0).tolist() == []


def test_the_one_triplet_there_is():
    # of the first clip only frame 1 has a negative, frame 2, and 2 has 1; in the second clip only 100° is there
    clips = [np.array([300.0, 98, 145, 200]), np.array([10.0, 100, 280]), np.array([])]
    for seed in range(20):
        triplet = find_triplet(clips, 0, np.random.default_rng(seed))
        assert (triplet.anchor, triplet.positive_clip, triplet.positive, triplet.negative) == (1, 1, 1, 2)


@pytest.mark.parametrize("degrees, is_found", [(44.9, False), (45.0, True), (50.0, True), (50.1, False)])
def test_the_negative_is_45_to_50_degrees_away(degrees, is_found):
    clips = [np.array([100.0, 100 + degrees]), np.array([100.0])]
    assert (find_triplet(clips, 0, np.random.default_rng(0)) is not None) == is_found


@pytest.mark.parametrize("degrees, is_found", [(5.0, True), (5.1, False)])
def test_the_positive_is_within_5_degrees(degrees, is_found):
    clips = [np.array([100.0, 147.0]), np.array([100 - degrees])]
    assert (find_triplet(clips, 0, np.random.default_rng(0)) is not None) == is_found


def test_the_lowest_and_the_highest_place_are_not_the_same():
    assert find_triplet([np.array([0.0, 47.0]), np.array([359.0])], 0, np.random.default_rng(0)) is None


def test_anchors_are_spread_over_phases():
    clips = [np.concatenate([np.zeros(200), np.arange(0, 361, 5.0)])] * 2
    drawn = [find_triplet(clips, 0, np.random.default_rng(seed)).anchor for seed in range(200)]
    phases = clips[0][drawn]
    # a third each, give or take four standard deviations
    assert 40 <= (phases < 120).sum() <= 94 and 40 <= (phases >= 240).sum() <= 94


@given(
    st.lists(st.lists(st.floats(0, 360), max_size=8).map(np.array), min_size=1, max_size=4),
    st.integers(0, 3),
    st.integers(0, 9),
)
def test_a_triplet_is_what_it_claims(clips, anchor_clip, seed):
    anchor_clip %= len(clips)
    triplet = find_triplet(clips, anchor_clip, np.random.default_rng(seed))
    own = clips[anchor_clip]
    if triplet is None:
        with_negative = [phase for phase in own if any(45 <= abs(phase - other) <= 50 for other in own)]
        others = [phase for index, clip in enumerate(clips) if index != anchor_clip for phase in clip]
        assert not any(abs(phase - other) <= 5 for phase in with_negative for other in others)
    else:
        assert triplet.positive_clip != anchor_clip
        assert abs(clips[triplet.positive_clip][triplet.positive] - own[triplet.anchor]) <= 5
        assert 45 <= abs(own[triplet.negative] - own[triplet.anchor]) <= 50
