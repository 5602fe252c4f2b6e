"""Small frames of a clip, to put into a page."""

import io
from dataclasses import dataclass

import torch
from PIL import Image
from torchcodec.decoders import VideoDecoder
from torchvision.transforms import v2

from fitness_aqa_dataset.frames import open_video, sample_frames
from trainer.report.style import data_uri

MOMENTS = ("start", "middle", "end")
HEIGHT, QUALITY = 160, 80  # pixels; of JPEG


@dataclass
class Thumbnail:
    """
    Args:
        source (`str`): A data URI.
        time_s (`float`): On the clip's clock, seconds.
        moment (`str`): `start`, `middle` or `end` of its interval.
        width (`int`), height (`int`): Pixels.
    """

    source: str
    time_s: float
    moment: str
    width: int
    height: int


def open_clip(video: dict | str, name: str) -> tuple[VideoDecoder, float]:
    """
    Open a clip.

    Args:
        video (`dict` or `str`):
            See `open_video`.
        name (`str`):
            For an error message.

    Returns:
        `tuple[VideoDecoder, float]`: A decoder and the duration, in seconds.

    Raises:
        ValueError: If it cannot be opened.
    """
    decoder = open_video(video, name)
    return decoder, len(decoder) / decoder.metadata.average_fps


def interval_thumbnails(decoder: VideoDecoder, start_s: float, end_s: float) -> list[Thumbnail]:
    """
    Frames at the start, in the middle and at the end of an interval.

    Args:
        decoder (`VideoDecoder`):
            Of the clip.
        start_s (`float`), end_s (`float`):
            Seconds on the clip's clock; what lies outside the clip is cut off, and an interval of less than two frames
            is made that long.

    Returns:
        `list[Thumbnail]`: Three; none where the interval lies behind the clip's end or has no length.

    Raises:
        ValueError: If the clip cannot be decoded.
    """
    fps = decoder.metadata.average_fps
    duration_s = len(decoder) / fps
    start_s, end_s = max(start_s, 0.0), min(end_s, duration_s)
    if end_s <= start_s:
        return []
    end_s = min(max(end_s, start_s + 2 / fps), duration_s)
    start_s = max(min(start_s, end_s - 2 / fps), 0.0)
    frames_TCHW, times_s, _ = sample_frames(decoder, len(MOMENTS), start_s=start_s, end_s=end_s)
    return [
        make_thumbnail(frame_CHW, time_s, moment)
        for frame_CHW, time_s, moment in zip(frames_TCHW, times_s, MOMENTS, strict=True)
    ]


def make_thumbnail(frame_CHW: torch.Tensor, time_s: float, moment: str) -> Thumbnail:
    """A decoded frame (RGB, uint8, shape `(3, H, W)`) as a small JPEG, 160 pixels high."""
    height, width = frame_CHW.shape[-2:]
    size = [HEIGHT, max(1, round(width * HEIGHT / height))]
    small = v2.functional.resize(frame_CHW, size, antialias=True)
    jpeg = io.BytesIO()
    Image.fromarray(small.permute(1, 2, 0).numpy()).save(jpeg, "JPEG", quality=QUALITY)
    return Thumbnail(data_uri(jpeg.getvalue(), "jpeg"), time_s, moment, size[1], size[0])
