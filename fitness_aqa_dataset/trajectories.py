"""The bar's height over time, from the two raw formats of the unlabelled clips brought to one."""

import math
from pathlib import Path

from .annotations import read_trajectory
from .problems import Problem, shorten

BAR_REGION = 0  # of the three regions that an overhead press file lists for every frame
ENTRY = {
    "squat": "the bar's y in pixels, or NaN",
    "overhead_press": "three regions, each [] or [[x1, y1, x2, y2, confidence]]",
}


def read_bar_y(path: Path | None, exercise: str, num_frames: int) -> list[float]:
    """
    The bar's vertical position in every frame of a clip.

    Squat files are a flat list of the bar's y; overhead press files list, for every frame, three regions, each a list
    of no or one `[x1, y1, x2, y2, confidence]`: region 0 is the bar, its y the middle of the box.

    Args:
        path (`Path`, *optional*):
            The file in `bar_trajectories_raw/`; without one nothing was seen.
        exercise (`str`):
            `squat` or `overhead_press`: which format it is.
        num_frames (`int`):
            Frames of the clip. A file with fewer entries is filled up with NaN, further entries are dropped.

    Returns:
        `list[float]`: y in pixels from the top of the picture, `num_frames` values, NaN where the bar was not seen.

    Raises:
        ValueError: If the file is no JSON, no list, or an entry has another shape.
    """
    problems: list[Problem] = []
    entries = read_trajectory(path, problems) if path is not None else []
    if problems:
        problems[0].raise_()
    read_y = _squat_y if exercise == "squat" else _press_y
    ys = [math.nan] * num_frames
    for frame, entry in enumerate(entries[:num_frames]):
        try:
            ys[frame] = read_y(entry)
        except (TypeError, ValueError, IndexError, KeyError):
            what = f"entry {frame}: expected {ENTRY[exercise]}, got {shorten(entry)}"
            Problem("trajectory", path, what, "correct it or unpack the file again").raise_()
    return ys


def _squat_y(entry: object) -> float:
    if entry is None:
        return math.nan
    return _number(entry)


def _press_y(entry: list) -> float:
    boxes = entry[BAR_REGION]
    if not boxes:
        return math.nan
    _, top, _, bottom, _ = boxes[0]
    return (_number(top) + _number(bottom)) / 2


def _number(value: object) -> float:
    if type(value) not in (int, float) or abs(value) > 1e6:  # infinite, or nothing that a picture has
        raise ValueError(value)
    return float(value)
