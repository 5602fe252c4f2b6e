"""
The poses of a clip, wherever they come from, in one unit.

Shapes: T frames (every one of the clip), 17 joints in the order of [`~fitness_aqa_dataset.human36m.JOINTS`], x to the
lifter's left, y forward, z up, origin between the ankles.
"""

from os import PathLike

import numpy as np

from fitness_aqa_dataset.frame_chunks import frame_chunks
from fitness_aqa_dataset.frames import Video, open_video
from fitness_aqa_dataset.joint_files import read_joints
from trainer.baselines.poses.coco import human36m_keypoints
from trainer.baselines.poses.lifting import PELVIS, THORAX, LiftingNetwork
from trainer.baselines.poses.vitpose import PoseEstimator


def find_poses(
    video: Video, estimator: PoseEstimator | None = None, lifter: LiftingNetwork | None = None
) -> np.ndarray:
    """
    The poses of a clip: the joints that lie beside it, else what the networks make of its frames.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`):
            The clip, see [`~fitness_aqa_dataset.frames.open_video`].
        estimator ([`PoseEstimator`], *optional*):
            Finds joints in the picture.
        lifter ([`LiftingNetwork`], *optional*):
            Lifts them into space.

    Returns:
        `numpy.ndarray`: float32, shape (T, 17, 3): joints of a simulated clip in metres, lifted ones in torso lengths;
        [`normalise_poses`] makes them alike.

    Raises:
        ValueError: If there are no joints beside the clip and a network is missing, the clip cannot be decoded, or a
            joint is seen in none of its frames.
    """
    joints = read_joints_beside(video)
    if joints is not None:
        return joints
    if estimator is None or lifter is None:
        raise ValueError(
            f"{_name_of(video)}: no joints lie beside this clip, as beside a simulated one, and so its poses must be "
            "found. Give `pose_model`, a folder or a name on the Hub (usyd-community/vitpose-base-simple); the "
            "lifting network is trained by `python -m trainer.baselines.poses.lifter_training`."
        )
    return estimate_poses(video, estimator, lifter)


def read_joints_beside(video: Video) -> np.ndarray | None:
    """
    The joints of a simulated clip.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`): The clip.

    Returns:
        `numpy.ndarray`: float32, shape (T, 17, 3), in metres; `None` if the clip is no file or has none beside it.

    Raises:
        ValueError: If the clip cannot be opened, or the file of its joints is damaged or another clip's.
    """
    if isinstance(video, dict):  # bytes come from a Parquet file, and their path is only a name
        video = None if video["bytes"] is not None else video["path"]
    if not isinstance(video, (str, PathLike)):
        return None
    return read_joints(video, len(open_video(video)))


def estimate_poses(video: Video, estimator: PoseEstimator, lifter: LiftingNetwork) -> np.ndarray:
    """
    Find the poses of a real clip in its frames.

    Args:
        video, estimator, lifter: See [`find_poses`].

    Returns:
        `numpy.ndarray`: float32, shape (T, 17, 3), in torso lengths.

    Raises:
        ValueError: If the clip cannot be decoded, or a joint is seen in none of its frames.
    """
    name = _name_of(video)
    decoder = open_video(video)
    decoder.metadata.path = name  # so that damage behind the header is reported with its file's name too
    keypoints, confidence = [], []
    for frames, _ in frame_chunks(decoder):
        for found, part in zip((keypoints, confidence), estimator(frames), strict=True):
            found.append(part)
    seen = human36m_keypoints(np.concatenate(keypoints), np.concatenate(confidence), name)
    return lifter.lift(seen, name)


def normalise_poses(poses: np.ndarray) -> np.ndarray:
    """
    Poses in torso lengths, as the pose graph takes them. The graph looks at lengths and angles, so that where the
    lifter stands does not matter, and all frames share a scale, so that nobody shrinks by bending.

    Args:
        poses (`numpy.ndarray`): Shape (T, 17, 3), in any unit.

    Returns:
        `numpy.ndarray`: float32, shape (T, 17, 3); pelvis and thorax are 1 apart in the mean over the clip.

    Raises:
        ValueError: If pelvis and thorax are in one place.
    """
    torso = np.linalg.norm(poses[:, THORAX] - poses[:, PELVIS], axis=1).mean()
    if torso == 0:
        raise ValueError(
            "pelvis and thorax are in one place in every frame, so that the poses have no scale. Expected the joints "
            "of a body, shape (T, 17, 3)."
        )
    return (poses / torso).astype(np.float32)


def _name_of(video: Video) -> str:
    """A clip's name in messages; bytes and open decoders may have none."""
    if isinstance(video, dict):
        return video["path"] or "this clip"
    return str(video) if isinstance(video, (str, PathLike)) else "this clip"
