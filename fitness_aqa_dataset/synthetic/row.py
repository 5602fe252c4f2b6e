"""The pose of a bent-over barbell row: one moment of it, with a straight or a rounded lower back."""

from dataclasses import dataclass

import numpy as np

from .body import Body
from .skeleton import SIDES, place_arms, place_bar, place_legs

SPINE = np.linspace(0.0, 1.0, 15)  # shares of the way from the pelvis to the neck
# Half the trunk's thickness in metres along the spine: hips, waist, chest, neck.
THICKNESS_M = np.interp(SPINE, [0.0, 0.25, 0.45, 0.8, 1.0], [0.105, 0.095, 0.105, 0.125, 0.065])
# A rounded back stands out most in its lower half, around the lumbar spine.
ROUNDING = SPINE**0.9 * (1 - SPINE) ** 1.5
ROUNDING /= ROUNDING.max()


@dataclass(frozen=True)
class Row:
    """
    One moment of a row.

    Args:
        trunk_angle (`float`): Of the line from hips to neck, in radians above horizontal.
        bulge_m (`float`): How far the lower back stands out from that line, in metres; 0 is straight.
        knee_reach (`float`): Distance of hips and ankles over the length of the straight leg.
        pull (`float`): 0 with hanging arms, 1 with the bar at the belly.
        tilt (`float`): Of the bar, in radians.
    """

    trunk_angle: float
    bulge_m: float
    knee_reach: float
    pull: float
    tilt: float


def row_joints(body: Body, row: Row) -> dict[str, np.ndarray]:
    """
    Pose of a row.

    Args:
        body (`Body`): The lifter.
        row (`Row`): The moment.

    Returns:
        `dict[str, numpy.ndarray]`: Positions in metres as `motion.joints` gives them, each (1, 3); and three slices
        of the trunk, `slice_0` to `slice_2` from the right to the left, each (1, 30, 3): outlines around the spine.
    """
    along = np.array([0.0, np.cos(row.trunk_angle), np.sin(row.trunk_angle)])
    outward = np.array([0.0, -along[2], along[1]])  # from the belly to the back
    # The farther the trunk leans, the farther back the hips, so that hands and feet stay below the shoulders.
    hip_y = -0.34 * body.torso * along[1] - 0.05
    reach = body.leg * row.knee_reach
    pelvis = np.array([[0.0, hip_y, body.ANKLE_HEIGHT + np.sqrt(reach**2 - hip_y**2)]])
    spine = pelvis + SPINE[:, None] * body.torso * along + (row.bulge_m * ROUNDING)[:, None] * outward
    neck = spine[-1:]
    shoulders = {
        f"shoulder_{s}": neck - along * 0.12 * body.torso + [k * body.shoulder_half_width, 0, 0] for s, k in SIDES
    }
    legs = place_legs(body, pelvis, np.zeros(1), np.full(1, 0.3))
    bar = _bar(body, row, shoulders["shoulder_l"] * [0, 1, 1], pelvis, along)
    wrists = {side: bar + [sign * body.grip_half_width, 0, 0] for side, sign in SIDES}
    arms = place_arms(body, shoulders, wrists, down=np.array([0.0, -1.0, 0.6]), flare=np.zeros(1))
    return {
        **legs,
        **shoulders,
        **arms,
        **place_bar(bar, np.full(1, row.tilt)),
        **_slices(body, spine),
        "pelvis": pelvis,
        "neck": neck,
        "head": neck + (along * 0.15 + np.array([0.0, 0.035, 0.035])) * body.height / 1.75,
    }


def _bar(body: Body, row: Row, shoulder: np.ndarray, pelvis: np.ndarray, along: np.ndarray) -> np.ndarray:
    """Middle of the bar (1, 3): between hanging straight below the shoulders and the belly."""
    arm = body.upper_arm + body.forearm
    drop = 0.985 * np.sqrt(arm**2 - (body.grip_half_width - body.shoulder_half_width) ** 2)
    hanging = shoulder - [0.0, 0.0, drop]
    belly = pelvis + along * 0.38 * body.torso + np.array([0.0, along[2], -along[1]]) * 0.15
    return hanging + (belly - hanging) * row.pull


def _slices(body: Body, spine: np.ndarray) -> dict[str, np.ndarray]:
    way = np.gradient(spine, axis=0)
    outward = np.stack([0 * way[:, 0], -way[:, 2], way[:, 1]], axis=1)
    outward *= (THICKNESS_M * body.girth)[:, None] / np.linalg.norm(outward, axis=1, keepdims=True)
    slices = {}
    for index, (share, thin) in enumerate(((-0.75, 0.86), (0.0, 1.0), (0.75, 0.86))):
        side = np.array([share * body.shoulder_half_width * 0.8, 0.0, 0.0])
        outline = np.concatenate([spine + outward * thin, (spine - outward * thin)[::-1]])
        slices[f"slice_{index}"] = (outline + side)[None]
    return slices
