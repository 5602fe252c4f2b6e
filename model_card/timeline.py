"""The timeline picture: test clips with reference and answered intervals under their frames."""

import sys
from pathlib import Path

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import ConnectionPatch, Patch
from tqdm import tqdm

from fitness_aqa_dataset.frames import sample_frames
from fitness_aqa_dataset.taxonomy import ERROR_TEXT, ERRORS, EXERCISES
from model_card.answered import Answered
from model_card.clips import SELECTION_RULE, find_videos, select_clips, verdict
from model_card.style import BAD, ERROR_COLORS, GOOD, GRID, QUIET, clips_text, figure_style, save_figure

NUM_FRAMES = 8

# All lengths in inches.
WIDTH, LEFT, RIGHT = 11.0, 1.3, 1.15
HEADER, TITLE, CONNECTOR, LANE, AXIS, GAP = 0.95, 0.44, 0.18, 0.33, 0.24, 0.2
CELL = (WIDTH - LEFT - RIGHT) / NUM_FRAMES
MAX_FRAME_HEIGHT = 1.6


def draw_timeline(run: Answered, path: Path) -> Path:
    """
    Draw [`select_clips`]: sampled frames over a time axis with a reference and an answered bar for every error.

    A clip that is not to be had any more, or cannot be decoded, is drawn without frames, and the picture says so.

    Args:
        run ([`Answered`]):
            The run.
        path (`Path`):
            PNG file to write.

    Returns:
        `Path`: `path`.
    """
    clips = select_clips(run.references)
    videos = find_videos(run, clips)
    panels = []
    for reference in tqdm(clips, desc="timeline frames", leave=False, delay=2):
        prediction = run.predictions[reference["id"]]
        shown = _read_clip(videos.get(reference["id"])) or ([], [], _shown_s(reference, prediction))
        panels.append((reference, prediction, shown))
    if without := [reference["id"] for reference, _, (frames, *_) in panels if not len(frames)]:
        print(
            f"warning: {path}: {len(without)} of {len(clips)} clips are drawn without frames, {without[0]} first: "
            f"they cannot be read, or are not in {run.path / 'release'} or {run.settings['after']['data']}",
            file=sys.stderr,
        )
    heights = [_panel_height(*panel) for panel in panels]
    height = HEADER + sum(heights)
    with figure_style():
        figure = Figure(figsize=(WIDTH, height))
        top = height - HEADER
        _draw_header(figure, height, run)
        for panel, panel_height in zip(panels, heights, strict=True):
            _draw_panel(figure, height, top, *panel, run.gives_times)
            top -= panel_height
        return save_figure(figure, path)


def _labels(reference: dict, prediction: dict) -> list[str]:
    own = list(ERRORS[reference["exercise"]])
    return own + sorted({error["label"] for error in prediction["errors"]} - set(own))


def _read_clip(video: dict | None) -> tuple | None:
    try:
        return sample_frames(video, NUM_FRAMES) if video else None
    except ValueError:  # damaged
        return None


def _shown_s(reference: dict, prediction: dict) -> float:
    """Length of the axis of a clip that is not to be had: up to its end, or to the last interval."""
    ends_s = [error["end"] for row in (reference, prediction) for error in row["errors"]]
    return max([*ends_s, *(prediction.get("window") or [1.0])])


def _frame_size(frames: torch.Tensor | list) -> tuple[float, float]:
    """Width and height in inches of one frame, as large as its cell allows; 0 without frames."""
    if not len(frames):
        return 0.0, 0.0
    aspect = frames.shape[-2] / frames.shape[-1]
    height = min(0.95 * CELL * aspect, MAX_FRAME_HEIGHT)
    return height / aspect, height


def _panel_height(reference: dict, prediction: dict, sampled: tuple) -> float:
    return TITLE + _frame_size(sampled[0])[1] + CONNECTOR + LANE * len(_labels(reference, prediction)) + AXIS + GAP


def _draw_header(figure: Figure, height: float, run: Answered) -> None:
    x = LEFT / WIDTH
    title = f"Reference and answer on {clips_text(run.is_synthetic)} ({run.settings['after']['split']} split)"
    hit = "A hit has IoU ≥ 0.5." if run.gives_times else "The answers do not say when."
    rule = f"Chosen by rule: {SELECTION_RULE}. {hit}"
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


def _draw_panel(
    figure: Figure, height: float, top: float, reference: dict, prediction: dict, sampled: tuple, gives_times: bool
) -> None:
    frames, times_s, duration_s = sampled
    _, frame_height = _frame_size(frames)
    labels = _labels(reference, prediction)

    def add_axes(bottom: float, axes_height: float) -> Axes:
        box = (LEFT / WIDTH, bottom / height, 1 - (LEFT + RIGHT) / WIDTH, axes_height / height)
        return figure.add_axes(box)

    lanes_height = LANE * len(labels)
    lanes = add_axes(top - TITLE - frame_height - CONNECTOR - lanes_height, lanes_height)
    lanes.set(xlim=(0, duration_s), ylim=(len(labels), 0))
    _draw_title(figure, height, top, reference, prediction)
    if len(frames):
        _draw_frames(add_axes(top - TITLE - frame_height, frame_height), lanes, sampled)
    else:
        note = "no frames: the clip is not at hand, or cannot be decoded"
        lanes.text(0, -0.1, note, va="bottom", fontsize=8, color=QUIET)
    for lane, label in enumerate(labels):
        _draw_lane(lanes, lane, label, reference, prediction)
        text, text_color = verdict(reference, prediction, label, gives_times)
        beside = lanes.get_yaxis_transform()
        lanes.text(1.012, lane + 0.5, text, transform=beside, va="center", fontsize=8.5, color=text_color)
    lanes.vlines(times_s, 0, len(labels), color=GRID, linewidth=0.8, zorder=0)
    lanes.set_yticks([lane + 0.5 for lane in range(len(labels))], [ERROR_TEXT[label] for label in labels])
    lanes.tick_params(axis="y", length=0, labelcolor="#111827")
    lanes.tick_params(axis="x", labelsize=8)
    lanes.xaxis.set_major_formatter("{x:g} s")
    lanes.spines["left"].set_visible(False)


def _draw_frames(strip: Axes, lanes: Axes, sampled: tuple) -> None:
    """Frames in a row, each joined to its time on the axis of the lanes."""
    frames, times_s, _ = sampled
    frame_width, frame_height = _frame_size(frames)
    strip.axis("off")
    for index, (frame, time_s) in enumerate(zip(frames, times_s, strict=True)):
        center = (index + 0.5) * CELL
        extent = (center - frame_width / 2, center + frame_width / 2, 0, frame_height)
        strip.imshow(frame.permute(1, 2, 0).numpy(), extent=extent, aspect="auto", interpolation="lanczos")
        strip.text(center, frame_height + 0.05, f"{time_s:.2f} s", ha="center", va="bottom", fontsize=8, color=QUIET)
    strip.set(xlim=(0, CELL * NUM_FRAMES), ylim=(0, frame_height))  # imshow has changed them
    for index, time_s in enumerate(times_s):
        ends = ((index + 0.5) * CELL, 0), (time_s, 0)
        link = ConnectionPatch(*ends, strip.transData, lanes.transData, color="#C4CAD3", lw=0.8)
        strip.figure.add_artist(link)


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
        own = [error for error in row["errors"] if error["label"] == label and error["end"] > error["start"]]
        bars = [(error["start"], error["end"] - error["start"]) for error in own]
        lanes.broken_barh(bars, (y - 0.17, 0.34), facecolor=face, edgecolor=color, linewidth=0.9, zorder=3)
    if lane:
        lanes.axhline(lane, color=GRID, linewidth=0.8, zorder=0)
