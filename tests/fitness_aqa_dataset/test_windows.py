import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness_aqa_dataset.windows import clip_windows, cut_errors

ERRORS = [
    {"label": "knees_forward", "start": 0.5, "end": 1.5},
    {"label": "knees_inward", "start": 2.0, "end": 3.0},
    {"label": "knees_forward", "start": 2.5, "end": 2.55},
]


def spans(windows: list[dict]) -> list[tuple[float, float]]:
    return [(window["start"], window["end"]) for window in windows]


def test_the_last_window_is_moved_back():
    assert spans(clip_windows(10, 10.0, 4)) == [(0.0, 0.4), (0.4, 0.8), (0.6, 1.0)]


def test_windows_that_fit():
    assert spans(clip_windows(8, 10.0, 4)) == [(0.0, 0.4), (0.4, 0.8)]
    assert spans(clip_windows(4, 10.0, 4)) == [(0.0, 0.4)]


def test_overlap():
    assert spans(clip_windows(10, 10.0, 4, overlap=1)) == [(0.0, 0.4), (0.3, 0.7), (0.6, 1.0)]
    assert spans(clip_windows(6, 10.0, 4, overlap=3)) == [(0.0, 0.4), (0.1, 0.5), (0.2, 0.6)]


def test_a_clip_that_is_shorter_than_a_window():
    assert spans(clip_windows(3, 30.0, 32)) == [(0.0, 0.1)]


@given(st.integers(1, 500), st.integers(1, 60), st.data())
def test_every_frame_is_in_a_window(num_frames_of_clip, num_frames, data):
    overlap = data.draw(st.integers(0, num_frames - 1))
    windows = clip_windows(num_frames_of_clip, 30.0, num_frames, overlap)
    seen = set()
    for window in windows:
        first, end = round(window["start"] * 30), round(window["end"] * 30)
        assert end - first == min(num_frames, num_frames_of_clip)
        seen.update(range(first, end))
    assert seen == set(range(num_frames_of_clip))
    assert len({window["start"] for window in windows}) == len(windows)


def test_errors_are_cut_to_the_window_and_on_its_clock():
    assert cut_errors(ERRORS, 1.0, 2.4) == [
        {"label": "knees_forward", "start": 0.0, "end": 0.5},
        {"label": "knees_inward", "start": 1.0, "end": pytest.approx(1.4)},
    ]


def test_an_error_that_hardly_reaches_into_the_window_is_left_out():
    assert cut_errors(ERRORS, 0.0, 0.59) == []
    assert cut_errors(ERRORS, 0.0, 0.6) == [{"label": "knees_forward", "start": 0.5, "end": 0.6}]
    assert cut_errors(ERRORS, 0.0, 0.51, min_overlap_s=0.0) == [{"label": "knees_forward", "start": 0.5, "end": 0.51}]
    assert cut_errors(ERRORS, 0.0, 0.5, min_overlap_s=0.0) == []


def test_a_short_error_that_lies_in_the_window_stays():
    assert cut_errors(ERRORS, 2.5, 3.0) == [
        {"label": "knees_inward", "start": 0.0, "end": 0.5},
        {"label": "knees_forward", "start": 0.0, "end": pytest.approx(0.05)},
    ]


@pytest.mark.parametrize(
    "num_frames, overlap, message",
    [
        (0, 0, "`num_frames` of a window must be at least 1, got 0"),
        (8, 8, "`overlap` must be from 0 to 7 for windows of 8 frames, got 8"),
        (8, -1, "`overlap` must be from 0 to 7 for windows of 8 frames, got -1"),
    ],
)
def test_numbers_out_of_range(num_frames, overlap, message):
    with pytest.raises(ValueError, match=message):
        clip_windows(100, 30.0, num_frames, overlap)
