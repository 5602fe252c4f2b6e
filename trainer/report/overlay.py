"""A user's video once more, with the errors drawn into it."""

from pathlib import Path

import cv2
import numpy as np
import torch
from torchcodec.encoders import Encoder
from tqdm import tqdm

from fitness_aqa_dataset.frames import open_video
from trainer.report.style import ERROR_COLOURS, spoken

# Frames in memory at a time; a minute of 1080p video has 1,800 of 6 MB.
NUM_FRAMES_AT_ONCE = 16
# Shares of the height: a lane, and the text.
LANE, TEXT = 0.04, 0.045


def overlay_paths(videos: list[str], target: Path) -> dict[str, Path]:
    """
    Where each video with its errors is written.

    Args:
        videos (`list[str]`):
            Files of the run.
        target (`Path`):
            The one file, or with several videos the folder.

    Returns:
        `dict[str, Path]`: A new file for each video.

    Raises:
        ValueError: If `target` is one of the videos, is no mp4 file, or is a file where a folder is needed.
    """
    if len(videos) == 1:
        if target.suffix.lower() != ".mp4" or target.is_dir():
            raise ValueError(f"--overlay: expected a file that ends in .mp4, got {target}.")
        paths = {videos[0]: target}
    else:
        if target.is_file() or target.suffix.lower() == ".mp4":
            raise ValueError(f"--overlay: {len(videos)} videos need a folder, got the file {target}.")
        paths: dict[str, Path] = {}
        for video in videos:
            stem = Path(video).stem
            names = (stem, *(f"{stem}-{number}" for number in range(2, len(videos) + 1)))
            paths[video] = next(path for name in names if (path := target / f"{name}.mp4") not in paths.values())
    originals = {Path(video).resolve() for video in videos}
    if own := [path for path in paths.values() if path.resolve() in originals]:
        raise ValueError(f"--overlay: {own[0]} is the video itself. Give another place.")
    return paths


def write_overlay(video: str, rows: list[dict], target: Path) -> None:
    """
    Write a video again, the interval of each error as a bar along its bottom, a moving playhead, and the name of an
    error while it is going on.

    The file is H.264 in 4:2:0, which browsers play, of the video's average frame rate and size (less a row or a column
    where that is odd), without sound. Frames pass through in small numbers, so that length costs no memory.

    Args:
        video (`str`):
            The file.
        rows (`list[dict]`):
            Its rows of predictions, times on the file's own clock.
        target (`Path`):
            The new file; its folder is made when missing. It is there whole or not at all.

    Raises:
        ValueError: If a frame cannot be decoded, or the new file cannot be written.
    """
    decoder = open_video(video)
    fps, num_frames = decoder.metadata.average_fps, len(decoder)
    errors = [error for row in rows for error in row["errors"] if error["end"] > error["start"]]
    height, width = (size // 2 * 2 for size in decoder[0].shape[-2:])
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.stem}.partial.mp4")
    encoder = Encoder()
    options = {"codec": "libx264", "pixel_format": "yuv420p", "crf": 20, "preset": "veryfast"}
    stream = encoder.add_video(height=height, width=width, frame_rate=fps, **options)
    try:
        with encoder.open_file(partial), tqdm(total=num_frames, desc=target.name, unit="frame", delay=2) as progress:
            for first in range(0, num_frames, NUM_FRAMES_AT_ONCE):
                frames_TCHW = _decode(decoder, first, min(first + NUM_FRAMES_AT_ONCE, num_frames), video)
                drawn = [
                    draw_errors(frame_CHW, errors, (first + i) / fps, num_frames / fps)
                    for i, frame_CHW in enumerate(frames_TCHW[..., :height, :width])
                ]
                stream.add_frames(torch.stack(drawn))
                progress.update(len(drawn))
        partial.replace(target)
    except RuntimeError as error:  # of the encoder; of the decoder see below
        reason = str(error).splitlines()[0]
        raise ValueError(f"{target}: cannot be written ({reason}). Give a place that can be written.") from None
    finally:
        partial.unlink(missing_ok=True)


def _decode(decoder, first: int, last: int, video: str) -> torch.Tensor:
    try:
        return decoder.get_frames_in_range(first, last).data
    except (RuntimeError, IndexError) as error:
        reason = str(error).splitlines()[0]
        raise ValueError(f"{video}: its frames {first} to {last - 1} cannot be decoded ({reason}).") from None


def draw_errors(frame_CHW: torch.Tensor, errors: list[dict], time_s: float, duration_s: float) -> torch.Tensor:
    """
    Draw bars, playhead and names into one frame.

    Args:
        frame_CHW (`torch.Tensor`):
            RGB, uint8, shape `(3, H, W)`.
        errors (`list[dict]`):
            `{"label", "start", "end"}`, seconds on the video's clock.
        time_s (`float`), duration_s (`float`):
            Of the frame and of the video.

    Returns:
        `torch.Tensor`: The same shape, type and colours elsewhere.
    """
    image = np.ascontiguousarray(frame_CHW.permute(1, 2, 0).numpy())
    height, width = image.shape[:2]
    labels = [label for label in ERROR_COLOURS if any(error["label"] == label for error in errors)]
    lane = max(4, round(LANE * height))
    top = height - lane * max(len(labels), 1)
    image[top:] = image[top:] // 4  # dark, so that bars stand out from any picture
    for row, label in enumerate(labels):
        colour = rgb(ERROR_COLOURS[label])
        for error in (error for error in errors if error["label"] == label):
            left, right = (round(width * min(error[key] / duration_s, 1)) for key in ("start", "end"))
            image[top + row * lane + 1 : top + (row + 1) * lane - 1, left : max(right, left + 2)] = colour
    playhead = min(round(width * time_s / duration_s), width - 2)
    image[top:, playhead : playhead + max(2, width // 240)] = 255
    going_on = [
        label for label in labels if any(e["label"] == label and e["start"] <= time_s <= e["end"] for e in errors)
    ]
    for line, label in enumerate(going_on):
        _write(image, spoken(label), line, rgb(ERROR_COLOURS[label]))
    return torch.from_numpy(image).permute(2, 0, 1)


def _write(image: np.ndarray, text: str, line: int, colour: tuple[int, int, int]) -> None:
    """A line of text at the top left, on a plate of its colour; smaller where the picture is narrow."""
    height, width = image.shape[:2]
    font, thickness = cv2.FONT_HERSHEY_SIMPLEX, max(1, round(height / 300))
    scale = cv2.getFontScaleFromHeight(font, max(8, round(TEXT * height)), thickness)
    (text_width, _), _ = cv2.getTextSize(text, font, scale, thickness)
    scale *= min(1.0, 0.9 * width / text_width)
    (text_width, text_height), below = cv2.getTextSize(text, font, scale, thickness)
    pad = text_height // 2
    top = pad + line * (text_height + below + 2 * pad)
    cv2.rectangle(image, (pad, top), (3 * pad + text_width, top + text_height + below + pad), colour, cv2.FILLED)
    ink = (0, 0, 0) if sum(colour) > 380 else (255, 255, 255)
    cv2.putText(image, text, (2 * pad, top + text_height + pad // 2), font, scale, ink, thickness, cv2.LINE_AA)


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of `#rrggbb`."""
    return tuple(int(colour[i : i + 2], 16) for i in (1, 3, 5))
