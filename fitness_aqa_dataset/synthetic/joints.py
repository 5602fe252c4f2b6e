"""The simulated lifter's joints as Human3.6M orders them, and a file of them for each clip."""

from pathlib import Path

import numpy as np

from ..human36m import JOINTS
from ..joint_files import save_joints
from .clip import Clip

SIDES = {"left": "l", "right": "r"}


def human36m_joints(joints: dict[str, np.ndarray]) -> np.ndarray:
    """
    A simulated pose in the order of [`~fitness_aqa_dataset.human36m.JOINTS`].

    The simulated trunk is one straight bone from pelvis to neck: its upper end is the thorax, its middle the spine.
    `neck_nose` is the middle between thorax and head.

    Args:
        joints (`dict[str, numpy.ndarray]`):
            Positions by name, each (T, 3), in metres, as `motion.joints` gives them.

    Returns:
        `numpy.ndarray`: float32, shape (T, 17, 3), in metres; axes as in `motion`: x to the lifter's left, y forward,
        z up, origin on the floor between the ankles.
    """
    pelvis, thorax, head = joints["pelvis"], joints["neck"], joints["head"]
    middle = {
        "pelvis": pelvis,
        "spine": (pelvis + thorax) / 2,
        "thorax": thorax,
        "neck_nose": (thorax + head) / 2,
        "head": head,
    }
    at = [middle[name] if name in middle else _of_side(joints, name) for name in JOINTS]
    return np.stack(at, axis=1).astype(np.float32)


def write_joints(clip: Clip, path: Path) -> None:
    """Write the joints of a clip in every frame as `.npy`, whole or not at all; `joint_files` says what is in it."""
    save_joints(human36m_joints(clip.joints(clip.times_s)), path)


def _of_side(joints: dict[str, np.ndarray], name: str) -> np.ndarray:
    """`left_knee` is `knee_l`."""
    side, joint = name.split("_")
    return joints[f"{joint}_{SIDES[side]}"]
