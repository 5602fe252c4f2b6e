"""Colours and type of the figures, and pictures as text."""

import base64
from functools import partial

from matplotlib import rc_context

from fitness_aqa_dataset.preview import style
from fitness_aqa_dataset.preview.style import GRID, INK, RC
from metrics.fitness_aqa.timeline import COLOURS

# Of errors: Okabe and Ito's, as in the metric's own picture, which people with any colour vision can tell apart.
ERROR_COLOURS = COLOURS
# Of runs, from the same palette, with marks so that colour alone tells nothing.
RUN_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
RUN_MARKS = ("o", "s", "^", "D", "v", "P", "X")
SYNTHETIC = "SYNTHETIC clips"

to_png = partial(style.to_png, dpi=130)  # pages are looked at on screens of two pixels a point


def figure_style():
    """A context manager: figures made and saved inside look as the previews do, with a grid; no other changes."""
    return rc_context(RC | {"axes.grid": True, "grid.color": GRID, "grid.linewidth": 0.6, "axes.axisbelow": True,
                            "axes.titlelocation": "left", "axes.titlesize": 10, "axes.labelcolor": INK})  # fmt: skip


def run_style(index: int) -> dict:
    """Colour and mark of the run of that number."""
    return {"color": RUN_COLOURS[index % len(RUN_COLOURS)], "marker": RUN_MARKS[index % len(RUN_MARKS)]}


def data_uri(content: bytes, kind: str = "png") -> str:
    """An image file as text to put into a page."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def spoken(name: str) -> str:
    """A label or an exercise as people say it: `knees_forward` is "knees forward"."""
    return name.replace("_", " ")
