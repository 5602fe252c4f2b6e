"""
Files with the joints of a clip, `joints/<id>.npy` beside `videos/`. Simulated releases have them, the real one not.

Shape (T, 17, 3): T frames, the joints of [`~fitness_aqa_dataset.human36m.JOINTS`], three coordinates in metres: x to
the lifter's left, y forward, z up, origin on the floor between the ankles.
"""

from pathlib import Path

import numpy as np

from .human36m import JOINTS
from .problems import one_line

VIDEOS, JOINT_FOLDER = "videos", "joints"
MEND = "remove the file or simulate the release again"


def joints_path(video_path: str | Path) -> Path:
    """
    Where the joints of a clip lie, if it has any.

    Args:
        video_path (`str` or `Path`):
            The clip, `<…>/videos/<id>.mp4`; deeper in that folder, or in one that unpacking has doubled
            (`videos/videos`), it is the same.

    Returns:
        `Path`: `<…>/joints/<id>.npy`, in the folder that holds `videos`. It need not be there.
    """
    video_path = Path(video_path)
    of_videos = (folder for folder in video_path.parents if folder.name.casefold() == VIDEOS)
    folder = next(of_videos, video_path.parent)
    while folder.parent.name.casefold() == VIDEOS:
        folder = folder.parent
    return folder.parent / JOINT_FOLDER / f"{video_path.stem}.npy"


def save_joints(joints: np.ndarray, path: Path) -> None:
    """
    Write the joints of a clip, whole or not at all.

    Args:
        joints (`numpy.ndarray`):
            float32, shape (T, 17, 3), in metres.
        path (`Path`):
            The file, ending in `.npy`; its folder must be there.
    """
    partial = path.with_name(f".{path.stem}.partial.npy")
    np.save(partial, joints, allow_pickle=False)
    partial.replace(path)


def read_joints(video_path: str | Path, num_frames: int) -> np.ndarray | None:
    """
    Read the joints of a clip.

    Args:
        video_path (`str` or `Path`):
            The clip, see [`joints_path`].
        num_frames (`int`):
            Frames of the clip, at least 1.

    Returns:
        `numpy.ndarray`: float32, shape (num_frames, 17, 3), in metres; `None` if the clip has no such file.

    Raises:
        ValueError: If the file cannot be read or is damaged, if it holds anything but finite float32 of that shape.
    """
    path = joints_path(video_path)
    if not path.exists():
        return None
    wanted = f"float32 of shape ({num_frames}, {len(JOINTS)}, 3)"
    try:
        # Mapped, not read: a damaged header may claim more than fits into memory. Never opens a pickle.
        joints = np.lib.format.open_memmap(path, mode="r")
    except OSError as error:
        _refuse(path, f"cannot be read ({error.strerror})")
    except Exception:  # the file may hold anything, and headers are read by Python's own parser
        _refuse(path, f"damaged: expected an array of {wanted} as `numpy.save` writes it")
    if joints.dtype != np.float32 or joints.shape != (num_frames, len(JOINTS), 3):
        _refuse(path, f"expected {wanted} (frames of the clip, joints, metres), got {joints.dtype} of {joints.shape}")
    finite = np.isfinite(joints)
    if not finite.all():
        frame, joint = np.argwhere(~finite)[0, :2]
        _refuse(path, f"frame {frame}, {JOINTS[joint]}: expected finite metres, got {joints[frame, joint].tolist()}")
    return np.array(joints)


def _refuse(path: Path, what: str) -> None:
    raise ValueError(one_line(f"{path}: {what}; {MEND}"))
