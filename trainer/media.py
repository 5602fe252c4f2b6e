"""What a row shows: the sampled frames of a clip, or a still image, decoded where the row is collated."""

import logging
from dataclasses import dataclass
from io import BytesIO
from os import PathLike

import numpy as np
import torch
from PIL import Image, ImageOps
from transformers.video_utils import VideoMetadata

from fitness_aqa_dataset import sample_frames
from fitness_aqa_dataset.frames import open_video

logger = logging.getLogger(__name__)

GREY = 128
# Height and width of a grey stand-in when no other row of the batch has pixels.
DEFAULT_SIZE = (224, 224)


@dataclass
class Media:
    """
    Args:
        frames (`torch.Tensor`): RGB, uint8, shape `(T, 3, H, W)`; of a still image T is 1.
        times_s (`list[float]`): Time of each frame, in seconds from the start of the clip, or of the window that the
            row shows of it; empty of a still image.
        total_num_frames (`int`): Frames of the whole clip or window.
        fps (`float`): Average frame rate of the clip, 1 of a still image.
    """

    frames: torch.Tensor
    times_s: list[float]
    total_num_frames: int
    fps: float

    @property
    def duration_s(self) -> float:
        """Length of the whole clip or window, in seconds."""
        return self.total_num_frames / self.fps

    def metadata(self) -> VideoMetadata:
        """What the processors that write timestamps into the prompt ask for."""
        return VideoMetadata(
            total_num_frames=self.total_num_frames,
            fps=self.fps,
            height=self.frames.shape[2],
            width=self.frames.shape[3],
            duration=self.duration_s,
            frames_indices=[round(time_s * self.fps) for time_s in self.times_s] or [0],
        )


def is_image(row: dict) -> bool:
    """Whether a row shows a still image: it has no clip."""
    return row.get("video") is None


def read_media(row: dict, num_frames: int) -> Media:
    """
    Decode what a row shows, and of a clip only the sampled frames.

    Args:
        row (`dict`):
            With `video`, as [`sample_frames`] takes it, or `image`: a PIL image, a file, or
            `{"bytes": bytes or None, "path": str or None}`. With a `window`, `{"start", "end"}` in seconds, the clip
            is that part of it: frames with a time in [start, end), times counted from its start.
        num_frames (`int`):
            Frames sampled from a clip.

    Returns:
        [`Media`]: Its pixels and times.

    Raises:
        ValueError: If it cannot be decoded; the message names the file.
    """
    if is_image(row):
        return Media(_read_image(row.get("image")), [], 1, 1.0)
    video = row["video"]
    if isinstance(video, dict) and video["bytes"] is None and video["path"] is None:
        raise ValueError("the clip has neither bytes nor a path. Remove the row, or give it its clip.")
    decoder = open_video(video)
    if isinstance(video, dict):
        decoder.metadata.path = video["path"]  # so that damage behind the header is reported with its file's name too
    elif isinstance(video, (str, PathLike)):
        decoder.metadata.path = str(video)
    fps = decoder.metadata.average_fps
    if row.get("window") is None:
        frames, times_s, _ = sample_frames(decoder, num_frames)
        return Media(frames, times_s, len(decoder), fps)
    start_s, end_s = row["window"]["start"], row["window"]["end"]
    # Half a frame early: the frame at the end belongs to the next window.
    frames, times_s, _ = sample_frames(decoder, num_frames, start_s=start_s, end_s=end_s - 0.5 / fps)
    return Media(frames, [time_s - start_s for time_s in times_s], round((end_s - start_s) * fps), fps)


def read_rows(rows: list[dict], num_frames: int, on_bad_clip: str) -> tuple[list[Media], list[bool]]:
    """
    Decode what the rows of a batch show.

    Args:
        rows (`list[dict]`):
            As in [`read_media`], with `id`; one with a true `is_padding` is not decoded.
        num_frames (`int`):
            Frames sampled from a clip.
        on_bad_clip (`str`):
            `error`, or `skip`: what cannot be decoded is grey, and a warning names it.

    Returns:
        `tuple[list[Media], list[bool]]`: What each row shows, and whether it was to be decoded and could not be.

    Raises:
        ValueError: If one cannot be decoded; the message names the row and the file.
    """
    media, is_unread = [None] * len(rows), [False] * len(rows)
    for index, row in enumerate(rows):
        if row.get("is_padding"):
            continue
        try:
            media[index] = read_media(row, num_frames)
        except ValueError as error:
            if on_bad_clip == "error":
                raise ValueError(f"row {row['id']!r}: {error}") from None
            is_unread[index] = True
            logger.warning("row %r is left out: %s", row["id"], error)
    others = [shown for shown in media if shown is not None]
    for index, row in enumerate(rows):
        if media[index] is None:
            media[index] = grey_media(row, num_frames, others)
    return media, is_unread


def grey_media(row: dict, num_frames: int, others: list[Media]) -> Media:
    """
    Grey pixels in place of what a row shows, of the size of the first of the other rows.

    Args:
        row (`dict`): The row.
        num_frames (`int`): Frames of a clip.
        others (`list[Media]`): What the batch's other rows show.

    Returns:
        [`Media`]: A still image, or a clip of one frame a second.
    """
    size = others[0].frames.shape[-2:] if others else DEFAULT_SIZE
    length = 1 if is_image(row) else num_frames
    frames = torch.full((length, 3, *size), GREY, dtype=torch.uint8)
    return Media(frames, [] if is_image(row) else [float(index) for index in range(length)], length, 1.0)


def _read_image(image: Image.Image | str | PathLike | dict | None) -> torch.Tensor:
    name, source = "the image", image
    if isinstance(image, dict):
        name = image["path"] or name
        source = BytesIO(image["bytes"]) if image["bytes"] is not None else image["path"]
    elif isinstance(image, (str, PathLike)):
        name = str(image)
    if source is None:
        raise ValueError("the row has neither a clip nor an image, or no bytes and no path of it. Remove the row.")
    try:
        opened = source if isinstance(source, Image.Image) else Image.open(source)
        pixels = np.array(ImageOps.exif_transpose(opened).convert("RGB"))
    except (OSError, SyntaxError) as error:  # Pillow raises the latter for damaged PNG files
        raise ValueError(
            f"{name}: not an image that Pillow can read ({error}). Unpack or download it again."
        ) from None
    return torch.from_numpy(pixels).permute(2, 0, 1)[None].contiguous()
