"""The sheet of an unlabelled clip: its frames with the height of the bar, and that height over time."""

import numpy as np
from matplotlib import patheffects
from matplotlib.figure import Figure

from ..records import UnlabeledRecord
from ..rows import make_row
from .sheet import LEFT, Sheet, row_height
from .style import BAR_COLOR, INK, QUIET, in_words
from .time_axis import (
    CONNECTOR,
    MAX_FRAME_HEIGHT,
    TICKS,
    TIME,
    add_time_axes,
    as_images,
    clip_facts,
    read_frames,
)

CURVE, NOT_SEEN = 1.9, 0.14
BUTT = {"solid_capstyle": "butt"}  # ends at the edges of the frame


def draw_bar_sheet(record: UnlabeledRecord, num_frames: int, is_synthetic: bool) -> Figure:
    """
    Draw sampled frames of a clip with a line where the bar is, and its height in every frame as a curve below.

    Args:
        record (`UnlabeledRecord`):
            The clip.
        num_frames (`int`):
            Frames spread uniformly over it, from 2 to 64.
        is_synthetic (`bool`):
            Whether the heading says that the clip is simulated.

    Returns:
        `Figure`: Unsaved.

    Raises:
        ValueError: If the number of frames is out of range, the clip cannot be decoded, or its trajectory is wrong.
    """
    frames, times_s = read_frames(record, num_frames)
    row = make_row(record)
    bar_y = np.array(row["bar_y"])
    sampled_y = [bar_y[round(time_s * row["fps"])] for time_s in times_s]
    images = as_images(frames)
    sheet = _start(record, row, frames, bar_y, is_synthetic)
    strip = sheet.add_row("frames, with a\nline at the bar", images, MAX_FRAME_HEIGHT)
    outline = [patheffects.withStroke(linewidth=2.6, foreground=INK)]
    for center, image, y in zip(sheet.centers(len(images)), images, sampled_y, strict=True):
        left, width, height = sheet.place(image, center, MAX_FRAME_HEIGHT)
        level = height * (1 - y / image.shape[0])
        strip.plot([left, left + width], [level, level], color=BAR_COLOR, linewidth=1.3, path_effects=outline, **BUTT)
    captions = [
        f"{time_s:.2f} s\nnot seen" if np.isnan(y) else f"{time_s:.2f} s"
        for time_s, y in zip(times_s, sampled_y, strict=True)
    ]
    axes = add_time_axes(sheet, strip, CURVE, times_s, row["duration"], captions)
    axes.plot(np.arange(len(bar_y)) / row["fps"], bar_y, ".-", markersize=3, linewidth=1.4, color=BAR_COLOR, zorder=2)
    axes.plot(times_s, sampled_y, "o", markersize=5.5, color=BAR_COLOR, markeredgecolor=INK, zorder=3)
    axes.margins(y=0.12)
    axes.invert_yaxis()
    axes.spines["left"].set_visible(bool(np.isfinite(bar_y).any()))
    if np.isnan(bar_y).all():
        axes.set_yticks([])
        axes.text(0.5, 0.5, "the bar was not seen in any frame", transform=axes.transAxes, ha="center", color=QUIET)
    middle = sheet.top + TICKS + CURVE / 2
    sheet.text(LEFT - 0.48, middle, "height of\nthe bar\n(pixels from\nthe top)", ha="right", linespacing=1.35)
    return sheet.figure


def _start(record: UnlabeledRecord, row: dict, frames: np.ndarray, bar_y: np.ndarray, is_synthetic: bool) -> Sheet:
    images = as_images(frames)
    height = row_height(images, len(images), MAX_FRAME_HEIGHT) + TIME + NOT_SEEN + CONNECTOR + CURVE + TICKS + 0.15
    lines = [
        f"{'Simulated clip · ' if is_synthetic else ''}{clip_facts(row, frames)} · no labels",
        f"The bar was seen in {np.isfinite(bar_y).sum()} of {len(bar_y)} frames.",
    ]
    return Sheet(len(images), height, f"{in_words(record.exercise)} · {record.id}", lines)
