import numpy as np
import pytest

from trainer.baselines.self_supervision.bar import smooth_height

NAN = float("nan")


def test_height_is_up_and_gaps_are_straight_lines():
    bar_y = [NAN, 120, 120, NAN, NAN, NAN, 100, 100, NAN]
    assert smooth_height(bar_y).tolist() == pytest.approx([0, 0, 0, 5, 10, 15, 20, 20, 20])


def test_a_jump_of_one_frame_does_not_count():
    assert smooth_height([120, 120, 7, 120, 120, 100, 100]).tolist() == [0, 0, 0, 0, 0, 20, 20]
    assert smooth_height([120, 120, 7, 7, 120, 120, 100, 100]).max() == 113


def test_a_bar_that_hardly_moves_stands_still():
    assert smooth_height([120.0, 120.0, 110.0, 110.0]).tolist() == [0, 0, 10, 10]
    assert smooth_height([120.0, 120.0, 110.1, 110.1]) is None


@pytest.mark.parametrize("bar_y", [[], [NAN], [NAN] * 30, [100.0]])
def test_a_bar_that_was_not_seen_or_only_once(bar_y):
    assert smooth_height(np.array(bar_y)) is None
