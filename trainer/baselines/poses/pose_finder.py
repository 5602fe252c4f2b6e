"""Where a run's poses come from, by plain names of files and networks."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from accelerate import PartialState

from fitness_aqa_dataset.frames import Video
from trainer.baselines.poses.clip_poses import find_poses, normalise_poses, read_joints_beside
from trainer.baselines.poses.lifter_training import train_lifter
from trainer.baselines.poses.lifting import LiftingNetwork, load_lifter
from trainer.baselines.poses.vitpose import PoseEstimator


def poses_of(video: Video, pose_model: str | None, lifter: str) -> np.ndarray:
    """
    Poses of a clip: the joints that lie beside a simulated one, else what ViTPose and a lifting network find.

    Args:
        video (`Video`): The clip, see [`~fitness_aqa_dataset.frames.open_video`].
        pose_model (`str`, *optional*): ViTPose, a folder or a name on the Hub.
        lifter (`str`): Folder of a lifting network, see [`load_networks`].

    Returns:
        `np.ndarray`: float32, shape `(T, 17, 3)`, every frame, in torso lengths.

    Raises:
        ValueError: If the clip cannot be read, or there are no joints and no `pose_model`.
        OSError: If a network cannot be loaded, which is no clip's fault.
    """
    poses = read_joints_beside(video)
    if poses is None:  # without a `pose_model` it says what to do
        poses = find_poses(video, *(load_networks(pose_model, lifter) if pose_model else ()))
    return normalise_poses(poses)


@lru_cache(maxsize=1)
def load_networks(pose_model: str, lifter: str) -> tuple[PoseEstimator, LiftingNetwork]:
    """
    The networks that find poses in frames, loaded once; every process of several has to come here.

    Args:
        pose_model (`str`): ViTPose, a folder or a name on the Hub.
        lifter (`str`): Folder of a lifting network; where there is none the first process trains one, the others wait.

    Returns:
        `tuple[PoseEstimator, LiftingNetwork]`: For joints in the picture, and to lift them into space.

    Raises:
        OSError: If one cannot be loaded, or another run is writing the lifting network: no clip's fault.
    """
    try:
        estimator = PoseEstimator(pose_model)
        with PartialState().main_process_first():
            if not Path(lifter).exists():
                train_lifter(lifter)
        return estimator, load_lifter(lifter)
    except ValueError as error:  # of a clip it would be noted as its problem
        raise OSError(str(error)) from None
