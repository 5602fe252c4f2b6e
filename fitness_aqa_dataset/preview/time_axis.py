"""Sampled frames over a time axis, each frame above its own time. Lengths are in inches, times in seconds."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import ConnectionPatch, Rectangle
from matplotlib.ticker import MaxNLocator

from ..frames import sample_frames
from ..records import ClipRecord, UnlabeledRecord
from .sheet import Sheet
from .style import GRID, INSIDE_CLIP, QUIET

MAX_FRAMES = 64  # a wider picture is of no use to anyone
MAX_FRAME_HEIGHT = 1.9
TIME, CONNECTOR, TICKS = 0.21, 0.13, 0.3


def read_frames(record: ClipRecord | UnlabeledRecord, num_frames: int) -> tuple[np.ndarray, list[float]]:
    """
    Frames of a clip for a sheet.

    Args:
        record (`ClipRecord` or `UnlabeledRecord`):
            The clip.
        num_frames (`int`):
            Frames spread uniformly over it, from 2 to 64.

    Returns:
        `tuple[np.ndarray, list[float]]`: RGB, uint8 in [0, 255], shape `(T, 3, H, W)`, and their times in seconds.

    Raises:
        ValueError: If the number of frames is out of range or the clip cannot be decoded.
    """
    if not 2 <= num_frames <= MAX_FRAMES:
        raise ValueError(f"num_frames: from 2 to {MAX_FRAMES} frames fit on a sheet, got {num_frames}")
    frames, times_s, _ = sample_frames(record.video, num_frames)
    return frames.numpy(), times_s


def as_images(frames: np.ndarray) -> list[np.ndarray]:
    """Frames of shape `(T, 3, H, W)` as pictures of shape `(H, W, 3)`."""
    return list(frames.transpose(0, 2, 3, 1))


def clip_facts(row: dict, frames: np.ndarray) -> str:
    """Length, frame rate, number of frames and size of a clip, for the heading."""
    height, width = frames.shape[2:]
    return f"{row['duration']:.2f} s · {row['fps']:.4g} fps · {row['num_frames']} frames · {width} × {height} pixels"


def add_time_axes(
    sheet: Sheet, row: Axes, height: float, times_s: list[float], duration_s: float, captions: list[str]
) -> Axes:
    """
    Axes in seconds below a row of frames, so that each frame stands above its time.

    The frames stand in columns of one width while their times are whole frames of the clip: the line that joins the
    two leans by less than a frame, by more only where a clip has fewer frames than two for each column.

    Args:
        sheet ([`~fitness_aqa_dataset.preview.sheet.Sheet`]):
            Its last row is `row`.
        row (`Axes`):
            The frames.
        height (`float`):
            Of the axes, without the captions of the frames above and the marks below them.
        times_s (`list[float]`):
            Time of each frame.
        duration_s (`float`):
            Length of the clip: the part of the axes that it covers is tinted.
        captions (`list[str]`):
            What to write under each frame.

    Returns:
        `Axes`: x in seconds.
    """
    lines = max(caption.count("\n") + 1 for caption in captions)
    sheet.top -= TIME + 0.14 * (lines - 1) + CONNECTOR
    axes = sheet.add_axes(height)
    sheet.top -= TICKS
    # the columns' distance in time; a clip of few frames would end outside the axes
    step_s = max(times_s[-1] / (len(times_s) - 1), duration_s / (len(times_s) - 0.5))
    axes.set(xlim=(-step_s / 2, (len(times_s) - 0.5) * step_s))
    axes.axvspan(0, duration_s, facecolor=INSIDE_CLIP, linewidth=0, zorder=0)
    bottom = row.get_ylim()[0]
    for center, time_s, caption in zip(sheet.centers(len(times_s)), times_s, captions, strict=True):
        row.text(center, bottom - 0.04, caption, ha="center", va="top", fontsize=8, color=QUIET, linespacing=1.15)
        link = ConnectionPatch(
            (center, bottom - TIME - 0.14 * (lines - 1)), (time_s, 1), row.transData, axes.get_xaxis_transform(),
            color="#B4BCC8", linewidth=0.8,
        )  # fmt: skip
        sheet.figure.add_artist(link)
        axes.axvline(time_s, color="#B4BCC8", linewidth=0.8, zorder=1)
    ticks = MaxNLocator(8, steps=[1, 2, 5, 10]).tick_values(0, duration_s)
    axes.set_xticks([tick for tick in ticks if 0 <= tick <= duration_s])
    axes.xaxis.set_major_formatter("{x:g} s")
    axes.spines["bottom"].set_bounds(0, duration_s)
    axes.spines["left"].set_visible(False)
    return axes


def underline(row: Axes, left: float, width: float, line: int, color: str) -> None:
    """A thick line under a frame, the first, second … from the top."""
    row.add_patch(Rectangle((left, -0.08 * (line + 1)), width, 0.055, color=color, linewidth=0, clip_on=False))


def separator(axes: Axes, y: float) -> None:
    """A thin line between two lanes of time axes."""
    axes.axhline(y, color=GRID, linewidth=0.8, zorder=1)
