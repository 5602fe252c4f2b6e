"""What a movement scientist would measure on the simulated lifter: angles in degrees, widths as ratios, per frame."""

import numpy as np

from .clip import Clip

QUANTITIES = ("knee_bend", "shin_tilt", "knee_gap", "elbow_gap", "trunk_lean", "bar_height", "hip_height")


def measure(clip: Clip, times_s: np.ndarray) -> dict[str, np.ndarray]:
    """
    Measure the lifter at the given times.

    Args:
        clip (`Clip`): The simulated clip.
        times_s (`numpy.ndarray`): Times in seconds, shape (T,).

    Returns:
        `dict[str, numpy.ndarray]`: Each (T,): `knee_bend` (degrees, 0 is a straight leg), `shin_tilt` (degrees
        forward of upright), `knee_gap` (distance of the knees over that of the ankles), `elbow_gap` (distance of the
        elbows over that of the hands), `trunk_lean` (degrees forward of upright), `bar_height` (bar above the
        shoulders, over the arm's length), `hip_height` (hips above the ankles, over the leg's length).
    """
    at = clip.joints(times_s)
    up = np.array([0.0, 0.0, 1.0])
    thigh, shin = at["knee_l"] - at["hip_l"], at["ankle_l"] - at["knee_l"]
    shoulders = (at["shoulder_l"] + at["shoulder_r"]) / 2
    bar = (at["bar_l"] + at["bar_r"]) / 2
    arm = clip.body.upper_arm + clip.body.forearm
    return {
        "knee_bend": _angle(thigh, shin),
        "shin_tilt": np.degrees(np.arctan2(-shin[:, 1], -shin @ up)),
        "knee_gap": _distance(at, "knee") / _distance(at, "ankle"),
        "elbow_gap": _distance(at, "elbow") / _distance(at, "wrist"),
        "trunk_lean": np.degrees(np.arctan2(*(at["neck"] - at["pelvis"])[:, 1:].T)),
        "bar_height": (bar - shoulders)[:, 2] / arm,
        "hip_height": (at["pelvis"] - at["ankle_l"])[:, 2] / clip.body.leg,
    }


def _distance(at: dict[str, np.ndarray], joint: str) -> np.ndarray:
    return np.linalg.norm(at[f"{joint}_l"] - at[f"{joint}_r"], axis=1)


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    cosine = (a * b).sum(axis=1) / (np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1))
    return np.degrees(np.arccos(np.clip(cosine, -1.0, 1.0)))
