"""The shown clips in one figure: reference above prediction, probability over time below."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from fitness_aqa_dataset.preview.style import INK, QUIET
from trainer.report.style import SYNTHETIC, figure_style, spoken, to_png
from trainer.report.tracks import Lane

MAX_CLIPS = 40  # a PNG file has at most 65,536 rows
LANE_IN, TITLE_IN, HEADER_IN, WIDTH_IN = 0.36, 0.34, 0.75, 9.0


def draw_timeline(clips: list[tuple[str, str, float, list[Lane]]], is_synthetic: bool) -> bytes:
    """
    Draw clips from top to bottom.

    Args:
        clips (`list[tuple[str, str, float, list[Lane]]]`):
            Id, verdict, duration in seconds and lanes of each; at least one. The first 40 are drawn.
        is_synthetic (`bool`):
            Whether they are simulated.

    Returns:
        `bytes`: A PNG file.
    """
    num_clips, clips = len(clips), clips[:MAX_CLIPS]
    rows_in = [TITLE_IN + LANE_IN * len(lanes) for *_, lanes in clips]
    height_in = HEADER_IN + sum(rows_in) + 0.45
    longest_s = max(duration_s for _, _, duration_s, _ in clips)
    with figure_style():
        figure = Figure(figsize=(WIDTH_IN, height_in))
        note = f" {SYNTHETIC}." if is_synthetic else ""
        which = f", the first {len(clips)} of {num_clips}" if len(clips) < num_clips else ""
        title = f"Clips, the worst mistakes first{which}.{note}"
        figure.text(0.02, 1 - 0.22 / height_in, title, fontsize=10, va="center")
        handles = [
            Patch(facecolor=QUIET, label="reference"),
            Patch(facecolor="white", edgecolor=QUIET, hatch="/////", label="prediction"),
            Patch(facecolor=QUIET, alpha=0.4, label="probability over time"),
        ]
        place = {"loc": "center left", "bbox_to_anchor": (0.01, 1 - 0.5 / height_in), "ncols": 3}
        figure.legend(handles=handles, frameon=False, fontsize=8, **place)
        top_in = height_in - HEADER_IN
        for (key, verdict, duration_s, lanes), row_in in zip(clips, rows_in, strict=True):
            bottom = (top_in - row_in) / height_in
            panel = figure.add_axes((0.16, bottom, 0.82, (row_in - TITLE_IN) / height_in))
            _draw_clip(panel, key, verdict, duration_s, lanes)
            panel.set(xlim=(0, longest_s))
            top_in -= row_in
        panel.tick_params(axis="x", labelbottom=True, labelsize=8)
        panel.set_xlabel("time from the start of the clip (s)", fontsize=8)
        return to_png(figure)


def _draw_clip(panel: Axes, key: str, verdict: str, duration_s: float, lanes: list[Lane]) -> None:
    panel.set_title(f"{key} — {verdict}", fontsize=8.5, color=INK, pad=3, parse_math=False)
    panel.axvspan(0, duration_s, color="#f4f4f4", zorder=0)
    for y, lane in enumerate(lanes):
        for bars, top, height, style in (
            (lane.reference or [], 0.08, 0.34, {"facecolor": lane.colour}),
            (lane.prediction, 0.46, 0.3, {"facecolor": "white", "edgecolor": lane.colour, "hatch": "/////"}),
        ):
            for bar in bars:
                left_s, width_s = (part * duration_s / 100 for part in (bar.left, bar.width))
                panel.barh(y + top, width_s, height, left_s, align="edge", zorder=3, **style)
        for cell in lane.heat:
            left_s, width_s = (part * duration_s / 100 for part in (cell.left, cell.width))
            panel.barh(y + 0.8, width_s, 0.16, left_s, align="edge", color=lane.colour, alpha=cell.opacity, zorder=3)
    panel.set_ylim(len(lanes), 0)
    panel.set_yticks([y + 0.5 for y in range(len(lanes))], [spoken(lane.label) for lane in lanes], fontsize=8)
    panel.tick_params(axis="y", length=0, labelcolor=INK)
    panel.tick_params(axis="x", labelbottom=False)
    panel.grid(axis="y", visible=False)
