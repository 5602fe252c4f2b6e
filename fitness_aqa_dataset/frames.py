"""
From a clip to the frames a model sees: which frames, when they are, and the sentence that says so.

Shapes: T frames, 3 colours (RGB), H rows, W columns.
"""

import re
from math import ceil, floor
from os import PathLike

import numpy as np
import torch
import torchcodec
from torchcodec.decoders import VideoDecoder
from torchvision.transforms import v2

Video = VideoDecoder | str | PathLike | bytes | dict

# A time that was written as index / frame rate still means that frame.
ROUNDING = 1e-6


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
    video: Video,
    num_frames: int | None = None,
    size: tuple[int, int] | None = None,
    start_s: float = 0.0,
    end_s: float | None = None,
    fps: float | None = None,
) -> tuple[torch.Tensor, list[float], float]:
    """
    Decode frames of a clip, or of a part of it, in one torchcodec call: no other frame is decoded.

    The part's frames are those with a time in `[start_s, end_s]`. From them

    - `num_frames` takes as many, spread uniformly, the first and the last included: the indices are
      `linspace(first, last, num_frames)` truncated to integers, as LLaVA-Video's own loader does
      (`process_video_with_decord` in https://github.com/LLaVA-VL/LLaVA-NeXT/blob/main/llava/utils.py). A part with
      fewer frames gives some of them more than once;
    - `fps` takes the first, and then the one that is on screen (the last that has begun) every `1 / fps` seconds;
    - neither takes every frame.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`):
            The clip, see [`open_video`].
        num_frames (`int`, *optional*):
            Frames to return, at least 1. Not together with `fps`.
        size (`tuple[int, int]`, *optional*):
            Height and width to resize to, in pixels, aspect ratio not kept (bicubic with antialiasing, on uint8).
            Defaults to the clip's own size.
        start_s (`float`, *optional*, defaults to `0.0`):
            Start of the part, in seconds from the start of the clip.
        end_s (`float`, *optional*):
            End of the part, in seconds from the start of the clip, included; up to a frame behind the clip's end.
            Defaults to the clip's end.
        fps (`float`, *optional*):
            Frames to take a second, at most the clip's average frame rate. Not together with `num_frames`.

    Returns:
        `tuple[torch.Tensor, list[float], float]`: The frames (RGB, uint8 in [0, 255], shape `(T, 3, H, W)`, on the
        CPU), the time of each on the clip's clock (index / average frame rate, in seconds, whatever the part), and the
        duration of the whole clip (number of frames / average frame rate, in seconds).

    Raises:
        ValueError: If `num_frames` or `fps` is out of range or both are given, the part does not lie inside the clip
            or holds no frame, or the clip cannot be opened or decoded.
    """
    if num_frames is not None and fps is not None:
        raise ValueError(f"give `num_frames` or `fps`, not both (got {num_frames} and {fps}).")
    if num_frames is not None and num_frames < 1:
        raise ValueError(f"`num_frames` must be at least 1, got {num_frames}.")
    decoder = open_video(video)
    clip_fps = decoder.metadata.average_fps
    first, last = _part(_name_of(video), len(decoder), clip_fps, start_s, end_s)
    if num_frames is not None:
        indices = np.linspace(first, last, num_frames).astype(int).tolist()
    elif fps is not None:
        indices = _indices_at_rate(_name_of(video), first, last, clip_fps, fps)
    else:
        indices = list(range(first, last + 1))
    try:
        frames_TCHW = decoder.get_frames_at(indices).data
    except (RuntimeError, IndexError) as error:
        raise ValueError(_unreadable(_name_of(video), error)) from None
    if size is not None:
        frames_TCHW = v2.functional.resize(
            frames_TCHW, list(size), interpolation=v2.InterpolationMode.BICUBIC, antialias=True
        )
    return frames_TCHW, [index / clip_fps for index in indices], len(decoder) / clip_fps


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


def _part(name: str, num_frames: int, clip_fps: float, start_s: float, end_s: float | None) -> tuple[int, int]:
    """Indices of the first and the last frame in [start_s, end_s]."""
    duration_s = num_frames / clip_fps
    end_s = duration_s if end_s is None else end_s
    if not 0 <= start_s < end_s <= duration_s + 1 / clip_fps + ROUNDING:  # false for NaN too
        raise ValueError(
            f"{name}: no part from {start_s} s to {end_s} s in a clip of {duration_s:.2f} s. "
            "Give 0 <= `start_s` < `end_s` <= the duration."
        )
    first = ceil(start_s * clip_fps - ROUNDING)
    last = min(floor(end_s * clip_fps + ROUNDING), num_frames - 1)
    if first > last:
        raise ValueError(
            f"{name}: no frame from {start_s} s to {end_s} s, they are {1 / clip_fps:.4f} s apart and the last is at "
            f"{(num_frames - 1) / clip_fps:.4f} s. Give a longer part."
        )
    return first, last


def _indices_at_rate(name: str, first: int, last: int, clip_fps: float, fps: float) -> list[int]:
    if not 0 < fps <= clip_fps + ROUNDING:
        raise ValueError(
            f"{name}: `fps` must be above 0 and at most the clip's own frame rate, {clip_fps:.2f}, got {fps}. "
            "To get every frame, leave it out."
        )
    step = max(clip_fps / fps, 1.0)  # in frames of the clip
    return [floor(first + k * step + ROUNDING) for k in range(floor((last - first) / step + ROUNDING) + 1)]


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
