"""For each exercise of the page: the paper's Table 2, and beside it the lengths of the clips. Lengths in inches."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes

from ..statistics import count_groups, error_groups
from ..taxonomy import ERROR_TEXT
from .labelled import LabelledClip
from .style import DARK, GRID, INK, LIGHT, QUIET, in_words

ROW_HEIGHT = 2.35
TABLE_WIDTH, TABLE_HEIGHT, NAME_WIDTH = 5.9, 1.5, 1.6
NUM_BINS = 30


def draw_exercise_row(
    add_axes: Callable, top: float, exercise: str, clips: list[LabelledClip], splits: list[str], longest_s: float
) -> None:
    """
    Draw the table and the histogram of one exercise.

    Args:
        add_axes (`Callable`):
            Makes axes from left, top, width and height.
        top (`float`):
            Of the row.
        exercise (`str`):
            `squat` or `overhead_press`.
        clips (`list[LabelledClip]`):
            Those of the exercise, at least one.
        splits (`list[str]`):
            Splits of the release: the columns of the table.
        longest_s (`float`):
            Length of the longest clip of all exercises, in seconds: the end of the time axis.
    """
    table = add_axes(0.3, top + 0.35, TABLE_WIDTH, TABLE_HEIGHT)
    table.set_title(f"{in_words(exercise)}: which errors come together", **_TITLE)
    _draw_table(table, group_table(exercise, clips, splits))
    seconds = np.array([clip.duration_s for clip in clips])
    has_error = np.array([bool(clip.errors) for clip in clips])
    histogram = add_axes(7.2, top + 0.35, 4.9, TABLE_HEIGHT)
    histogram.set_title(f"{in_words(exercise)}: how long the clips are", **_TITLE)
    spread = f"{seconds.min():.2f} – {seconds.max():.2f} s, median {np.median(seconds):.2f} s"
    histogram.set_title(spread, loc="right", fontsize=8, color=QUIET, pad=8)
    histogram.hist(
        [seconds[has_error], seconds[~has_error]], bins=np.linspace(0, longest_s, NUM_BINS + 1), stacked=True,
        color=[DARK, LIGHT], label=[f"with an error ({has_error.sum()})", f"without ({(~has_error).sum()})"],
        edgecolor="white", linewidth=0.6,
    )  # fmt: skip
    histogram.set(xlim=(0, longest_s), ylabel="clips")
    histogram.xaxis.set_major_formatter("{x:g} s")
    histogram.yaxis.get_major_locator().set_params(integer=True)
    histogram.margins(y=0.3)
    histogram.legend(loc="upper left", frameon=False, fontsize=8, ncols=2, borderpad=0, handlelength=1.2)


def group_table(exercise: str, clips: list[LabelledClip], splits: list[str]) -> list[list[str]]:
    """The paper's Table 2 for these clips: the heading, a row a group, the sums; counts with shares of the split."""
    columns = {split: [clip for clip in clips if clip.split == split] for split in splits} | {"all": clips}
    counts = {
        name: count_groups([(clip.exercise, clip.labels) for clip in its])[exercise] for name, its in columns.items()
    }
    rows = [["", *columns]]
    for group in error_groups(exercise):
        cells = [_share(counts[name][group], len(its)) for name, its in columns.items()]
        rows.append([_group_text(group), *cells])
    return [*rows, ["clips", *[str(len(its)) for its in columns.values()]]]


_TITLE = {"loc": "left", "fontsize": 10, "weight": "bold", "pad": 8}


def _draw_table(axes: Axes, rows: list[list[str]]) -> None:
    axes.set(xlim=(0, TABLE_WIDTH), ylim=(len(rows), 0))
    axes.axis("off")
    column = (TABLE_WIDTH - NAME_WIDTH) / (len(rows[0]) - 1)
    for line, (name, *cells) in enumerate(rows):
        is_edge = line in (0, len(rows) - 1)
        axes.text(0, line + 0.5, name, va="center", color=QUIET if is_edge else INK)
        for index, cell in enumerate(cells):
            x = NAME_WIDTH + (index + 1) * column - 0.1
            axes.text(x, line + 0.5, cell, va="center", ha="right", color=QUIET if is_edge else INK)
        if line:
            axes.axhline(line, color=QUIET if line in (1, len(rows) - 1) else GRID, linewidth=0.8)


def _group_text(group: tuple[str, ...]) -> str:
    if len(group) == 1:
        return f"{ERROR_TEXT[group[0]]} only"
    return "both errors" if group else "no error"


def _share(count: int, total: int) -> str:
    return f"{count} ({100 * count / total:.1f} %)" if total else "–"
