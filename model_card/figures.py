"""The score bars and the training curve of a run."""

import math
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fitness_aqa_dataset.taxonomy import ERROR_TEXT, ERRORS
from model_card.answered import Answered
from model_card.run_files import Run
from model_card.scores import labels_with_clips
from model_card.style import GRID, QUIET, clips_text, figure_style, save_figure

# Bar looks: the tuned model in full colour, what it is compared with in greys.
BARS = {
    "before": {"label": "before fine-tuning", "color": "#C7CDD6"},
    "after": {"label": "after fine-tuning", "color": "#0072B2"},
    "blank": {"label": "after, blank video", "color": "#8A94A3"},
    "always_yes": {"label": "always answering yes", "color": "white", "edgecolor": "#4B5563", "hatch": "////"},
}


def draw_scores(run: Answered, path: Path, titles: dict[str, str] | None = None) -> Path:
    """
    Draw F1 per error of every set of answers that the run has, and of the answer "yes" to every clip.

    Args:
        run ([`Answered`]):
            The run.
        path (`Path`):
            PNG file to write.
        titles (`dict[str, str]`, *optional*):
            What sets of answers are called, by name, where not as of a model that was fine-tuned.

    Returns:
        `Path`: `path`.
    """
    bars = {name: {**look, "label": (titles or {}).get(name, look["label"])} for name, look in BARS.items()}
    f1 = {name: scores["f1"] for name, scores in run.scores.items()}
    f1["always_yes"] = run.scores["after"]["always_yes_f1"]
    labels = labels_with_clips(run.scores)
    width = 0.8 / len(f1)
    with figure_style():
        figure = Figure(figsize=(10, 4.6))
        axes = figure.add_axes((0.07, 0.125, 0.91, 0.7))
        for index, name in enumerate(f1):
            x = np.arange(len(labels)) + (index - (len(f1) - 1) / 2) * width
            heights = [f1[name][label] for label in labels]
            axes.bar(x, np.nan_to_num(heights), width * 0.9, linewidth=0.8, zorder=2, **bars[name])
            for position, height in zip(x, heights, strict=True):
                text = "n/a" if math.isnan(height) else f"{height:.2f}"
                y = 0 if math.isnan(height) else height
                weight = "bold" if name == "after" else "normal"
                axes.text(position, y + 0.015, text, ha="center", va="bottom", fontsize=8.5, weight=weight)
        axes.set(ylim=(0, 1.08), ylabel="F1", yticks=np.linspace(0, 1, 6), xlim=(-0.55, len(labels) - 0.45))
        axes.set_xticks(range(len(labels)), [_support_text(run, label) for label in labels])
        axes.tick_params(axis="x", length=0, labelcolor="#111827", pad=6)
        axes.grid(axis="y", color=GRID, zorder=0)
        split = run.settings["after"]["split"]
        title_figure(figure, f"F1 per error on the {split} split ({clips_text(run.is_synthetic)})")
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, frameon=False, borderaxespad=0.2, borderpad=0.2)
        return save_figure(figure, path)


def draw_loss(run: Run, path: Path) -> Path:
    """
    Draw the training loss, and the token accuracy where it was logged.

    Args:
        run ([`Run`]):
            A run whose training logged a loss.
        path (`Path`):
            PNG file to write.

    Returns:
        `Path`: `path`.
    """
    history = losses(run)
    panels = [("loss", "training loss (cross-entropy of answer tokens)", "#0072B2")]
    if any("mean_token_accuracy" in entry for entry in history):
        panels.append(("mean_token_accuracy", "token accuracy on training batches", "#009E73"))
    with figure_style():
        figure = Figure(figsize=(10, 3.9))
        all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
        figure.subplots_adjust(left=0.07, right=0.97, bottom=0.15, top=0.78, wspace=0.2)
        for axes, (key, title, color) in zip(all_axes, panels, strict=True):
            points = [(entry["step"], entry[key]) for entry in history if key in entry]
            steps, values = zip(*points, strict=True)
            axes.plot(steps, values, color=color, linewidth=1.6, marker="o", markersize=0 if len(points) > 60 else 3)
            axes.annotate(
                f"{values[-1]:.3f}", (steps[-1], values[-1]), xytext=(0, 7), textcoords="offset points", ha="right",
                color=color, weight="bold",
            )  # fmt: skip
            axes.set(ylim=(0, max(values) * 1.08 if key == "loss" else 1.08))
            label_course(axes, title)
        where = f"{clips_text(run.is_trained_on_synthetic)}, {run.environment.get('device') or 'device not recorded'}"
        title_figure(figure, f"Fine-tuning on {where}")
        return save_figure(figure, path)


def label_course(axes: Axes, title: str) -> None:
    """Name a panel that shows something over optimizer steps."""
    axes.set(xlabel="optimizer step")
    axes.set_title(title, fontsize=9.5, color=QUIET, loc="left")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(color=GRID)
    axes.set_axisbelow(True)


def losses(run: Run) -> list[dict]:
    """The entries of the training's log that hold a loss; none of a model that was not trained."""
    return [entry for entry in run.trainer_state["log_history"] if "loss" in entry]


def _support_text(run: Answered, label: str) -> str:
    support = run.scores["after"]["support"][label]
    exercise = "squat" if label in ERRORS["squat"] else "overhead press"
    return f"{ERROR_TEXT[label]} ({exercise})\nin {support['positives']:.0f} of {support['clips']:.0f} clips"


def title_figure(figure: Figure, text: str) -> None:
    """Write a title over the left edge of a figure's panels."""
    figure.suptitle(text, x=0.07, y=0.965, ha="left", fontsize=13, weight="bold")
