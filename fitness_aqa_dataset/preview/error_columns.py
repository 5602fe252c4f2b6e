"""For each error of the page a column: where it is in the clip, when, how long, how many times. Lengths in inches."""

from collections.abc import Callable

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from ..taxonomy import ERROR_TEXT
from .labelled import ErrorFacts
from .style import ERROR_COLORS, QUIET, in_words

SIDE, WIDTH, BETWEEN = 0.3, 12.4, 0.5
LEGEND = 1.55  # room for what each row shows
HEAD, PANEL, UNDER = 1.1, 1.15, 0.62
MAX_COUNT = 4  # intervals of an error in a clip; more are counted together

EXPLANATIONS = (
    ("Where in the clip", "A line is an interval;\nleft is the start of\nits clip, right the\nend; sorted by start."),
    ("When", "Share of the intervals\nthat are on, by the\ntime since the start\nof the clip."),
    ("How long", "Intervals, by length."),
    ("How many times", "Clips, by how many\nintervals of the error\nthey have."),
)
AUROC = (
    "AUROC of clip length:\n0.5 if the length of a\nclip says nothing about\nthe error, 0 or 1 if it\nsays everything."
)
COLUMNS_HEIGHT = HEAD + len(EXPLANATIONS) * (PANEL + UNDER) + 0.1


def draw_error_columns(add_axes: Callable, top: float, facts: dict[tuple[str, str], ErrorFacts]) -> None:
    """
    Draw the columns; panels of a row share their horizontal axis, so that errors can be compared.

    Args:
        add_axes (`Callable`):
            Makes axes from left, top, width and height.
        top (`float`):
            Of the columns.
        facts (`dict[tuple[str, str], ErrorFacts]`):
            By exercise and label, in the order of the columns.
    """
    width = (WIDTH - 2 * SIDE - LEGEND - BETWEEN * len(facts)) / len(facts)
    ends = [end_s for its in facts.values() for _, end_s, _ in its.intervals] or [1.0]
    lengths = [end_s - start_s for its in facts.values() for start_s, end_s, _ in its.intervals] or [1.0]
    beside = add_axes(SIDE, top + 0.1, LEGEND, HEAD - 0.35)
    beside.axis("off")
    beside.text(0, 1, AUROC, va="top", fontsize=8, color=QUIET, linespacing=1.25)
    for row, (title, text) in enumerate(EXPLANATIONS):
        axes = add_axes(SIDE, top + HEAD + row * (PANEL + UNDER), LEGEND, PANEL)
        axes.axis("off")
        axes.text(0, 1, title, va="top", fontsize=10, weight="bold")
        axes.text(0, 0.8, text, va="top", fontsize=8, color=QUIET, linespacing=1.3)
    for column, ((exercise, label), its) in enumerate(facts.items()):
        left = SIDE + LEGEND + BETWEEN + column * (width + BETWEEN)
        panels = [add_axes(left, top + HEAD + row * (PANEL + UNDER), width, PANEL) for row in range(4)]
        _draw_head(add_axes(left, top + 0.1, width, HEAD - 0.35), exercise, label, its)
        color = ERROR_COLORS[label]
        _draw_where(panels[0], its, color)
        _draw_when(panels[1], its, color, max(ends))
        _draw_lengths(panels[2], its, color, max(lengths))
        _draw_counts(panels[3], its, color)
        for axes in panels if not its.intervals else ():
            axes.set(yticks=[])
            axes.text(0.5, 0.5, "no interval", transform=axes.transAxes, ha="center", va="center", color=QUIET)


def coverage(intervals: list[tuple[float, float, float]], times_s: np.ndarray) -> np.ndarray:
    """
    Share of the intervals that are on at each time.

    Args:
        intervals (`list[tuple[float, float, float]]`):
            Start, end and what else, in seconds; at least one.
        times_s (`np.ndarray`):
            float, shape `(T,)`, in seconds.

    Returns:
        `np.ndarray`: float64 in [0, 1], shape `(T,)`.
    """
    spans = np.array(intervals)
    return np.mean((spans[:, :1] <= times_s) & (times_s <= spans[:, 1:2]), axis=0)


def _draw_head(axes: Axes, exercise: str, label: str, its: ErrorFacts) -> None:
    axes.axis("off")
    axes.axhline(1, color=ERROR_COLORS[label], linewidth=8)
    share = f"{len(its.num_intervals)} of {its.num_clips} clips, {len(its.intervals)} intervals"
    auroc = "AUROC of clip length: –" if its.auroc is None else f"AUROC of clip length: {its.auroc:.2f}"
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.text(0, 0.76, f"{in_words(exercise)}: {ERROR_TEXT[label]}", va="center", fontsize=10, weight="bold")
    axes.text(0, 0.46, share, va="center", fontsize=8)
    axes.text(0, 0.2, auroc, va="center", fontsize=8, color=QUIET)


def _draw_where(axes: Axes, its: ErrorFacts, color: str) -> None:
    shares = sorted((start_s / duration_s, end_s / duration_s) for start_s, end_s, duration_s in its.intervals)
    line = min(3.0, max(0.4, 0.7 * PANEL * 72 / max(1, len(shares))))  # in points
    axes.hlines(range(len(shares)), [start for start, _ in shares], [end for _, end in shares], color, linewidth=line)
    axes.set(xlim=(0, 1), ylim=(max(1, len(shares)) - 0.5, -0.5), yticks=[])
    axes.set_xticks([0, 0.5, 1], ["start", "middle", "end"])
    axes.spines["left"].set_visible(False)


def _draw_when(axes: Axes, its: ErrorFacts, color: str, last_s: float) -> None:
    times_s = np.linspace(0, last_s, 500)
    if its.intervals:
        axes.fill_between(times_s, coverage(its.intervals, times_s), color=color, linewidth=0)
    axes.set(xlim=(0, last_s), ylim=(0, None))
    axes.yaxis.set_major_locator(MaxNLocator(3))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.xaxis.set_major_formatter("{x:g} s")


def _draw_lengths(axes: Axes, its: ErrorFacts, color: str, longest_s: float) -> None:
    lengths = [end_s - start_s for start_s, end_s, _ in its.intervals]
    axes.hist(lengths, bins=np.linspace(0, longest_s, 25), color=color, edgecolor="white", linewidth=0.5)
    axes.set(xlim=(0, longest_s))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.xaxis.set_major_formatter("{x:g} s")


def _draw_counts(axes: Axes, its: ErrorFacts, color: str) -> None:
    counts = [
        sum(min(number, MAX_COUNT) == count for number in its.num_intervals) for count in range(1, MAX_COUNT + 1)
    ]
    bars = axes.bar(range(MAX_COUNT), counts, color=color, width=0.7)
    axes.bar_label(bars, [str(count) if count else "" for count in counts], padding=2, fontsize=8)
    axes.set_xticks(range(MAX_COUNT), [f"{count}×" for count in range(1, MAX_COUNT)] + [f"≥ {MAX_COUNT}×"])
    axes.set(yticks=[], ylim=(0, 1.25 * max(1, *counts)))
    axes.spines["left"].set_visible(False)
