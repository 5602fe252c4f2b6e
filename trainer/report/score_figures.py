"""Figures of scores: Table 4 as a picture, and how often "yes" is answered."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from fitness_aqa_dataset.preview.style import INK, QUIET
from metrics.fitness_aqa.records import ERRORS
from trainer.report.intervals import LABELS, bootstrap
from trainer.report.published import published_rows
from trainer.report.scoring import Answers
from trainer.report.style import ERROR_COLOURS, SYNTHETIC, figure_style, spoken, to_png


def draw_table4(runs: list[Answers], trivial: list[Answers], is_synthetic: bool) -> bytes:
    """
    Table 4 as dots: published rows above the line, rows of this page with 95 % intervals below it.

    Args:
        runs (`list[Answers]`), trivial (`list[Answers]`):
            Rows of this page.
        is_synthetic (`bool`):
            Whether its clips are simulated; the figure says so.

    Returns:
        `bytes`: A PNG file.
    """
    published, rows = published_rows(), [*trivial, *runs]
    names = [*(row["name"] for row in published), *(row.name for row in rows)]
    with figure_style():
        figure = Figure(figsize=(11, 1.6 + 0.27 * len(names)), layout="constrained")
        panels = figure.subplots(1, 5, sharey=True)
        for panel, label in zip(panels, LABELS, strict=False):
            _draw_score(panel, f"F1 {spoken(label)}", [row["f1"][label] for row in published], rows, "f1", label)
        means = [row["map_published"] for row in published]
        _draw_score(panels[-1], "mAP, published IoU", means, rows, "map_published", None)
        panels[0].set_yticks(range(len(names)), [name if len(name) <= 28 else f"{name[:27]}…" for name in names])
        panels[0].set_ylim(len(names) - 0.4, -0.6)
        panels[0].tick_params(axis="y", length=0, labelcolor=INK)
        whose = f"{SYNTHETIC}, not comparable with the rows above" if is_synthetic else "this page"
        figure.suptitle(f"Grey: published, real test set. Below the line: {whose}.", x=0.01, ha="left", fontsize=10)
        return to_png(figure)


def _draw_score(panel: Axes, title: str, published: list, rows: list[Answers], name: str, label: str | None) -> None:
    panel.set(title=title, xlim=(-0.04, 1.04), xticks=(0, 0.5, 1))
    panel.grid(axis="y", visible=False)
    for y, value in enumerate(published):
        if value is not None:
            panel.plot([value], [y], "o", color="#8c8c8c", markersize=5)
    panel.axhline(len(published) - 0.5, color=QUIET, linewidth=1)
    for y, row in enumerate(rows, start=len(published)):
        low, high = bootstrap(row.counts)[name][LABELS.index(label) if label else ...]
        value = row.scores["f1"][label] if label else row.scores["map"]["published"]
        colour = ERROR_COLOURS.get(label, INK)
        if not np.isnan(low) and (label or row.gives_times):
            panel.hlines(y, low, high, color=colour, linewidth=2)
            panel.plot([value], [y], "o", color=colour, markersize=5)


def draw_yes_rate(rows: list[tuple[str, dict, dict]], is_synthetic: bool) -> bytes:
    """
    How often each error is named, and both of an exercise, one bar a row.

    Args:
        rows (`list[tuple[str, dict, dict]]`):
            Name, rate by error and rate of both by exercise; the truth first.
        is_synthetic (`bool`):
            Whether the clips are simulated.

    Returns:
        `bytes`: A PNG file.
    """
    rates = [(label, spoken(label), ERROR_COLOURS[label]) for label in LABELS]
    rates += [(exercise, f"both\n{spoken(exercise)}", QUIET) for exercise in ERRORS]
    rates = [rate for rate in rates if rate[0] in rows[0][1] | rows[0][2]]  # of exercises that have clips
    with figure_style():
        figure = Figure(figsize=(11, 1.2 + 0.27 * len(rows)), layout="constrained")
        panels = figure.subplots(1, len(rates), sharey=True)
        for panel, (key, title, colour) in zip(panels, rates, strict=True):
            values = [(of_label | of_both)[key] for _, of_label, of_both in rows]
            bars = panel.barh(range(len(rows)), values, 0.62, color=[INK] + [colour] * (len(rows) - 1))
            panel.axvline(values[0], color=INK, linewidth=0.9, linestyle=":")
            panel.bar_label(bars, [f"{value:.0%}" for value in values], padding=3, fontsize=8)
            panel.set(title=title, xlim=(0, 1.28), xticks=(0, 0.5, 1))
            panel.xaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
            panel.grid(axis="y", visible=False)
        panels[0].set_yticks(range(len(rows)), [name for name, _, _ in rows])
        panels[0].set_ylim(len(rows) - 0.4, -0.6)
        panels[0].tick_params(axis="y", length=0, labelcolor=INK)
        note = f" {SYNTHETIC}." if is_synthetic else ""
        figure.suptitle(f"Share of the clips in which the error is named.{note}", x=0.01, ha="left", fontsize=10)
        return to_png(figure)
