"""A repetition's two half-cycles, from the bar's course: way out and way back."""

import numpy as np

from fitness_aqa_dataset.motion import SMALLEST_LIFT, Phase, phases_of
from fitness_aqa_dataset.vertical_course import Motion
from trainer.baselines.self_supervision.bar import SMALLEST_WAY_PX, smooth_height

# Within this share of the way from where it rests, the bar counts as resting.
RESTING = 0.05
# The bar may be unseen for so long at a time.
LONGEST_GAP_S = 0.5
# Nobody lifts or lowers faster; what seems to is a detector that changes from one bar to another.
SHORTEST_S = 0.2


def find_half_cycles(bar_y: np.ndarray, fps: float) -> tuple[range, range] | None:
    """
    Cut the first repetition of a clip at its turning point.

    The turning point is that of [`~fitness_aqa_dataset.motion.phases_of`]: the middle of the time that the bar is more
    than 40 % of the way out, so a bar that sinks while it is held is one repetition. The rest before and after is
    trimmed: the first half begins at the last frame before the turn, and the second ends with the first frame after
    it, that is within 5 % of the way from the rest. What is held between them stays, halved.

    Args:
        bar_y (`numpy.ndarray`):
            y of the bar, pixels from the top, NaN where it was not seen, shape `(T,)`.
        fps (`float`):
            Frames a second.

    Returns:
        `tuple[range, range]` or `None`: Frames of the way out and of the way back; the second begins where the first
        ends. `None` where there is no repetition: nothing moves, it goes one way only, a half lasts less than 0.2 s,
        or within the halves the bar is not seen for more than 0.5 s.
    """
    height = smooth_height(bar_y)
    if height is None:
        return None
    # `phases_of` counts in frame heights, and the height of the frame is not known here
    scale = SMALLEST_LIFT / SMALLEST_WAY_PX
    phases = phases_of(Motion(np.arange(len(height)) / fps, scale * height, len(height) / fps))
    if len(phases) < 2:
        return None
    turn, end = (round(phase.end_s * fps) for phase in phases[:2])
    if not 0 < turn < end:
        return None
    first = range(int(np.flatnonzero(_is_rest(height[:turn], phases[0]))[-1]), turn)
    second = range(turn, turn + int(np.flatnonzero(_is_rest(height[turn:end], phases[0]))[0]) + 1)
    if min(len(first), len(second)) < SHORTEST_S * fps:
        return None
    gap = _longest_gap(np.isnan(np.asarray(bar_y, np.float64))[first.start : second.stop])
    return (first, second) if gap <= LONGEST_GAP_S * fps else None


def _is_rest(height: np.ndarray, way_out: Phase) -> np.ndarray:
    """Whether the bar of one half is near to the end that it rests at, shape (T,)."""
    from_rest = height - height.min() if way_out.name == "lifting" else height.max() - height
    return from_rest <= RESTING * from_rest.max()


def _longest_gap(is_unseen: np.ndarray) -> int:
    """Most frames in a row in which the bar is not seen."""
    edges = np.flatnonzero(np.diff(is_unseen, prepend=False, append=False))
    return int((edges[1::2] - edges[::2]).max(initial=0))
