"""Random choices of a simulated clip: tempo, errors and their intervals, each independent of the clip's look."""

import numpy as np

from ..taxonomy import ERRORS
from .motion import Repetition, progress

FPS = 30
# Short against the clip and anywhere in it: no constant interval overlaps well with most of them.
SHORTEST_S, LONGEST_S = 0.75, 1.1
# Two intervals of one error in one clip: each at least so long, and so far apart.
SHORTEST_OF_TWO_S, GAP_S = 0.4, 0.3
# Errors of a squat need bent knees: no knee falls in or shoots forward on a straight leg.
BENT = 0.45


def sample_repetition(
    rng: np.random.Generator, exercise: str, error_rate: float = 0.45, present: tuple[str, ...] | None = None
) -> Repetition:
    """
    Draw one clip's motion.

    Tempo and clip length are drawn before, and independently of, the errors, so that neither tells them. Every error
    starts at 0.2 s or later: the first frame of a clip is the same with and without it.

    Args:
        rng (`numpy.random.Generator`):
            Source of randomness.
        exercise (`str`):
            `"squat"` or `"overhead_press"`.
        error_rate (`float`, *optional*, defaults to 0.45):
            Probability of each error, in [0, 1]; the errors of a clip are independent.
        present (`tuple[str, ...]`, *optional*):
            The errors that the clip has, instead of drawn ones; all else is the same.

    Returns:
        `Repetition`: Clip of 1.4 to 6.0 s, 3.7 s in the middle (the release: 3.6 s), times on the grid of 1/30 s.
    """
    out_s, hold_s, back_s = rng.uniform(0.5, 0.8), rng.uniform(0.2, 1.2), rng.uniform(0.5, 0.8)
    start_s, rest_s = rng.uniform(0.1, 2.4), rng.uniform(0.1, 0.8)
    duration_s = round((start_s + out_s + hold_s + back_s + rest_s) * FPS) / FPS
    labels = ERRORS[exercise]
    drawn = tuple(label for label in labels if rng.random() < error_rate)
    present = drawn if present is None else present
    repetition = Repetition(
        exercise=exercise,
        duration_s=duration_s,
        start_s=start_s,
        out_s=out_s,
        hold_s=hold_s,
        back_s=back_s,
        depth=rng.uniform(0.9, 1.0),
        errors={},
        strength={label: rng.uniform(0.88, 1.0) for label in labels},
        sway=np.stack([[0.006, 0.012, 0.012], rng.uniform(0.2, 0.6, 3), rng.uniform(0, 6.28, 3)], axis=1),
    )
    first_s, last_s = _possible_span(repetition)
    intervals = {label: [_sample_interval(rng, first_s, last_s)] for label in labels}
    repetition.errors.update({label: intervals[label] for label in labels if label in present})
    return repetition


def add_second_intervals(rng: np.random.Generator, repetition: Repetition, rate: float) -> None:
    """
    Let errors of a clip come twice.

    The first interval stays where it is if there is room beside it; else, as in most squats, it shrinks to make
    room. Length and motion of the clip are what they were, so they tell no error.

    Args:
        rng (`numpy.random.Generator`):
            Source of randomness, apart from that of the motion: all else is the same for every `rate`.
        repetition (`Repetition`):
            Gets the second intervals: 0.4 s or longer, 0.3 s or more from the first, on the grid of 1/30 s.
        rate (`float`):
            Probability for each error, in [0, 1]. Where the body allows less than 1.1 s in all, one interval stays.
    """
    first_s, last_s = _possible_span(repetition)
    span = round(first_s * FPS), round(last_s * FPS)
    for label in ERRORS[repetition.exercise]:
        chance, *shares = rng.random(4)
        if label in repetition.errors and chance < rate:
            ((start_s, end_s),) = repetition.errors[label]
            frames = _two_intervals(span, (round(start_s * FPS), round(end_s * FPS)), shares)
            repetition.errors[label] = [(start / FPS, end / FPS) for start, end in frames]


def _two_intervals(span: tuple[int, int], only: tuple[int, int], shares: list[float]) -> list[tuple[int, int]]:
    """The interval `only` and another one inside `span`, all in frames; `only` alone if two do not fit."""
    least, gap = round(SHORTEST_OF_TWO_S * FPS), round(GAP_S * FPS)
    if span[1] - span[0] < 2 * least + gap:
        return [only]
    rooms = [(span[0], only[0] - gap), (only[1] + gap, span[1])]
    room = max(rooms, key=lambda room: room[1] - room[0])
    if room[1] - room[0] >= least:
        length = min(round(_between(SHORTEST_OF_TWO_S, LONGEST_S, shares[0]) * FPS), room[1] - room[0])
        start = round(_between(room[0], room[1] - length, shares[1]))
        return sorted([only, (start, start + length)])
    # Two in place of one: three cuts share out what two of the least length and the gap leave.
    spare = span[1] - span[0] - gap - 2 * least
    before, first, second = np.round(np.sort(shares) * spare).astype(int).tolist()
    end = span[0] + first + least
    return [(span[0] + before, end), (end + gap, span[0] + second + 2 * least + gap)]


def _between(low: float, high: float, share: float) -> float:
    return low + share * (high - low)


def _possible_span(repetition: Repetition) -> tuple[float, float]:
    if repetition.exercise == "overhead_press":
        return 0.2, repetition.duration_s - 0.07
    times_s = np.arange(round(repetition.duration_s * FPS)) / FPS
    bent = times_s[progress(repetition, times_s) >= BENT]
    return float(bent[0]), float(bent[-1])


def _sample_interval(rng: np.random.Generator, first_s: float, last_s: float) -> tuple[float, float]:
    length_s = min(rng.uniform(SHORTEST_S, LONGEST_S), last_s - first_s)
    start_s = first_s + rng.random() * (last_s - length_s - first_s)
    return round(start_s * FPS) / FPS, round((start_s + length_s) * FPS) / FPS
