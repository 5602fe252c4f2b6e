import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset.preview.sheet import Sheet
from fitness_aqa_dataset.preview.time_axis import add_time_axes, read_frames
from fitness_aqa_dataset.records import ClipRecord


@pytest.mark.parametrize("num_frames", [-1, 0, 1, 65])
def test_too_few_or_too_many_frames(clips, num_frames):
    record = ClipRecord("squat/10_1", clips / "10_1.mp4", "squat", (), "train")
    with pytest.raises(ValueError, match=rf"^num_frames: from 2 to 64 frames fit on a sheet, got {num_frames}$"):
        read_frames(record, num_frames)


@pytest.mark.parametrize("num_frames", [2, 64])
def test_as_many_frames_as_fit(clips, num_frames):
    frames, times_s = read_frames(ClipRecord("squat/10_1", clips / "10_1.mp4", "squat", (), "train"), num_frames)
    assert frames.shape == (num_frames, 3, 64, 48)
    assert (times_s[0], times_s[-1]) == (0.0, pytest.approx(44 / 30))


def test_a_damaged_clip_ends_with_its_name(tmp_path):
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match=r"bad\.mp4: not a video that FFmpeg can decode"):
        read_frames(ClipRecord("squat/1_1", tmp_path / "bad.mp4", "squat", (), "train"), 8)


@settings(max_examples=40, deadline=None)
@given(length=st.integers(1, 450), num_frames=st.integers(2, 64))
def test_each_frame_stands_above_its_time(length, num_frames):
    times_s = [int(index) / 30 for index in np.linspace(0, length - 1, num_frames).astype(int)]
    sheet = Sheet(num_frames, 4, "title", [])
    row = sheet.add_row("", [np.zeros((4, 3, 3), np.uint8)] * num_frames, 1.0)
    axes = add_time_axes(sheet, row, 1.0, times_s, length / 30, ["x"] * num_frames)
    left, right = axes.get_xlim()
    assert left <= 0 and length / 30 <= right + 1e-9  # the whole clip is on the axis
    if length >= 2 * num_frames - 1:
        centers_s = left + np.array(sheet.centers(num_frames)) / sheet.plot_width * (right - left)
        assert np.abs(centers_s - times_s).max() < 1 / 30 + 1e-9
