"""Probabilities against what was annotated, before and after calibration, as one picture."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fitness_aqa_dataset.preview.style import ERROR_COLORS, GRID, QUIET, figure_style, to_png
from fitness_aqa_dataset.taxonomy import ERROR_TEXT, ERRORS
from metrics.fitness_aqa.probabilities import bin_clips

COLUMNS, PANEL_WIDTH, PANEL_HEIGHT = 4, 2.9, 2.9
LARGEST = 120.0  # area of the point that stands for all clips


def draw_reliability(panels: dict[str, dict], title: str) -> bytes:
    """
    Draw a reliability diagram an error.

    Args:
        panels (`dict[str, dict]`):
            By error: `before`, `after` (probabilities, float64, shape `(N,)`), `is_annotated` (bool, shape `(N,)`) and
            `threshold`.
        title (`str`):
            Written on top.

    Returns:
        `bytes`: A PNG file.
    """
    with figure_style():
        figure = Figure(figsize=(COLUMNS * PANEL_WIDTH, PANEL_HEIGHT + 0.9))
        grid = figure.subplots(1, COLUMNS, sharey=True)
        figure.subplots_adjust(left=0.06, right=0.98, bottom=0.15, top=0.76, wspace=0.12)
        figure.text(0.06, 0.93, title, fontsize=11, weight="bold", va="center")
        for axes, (label, panel) in zip(grid, panels.items(), strict=True):
            _draw(axes, label, **panel)
        grid[0].set_ylabel("share of clips that have it")
        grid[0].legend(frameon=False, fontsize=7.5, loc="upper left")
        return to_png(figure)


def _draw(
    axes: Axes, label: str, before: np.ndarray, after: np.ndarray, is_annotated: np.ndarray, threshold: float
) -> None:
    exercise = next(name for name, labels in ERRORS.items() if label in labels)
    axes.set_title(
        f"{ERROR_TEXT[label]} ({exercise.replace('_', ' ')})\n{is_annotated.sum()} of {len(is_annotated)} clips",
        fontsize=9,
        color=QUIET,
        loc="left",
    )
    axes.plot([0, 1], [0, 1], color=QUIET, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    axes.axvline(threshold, color=QUIET, linewidth=0.8, label="threshold")
    color = ERROR_COLORS[label]
    for probability, name, face in ((before, "before", "white"), (after, "after", color)):
        means, shares, counts = bin_clips(is_annotated, probability)
        sizes = 12 + LARGEST * counts / len(is_annotated)
        axes.scatter(means, shares, s=sizes, facecolor=face, edgecolor=color, label=name, zorder=3)
    axes.set_xlim(-0.06, 1.06)
    axes.set_ylim(-0.06, 1.06)
    axes.set_xlabel("probability")
    axes.grid(color=GRID, linewidth=0.6)
