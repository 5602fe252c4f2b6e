"""
Phases of a lift by the bar's height, and triplets of frames by phase.

A phase is the height's share of the way times 360°, as CVCSPC defines it (Parmar et al., ECCV 2022): 0° is the lowest,
360° the highest point of the clip, so these two are the farthest apart, not the same.
"""

from dataclasses import dataclass

import numpy as np

from trainer.baselines.self_supervision.bar import smooth_height

FULL_DEG = 360.0
# How far from the anchor's phase the negative's is.
NEGATIVE_DEG = (45.0, 50.0)
# How far from the anchor's phase the positive's may be; the paper has the same phase, and frames are apart.
TOLERANCE_DEG = 5.0


@dataclass(frozen=True)
class Triplet:
    """
    Where the frames of a triplet are.

    Args:
        anchor, negative (`int`): Indices in the anchor's clip.
        positive_clip (`int`): Another clip.
        positive (`int`): Index in that clip.
    """

    anchor: int
    positive_clip: int
    positive: int
    negative: int


def bar_phases(bar_y: np.ndarray) -> np.ndarray:
    """
    The phase of every frame of a clip.

    Args:
        bar_y (`numpy.ndarray`):
            y of the bar, pixels from the top, NaN where it was not seen, shape `(T,)`.

    Returns:
        `numpy.ndarray`: Degrees in [0, 360], float64, shape `(T,)`; NaN where the bar was not seen, and everywhere
        where it does not move.
    """
    unseen = np.isnan(np.asarray(bar_y, np.float64))
    height = smooth_height(bar_y)
    if height is None:
        return np.full(len(unseen), np.nan)
    return np.where(unseen, np.nan, height / height.max() * FULL_DEG)


def distinct_frames(phases: np.ndarray, step_deg: float) -> np.ndarray:
    """
    Frames without those in which the bar has hardly moved: it rests for most of a clip.

    Args:
        phases (`numpy.ndarray`):
            Degrees, NaN where not known, shape `(T,)`.
        step_deg (`float`):
            How far a frame's phase must be from the last one that stays.

    Returns:
        `numpy.ndarray`: Indices, in order, none with NaN.
    """
    kept = []
    for frame in np.flatnonzero(~np.isnan(phases)):
        if not kept or abs(phases[frame] - phases[kept[-1]]) >= step_deg:
            kept.append(frame)
    return np.array(kept, int)


def find_triplet(phases: list[np.ndarray], anchor_clip: int, rng: np.random.Generator) -> Triplet | None:
    """
    Draw a triplet: an anchor; a frame of another clip at the same phase; one of the anchor's own clip 45–50° away.

    Anchors are spread evenly over phases, not over time: of the frames that have a negative, the one nearest to a
    drawn phase. At 30 frames a second a bar moves by up to 35° from frame to frame, so not every frame has one. The
    positive is the nearest frame of the first clip, in drawn order, that has one within 5°; where no clip has, the
    next anchor is taken.

    Args:
        phases (`list[numpy.ndarray]`):
            Of each clip of one exercise, degrees, no NaN, shape `(T,)`; T may be 0.
        anchor_clip (`int`):
            Which of them the anchor is of.
        rng (`numpy.random.Generator`):
            Source of randomness.

    Returns:
        [`Triplet`] or `None`: `None` where the clip has no anchor with a negative and a positive, whatever is drawn.
    """
    own = phases[anchor_clip]
    away = np.abs(own[:, None] - own)
    is_negative = (away >= NEGATIVE_DEG[0]) & (away <= NEGATIVE_DEG[1])
    anchors = np.flatnonzero(is_negative.any(axis=1))
    anchors = anchors[np.argsort(np.abs(own[anchors] - rng.uniform(0, FULL_DEG)), kind="stable")]
    others = rng.permutation(len(phases))
    for anchor in anchors.tolist():
        for other in others[others != anchor_clip].tolist():
            positive = _nearest_frame(phases[other], own[anchor])
            if positive is not None:
                return Triplet(anchor, other, positive, int(rng.choice(np.flatnonzero(is_negative[anchor]))))
    return None


def _nearest_frame(phases: np.ndarray, phase: float) -> int | None:
    """Index of the frame nearest to a phase, if it is near enough to be the same."""
    differences = np.abs(phases - phase)
    if differences.min(initial=np.inf) > TOLERANCE_DEG:
        return None
    return int(differences.argmin())
