"""Random choices of a simulated clip: tempo, errors and their intervals, each independent of the clip's look."""

import numpy as np

from ..taxonomy import ERRORS
from .motion import Repetition, progress

FPS = 30
# Short against the clip and anywhere in it: no constant interval overlaps well with most of them.
SHORTEST_S, LONGEST_S = 0.75, 1.1
# Errors of a squat need bent knees: no knee falls in or shoots forward on a straight leg.
BENT = 0.45


def sample_repetition(rng: np.random.Generator, exercise: str, error_rate: float = 0.45) -> Repetition:
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

    Returns:
        `Repetition`: Clip of 1.4 to 6.0 s, 3.7 s in the middle (the release: 3.6 s), times on the grid of 1/30 s.
    """
    out_s, hold_s, back_s = rng.uniform(0.5, 0.8), rng.uniform(0.2, 1.2), rng.uniform(0.5, 0.8)
    start_s, rest_s = rng.uniform(0.1, 2.4), rng.uniform(0.1, 0.8)
    duration_s = round((start_s + out_s + hold_s + back_s + rest_s) * FPS) / FPS
    labels = ERRORS[exercise]
    present = {label: rng.random() < error_rate for label in labels}
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
    repetition.errors.update({label: intervals[label] for label in labels if present[label]})
    return repetition


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
