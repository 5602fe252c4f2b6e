"""Colours and type of the figures, and figures as bytes."""

import base64
import io

from matplotlib import rc_context
from matplotlib.figure import Figure

from metrics.fitness_aqa.timeline import COLOURS

# Of errors: Okabe and Ito's, as in the metric's own picture, which people with any colour vision can tell apart.
ERROR_COLOURS = COLOURS
# Of runs, from the same palette, with marks so that colour alone tells nothing.
RUN_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
RUN_MARKS = ("o", "s", "^", "D", "v", "P", "X")
INK, QUIET, GRID = "#1a1a1a", "#595959", "#d9d9d9"
SYNTHETIC = "SYNTHETIC clips"

_RC = {
    "font.family": "DejaVu Sans",  # ships with matplotlib, so that a figure is the same on every machine
    "font.size": 9,
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
}


def figure_style():
    """A context manager: figures made and saved inside share type and colours, and nothing outside changes."""
    return rc_context(_RC)


def run_style(index: int) -> dict:
    """Colour and mark of the run of that number."""
    return {"color": RUN_COLOURS[index % len(RUN_COLOURS)], "marker": RUN_MARKS[index % len(RUN_MARKS)]}


def to_png(figure: Figure) -> bytes:
    """The figure as a PNG file; the same figure gives the same bytes."""
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=130, facecolor="white", metadata={"Software": None})
    return png.getvalue()


def data_uri(content: bytes, kind: str = "png") -> str:
    """An image file as text to put into a page."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def spoken(name: str) -> str:
    """A label or an exercise as people say it: `knees_forward` is "knees forward"."""
    return name.replace("_", " ")
