"""
The lifter's skeleton: where joints are, given the pelvis, the trunk and the hands. Bones keep their lengths.

Axes and shapes as in `motion`. Each function gives joints by name, ending in `_l` or `_r`.
"""

import numpy as np

from .body import Body

SIDES = (("l", 1.0), ("r", -1.0))


def place_legs(body: Body, pelvis: np.ndarray, inward: np.ndarray, bend: np.ndarray) -> dict[str, np.ndarray]:
    """
    Legs on a fixed stance.

    Args:
        body (`Body`): The lifter.
        pelvis (`numpy.ndarray`): Middle of the hips in metres, shape (T, 3).
        inward (`numpy.ndarray`): How far the knees fall in, shape (T,), 0 not at all to 1 nearly touching.
        bend (`numpy.ndarray`): Share of a deep bend, shape (T,); a bending knee moves out over the toes.

    Returns:
        `dict[str, numpy.ndarray]`: `hip`, `knee`, `ankle`, `toe` and `heel`, each (T, 3), in metres.
    """
    parts = {}
    straight = (body.hip_half_width + body.ankle_half_width) / 2
    tracking = straight + (body.knee_half_width - straight) * np.minimum(1.0, bend / 0.5)
    target = tracking + (0.055 * body.girth - tracking) * inward
    for side, sign in SIDES:
        ankle = np.broadcast_to([sign * body.ankle_half_width, 0.0, body.ANKLE_HEIGHT], pelvis.shape)
        hip = pelvis + [sign * body.hip_half_width, 0.0, 0.0]
        knee = _knee(hip, ankle, body, sign * target)
        toe_way = np.array([sign * np.sin(body.toe_out), np.cos(body.toe_out), 0.0])
        foot = body.height * 0.115
        parts |= {
            f"hip_{side}": hip,
            f"knee_{side}": knee,
            f"ankle_{side}": ankle,
            f"toe_{side}": ankle * [1, 1, 0] + toe_way * foot + [0, 0, 0.025],
            f"heel_{side}": ankle * [1, 1, 0] - toe_way * foot * 0.35 + [0, 0, 0.03],
        }
    return parts


def place_trunk(body: Body, pelvis: np.ndarray, lean: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """
    A straight trunk on the pelvis (T, 3), leaning forward by `lean` (T,) radians: the neck, and the two shoulders.
    """
    up = np.stack([0 * lean, np.sin(lean), np.cos(lean)], axis=1)
    neck = pelvis + body.torso * up
    drop = up * 0.10 * body.torso
    return neck, {f"shoulder_{s}": neck - drop + [sign * body.shoulder_half_width, 0, 0] for s, sign in SIDES}


def place_arms(body: Body, trunk: dict, wrists: dict, down: np.ndarray, flare: np.ndarray) -> dict[str, np.ndarray]:
    """
    Arms between the shoulders and the hands.

    Args:
        body (`Body`): The lifter.
        trunk (`dict[str, numpy.ndarray]`): `shoulder_l` and `shoulder_r`, each (T, 3), in metres.
        wrists (`dict[str, numpy.ndarray]`): The hands by side, `l` and `r`, each (T, 3).
        down (`numpy.ndarray`): Where elbows point, shape (3,).
        flare (`numpy.ndarray`): 0 to 1, shape (T,): flared elbows swing out to the sides, up to 80 degrees.

    Returns:
        `dict[str, numpy.ndarray]`: `wrist` and `elbow` of both sides, each (T, 3), in metres.
    """
    parts = {}
    angle = np.deg2rad(80) * flare[:, None]
    for side, sign in SIDES:
        shoulder, wrist = trunk[f"shoulder_{side}"], wrists[side]
        toward = np.cos(angle) * down / np.linalg.norm(down) + np.sin(angle) * np.array([sign, 0.0, 0.0])
        center, radius, axis = _joint_circle(shoulder, wrist, body.upper_arm, body.forearm)
        way = toward - (toward * axis).sum(axis=1, keepdims=True) * axis
        elbow = center + radius * way / np.linalg.norm(way, axis=1, keepdims=True)
        parts |= {f"wrist_{side}": wrist, f"elbow_{side}": elbow}
    return parts


def place_bar(middle: np.ndarray, tilt: np.ndarray) -> dict[str, np.ndarray]:
    """Ends of the bar around its `middle` (T, 3), higher at the left by `tilt` (T,) radians (small)."""
    half = 0.80
    return {f"bar_{s}": middle + sign * half * np.stack([1 + 0 * tilt, 0 * tilt, tilt], axis=1) for s, sign in SIDES}


def _joint_circle(start: np.ndarray, end: np.ndarray, upper: float, lower: float) -> tuple[np.ndarray, ...]:
    """Where the middle joint of a two-bone limb can be: center (T, 3), radius (T, 1) and axis (T, 3) of a circle."""
    axis = end - start
    distance = np.linalg.norm(axis, axis=1, keepdims=True)
    # A limb never straightens wholly: the rounding would let the joint jump.
    reachable = np.minimum(distance, (upper + lower) * 0.9995)
    axis = axis / distance
    along = (reachable**2 + upper**2 - lower**2) / (2 * reachable)
    return start + axis * along, np.sqrt(np.maximum(upper**2 - along**2, 1e-8)), axis


def _knee(hip: np.ndarray, ankle: np.ndarray, body: Body, target_x: np.ndarray) -> np.ndarray:
    """Knee, shape (T, 3), in front of the leg's axis, at the lateral position `target_x` (T,) or as near as it can."""
    center, radius, axis = _joint_circle(hip, ankle, body.thigh, body.shank)
    lateral = np.array([1.0, 0.0, 0.0]) - axis[:, :1] * axis
    lateral /= np.linalg.norm(lateral, axis=1, keepdims=True)
    front = np.cross(axis, lateral)
    front *= np.sign(front[:, 1:2])
    sine = np.clip((target_x[:, None] - center[:, :1]) / (radius * lateral[:, :1]), -0.995, 0.995)
    return center + radius * (sine * lateral + np.sqrt(1 - sine**2) * front)
