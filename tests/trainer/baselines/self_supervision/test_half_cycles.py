import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness_aqa_dataset.synthetic.clip import simulate_clip
from fitness_aqa_dataset.synthetic.unlabeled import bar_trajectories
from trainer.baselines.self_supervision.half_cycles import find_half_cycles

FPS = 30.0
# frames and pixels from the top of a squat: rest to 15, down until 30, held until 42, up until 57, rest to 71
SQUAT = [(0, 100), (15, 100), (30, 160), (42, 160), (57, 100), (71, 100)]


def course(corners: list[tuple[float, float]]) -> np.ndarray:
    frames, ys = zip(*corners, strict=True)
    return np.interp(np.arange(frames[-1] + 1), frames, ys)


def upside_down(corners):
    return [(frame, 260 - y) for frame, y in corners]


@pytest.mark.parametrize("corners", [SQUAT, upside_down(SQUAT)])
def test_way_out_and_way_back_without_the_rest(corners):
    # 4 pixels a frame: frames 16 and 56 are 6.7 % of the way from the rest
    assert find_half_cycles(course(corners), FPS) == (range(15, 36), range(36, 58))


def test_the_frame_rate_decides_nothing_but_how_much_is_smoothed():
    assert find_half_cycles(course(SQUAT), 60.0) == (range(15, 36), range(36, 58))


def test_the_first_of_two_repetitions():
    two = [*SQUAT[:-1], (75, 100), (90, 160), (102, 160), (117, 100), (130, 100)]
    assert find_half_cycles(course(two), FPS) == (range(15, 36), range(36, 58))


def test_gaps_are_bridged():
    bar_y = course(SQUAT)
    bar_y[[0, 1, 20, 21, 22, 33, 34, 50, 70]] = np.nan
    assert find_half_cycles(bar_y, FPS) == (range(15, 36), range(36, 58))


@pytest.mark.parametrize("last, is_found", [(34, True), (35, False)])
def test_a_gap_of_half_a_second_at_most(last, is_found):
    bar_y = course([(0, 100), (15, 100), (30, 160), (62, 160), (77, 100), (91, 100)])
    bar_y[20 : last + 1] = np.nan
    assert (find_half_cycles(bar_y, FPS) is not None) == is_found


def test_gaps_while_the_bar_rests_may_be_longer():
    bar_y = course([(frame + 30, y) for frame, y in SQUAT])
    bar_y[:40] = np.nan
    assert find_half_cycles(bar_y, FPS) == (range(45, 66), range(66, 88))


@pytest.mark.parametrize("way_px, is_found", [(10.5, True), (9.5, False)])
def test_what_moves_less_than_ten_pixels_is_still(way_px, is_found):
    bar_y = course([(frame, y * way_px / 60) for frame, y in SQUAT])
    assert (find_half_cycles(bar_y, FPS) is not None) == is_found


@pytest.mark.parametrize("num_frames, is_found", [(8, True), (4, False)])
def test_a_bar_that_jumps_is_not_lifted(num_frames, is_found):
    out = 20 + num_frames
    bar_y = course([(0, 100), (20, 100), (out, 200), (out + num_frames, 100), (60, 100)])
    assert (find_half_cycles(bar_y, FPS) is not None) == is_found


@pytest.mark.parametrize(
    "bar_y",
    [[], [np.nan] * 90, [100.0] * 90, course(SQUAT[:4]), course([(0, 160), (20, 160), (40, 100), (60, 100)])],
)
def test_clips_without_a_repetition(bar_y):
    assert find_half_cycles(np.array(bar_y), FPS) is None


def seen_bar(clip, raw: list) -> np.ndarray:
    if clip.repetition.exercise == "squat":
        return np.array(raw)
    return np.array([(bar[0][1] + bar[0][3]) / 2 if bar else np.nan for bar, _, _ in raw])


@pytest.mark.parametrize("parity", [0, 1])
def test_simulated_clips_turn_within_their_hold(parity):
    """Squats and overhead presses, some with gaps, many with errors that move the bar."""
    clips = [simulate_clip(41, 400_000 + index) for index in range(parity, 60, 2)]
    raw = bar_trajectories(clips, 41)
    for clip in clips:
        rep = clip.repetition
        out, back = find_half_cycles(seen_bar(clip, raw[clip.key]), FPS)
        hold_s = rep.start_s + rep.out_s, rep.start_s + rep.out_s + rep.hold_s
        assert out.stop == back.start
        assert hold_s[0] * FPS - 5 <= out.stop <= hold_s[1] * FPS + 5
        if "knees" not in rep.errors:  # knees that dip move the bar before the press begins and after it has ended
            assert out.start == pytest.approx(rep.start_s * FPS, abs=8)
            assert back.stop == pytest.approx((hold_s[1] + rep.back_s) * FPS, abs=8)


numbers = st.one_of(st.floats(0, 1000, width=32), st.just(float("nan")))


@given(st.lists(numbers, max_size=120), st.floats(10, 120))
def test_halves_lie_in_the_clip(bar_y, fps):
    halves = find_half_cycles(np.array(bar_y), fps)
    if halves is not None:
        out, back = halves
        assert 0 <= out.start < out.stop == back.start < back.stop <= len(bar_y)
        assert min(len(out), len(back)) >= 0.2 * fps
