"""Colours, type and file writing shared by all figures."""

import os
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

# Okabe and Ito's palette (2008), which people with any colour vision can tell apart.
ERROR_COLORS = {"knees_forward": "#0072B2", "knees_inward": "#D55E00", "elbows": "#009E73", "knees": "#CC79A7"}
GOOD, BAD, QUIET, GRID = "#1B7F3B", "#B3261E", "#6B7280", "#E5E7EB"

RC = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so that a figure is the same on every machine
    "font.size": 9,
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "text.color": "#111827",
    "axes.labelcolor": "#111827",
}


def clips_text(is_synthetic: bool | None) -> str:
    """
    What to call clips, so that simulated ones are never taken for real ones, nor the other way round.

    Args:
        is_synthetic (`bool` or `None`):
            Whether they are simulated; `None` where that is not known.

    Returns:
        `str`: A plural for captions and tables.
    """
    if is_synthetic is None:
        return "clips, not known whether synthetic"
    return "synthetic clips" if is_synthetic else "real clips"


def figure_style():
    """
    Apply the common look.

    Returns:
        A context manager; figures made and saved inside share fonts and colours, and nothing outside changes.
    """
    return rc_context(RC)


def save_figure(figure: Figure, path: Path) -> Path:
    """
    Write a figure as PNG, whole or not at all.

    Args:
        figure (`Figure`):
            Finished figure.
        path (`Path`):
            File to write; its folder is made when missing.

    Returns:
        `Path`: `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.partial")  # two commands may write it at once
    # No software tag: the same run gives the same bytes.
    figure.savefig(part, format="png", dpi=110, facecolor="white", metadata={"Software": None})
    os.replace(part, path)
    return path
