"""
What callers give as a video or an image, as frames: RGB, uint8 in [0, 255], shape (T, 3, H, W).

Shapes: T frames, 3 colours, H rows, W columns.
"""

from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError


def list_videos(videos: Any) -> list:
    """
    Flatten what a call or a batch of conversations holds into single videos, in their order.

    Args:
        videos (`Any`):
            One video as [`read_video`] takes it, an array or tensor of 5 dimensions (a batch of videos), or lists of
            those, nested as they like. A list of images, or of arrays of 3 dimensions, is one video.

    Returns:
        `list`: Videos for [`read_video`], which says what is none.
    """
    if isinstance(videos, (list, tuple)):
        if videos and _is_frame(videos[0]):
            return [videos]
        return [video for part in videos for video in list_videos(part)]
    if isinstance(videos, (np.ndarray, torch.Tensor)) and videos.ndim == 5:
        return list(videos)
    return [videos]


def sample_indices(total_num_frames: int, num_frames: int | None) -> list[int]:
    """
    Which frames of a video are shown: spread uniformly, the first and the last included, as LLaVA-Video's own loader
    does (`process_video_with_decord` in https://github.com/LLaVA-VL/LLaVA-NeXT/blob/main/llava/utils.py).

    Args:
        total_num_frames (`int`):
            Frames that there are.
        num_frames (`int`, *optional*):
            Frames to take, at least 1; of a shorter video some are taken more than once. `None` takes every frame.

    Returns:
        `list[int]`: Indices of the frames, `linspace(0, total_num_frames - 1, num_frames)` truncated to integers.

    Raises:
        ValueError: If `num_frames` is less than 1.
    """
    if num_frames is None:
        return list(range(total_num_frames))
    if num_frames < 1:
        raise ValueError(f"num_frames must be at least 1, got {num_frames}. Leave it out to take every frame.")
    return np.linspace(0, total_num_frames - 1, num_frames).astype(int).tolist()


def read_video(video: Any, num_frames: int | None = None) -> torch.Tensor:
    """
    Frames of one video.

    Args:
        video (`torch.Tensor`, `np.ndarray`, `PIL.Image.Image`, `list`, `str`, `PathLike` or `VideoDecoder`):
            Frames, uint8, shape `(T, 3, H, W)` or `(T, H, W, 3)` (where both fit, a tensor is taken for the first, an
            array for the second); a list of images of one size, which may be PIL images of any mode; one image, which
            is a video of one frame; a file; or a decoder of torchcodec.
        num_frames (`int`, *optional*):
            Frames to take, see [`sample_indices`]. A still image stays one frame. Defaults to all.

    Returns:
        `torch.Tensor`: RGB, uint8 in [0, 255], shape `(T, 3, H, W)`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be decoded, or shape or type is another one.
    """
    if is_on_disk(video):
        return decode_video(video, num_frames)[0]
    if isinstance(video, (list, tuple)):
        frames = [np.asarray(frame.convert("RGB") if isinstance(frame, Image.Image) else frame) for frame in video]
        if len({frame.shape for frame in frames}) != 1:
            shapes = ", ".join(sorted({str(frame.shape) for frame in frames})) or "no frame at all"
            raise ValueError(f"the frames of a video must have one size, got {shapes}. Resize them first.")
        stacked = np.stack(frames)
        video = torch.from_numpy(stacked) if isinstance(video[0], torch.Tensor) else stacked
    elif isinstance(video, Image.Image):
        video = np.asarray(video.convert("RGB"))
    frames = _channels_first(video)
    return frames if len(frames) == 1 else frames[sample_indices(len(frames), num_frames)]


def decode_video(video: Any, num_frames: int | None = None) -> tuple[torch.Tensor, list[float], float]:
    """
    Decode frames of a file; no other frame is decoded.

    Args:
        video (`str`, `PathLike` or `VideoDecoder`):
            A file, or a decoder of torchcodec.
        num_frames (`int`, *optional*):
            Frames to take, see [`sample_indices`].

    Returns:
        `tuple[torch.Tensor, list[float], float]`: Frames as of [`read_video`], the time of each (index / average frame
        rate, in seconds) and the duration (frames / average frame rate, in seconds).

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it cannot be decoded.
    """
    name = str(video) if _is_file(video) else "this VideoDecoder"
    try:
        decoder = _open(video) if _is_file(video) else video
        indices = sample_indices(len(decoder), num_frames)
        frames = decoder.get_frames_at(indices).data
    except (RuntimeError, IndexError) as error:
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"{name}: not a video that FFmpeg can decode ({reason}). Give a whole video file, or frames."
        ) from None
    fps = decoder.metadata.average_fps
    return _channels_first(frames), [index / fps for index in indices], len(decoder) / fps


def read_image(image: Any) -> torch.Tensor:
    """
    A still image as a video of one frame.

    Args:
        image (`torch.Tensor`, `np.ndarray`, `PIL.Image.Image`, `str` or `PathLike`):
            Pixels, uint8, shape `(3, H, W)` or `(H, W, 3)`, a PIL image of any mode, or a file.

    Returns:
        `torch.Tensor`: RGB, uint8 in [0, 255], shape `(1, 3, H, W)`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no image, or shape or type is another one.
    """
    if not _is_file(image):
        return read_video(image)
    _check_file(image)
    try:
        with Image.open(image) as opened:
            return read_video(opened)
    except UnidentifiedImageError:
        raise ValueError(f"{image}: not an image that Pillow can read. Give a JPEG or PNG file, or pixels.") from None


def is_on_disk(video: Any) -> bool:
    """Whether a video is a path or a decoder and not frames in memory."""
    return _is_file(video) or hasattr(video, "get_frames_at")  # not by class: this has to work without torchcodec


def _is_file(video: Any) -> bool:
    return isinstance(video, (str, PathLike))


def _is_frame(item: Any) -> bool:
    return isinstance(item, Image.Image) or (isinstance(item, (np.ndarray, torch.Tensor)) and item.ndim == 3)


def _check_file(path: str | PathLike) -> None:
    if not Path(path).is_file():
        raise FileNotFoundError(f"{path}: no such file. Give the path of a file on this machine.")


def _open(path: str | PathLike) -> Any:
    _check_file(path)
    try:  # `try` also keeps torchcodec from being a requirement of the published code
        from torchcodec.decoders import VideoDecoder
    except ImportError as error:
        raise ValueError(f"{path}: reading it needs torchcodec ({error}). Install it, or give frames.") from None
    try:
        # One thread: the workers of a data loader would fight for cores.
        return VideoDecoder(path, num_ffmpeg_threads=1, seek_mode="exact")
    except ValueError as error:  # a file with sound only
        raise RuntimeError(str(error)) from None


def _channels_first(video: np.ndarray | torch.Tensor) -> torch.Tensor:
    """Frames of 3 or 4 dimensions as (T, 3, H, W), checked."""
    if not isinstance(video, (np.ndarray, torch.Tensor)):
        raise ValueError(
            f"a video must be frames (tensor, array or list of images), a path or a VideoDecoder, got {type(video)}."
        )
    shape = (1, *video.shape) if video.ndim == 3 else tuple(video.shape)
    if len(shape) != 4 or 3 not in (shape[1], shape[3]) or 0 in shape:
        raise ValueError(
            f"frames must have the shape (frames, 3, H, W) or (frames, H, W, 3), got {tuple(video.shape)}. "
            "Convert grey frames, or frames with transparency, to RGB."
        )
    frames = torch.from_numpy(np.require(video, requirements=["C", "W"])) if isinstance(video, np.ndarray) else video
    if frames.dtype != torch.uint8:
        raise ValueError(f"frames must be uint8 in [0, 255], got {frames.dtype}. Give them as they were decoded.")
    frames = frames.reshape(shape)
    channels_last = shape[1] != 3 or (isinstance(video, np.ndarray) and shape[3] == 3)
    return frames.permute(0, 3, 1, 2) if channels_last else frames
