"""
From COCO's 17 keypoints, as ViTPose finds them, to the 17 joints of Human3.6M in the picture.

Shapes: T frames, K points, x and y in pixels (origin top left, y down). Left and right are the person's own.

COCO has no joints along the spine. Here, as in data made for 2D-to-3D lifting: `pelvis` is the middle of the hips,
`thorax` of the shoulders, `spine` of those two, `head` the mean of eyes and ears, and `neck_nose` the middle of thorax
and head. In space the simulated lifter's thorax lies a ninth of that way farther up, at the neck
([`~fitness_aqa_dataset.synthetic.joints.human36m_joints`]): the lifting network sees the one and learns the other.
"""

import numpy as np

from fitness_aqa_dataset.human36m import JOINTS

COCO_KEYPOINTS = ("nose", "left_eye", "right_eye", "left_ear", "right_ear")
COCO_KEYPOINTS += tuple(
    f"{side}_{joint}" for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle") for side in ("left", "right")
)
# What a head is the mean of; the nose sticks out of it.
FACE = COCO_KEYPOINTS[1:5]
# Height of ViTPose's heatmap at the point, at most about 1. A usual threshold for drawing a point.
LEAST_CONFIDENCE = 0.3


def human36m_keypoints(
    keypoints: np.ndarray,
    confidence: np.ndarray,
    name: str = "this clip",
    least_confidence: float = LEAST_CONFIDENCE,
) -> np.ndarray:
    """
    The joints of Human3.6M in the picture, every one in every frame.

    A point that is not seen in a frame lies on the line between where it was seen before and after, at the clip's ends
    where it was seen next. Eyes and ears that are in no frame seen are left out of the head, as long as one is.

    Args:
        keypoints (`numpy.ndarray`):
            In the order of `COCO_KEYPOINTS`, in pixels, shape (T, 17, 2).
        confidence (`numpy.ndarray`):
            Shape (T, 17).
        name (`str`, *optional*, defaults to `"this clip"`):
            What to call the clip in an error message.
        least_confidence (`float`, *optional*, defaults to 0.3):
            A point below it is not seen.

    Returns:
        `numpy.ndarray`: float32, shape (T, 17, 2), in pixels, in the order of
        [`~fitness_aqa_dataset.human36m.JOINTS`].

    Raises:
        ValueError: If a joint is seen in no frame.
    """
    is_seen = confidence >= least_confidence
    is_ever_seen = dict(zip(COCO_KEYPOINTS, is_seen.any(axis=0).tolist(), strict=True))
    face = [point for point in FACE if is_ever_seen[point]]
    missing = [point for point in COCO_KEYPOINTS[5:] if not is_ever_seen[point]]
    missing += [] if face else ["head (eyes and ears)"]
    if missing:
        raise ValueError(
            f"{name}: {', '.join(missing)} seen in none of {len(keypoints)} frames with a confidence of "
            f"{least_confidence:g} or more. A pose needs each joint once at least: show the whole lifter, or leave "
            "the clip out."
        )
    columns = [COCO_KEYPOINTS.index(point) for point in (*face, *COCO_KEYPOINTS[5:])]
    filled = interpolate_unseen(keypoints[:, columns], is_seen[:, columns])
    at = dict(zip(COCO_KEYPOINTS[5:], filled[:, len(face) :].swapaxes(0, 1), strict=True))
    at["head"] = filled[:, : len(face)].mean(axis=1)
    # what COCO lacks is set from the rest
    joints = np.stack([at.get(joint, np.zeros_like(at["head"])) for joint in JOINTS], axis=1)
    return derive_middle_joints(joints).astype(np.float32)


def interpolate_unseen(points: np.ndarray, is_seen: np.ndarray) -> np.ndarray:
    """
    Fill in points over time, on straight lines between the frames where they are seen.

    Args:
        points (`numpy.ndarray`):
            Shape (T, K, 2); those that are not seen may be anything.
        is_seen (`numpy.ndarray`):
            bool, shape (T, K), each point in one frame at least.

    Returns:
        `numpy.ndarray`: float64, shape (T, K, 2); what is seen stays as it is.
    """
    frames, filled = np.arange(len(points)), np.empty(points.shape)
    for point, axis in np.ndindex(points.shape[1:]):
        seen = is_seen[:, point]
        filled[:, point, axis] = np.interp(frames, frames[seen], points[seen, point, axis])
    return filled


def derive_middle_joints(joints: np.ndarray) -> np.ndarray:
    """
    Put the joints between others where a picture's keypoints have them.

    Args:
        joints (`numpy.ndarray`):
            In the order of [`~fitness_aqa_dataset.human36m.JOINTS`], shape (..., 17, 2); of the limbs and the head.

    Returns:
        `numpy.ndarray`: The same with `pelvis`, `spine`, `thorax` and `neck_nose` set from them.
    """
    at = dict(zip(JOINTS, np.moveaxis(joints, -2, 0), strict=True))
    at["pelvis"] = (at["left_hip"] + at["right_hip"]) / 2
    at["thorax"] = (at["left_shoulder"] + at["right_shoulder"]) / 2
    at["spine"] = (at["pelvis"] + at["thorax"]) / 2
    at["neck_nose"] = (at["thorax"] + at["head"]) / 2
    return np.stack(list(at.values()), axis=-2)
