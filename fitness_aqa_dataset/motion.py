"""
A clip's repetitions and phases, from the vertical course of what moves in it (`vertical_course`).

The course is a line of turns, high, low, high …, of which only those count that undo most of a lift: knees that dip or
a bar that sinks for a moment make no repetition. The first way out says what kind of lift it is: a squat lowers and
lifts, a press lifts and lowers.
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
# A turn counts when this share of a lift is undone. Elbows that flare let a bar sink by 0.55 of its way.
UNDONE = 0.6
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
    return _alternate(height, UNDONE * way) if way >= SMALLEST_LIFT else []


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
