"""
The lifter's motion: joint positions over time for a squat or an overhead press, with the four errors as deviations.

Axes: x to the lifter's left, y forward (the way the lifter looks), z up; metres; origin on the floor between
the ankles.
Shapes: T frames, 3 coordinates. A joint's name ends in `_l` or `_r` where there are two.

Each error is an envelope over time that is 0 outside its interval and above 0 inside it: outside the annotated
intervals the motion is bit for bit the motion without the error.
"""

from dataclasses import dataclass, field

import numpy as np

from .body import Body
from .skeleton import SIDES, place_arms, place_bar, place_legs, place_trunk

RAMP_S = 0.12


@dataclass(frozen=True)
class Repetition:
    """
    One repetition in one clip.

    Args:
        exercise (`str`): `"squat"` or `"overhead_press"`.
        duration_s (`float`): Length of the clip.
        start_s (`float`): When the lifter leaves the starting position.
        out_s, hold_s, back_s (`float`): Way out (down in a squat, up in a press), hold, way back.
        depth (`float`): Share of the full way, near 1.
        errors (`dict[str, list[tuple[float, float]]]`): Intervals in seconds by error label.
        strength (`dict[str, float]`): Size of each error's deviation, 1 is full.
        sway (`numpy.ndarray`): Amplitudes and phases of slow sway, shape (3, 3).
    """

    exercise: str
    duration_s: float
    start_s: float
    out_s: float
    hold_s: float
    back_s: float
    depth: float
    errors: dict
    strength: dict
    sway: np.ndarray = field(repr=False)


def minimum_jerk(x: np.ndarray) -> np.ndarray:
    """Smooth step from 0 to 1 over x in [0, 1], with zero speed and acceleration at both ends."""
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10 - 15 * x + 6 * x**2)


def progress(repetition: Repetition, times_s: np.ndarray) -> np.ndarray:
    """Share of the way (0 start, 1 squat bottom or press lockout) at each time, shape (T,), in [0, 1]."""
    out = minimum_jerk((times_s - repetition.start_s) / repetition.out_s)
    turn_s = repetition.start_s + repetition.out_s + repetition.hold_s
    return out - minimum_jerk((times_s - turn_s) / repetition.back_s)


def envelope(repetition: Repetition, label: str, times_s: np.ndarray) -> np.ndarray:
    """Size of an error at each time, shape (T,): 0 outside its intervals, up to `strength` inside, ramps of 0.12 s."""
    total = np.zeros_like(times_s)
    for start, end in repetition.errors.get(label, ()):
        rise = minimum_jerk((times_s - start) / RAMP_S)
        fall = minimum_jerk((end - times_s) / RAMP_S)
        total = np.maximum(total, np.minimum(rise, fall))
    return total * repetition.strength.get(label, 0.0)


def joints(body: Body, repetition: Repetition, times_s: np.ndarray) -> dict[str, np.ndarray]:
    """
    Pose at each time.

    Args:
        body (`Body`): The lifter.
        repetition (`Repetition`): The motion and its errors.
        times_s (`numpy.ndarray`): Seconds from the clip's start, shape (T,).

    Returns:
        `dict[str, numpy.ndarray]`: Positions in metres, each (T, 3): `ankle`, `heel`, `toe`, `knee`, `hip`,
        `shoulder`, `elbow`, `wrist` and `bar` (the bar's ends) with `_l` and `_r`, and `pelvis`, `neck`, `head`.
    """
    pose = _squat(body, repetition, times_s) if repetition.exercise == "squat" else _press(body, repetition, times_s)
    head = pose["neck"] + np.array([0.0, 0.03, 0.145]) * body.height / 1.75
    return {**pose, "head": head}


def _squat(body: Body, repetition: Repetition, times_s: np.ndarray) -> dict[str, np.ndarray]:
    forward = envelope(repetition, "knees_forward", times_s)
    inward = envelope(repetition, "knees_inward", times_s)
    depth = progress(repetition, times_s) * repetition.depth
    sway = _sway(repetition, times_s)
    # In a good squat the hips sit back; with the knees-forward error they drop straight down over the toes,
    # so that the shins tilt and the trunk stays upright.
    hip_y = -0.36 * body.leg * depth * (1 - forward) + 0.14 * body.leg * (1 - depth) * forward
    hip_z = body.ANKLE_HEIGHT + body.leg * (0.99 - 0.44 * depth)
    pelvis = np.stack([sway[:, 0], hip_y, hip_z], axis=1)
    lean = 0.10 + 0.62 * depth * (1 - forward) + 0.04 * forward + sway[:, 1]
    lower = place_legs(body, pelvis, inward, bend=depth)
    neck, trunk = place_trunk(body, pelvis, lean)
    # The bar lies on the upper back, the hands beside the shoulders, the elbows under the bar.
    bar = neck + body.torso * np.stack([0 * lean, -0.14 * np.cos(lean), -0.02 - 0.1 * np.sin(lean)], axis=1)
    wrists = {s: bar + [sign * body.grip_half_width, 0.03, 0.0] for s, sign in SIDES}
    arms = place_arms(body, trunk, wrists, down=np.array([0.0, -0.45, -1.0]), flare=np.zeros_like(lean))
    return {**lower, **trunk, **arms, **place_bar(bar, sway[:, 2]), "pelvis": pelvis, "neck": neck}


def _press(body: Body, repetition: Repetition, times_s: np.ndarray) -> dict[str, np.ndarray]:
    flare = envelope(repetition, "elbows", times_s)
    dip = envelope(repetition, "knees", times_s)
    sway = _sway(repetition, times_s)
    hip_z = body.ANKLE_HEIGHT + body.leg * (0.995 - 0.20 * dip)
    pelvis = np.stack([sway[:, 0], -0.06 * dip + 0.02, hip_z], axis=1)
    neck, trunk = place_trunk(body, pelvis, -0.04 + 0.03 * dip + sway[:, 1])
    lower = place_legs(body, pelvis, np.zeros_like(dip), bend=dip * 0.5)
    # Way of the bar from the collarbones to straight arms. Flared elbows cannot lock out: while the error lasts the
    # bar stays below 45 % of the way.
    way = progress(repetition, times_s) * repetition.depth
    way = way * (1 - flare) + np.minimum(way, 0.45) * flare
    reach = np.sqrt((body.upper_arm + body.forearm) ** 2 - (body.grip_half_width - body.shoulder_half_width) ** 2)
    shoulder_mid = (trunk["shoulder_l"] + trunk["shoulder_r"]) / 2
    rise = np.stack([0 * way, 0.17 - 0.15 * way, 0.02 + (reach * 0.985 - 0.02) * way], axis=1)
    bar = shoulder_mid + rise
    wrists = {s: bar + [sign * body.grip_half_width, -0.02, -0.02] for s, sign in SIDES}
    arms = place_arms(body, trunk, wrists, down=np.array([0.0, 0.35, -1.0]), flare=flare)
    return {**lower, **trunk, **arms, **place_bar(bar, sway[:, 2]), "pelvis": pelvis, "neck": neck}


def _sway(repetition: Repetition, times_s: np.ndarray) -> np.ndarray:
    amplitude, frequency_hz, phase = repetition.sway[:, :1], repetition.sway[:, 1:2], repetition.sway[:, 2:]
    return (amplitude * np.sin(2 * np.pi * frequency_hz * times_s + phase)).T
