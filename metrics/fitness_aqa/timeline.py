"""A picture of what was answered and what is there, clip by clip in time."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.markers import CARETRIGHTBASE
from matplotlib.patches import Patch

from .records import ERRORS

NUM_CLIPS, MAX_NUM_CLIPS = 40, 400
# Okabe and Ito's colours, which also the colour-blind tell apart; the errors of one exercise stand side by side.
COLOURS = {"knees_forward": "#0072B2", "knees_inward": "#E69F00", "elbows": "#009E73", "knees": "#CC79A7"}
# Of a clip's height of 1, from the top: for each of two errors, the reference and below it the prediction.
LANES = {(error, row): 0.12 + 0.4 * error + 0.18 * row for error in (0, 1) for row in (0, 1)}
LANE_HEIGHT = 0.16
CLIP_HEIGHT_IN, MIN_HEIGHT_IN, PANEL_WIDTH_IN = 0.34, 2.2, 7.5


def draw_timeline(predictions: dict[str, dict], references: dict[str, dict], num_clips: int = NUM_CLIPS) -> Figure:
    """
    Draw the intervals of clips, reference above prediction, one panel per exercise.

    Where there are more clips than asked for, evenly spaced ones of each exercise are drawn, as many as its share;
    the title says so.

    Args:
        predictions (`dict[str, dict]`), references (`dict[str, dict]`):
            By clip id, in one order, as `pair_rows` returns them; at least one clip.
        num_clips (`int`, *optional*, defaults to `40`):
            Clips to draw, 1 to 400.

    Returns:
        `matplotlib.figure.Figure`: One colour per error; an answer with the wrong exercise, or none, is said in words.

    Raises:
        ValueError: If `num_clips` is out of range.
    """
    if not 1 <= num_clips <= MAX_NUM_CLIPS:
        raise ValueError(f"num_clips: expected 1 to {MAX_NUM_CLIPS} clips in the picture, got {num_clips}.")
    drawn = sample_clips(references, num_clips)
    num_drawn, num_rows = sum(map(len, drawn.values())), max(map(len, drawn.values()))
    size_in = (PANEL_WIDTH_IN * len(drawn), MIN_HEIGHT_IN + CLIP_HEIGHT_IN * num_rows)
    figure = Figure(figsize=size_in, layout="constrained")
    everywhere = "all" if num_drawn == len(references) else f"{num_drawn} of {len(references)}, evenly spaced"
    figure.suptitle(f"Reference (filled) above prediction (hatched) — clips drawn: {everywhere}")
    panels = figure.subplots(1, len(drawn), squeeze=False)[0]
    for panel, (exercise, ids) in zip(panels, drawn.items(), strict=True):
        _draw_panel(panel, exercise, ids, predictions, references)
        panel.set_ylim(num_rows, 0)  # clips of equal height in both panels
    return figure


def sample_clips(references: dict[str, dict], num_clips: int) -> dict[str, list[str]]:
    """
    Choose the clips to draw.

    Args:
        references (`dict[str, dict]`):
            By clip id.
        num_clips (`int`):
            At least 1.

    Returns:
        `dict[str, list[str]]`: Ids by exercise that occurs, in the order given: all of them, or evenly spaced ones,
        about `num_clips` in all and at least one of each exercise.
    """
    chosen = {}
    for exercise in ERRORS:
        ids = [key for key, reference in references.items() if reference["exercise"] == exercise]
        if ids:
            num_chosen = len(ids)
            if len(references) > num_clips:
                num_chosen = max(1, num_clips * len(ids) // len(references))
            chosen[exercise] = [ids[i] for i in np.linspace(0, len(ids) - 1, num_chosen).astype(int)]
    return chosen


def _draw_panel(panel, exercise: str, ids: list[str], predictions: dict[str, dict], references: dict[str, dict]):
    """One exercise: its clips from top to bottom."""
    for y, key in enumerate(ids):
        prediction, reference = predictions[key], references[key]
        panel.axhline(y, color="0.85", linewidth=0.6)
        _draw_intervals(panel, exercise, reference["errors"], y, row=0)
        if prediction["exercise"] == exercise:
            _draw_intervals(panel, exercise, prediction["errors"], y, row=1)
        else:
            answered = prediction["exercise"] or "not read"
            panel.annotate(
                f"answered: {answered}",
                (1.0, y + 0.5),
                xycoords=("axes fraction", "data"),
                xytext=(-4, 0),
                textcoords="offset points",
                ha="right",
                va="center",
                fontsize=7,
                color="#D00000",
                bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1},
            )
    panel.set_xlim(left=0)
    names = [key if len(key) <= 28 else f"…{key[-27:]}" for key in ids]
    panel.set_yticks(np.arange(len(ids)) + 0.5, names, fontsize=7, parse_math=False)  # a $ is a letter of the id
    panel.tick_params(axis="y", length=0)
    panel.set_xlabel("time from the start of the clip (s); ▸ named without times")
    handles = [Patch(facecolor=COLOURS[label], label=label.replace("_", " ")) for label in ERRORS[exercise]]
    panel.legend(handles=handles, title=exercise.replace("_", " "), ncols=2, loc="lower left", bbox_to_anchor=(0, 1))


def _draw_intervals(panel, exercise: str, errors: list[dict], y: float, row: int) -> None:
    """Bars of a clip's reference (`row` 0) or prediction (`row` 1); a mark at 0 s for an error without times."""
    for error in errors:
        if error["label"] not in ERRORS[exercise]:
            continue
        top = y + LANES[ERRORS[exercise].index(error["label"]), row]
        colour = COLOURS[error["label"]]
        if error["end"] > error["start"]:
            style = (
                {"facecolor": colour} if row == 0 else {"facecolor": "white", "edgecolor": colour, "hatch": "/////"}
            )
            panel.barh(top, error["end"] - error["start"], LANE_HEIGHT, error["start"], align="edge", **style)
        else:
            panel.plot([0], [top + LANE_HEIGHT / 2], marker=CARETRIGHTBASE, color=colour, markersize=6)
