"""The timeline picture: test clips with reference and answered intervals under their frames."""

from pathlib import Path

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Patch
from tqdm import tqdm

from fitness_aqa_dataset.frames import sample_frames
from fitness_aqa_dataset.taxonomy import ERROR_TEXT, ERRORS, EXERCISES
from model_card.clips import SELECTION_RULE, clip_path, select_clips, verdict
from model_card.run_files import Run
from model_card.style import BAD, ERROR_COLORS, GOOD, GRID, QUIET, figure_style, save_figure

NUM_FRAMES = 8

# All lengths in inches.
WIDTH, LEFT, RIGHT = 11.0, 1.3, 1.15
HEADER, TITLE, CONNECTOR, LANE, AXIS, GAP = 0.95, 0.44, 0.18, 0.33, 0.24, 0.2
CELL = (WIDTH - LEFT - RIGHT) / NUM_FRAMES
MAX_FRAME_HEIGHT = 1.6


def draw_timeline(run: Run, path: Path) -> Path:
    """
    Draw [`select_clips`]: sampled frames over a time axis with a reference and an answered bar for every error.

    Args:
        run ([`Run`]):
            The run.
        path (`Path`):
            PNG file to write.

    Returns:
        `Path`: `path`.

    Raises:
        FileNotFoundError: If a chosen clip has no video in the run's release.
        ValueError: If a video cannot be decoded.
    """
    clips = select_clips(run.references)
    panels = []
    for reference in tqdm(clips, desc="timeline frames", leave=False):
        sampled = sample_frames(clip_path(run.path, reference["id"]), NUM_FRAMES)
        panels.append((reference, run.predictions[reference["id"]], sampled))
    heights = [_panel_height(*panel) for panel in panels]
    height = HEADER + sum(heights)
    with figure_style():
        figure = Figure(figsize=(WIDTH, height))
        top = height - HEADER
        _draw_header(figure, height)
        for panel, panel_height in zip(panels, heights, strict=True):
            _draw_panel(figure, height, top, *panel)
            top -= panel_height
        return save_figure(figure, path)


def _labels(reference: dict, prediction: dict) -> list[str]:
    own = list(ERRORS[reference["exercise"]])
    return own + sorted({error["label"] for error in prediction["errors"]} - set(own))


def _frame_size(frames: torch.Tensor) -> tuple[float, float]:
    """Width and height in inches of one frame, as large as its cell allows."""
    aspect = frames.shape[-2] / frames.shape[-1]
    height = min(0.95 * CELL * aspect, MAX_FRAME_HEIGHT)
    return height / aspect, height


def _panel_height(reference: dict, prediction: dict, sampled: tuple) -> float:
    return TITLE + _frame_size(sampled[0])[1] + CONNECTOR + LANE * len(_labels(reference, prediction)) + AXIS + GAP


def _draw_header(figure: Figure, height: float) -> None:
    x = LEFT / WIDTH
    title = "Reference and answer on synthetic clips (test split)"
    rule = f"Chosen by rule: {SELECTION_RULE}. A hit has IoU ≥ 0.5."
    figure.text(x, 1 - 0.3 / height, title, fontsize=14, weight="bold", va="center")
    figure.text(x, 1 - 0.57 / height, rule, color=QUIET, va="center")
    handles = [
        Patch(facecolor="#4B5563", label="reference"),
        Patch(facecolor="#D1D5DB", edgecolor="#4B5563", label="answer"),
    ]
    figure.legend(
        handles=handles, loc="center right", bbox_to_anchor=(1 - RIGHT / WIDTH, 1 - 0.3 / height), ncols=2,
        frameon=False, borderaxespad=0, borderpad=0,
    )  # fmt: skip


def _draw_panel(figure: Figure, height: float, top: float, reference: dict, prediction: dict, sampled: tuple) -> None:
    frames, times_s, duration_s = sampled
    frame_width, frame_height = _frame_size(frames)
    labels = _labels(reference, prediction)

    def add_axes(bottom: float, axes_height: float) -> Axes:
        box = (LEFT / WIDTH, bottom / height, 1 - (LEFT + RIGHT) / WIDTH, axes_height / height)
        return figure.add_axes(box)

    strip = add_axes(top - TITLE - frame_height, frame_height)
    strip.set(xlim=(0, CELL * NUM_FRAMES), ylim=(0, frame_height))
    strip.axis("off")
    lanes_height = LANE * len(labels)
    lanes = add_axes(top - TITLE - frame_height - CONNECTOR - lanes_height, lanes_height)
    lanes.set(xlim=(0, duration_s), ylim=(len(labels), 0))
    _draw_title(figure, height, top, reference, prediction)
    for index, (frame, time_s) in enumerate(zip(frames, times_s, strict=True)):
        center = (index + 0.5) * CELL
        extent = (center - frame_width / 2, center + frame_width / 2, 0, frame_height)
        strip.imshow(frame.permute(1, 2, 0).numpy(), extent=extent, aspect="auto", interpolation="lanczos")
        strip.text(center, frame_height + 0.05, f"{time_s:.2f} s", ha="center", va="bottom", fontsize=8, color=QUIET)
        link = ConnectionPatch((center, 0), (time_s, 0), strip.transData, lanes.transData, color="#C4CAD3", lw=0.8)
        figure.add_artist(link)
    strip.set(xlim=(0, CELL * NUM_FRAMES), ylim=(0, frame_height))  # imshow has changed them
    for lane, label in enumerate(labels):
        _draw_lane(lanes, lane, label, reference, prediction)
    lanes.vlines(times_s, 0, len(labels), color=GRID, linewidth=0.8, zorder=0)
    lanes.set_yticks([lane + 0.5 for lane in range(len(labels))], [ERROR_TEXT[label] for label in labels])
    lanes.tick_params(axis="y", length=0, labelcolor="#111827")
    lanes.tick_params(axis="x", labelsize=8)
    lanes.xaxis.set_major_formatter("{x:g} s")
    lanes.spines["left"].set_visible(False)


def _draw_title(figure: Figure, height: float, top: float, reference: dict, prediction: dict) -> None:
    answered = prediction["exercise"]
    right = answered == reference["exercise"]
    names = {exercise: exercise.replace("_", " ") for exercise in EXERCISES} | {None: "no exercise"}
    text = f"true: {names[reference['exercise']]} → answered: {names[answered]} {'✓' if right else '✗'}"
    y = (top - 0.1) / height
    figure.text(LEFT / WIDTH, y, reference["id"], weight="bold", fontsize=10, va="center")
    figure.text(1 - RIGHT / WIDTH, y, text, color=GOOD if right else BAD, ha="right", va="center")


def _draw_lane(lanes: Axes, lane: int, label: str, reference: dict, prediction: dict) -> None:
    color = ERROR_COLORS[label]
    light = color + "55"  # the same colour, mostly transparent
    for row, y, face in ((reference, lane + 0.30, color), (prediction, lane + 0.70, light)):
        bars = [(error["start"], error["end"] - error["start"]) for error in row["errors"] if error["label"] == label]
        lanes.broken_barh(bars, (y - 0.17, 0.34), facecolor=face, edgecolor=color, linewidth=0.9, zorder=3)
    if lane:
        lanes.axhline(lane, color=GRID, linewidth=0.8, zorder=0)
    text, text_color = verdict(reference, prediction, label)
    beside = lanes.get_yaxis_transform()
    lanes.text(1.012, lane + 0.5, text, transform=beside, va="center", fontsize=8.5, color=text_color)
