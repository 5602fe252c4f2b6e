import math

import numpy as np
import pytest

from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.unlabeled import bar_trajectories, simulate_unlabeled

STEEL_RGB = [84, 88, 94]


@pytest.fixture(scope="module")
def clips():
    """40 unlabelled clips: 20 squats, 20 presses."""
    return simulate_unlabeled(400, seed=0, look="studio", error_rate=0.45, second_rate=0.1)


def of(clips, exercise):
    return [clip for clip in clips if clip.repetition.exercise == exercise]


@pytest.mark.parametrize(("num_clips", "expected"), [(22, 8), (89, 8), (90, 9), (300, 30)])
def test_there_are_a_tenth_as_many_and_at_least_eight(num_clips, expected):
    assert len(simulate_unlabeled(num_clips, 0, "studio", 0.45, 0.1)) == expected


def test_sources_are_not_those_of_labelled_clips(clips):
    labelled = {simulate_clip(0, index).key.split("_")[0] for index in range(400)}
    assert not labelled & {clip.key.split("_")[0] for clip in clips}
    assert clips[0].key == "210001_1"
    assert len({clip.key for clip in clips}) == 40


def test_a_squats_file_is_the_bars_y_for_every_frame(clips):
    squats = of(clips, "squat")
    trajectories = bar_trajectories(squats, seed=0)
    assert list(trajectories) == [clip.key for clip in squats]
    for clip, bar_y in zip(squats, trajectories.values(), strict=True):
        assert len(bar_y) == len(clip.times_s)
        assert all(type(y) is float for y in bar_y)
        seen = np.array(bar_y)[~np.isnan(bar_y)]
        assert seen.min() > 0 and seen.max() < clip.size[0]
        assert seen.max() - seen.min() > 30  # down and up again
    gaps = [sum(map(math.isnan, bar_y)) for bar_y in trajectories.values()]
    assert sum(gap > 0 for gap in gaps) == 2  # one in ten of 20
    assert all(3 <= gap <= 20 for gap in gaps if gap)


def test_a_presses_file_is_three_regions_for_every_frame(clips):
    presses = of(clips, "overhead_press")
    trajectories = bar_trajectories(presses, seed=0)
    for clip, frames in zip(presses, trajectories.values(), strict=True):
        assert len(frames) == len(clip.times_s)
        for regions in frames:
            assert len(regions) == 3
            assert [len(region) for region in regions[1:]] == [1, 1]
            for x1, y1, x2, y2, confidence in sum(regions, []):
                assert 0 <= x1 < x2 <= 240 and 0 <= y1 < y2 <= clip.size[0]
                assert 0.6 <= confidence <= 0.99
    gaps = [sum(not regions[0] for regions in frames) for frames in trajectories.values()]
    assert sum(gap > 0 for gap in gaps) == 8  # four in ten of 20
    assert all(3 <= gap <= 20 for gap in gaps if gap)


def steel_at(clip, frame_index: int) -> tuple[np.ndarray, np.ndarray]:
    """Where a frame has the bar's grey: y and x in pixels."""
    frame = clip.draw(clip.times_s[frame_index : frame_index + 1])[0].astype(int)
    return np.nonzero(np.abs(frame - STEEL_RGB).max(axis=2) < 3)


def test_boxes_and_heights_are_where_the_bar_is_drawn(clips):
    squats, presses = of(clips, "squat")[:5], of(clips, "overhead_press")[:5]
    for clip, bar_y in zip(squats, bar_trajectories(squats, seed=9).values(), strict=True):
        middle = len(bar_y) // 2
        for frame_index in (0, middle):
            ys, _ = steel_at(clip, frame_index)
            assert math.isnan(bar_y[frame_index]) or abs(bar_y[frame_index] - np.median(ys)) < 5
    for clip, frames in zip(presses, bar_trajectories(presses, seed=9).values(), strict=True):
        for frame_index in (0, len(frames) // 2):
            ys, xs = steel_at(clip, frame_index)
            for x1, y1, x2, y2, _ in frames[frame_index][0]:
                assert np.mean((xs > x1 - 1) & (xs < x2 + 1) & (ys > y1 - 1) & (ys < y2 + 1)) > 0.85
                assert abs((y1 + y2) / 2 - np.median(ys)) < 5


def test_plates_are_inside_their_boxes(clips):
    press = of(clips, "overhead_press")[0]
    (frames,) = bar_trajectories([press], seed=0).values()
    frame = press.draw(press.times_s[:1])[0].astype(int)
    plate = np.abs(frame - press.scene.plate).max(axis=2) < 3
    for ((x1, y1, x2, y2, _),) in frames[0][1:]:
        assert plate[round(y1) : round(y2), round(x1) : round(x2)].mean() > 0.2


def test_the_same_seed_gives_the_same_gaps(clips):
    presses = of(clips, "overhead_press")
    assert bar_trajectories(presses, 3) == bar_trajectories(presses, 3) != bar_trajectories(presses, 4)
