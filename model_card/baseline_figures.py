"""The training curves of a baseline's models."""

from pathlib import Path

from matplotlib.figure import Figure

from model_card.baseline_files import BaselineRun
from model_card.figures import label_course, losses, title_figure
from model_card.style import clips_text, figure_style, save_figure
from trainer.baselines.words import NAMES
from trainer.report.style import RUN_COLOURS


def draw_losses(run: BaselineRun, path: Path) -> Path:
    """
    Draw the training loss of every model, and beside it that of self-supervision.

    Args:
        run ([`BaselineRun`]):
            A run whose training logged a loss.
        path (`Path`):
            PNG file to write.

    Returns:
        `Path`: `path`.
    """
    models, stages = [], []
    for part in run.parts:
        start = f"{NAMES[part.recipe['system']]}, " if run.is_mean else ""
        models += [(start + model.name.replace("_", " "), losses(model)) for model in part.models]
        stages += [(start + stage.name.replace("_", " "), losses(stage)) for stage in part.stages]
    panels = [("training (class-weighted binary cross-entropy)", models), ("self-supervision (triplets)", stages)]
    panels = [(title, kept) for title, curves in panels if (kept := [curve for curve in curves if curve[1]])]
    with figure_style():
        figure = Figure(figsize=(10, 3.9))
        all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
        figure.subplots_adjust(left=0.07, right=0.97, bottom=0.15, top=0.78, wspace=0.2)
        for axes, (title, curves) in zip(all_axes, panels, strict=True):
            for number, (name, history) in enumerate(curves):
                steps, values = zip(*[(entry["step"], entry["loss"]) for entry in history], strict=True)
                color = RUN_COLOURS[number % len(RUN_COLOURS)]
                axes.plot(steps, values, color=color, linewidth=1.6, marker="o", markersize=3, label=name)
            axes.set_ylim(bottom=0)
            label_course(axes, title)
            axes.legend(frameon=False, fontsize=8)
        title_figure(figure, f"Loss of the training on {clips_text(run.is_trained_on_synthetic)}")
        return save_figure(figure, path)
