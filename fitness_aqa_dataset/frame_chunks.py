"""A clip's frames in pieces: decoded frames have their full size, so only so many are in memory at once."""

from collections.abc import Iterator

import torch

from .frames import Video, open_video, sample_frames

CHUNK_FRAMES = 32


def frame_chunks(
    video: Video, stride: int = 1, size: tuple[int, int] | None = None
) -> Iterator[tuple[torch.Tensor, list[float]]]:
    """
    Decode a clip from its first frame to its last, at most 32 frames at a time.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`):
            The clip, see [`~fitness_aqa_dataset.frames.open_video`].
        stride (`int`, *optional*, defaults to 1):
            Take every frame, every second, third …
        size (`tuple[int, int]`, *optional*):
            Height and width to resize to, see [`~fitness_aqa_dataset.frames.sample_frames`].

    Yields:
        `tuple[torch.Tensor, list[float]]`: Frames (RGB, uint8, shape `(T, 3, H, W)`, T at most 32) and their times, in
        seconds on the clip's clock.

    Raises:
        ValueError: If the clip cannot be opened or decoded.
    """
    decoder = open_video(video)
    fps, num_frames = decoder.metadata.average_fps, len(decoder)
    for first in range(0, num_frames, CHUNK_FRAMES * stride):
        end = min(first + CHUNK_FRAMES * stride, num_frames)
        # half a frame: the part of a single frame has a length, too
        frames, times_s, _ = sample_frames(
            decoder, size=size, start_s=first / fps, end_s=(end - 0.5) / fps, fps=fps / stride
        )
        yield frames, times_s
