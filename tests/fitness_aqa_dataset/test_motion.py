import numpy as np
import pytest
import torch

from fitness_aqa_dataset.augmentation import augment_frames
from fitness_aqa_dataset.motion import Phase, find_phases, find_repetitions, phases_of, repetitions_of
from fitness_aqa_dataset.synthetic.clip import simulate_clip
from fitness_aqa_dataset.synthetic.sets import simulate_set, write_frames
from fitness_aqa_dataset.vertical_course import Motion

# seconds and heights of a squat: rest to 0.5, down until 1.0, held until 1.4, up until 1.9, rest to 2.4
SQUAT = [(0, 0), (0.5, 0), (1.0, -0.2), (1.4, -0.2), (1.9, 0), (2.4, 0)]


def course(corners: list[tuple[float, float]]) -> Motion:
    """Straight lines between corners, sampled every 0.05 s."""
    times_s, heights = zip(*corners, strict=True)
    grid_s = np.arange(round(times_s[-1] / 0.05)) * 0.05
    return Motion(grid_s, np.interp(grid_s, times_s, heights), times_s[-1])


def upside_down(corners):
    return [(time_s, -height) for time_s, height in corners]


def names_and_ends(phases: list[Phase]) -> list[tuple[str, float]]:
    assert phases[0].start_s == 0
    assert [phase.end_s for phase in phases[:-1]] == [phase.start_s for phase in phases[1:]]
    return [(phase.name, phase.end_s) for phase in phases]


def about(*values: tuple[str, float]) -> list:
    return [(name, pytest.approx(end_s, abs=0.03)) for name, end_s in values]


def test_a_squat_is_lowering_then_lifting():
    assert names_and_ends(phases_of(course(SQUAT))) == about(("lowering", 1.2), ("lifting", 2.4))
    assert repetitions_of(course(SQUAT)) == [(0.0, 2.4)]


def test_a_press_is_lifting_then_lowering():
    assert names_and_ends(phases_of(course(upside_down(SQUAT)))) == about(("lifting", 1.2), ("lowering", 2.4))


def test_a_bar_that_sinks_while_it_is_held_is_one_repetition():
    press = [(0, 0), (0.5, 0), (1.0, 0.2), (1.2, 0.1), (2.2, 0.1), (2.3, 0.2), (2.5, 0.2), (3.0, 0), (3.4, 0)]
    # more than 40 % of the way from 0.7 s to 2.8 s
    assert names_and_ends(phases_of(course(press))) == about(("lifting", 1.75), ("lowering", 3.4))
    assert repetitions_of(course(press)) == [(0.0, 3.4)]


def test_knees_that_dip_before_a_press_are_no_repetition():
    press = [(0, 0), (0.3, -0.06), (0.6, 0), (1.0, 0), (1.5, 0.2), (1.9, 0.2), (2.4, 0), (3, 0)]
    phases = phases_of(course(press))
    assert [phase.name for phase in phases] == ["lifting", "lowering"]
    assert phases[0].end_s == pytest.approx(1.7, abs=0.05)


def test_a_clip_of_one_way_only():
    assert phases_of(course([(0, 0), (0.5, 0), (1, -0.2), (1.5, -0.2)])) == [Phase("lowering", 0.0, 1.5)]
    assert repetitions_of(course([(0, 0), (0.5, 0), (1, -0.2), (1.5, -0.2)])) == [(0.0, 1.5)]


def test_repetitions_are_cut_in_the_middle_of_the_pause():
    # up at 1.9, down from 2.9; then from 0.5 s pauses to none
    two = [*SQUAT[:-1], (2.9, 0), (3.4, -0.2), (3.9, 0), (4.4, -0.2), (4.9, 0), (5.4, 0)]
    spans = repetitions_of(course(two))
    assert spans == [
        (0.0, pytest.approx(2.4, abs=0.03)),
        (pytest.approx(2.4, abs=0.03), pytest.approx(3.9, abs=0.03)),
        (pytest.approx(3.9, abs=0.03), 5.4),
    ]
    assert names_and_ends(phases_of(course(two))) == about(
        ("lowering", 1.2), ("lifting", 2.4), ("lowering", 3.4), ("lifting", 3.9), ("lowering", 4.4), ("lifting", 5.4)
    )


def test_a_course_that_drifts_over_a_set():
    """The sum of flow over a set may drift by more than a repetition is high."""
    corners = [(0, 0)]
    for index in range(8):
        corners += [(2 * index + 1, 0.04 * index - 0.2), (2 * index + 2, 0.04 * index + 0.04)]
    assert len(repetitions_of(course(corners))) == 8
    assert len(repetitions_of(course(upside_down(corners)))) == 8


def press_set(outs: list[list[float]], rests: list[float]) -> Motion:
    """Presses of 2 s each without pauses: heights while the bar is out, 0.6 to 1.4 s, and at the rest after each."""
    corners = [(0, 0)]
    for index, (held, rest) in enumerate(zip(outs, rests, strict=True)):
        times_s = 2 * index + np.linspace(0.6, 1.4, len(held))
        corners += [*zip(times_s, held, strict=True), (2 * index + 2, rest)]
    return course(corners)


FULL = [0.2, 0.2]


@pytest.mark.parametrize("place", [0, 1, 3])
def test_a_press_half_as_high_is_a_repetition(place):
    outs = [FULL] * 4
    outs[place] = [0.1, 0.1]
    spans = repetitions_of(press_set(outs, [0, 0, 0, 0]))
    assert [end_s for _, end_s in spans] == [pytest.approx(end_s, abs=0.06) for end_s in (2, 4, 6, 8)]


def test_a_bar_that_sinks_in_a_set_is_no_repetition():
    """It sinks by as much as a press with flared elbows is high."""
    spans = repetitions_of(press_set([FULL, [0.2, 0.09, 0.2], [0.1, 0.1], FULL], [0, 0, 0, 0]))
    assert [end_s for _, end_s in spans] == [pytest.approx(end_s, abs=0.06) for end_s in (2, 4, 6, 8)]


def test_two_outs_near_each_other_are_one_repetition():
    """The bar sinks by 0.7 of a low press, but 0.4 s after it was out it is out again."""
    outs = [FULL, FULL, [0.12, 0.036, 0.12], FULL]
    assert len(repetitions_of(press_set(outs, [0, 0, 0, 0]))) == 4


def test_rests_at_different_heights():
    """A press with errors may leave the sum of flow half a repetition higher or lower."""
    assert len(repetitions_of(press_set([FULL, [0.24, 0.24], [0.25, 0.25], FULL], [0, 0.07, 0, 0]))) == 4


def test_deep_knees_before_and_after_a_press_are_no_repetition():
    press = [(0, 0), (0.4, -0.09), (0.8, 0), (1.4, 0.2), (1.9, 0.2), (2.4, 0), (2.8, -0.09), (3.2, 0), (3.4, 0)]
    phases = phases_of(course(press))
    assert [phase.name for phase in phases] == ["lifting", "lowering"]
    assert phases[0].end_s == pytest.approx(1.65, abs=0.1)


def test_a_set_that_the_clip_cuts_off_while_the_bar_is_out():
    spans = repetitions_of(course([(0, 0), (0.6, 0.2), (1.4, 0.2), (2, 0), (2.6, 0.2), (3.4, 0.2)]))
    assert spans == [(0.0, pytest.approx(2.0, abs=0.06)), (pytest.approx(2.0, abs=0.06), 3.4)]


def test_a_lift_must_be_higher_than_noise():
    small = [(time_s, height / 6) for time_s, height in SQUAT]  # 0.0333
    smaller = [(time_s, height / 8) for time_s, height in SQUAT]  # 0.025
    assert len(phases_of(course(small))) == 2
    assert phases_of(course(smaller)) == [Phase("still", 0.0, 2.4)]
    assert repetitions_of(course(smaller)) == [(0.0, 2.4)]


def test_a_clip_of_one_frame():
    assert phases_of(Motion(np.zeros(1), np.zeros(1), 1 / 30)) == [Phase("still", 0.0, 1 / 30)]


@pytest.mark.parametrize("index", [0, 1, 2, 3, 4, 5])
def test_simulated_clips_turn_in_the_middle_of_the_hold(tmp_path, index):
    clip = simulate_clip(31, index)
    frames = torch.from_numpy(clip.draw(clip.times_s)).permute(0, 3, 1, 2)
    rep = clip.repetition
    turn_s = rep.start_s + rep.out_s + rep.hold_s / 2
    augmentation = {
        "horizontal_flip": index >= 2,
        "invert_colors": index >= 3,
        "angle": [0, 0, 15, -15, 15, -15][index],
    }
    write_frames(augment_frames(frames, augmentation).permute(0, 2, 3, 1).numpy(), tmp_path / "clip.mp4")
    phases = find_phases(tmp_path / "clip.mp4")
    expected = ["lowering", "lifting"] if rep.exercise == "squat" else ["lifting", "lowering"]
    assert [phase.name for phase in phases] == expected
    assert phases[0].end_s == pytest.approx(turn_s, abs=0.15)
    assert phases[-1].end_s == pytest.approx(rep.duration_s)


@pytest.mark.parametrize("index, count, pause_s", [(0, 3, (0.0, 0.0)), (1, 3, (0.0, 0.0)), (3, 5, (0.5, 1.5))])
def test_simulated_sets_are_cut_in_their_pauses(tmp_path, index, count, pause_s):
    its_set = simulate_set(32, index, count, pause_s)
    write_frames(its_set.draw(), tmp_path / "set.mp4")
    spans = find_repetitions(tmp_path / "set.mp4")
    assert len(spans) == count
    assert (spans[0][0], spans[-1][1]) == (0.0, pytest.approx(its_set.duration_s))
    for (_, cut_s), (start_s, end_s) in zip(spans[:-1], its_set.pauses_s, strict=True):
        assert start_s - 0.15 <= cut_s <= end_s + 0.15


@pytest.mark.parametrize("noise", [0, 6, 20])
def test_still_videos_are_not_cut(tmp_path, noise):
    clip = simulate_clip(33, 0)
    picture = clip.draw(np.zeros(1))[0].astype(float)
    rng = np.random.default_rng(0)
    frames = [np.clip(picture + rng.normal(0, noise, picture.shape), 0, 255).astype(np.uint8) for _ in range(90)]
    write_frames(np.stack(frames), tmp_path / "still.mp4")
    assert find_phases(tmp_path / "still.mp4") == [Phase("still", 0.0, 3.0)]
    assert find_repetitions(tmp_path / "still.mp4") == [(0.0, 3.0)]


def test_a_black_video_is_still(tmp_path):
    write_frames(np.zeros((60, 64, 48, 3), np.uint8), tmp_path / "black.mp4")
    assert find_phases(tmp_path / "black.mp4") == [Phase("still", 0.0, 2.0)]


def test_a_file_that_is_no_video(tmp_path):
    (tmp_path / "notes.mp4").write_text("no video")
    with pytest.raises(ValueError, match=r"notes\.mp4: not a video that FFmpeg can decode"):
        find_phases(tmp_path / "notes.mp4")
