"""Colours, type, words and file writing that all previews share."""

import os
from io import BytesIO
from pathlib import Path

from matplotlib import rc_context
from matplotlib.figure import Figure

# Okabe and Ito's palette (2008), which people with any colour vision can tell apart.
ERROR_COLORS = {"knees_forward": "#0072B2", "knees_inward": "#D55E00", "elbows": "#009E73", "knees": "#CC79A7"}
BAR_COLOR = "#E69F00"
INK, QUIET, GRID, INSIDE_CLIP = "#111827", "#5B6472", "#D5DAE1", "#F3F4F6"
DARK, LIGHT = "#4B5563", "#C7CDD6"

DPI = 110

RC = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so that a picture is the same on every machine
    "font.size": 9,
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.labelcolor": QUIET,
    "axes.labelsize": 8,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "text.color": INK,
    "text.parse_math": False,  # an id may hold $
}


def figure_style():
    """
    Apply the common look.

    Returns:
        A context manager; figures made and saved inside share fonts and colours, and nothing outside changes.
    """
    return rc_context(RC)


def in_words(name: str) -> str:
    """`Overhead press` for `overhead_press`."""
    return name.replace("_", " ").capitalize()


def output_path(out: str | Path) -> Path:
    """
    Check where a picture is to go before anything is read.

    Raises:
        ValueError: If the name does not end in `.png`.
        FileNotFoundError: If its folder is missing.
    """
    path = Path(out).expanduser()
    if path.suffix.lower() != ".png":
        raise ValueError(f"{path}: the picture is a PNG file; give a name that ends in .png")
    if not path.parent.is_dir():
        raise FileNotFoundError(f"{path}: there is no folder {path.parent}; make it or name another one")
    return path


def to_png(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as a PNG file. No software tag: the same figure gives the same bytes."""
    png = BytesIO()
    figure.savefig(png, format="png", dpi=dpi, facecolor="white", metadata={"Software": None})
    return png.getvalue()


def save_figure(figure: Figure, path: Path) -> Path:
    """
    Write a figure as PNG, whole or not at all; a file of that name is replaced.

    Args:
        figure (`Figure`):
            Finished figure.
        path (`Path`):
            File to write, see [`output_path`].

    Returns:
        `Path`: `path`.
    """
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(to_png(figure))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return path
