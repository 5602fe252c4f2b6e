"""Figures of probabilities: how true they are, and how well they rank the clips."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from sklearn.metrics import precision_recall_curve

from fitness_aqa_dataset.preview.style import GRID, INK, QUIET
from metrics.fitness_aqa.probabilities import NUM_BINS, bin_clips, clip_probability
from metrics.fitness_aqa.records import EXERCISE_OF
from metrics.fitness_aqa.scores import NOTHING
from trainer.report.scoring import Answers, labels_of
from trainer.report.style import SYNTHETIC, figure_style, run_style, spoken, to_png


def probabilities(predictions: list[dict], references: list[dict], label: str) -> tuple[np.ndarray, np.ndarray]:
    """
    What one error's curves are drawn from.

    Args:
        predictions (`list[dict]`), references (`list[dict]`):
            In one order.
        label (`str`):
            The error.

    Returns:
        `tuple[np.ndarray, np.ndarray]`: bool, whether the clip has the error, and float64, its probability, shape
        `(N,)` each; the N clips of the error's exercise. An answer with another exercise has the probability 0, as in
        the metric.
    """
    exercise = EXERCISE_OF[label]
    clips = [(p, r) for p, r in zip(predictions, references, strict=True) if r["exercise"] == exercise]
    is_there = np.array([any(error["label"] == label for error in r["errors"]) for _, r in clips], dtype=bool)
    return is_there, np.array([clip_probability(p if p["exercise"] == exercise else NOTHING, label) for p, _ in clips])


def draw_reliability(runs: list[tuple[int, Answers]], references: list[dict], is_synthetic: bool) -> bytes:
    """
    Reliability diagrams, one row a run and one column an error, with the number of clips in each bin below.

    Args:
        runs (`list[tuple[int, Answers]]`):
            Those with probabilities, each with its number on the page.
        references (`list[dict]`):
            In their order.
        is_synthetic (`bool`):
            Whether the clips are simulated.

    Returns:
        `bytes`: A PNG file.
    """
    labels = labels_of(runs[0][1].scores)
    with figure_style():
        figure = Figure(figsize=(2.75 * len(labels), 0.4 + 3.4 * len(runs)), layout="constrained")
        panels = figure.subplots(
            2 * len(runs), len(labels), squeeze=False, sharex=True, height_ratios=[3, 1] * len(runs)
        )
        for row, (number, run) in enumerate(runs):
            for column, label in enumerate(labels):
                upper, lower = panels[2 * row, column], panels[2 * row + 1, column]
                _draw_bins(upper, lower, *probabilities(run.predictions, references, label), run_style(number))
                error = run.scores["calibration_error"][label]
                upper.set_title(f"{spoken(label)}\nECE {error:.3f}", fontsize=9)
            panels[2 * row, 0].set_ylabel(f"{run.name}\nshare with the error", fontsize=8)
            panels[2 * row + 1, 0].set_ylabel("clips", fontsize=8)
        figure.supxlabel("probability given by the model", fontsize=9)
        figure.suptitle(f"Reliability.{f' {SYNTHETIC}.' if is_synthetic else ''}", x=0.01, ha="left", fontsize=10)
        return to_png(figure)


def _draw_bins(upper: Axes, lower: Axes, is_there: np.ndarray, probability: np.ndarray, style: dict) -> None:
    means, shares, _ = bin_clips(is_there, probability)
    upper.plot([0, 1], [0, 1], color=QUIET, linewidth=0.9, linestyle=":")
    upper.plot(means, shares, markersize=5, **style)
    upper.set(xlim=(-0.03, 1.03), ylim=(-0.05, 1.05), yticks=(0, 0.5, 1), xticks=(0, 0.5, 1))
    counts, edges = np.histogram(probability, np.arange(NUM_BINS + 1) / NUM_BINS)
    bars = lower.bar(edges[:-1], counts, 0.1, align="edge", color=GRID, edgecolor=QUIET, linewidth=0.6)
    lower.bar_label(bars, [str(count) if count else "" for count in counts], fontsize=6.5, padding=1)
    lower.set(ylim=(0, 1.3 * max(counts)), yticks=())
    lower.grid(visible=False)


def draw_precision_recall(runs: list[tuple[int, Answers]], references: list[dict], is_synthetic: bool) -> bytes:
    """
    Precision over recall of the clips ranked by probability, one panel an error, with the base rate as a line.

    Args:
        runs (`list[tuple[int, Answers]]`), references (`list[dict]`), is_synthetic (`bool`):
            As for [`draw_reliability`].

    Returns:
        `bytes`: A PNG file.
    """
    labels = labels_of(runs[0][1].scores)
    with figure_style():
        figure = Figure(figsize=(2.75 * len(labels), 3.6), layout="constrained")
        panels = figure.subplots(1, len(labels), squeeze=False, sharey=True)[0]
        for panel, label in zip(panels, labels, strict=True):
            for number, run in runs:
                is_there, probability = probabilities(run.predictions, references, label)
                if is_there.any():
                    precision, recall, _ = precision_recall_curve(is_there, probability)
                    area = run.scores["average_precision"][label]
                    style = {**run_style(number), "marker": None}
                    panel.step(
                        recall, precision, where="post", label=f"{run.name}: {area:.3f}", linewidth=1.6, **style
                    )
            rate = float(is_there.mean())
            panel.axhline(rate, color=INK, linewidth=0.9, linestyle=":", label=f"base rate: {rate:.3f}")
            panel.set(title=spoken(label), xlim=(-0.02, 1.02), ylim=(-0.02, 1.05), xlabel="recall")
            panel.legend(fontsize=7, loc="lower left", title="average precision", title_fontsize=7, framealpha=0.9)
        panels[0].set_ylabel("precision")
        note = f" {SYNTHETIC}." if is_synthetic else ""
        figure.suptitle(f"Does the clip have the error? Precision and recall.{note}", x=0.01, ha="left", fontsize=10)
        return to_png(figure)
