"""
From a clip to the frames a model sees: which frames, when they are, and the sentence that says so.

Shapes: T frames, 3 colours (RGB), H rows, W columns.
"""

import re
from os import PathLike

import numpy as np
import torch
import torchcodec
from torchcodec.decoders import VideoDecoder
from torchvision.transforms import v2

Video = VideoDecoder | str | PathLike | bytes | dict


def open_video(video: Video, name: str | None = None) -> VideoDecoder:
    """
    Open a clip for decoding on one thread, so that data loader workers do not fight for cores.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`):
            A decoder (returned as it is), a file, the file's bytes, or what `datasets.Video(decode=False)` gives:
            `{"bytes": bytes or None, "path": str or None}`.
        name (`str`, *optional*):
            What to call the clip in an error message. Defaults to its path.

    Returns:
        `VideoDecoder`: With exact frame positions: the whole file has been scanned, nothing decoded.

    Raises:
        ValueError: If FFmpeg is not installed, or the clip is not a video that FFmpeg can open.
    """
    if isinstance(video, VideoDecoder):
        return video
    if isinstance(video, dict):
        name = name or video["path"]
        video = video["path"] if video["bytes"] is None else video["bytes"]
    if torchcodec.ffmpeg_major_version is None:
        raise ValueError(
            "FFmpeg's libraries were not found, so no clip can be decoded. "
            "Install FFmpeg 4 to 9 (Debian, Ubuntu: `apt-get install ffmpeg`) and start again."
        )
    try:
        return VideoDecoder(video, num_ffmpeg_threads=1, seek_mode="exact")
    except (RuntimeError, ValueError) as error:  # the latter for a file with sound only
        raise ValueError(_unreadable(name or _name_of(video), error)) from None


def sample_frames(
    video: Video, num_frames: int, size: tuple[int, int] | None = None
) -> tuple[torch.Tensor, list[float], float]:
    """
    Decode frames spread uniformly over a clip, the first and the last one included, in one torchcodec call.

    The frame indices are `linspace(0, n - 1, num_frames)` truncated to integers, as LLaVA-Video's own loader does
    (`process_video_with_decord` in https://github.com/LLaVA-VL/LLaVA-NeXT/blob/main/llava/utils.py). A clip with
    fewer frames than asked for gives some of them more than once.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`):
            The clip, see [`open_video`].
        num_frames (`int`):
            Frames to return, at least 1.
        size (`tuple[int, int]`, *optional*):
            Height and width to resize to, in pixels, aspect ratio not kept (bicubic with antialiasing, on uint8).
            Defaults to the clip's own size.

    Returns:
        `tuple[torch.Tensor, list[float], float]`: The frames (RGB, uint8 in [0, 255], shape `(num_frames, 3, H, W)`,
        on the CPU), the time of each (index / average frame rate, in seconds), and the duration of the clip (number
        of frames / average frame rate, in seconds).

    Raises:
        ValueError: If `num_frames` is below 1, or the clip cannot be opened or decoded.
    """
    if num_frames < 1:
        raise ValueError(f"`num_frames` must be at least 1, got {num_frames}.")
    decoder = open_video(video)
    indices = np.linspace(0, len(decoder) - 1, num_frames).astype(int).tolist()
    try:
        frames_TCHW = decoder.get_frames_at(indices).data
    except (RuntimeError, IndexError) as error:
        raise ValueError(_unreadable(_name_of(video), error)) from None
    if size is not None:
        frames_TCHW = v2.functional.resize(
            frames_TCHW, list(size), interpolation=v2.InterpolationMode.BICUBIC, antialias=True
        )
    fps = decoder.metadata.average_fps
    return frames_TCHW, [index / fps for index in indices], len(decoder) / fps


def time_instruction(duration_s: float, times_s: list[float]) -> str:
    """
    The sentence that tells a LLaVA-Video model when its frames were taken, to the letter as it was trained with it
    (no blank after the commas, none after the last full stop).

    Args:
        duration_s (`float`):
            Length of the clip, in seconds.
        times_s (`list[float]`):
            Time of each frame, in seconds from the start of the clip.

    Returns:
        `str`: `The video lasts for 3.10 seconds, and 8 frames are uniformly sampled from it. These frames are …`
    """
    times = ",".join(f"{time_s:.2f}s" for time_s in times_s)
    return (
        f"The video lasts for {duration_s:.2f} seconds, and {len(times_s)} frames are uniformly sampled from it. "
        f"These frames are located at {times}.Please answer the following questions related to this video."
    )


def _name_of(video: Video) -> str:
    """A clip's name in messages; bytes and open decoders may have none."""
    if isinstance(video, VideoDecoder):  # `datasets` notes the path of the decoders it opens
        return getattr(video.metadata, "path", None) or "this clip"
    if isinstance(video, dict):
        return video["path"] or "this clip"
    return "this clip" if isinstance(video, bytes) else str(video)


def _unreadable(name: str, error: Exception) -> str:
    # torchcodec puts the place in its C++ source before the reason, and advice to its own developers after it
    reason = re.sub(r"^.*\.cpp:\d+, ", "", str(error)).splitlines()[0].strip(" .")
    return (
        f"{name}: not a video that FFmpeg can decode ({reason}). "
        "The file is damaged, cut short or something else: unpack or download it again."
    )
