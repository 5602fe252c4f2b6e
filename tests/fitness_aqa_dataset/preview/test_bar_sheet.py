import numpy as np
import pytest

from fitness_aqa_dataset.preview.bar_sheet import draw_bar_sheet
from fitness_aqa_dataset.preview.style import figure_style
from fitness_aqa_dataset.records import UnlabeledRecord


def draw(clips, trajectory, num_frames=4, is_synthetic=False):
    with figure_style():
        return draw_bar_sheet(
            UnlabeledRecord("squat/10_1", clips / "10_1.mp4", "squat", trajectory), num_frames, is_synthetic
        )


@pytest.fixture
def trajectory(tmp_path, write_json):
    """45 frames of 48 × 64 pixels: at 16 in the first 29 frames, not seen in the last."""
    path = tmp_path / "10_1.json"
    write_json(path, [16] * 29 + [48] * 15 + [None])
    return path


def test_the_line_lies_at_the_height_of_the_bar(clips, trajectory):
    strip, curve = draw(clips, trajectory).axes
    heights = [line.get_ydata() for line in strip.lines]
    # a frame is 1.9 in high; 16 of 64 pixels from the top leave three quarters below, 48 one quarter
    assert np.array(heights[:3]) == pytest.approx(np.array([[1.425, 1.425], [1.425, 1.425], [0.475, 0.475]]))
    assert np.isnan(heights[3]).all()
    assert curve.yaxis_inverted()
    all_frames, sampled = curve.lines[-2:]
    assert len(all_frames.get_xdata()) == 45
    assert list(all_frames.get_xdata()[[0, 15, 30]]) == pytest.approx([0.0, 0.5, 1.0])
    assert list(sampled.get_ydata()[:3]) == [16, 16, 48]


def test_what_is_written(clips, trajectory, written, assert_readable):
    figure = draw(clips, trajectory, is_synthetic=True)
    strings = written(figure)
    assert "The bar was seen in 44 of 45 frames." in strings
    assert "Simulated clip · 1.50 s · 30 fps · 45 frames · 48 × 64 pixels · no labels" in strings
    assert {"0.97 s", "1.47 s\nnot seen"} <= set(strings)
    assert_readable(figure)


def test_a_bar_that_was_never_seen(clips, written, assert_readable):
    figure = draw(clips, None, num_frames=16)
    assert "the bar was not seen in any frame" in written(figure)
    assert "The bar was seen in 0 of 45 frames." in written(figure)
    assert_readable(figure)


def test_a_wrong_trajectory_ends_with_its_name(clips, tmp_path, write_json):
    write_json(tmp_path / "bad.json", ["high"] * 45)
    with pytest.raises(ValueError, match=r"bad\.json: entry 0: expected the bar's y in pixels, or NaN, got 'high'"):
        draw(clips, tmp_path / "bad.json")
