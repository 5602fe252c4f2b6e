"""
A clip's repetitions and phases, from the vertical course of what moves in it (`vertical_course`).

The course is a line of turns, high, low, high …. A repetition with errors may be half as high as its neighbours, and a
bar that is held may sink by as much, so no one height tells them apart: a rest undoes most of the lower repetition
beside it. The first way out says what kind of lift it is: a squat lowers and lifts, a press lifts and lowers.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from .frames import Video
from .vertical_course import Motion, vertical_motion

SMOOTHING_S = 0.07
# In frame heights: what moves less is camera noise. The smallest simulated lift, far from the camera, has 0.055.
SMALLEST_LIFT = 0.03
# Turns are looked for down to this share of a typical way. Repetitions with flared elbows have 0.5 of it and more.
SMALLEST_SHARE = 0.4
# A rest counts when this share of the lower repetition beside it is undone. Elbows that flare let a bar sink by 0.55.
UNDONE = 0.65
# Knees that dip before or after a lift go less than this share of the way that comes next to it.
DIP = 0.5
# Repetitions nearer to each other than this share of the set's typical distance must come back further in between.
NEAR = 0.75
# The lifter is "out" beyond this share of the way, and the turning point is in the middle of that: a bar that sinks
# while it is held moves the highest point by far, and this one hardly.
OUT = 0.4
# The lifter is back beyond this share of the way back; repetitions are cut in the middle of that.
BACK = 0.85


@dataclass(frozen=True)
class Phase:
    """
    A part of a clip in which the lifter goes one way, stillness before and after it included.

    Args:
        name (`str`): `"lowering"`, `"lifting"`, or `"still"` where nothing moves in the whole clip.
        start_s, end_s (`float`): On the clip's clock, in seconds; the end is the next phase's start.
    """

    name: str
    start_s: float
    end_s: float


def find_phases(video: Video) -> list[Phase]:
    """
    Part a clip where the lifter turns.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`):
            The clip, see [`~fitness_aqa_dataset.frames.open_video`].

    Returns:
        `list[Phase]`: In order, from 0 to the clip's end without gaps. Two a repetition: lowering and lifting of a
        squat, lifting and lowering of a press. One where the clip shows one way only, or where nothing moves
        (`still`).

    Raises:
        ValueError: If the clip cannot be opened or decoded.

    Note:
        A turning point is the middle of the time that the lifter is more than 40 % of the way out. Where way out and
        way back are not equally fast and nothing is held between, it lies on the slower side of the extreme, by about
        a quarter of the difference of their durations.
    """
    return phases_of(vertical_motion(video))


def find_repetitions(video: Video) -> list[tuple[float, float]]:
    """
    Part a clip where one repetition ends and the next begins.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`):
            The clip, see [`~fitness_aqa_dataset.frames.open_video`].

    Returns:
        `list[tuple[float, float]]`: Start and end of each in seconds on the clip's clock, from 0 to the clip's end
        without gaps; cuts lie in the middle of a pause. One where there is one repetition, a part of one, or none.

    Raises:
        ValueError: If the clip cannot be opened or decoded.
    """
    return repetitions_of(vertical_motion(video))


def phases_of(motion: Motion) -> list[Phase]:
    """[`find_phases`] of a vertical course."""
    turns = _find_turns(motion)
    if not turns:
        return [Phase("still", 0.0, motion.duration_s)]
    cuts = [0.0, *_turning_times(motion, turns), motion.duration_s]
    goes_up = [after > before for before, after in zip(motion.height[turns], motion.height[turns[1:]], strict=False)]
    names = ["lifting" if up else "lowering" for up in goes_up]
    return [Phase(name, *span) for name, span in zip(names, zip(cuts, cuts[1:], strict=False), strict=True)]


def repetitions_of(motion: Motion) -> list[tuple[float, float]]:
    """[`find_repetitions`] of a vertical course."""
    # every second turn is a rest between two repetitions; the first is where the first repetition turns
    cuts = [0.0, *_turning_times(motion, _find_turns(motion))[1::2], motion.duration_s]
    return list(zip(cuts, cuts[1:], strict=False))


def _smooth(motion: Motion) -> np.ndarray:
    if len(motion.times_s) < 2:
        return motion.height
    return gaussian_filter1d(motion.height, SMOOTHING_S / motion.times_s[1], mode="nearest")


def _find_turns(motion: Motion) -> list[int]:
    """Indices of highest and lowest points in turn, where a lift begins and ends included; none of a still clip."""
    height = _smooth(motion)
    way = _typical_way(height)
    turns = _alternate(height, SMALLEST_SHARE * way) if way >= SMALLEST_LIFT else []
    return _without_sinking(motion, height, _without_dips(height, turns))


def _without_dips(height: np.ndarray, turns: list[int]) -> list[int]:
    """Turns from the first way out on, and not beyond the last way back: no dip before the first, after the last."""
    ways = np.abs(np.diff(height[turns]))
    if len(ways) > 1 and ways[0] < DIP * ways[1]:
        turns, ways = turns[1:], ways[1:]
    # an odd number of ways ends out: a repetition that the clip cuts off, or the rise after a dip
    if len(ways) > 1 and len(ways) % 2 and ways[-1] < DIP * ways[-2]:
        turns = turns[:-1]
    return turns


def _without_sinking(motion: Motion, height: np.ndarray, turns: list[int]) -> list[int]:
    """Turns without the rests that are none: the bar sinks while it is held. The least likely rest goes first."""
    while len(turns) > 3:
        undone = _undone_shares(motion, height, turns)
        if undone.min() >= UNDONE:
            break
        rest = 2 + 2 * int(np.argmin(undone))
        out = height[turns[1]] - height[turns[0]]
        lower = rest - 1 if (height[turns[rest - 1]] - height[turns[rest + 1]]) * out < 0 else rest + 1
        turns = [turn for number, turn in enumerate(turns) if number not in (rest, lower)]
    return turns


def _undone_shares(motion: Motion, height: np.ndarray, turns: list[int]) -> np.ndarray:
    """How much of the lower repetition beside it a rest undoes, in [0, 1]; less where the two are near."""
    levels = height[turns] * np.sign(height[turns[1]] - height[turns[0]])
    outs, rests = levels[1::2], levels[::2]
    outs_s = _turning_times(motion, turns)[::2]
    if len(outs) == len(rests):  # ends out: taken to come back as far as before
        rests, outs_s = np.append(rests, rests[-2]), [*outs_s, motion.times_s[turns[-1]]]
    lower = np.minimum(outs[:-1], outs[1:])
    undone = lower - rests[1:-1]
    # the mean of the rests before and after, because the course drifts
    whole = lower - (rests[:-2] + rests[2:]) / 2
    gaps_s = np.diff(outs_s)
    nearness = np.minimum(1.0, gaps_s / (NEAR * np.median(gaps_s)))
    return undone / np.maximum(whole, undone) * nearness


def _typical_way(height: np.ndarray) -> float:
    """How far up or down a repetition goes; a drift of the sum over many of them does not count."""
    peaks = [find_peaks(sign * height, prominence=0)[1]["prominences"] for sign in (1, -1)]
    prominences = np.concatenate(peaks)
    largest = prominences.max(initial=0.0)
    if largest >= SMALLEST_LIFT:
        return float(np.median(prominences[prominences > largest / 2]))
    return float(np.ptp(height))  # one way only


def _alternate(height: np.ndarray, threshold: float) -> list[int]:
    """Highest and lowest points in turn, each `threshold` or more from the one before."""
    turns, direction = [], 0
    lowest = highest = 0
    for index, value in enumerate(height):
        if value > height[highest]:
            highest = index
        if value < height[lowest]:
            lowest = index
        if direction >= 0 and height[highest] - value >= threshold:
            turns, direction, lowest = [*turns, highest], -1, index
        elif direction <= 0 and value - height[lowest] >= threshold:
            turns, direction, highest = [*turns, lowest], 1, index
    return [*turns, highest if direction > 0 else lowest] if turns else []


def _turning_times(motion: Motion, turns: list[int]) -> list[float]:
    """When the lifter is out, back, out …, in seconds: for each turn but the first and the last."""
    height = _smooth(motion)
    times_s = []
    for number, (before, turn, after) in enumerate(zip(turns, turns[1:], turns[2:], strict=False)):
        share = BACK if number % 2 else OUT
        sides_s = [_crossing(motion, height, side, turn, share) for side in (before, after)]
        times_s.append(sum(sides_s) / 2)
    return times_s


def _crossing(motion: Motion, height: np.ndarray, begin: int, turn: int, share: float) -> float:
    """The time nearest to `begin` when this share of the way from there to `turn` is done, in seconds."""
    step = 1 if turn > begin else -1
    way = height[np.arange(begin, turn + step, step)]
    done = (way - way[0]) / (way[-1] - way[0])
    after = int(np.argmax(done >= share))
    steps = after - 1 + (share - done[after - 1]) / (done[after] - done[after - 1])
    return float(motion.times_s[begin] + step * steps * motion.times_s[1])
