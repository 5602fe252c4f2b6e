"""The sheet of a labelled clip: its frames, the intervals of its errors under them, its augmentations."""

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from tqdm import tqdm

from ..augmentation import AUGMENTATIONS, augment_frames, make_augmentation
from ..records import ClipRecord
from ..rows import make_row
from ..taxonomy import ERROR_TEXT, ERRORS
from .sheet import LEFT, Sheet, row_height
from .style import ERROR_COLORS, QUIET, in_words
from .time_axis import (
    CONNECTOR,
    MAX_FRAME_HEIGHT,
    TICKS,
    TIME,
    add_time_axes,
    as_images,
    clip_facts,
    read_frames,
    separator,
    underline,
)

MAX_AUGMENTED_HEIGHT, GAP, SECTION = 1.25, 0.07, 0.36
LANE, LANE_LINE = 0.2, 0.16  # a lane's height: a constant, and as much for each interval
UNDERLINES = 0.2
DOT = {"markersize": 6, "markerfacecolor": "white", "markeredgewidth": 1.2, "zorder": 3}

HOW_TO_READ = (
    "Bars: when an error happens. A coloured line under a frame, and a dot on a bar: the frame is inside that error."
)
STEP_TEXT = {"horizontal_flip": "flipped", "invert_colors": "colours inverted", "rotation": "rotated"}


def draw_clip_sheet(record: ClipRecord, num_frames: int, seed: int, is_synthetic: bool) -> Figure:
    """
    Draw sampled frames of a clip above a time axis with one lane for each error that the exercise can have; a frame
    that lies inside an error is underlined in the colour of the error's bar. Below, the same frames augmented.

    Args:
        record (`ClipRecord`):
            The clip.
        num_frames (`int`):
            Frames spread uniformly over it, from 2 to 64.
        seed (`int`):
            Decides the angle of rotations, as in training.
        is_synthetic (`bool`):
            Whether the heading says that the clip is simulated.

    Returns:
        `Figure`: Unsaved.

    Raises:
        ValueError: If the number of frames is out of range or the clip cannot be decoded.
    """
    frames, times_s = read_frames(record, num_frames)
    row = make_row(record)
    images = as_images(frames)
    sheet = _start(record, row, frames, is_synthetic)
    strip = sheet.add_row("frames", images, MAX_FRAME_HEIGHT, under=UNDERLINES)
    lanes_height = sum(_lane_height(record, label) for label in ERRORS[record.exercise])
    captions = [f"{time_s:.2f} s" for time_s in times_s]
    lanes = add_time_axes(sheet, strip, lanes_height, times_s, row["duration"], captions)
    _draw_lanes(sheet, lanes, record, times_s)
    _underline(sheet, strip, record, images, times_s)
    sheet.top -= SECTION
    sheet.text(0.3, sheet.top + 0.14, "The same frames augmented, as training may see them", weight="bold")
    for name in tqdm(AUGMENTATIONS[1:], desc="drawing augmentations", delay=1, leave=False):
        augmentation = make_augmentation(name, record.id, seed)
        augmented = augment_frames(torch.from_numpy(frames), augmentation)
        sheet.add_row(augmentation_text(augmentation), as_images(augmented.numpy()), MAX_AUGMENTED_HEIGHT)
        sheet.top -= GAP
    return sheet.figure


def augmentation_text(augmentation: dict) -> str:
    """What was done to the frames, a line for each step: `flipped,` and `rotated 23°`."""
    lines = [STEP_TEXT[step] for step in augmentation["name"].split("+")]
    return ",\n".join(f"{line} {augmentation['angle']:.0f}°" if line == "rotated" else line for line in lines)


def _start(record: ClipRecord, row: dict, frames: np.ndarray, is_synthetic: bool) -> Sheet:
    images = as_images(frames)
    height = row_height(images, len(images), MAX_FRAME_HEIGHT) + UNDERLINES + TIME + CONNECTOR + TICKS + SECTION + 0.15
    height += sum(_lane_height(record, label) for label in ERRORS[record.exercise])
    height += (len(AUGMENTATIONS) - 1) * (row_height(images, len(images), MAX_AUGMENTED_HEIGHT) + GAP)
    facts = f"{clip_facts(row, frames)} · {record.split} split"
    lines = [f"Simulated clip · {facts}" if is_synthetic else facts, HOW_TO_READ]
    return Sheet(len(images), height, f"{in_words(record.exercise)} · {record.id}", lines)


def _intervals(record: ClipRecord, label: str) -> list[tuple[float, float]]:
    return [(start_s, end_s) for its_label, start_s, end_s in record.errors if its_label == label]


def _lane_height(record: ClipRecord, label: str) -> float:
    return LANE + LANE_LINE * max(1, len(_intervals(record, label)))


def _draw_lanes(sheet: Sheet, lanes: Axes, record: ClipRecord, times_s: list[float]) -> None:
    labels = ERRORS[record.exercise]
    edges = np.cumsum([0, *[_lane_height(record, label) for label in labels]])
    lanes.set(ylim=(edges[-1], 0))
    lanes.set_yticks((edges[:-1] + edges[1:]) / 2, [ERROR_TEXT[label] for label in labels])
    lanes.tick_params(axis="y", length=0, pad=8, labelsize=9, labelcolor="black")
    for label, top, bottom in zip(labels, edges[:-1], edges[1:], strict=True):
        intervals, middle = _intervals(record, label), (top + bottom) / 2
        bars = [(start_s, end_s - start_s) for start_s, end_s in intervals]
        lanes.broken_barh(bars, (middle - 0.1, 0.2), facecolor=ERROR_COLORS[label], edgecolor="white", zorder=2)
        inside = [time_s for time_s in times_s if _is_inside(intervals, time_s)]
        lanes.plot(inside, [middle] * len(inside), "o", **DOT, markeredgecolor=ERROR_COLORS[label])
        text = "\n".join(f"{start_s:.2f} – {end_s:.2f} s" for start_s, end_s in intervals) or "no"
        sheet.text(
            LEFT + sheet.plot_width + 0.1, sheet.top + TICKS + edges[-1] - middle, text, linespacing=1.25,
            color=None if intervals else QUIET,
        )  # fmt: skip
        if top:
            separator(lanes, top)


def _underline(sheet: Sheet, strip: Axes, record: ClipRecord, images: list[np.ndarray], times_s: list[float]) -> None:
    for center, image, time_s in zip(sheet.centers(len(images)), images, times_s, strict=True):
        left, width, _ = sheet.place(image, center, MAX_FRAME_HEIGHT)
        for line, label in enumerate(ERRORS[record.exercise]):
            if _is_inside(_intervals(record, label), time_s):
                underline(strip, left, width, line, ERROR_COLORS[label])


def _is_inside(intervals: list[tuple[float, float]], time_s: float) -> bool:
    return any(start_s <= time_s <= end_s for start_s, end_s in intervals)
