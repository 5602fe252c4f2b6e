"""Pictures of a plan: what fills a GPU, and how a step scales."""

from pathlib import Path

from matplotlib.figure import Figure

from model_card.style import BAD, GRID, QUIET, figure_style, save_figure

from .memory import COLUMNS, GB
from .report import TITLES
from .scaling import FEW_STEPS

# Okabe and Ito's palette; states in blues, activations in warm colours, the rest grey.
COLORS = {
    "parameters": "#0072B2",
    "gradients": "#56B4E9",
    "optimizer": "#A6CEE3",
    "buffers": "#009E73",
    "tower": "#E69F00",
    "language_model": "#D55E00",
    "logits": "#CC79A7",
    "context": "#C4C8CF",
}


def draw_memory(plan: dict, path: Path) -> Path:
    """
    Stacked bars of every file's memory, with a line at what a GPU has.

    Args:
        plan (`dict`): Of [`make_plan`].
        path (`Path`): PNG to write.

    Returns:
        `Path`: `path`.
    """
    recipe, files = plan["recipe"], plan["files"]
    with figure_style():
        figure = Figure(figsize=(9, 1.6 + 0.5 * len(files)), layout="constrained")
        axes = figure.add_subplot()
        for index, file in enumerate(files.values()):
            left = 0.0
            for column in COLUMNS:
                width = file["memory"][column] / GB
                axes.barh(index, width, left=left, color=COLORS[column], height=0.62, edgecolor="white", linewidth=0.5)
                left += width
            axes.text(left, index, f"  {left:.1f} GB", va="center", fontweight="bold")
        axes.axvline(recipe["gpu_memory_gb"], color="#111827", linewidth=1, linestyle="--")
        axes.set_yticks(range(len(files)), list(files), color="#111827")
        axes.invert_yaxis()
        axes.set_xlim(0, 1.12 * max(recipe["gpu_memory_gb"], *(file["total"] / GB for file in files.values())))
        axes.set_xlabel(f"GB of one GPU at the fullest moment; dashed: {recipe['gpu_memory_gb']:g} GB, what it has")
        axes.grid(axis="x", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.tick_params(axis="y", length=0)
        handles = [axes.barh(0, 0, color=COLORS[column]) for column in COLUMNS]
        figure.legend(handles, TITLES.values(), loc="outside lower center", ncols=len(COLUMNS), frameon=False)
        figure.suptitle(
            f"{Path(recipe['model']).name}, {recipe['num_frames']} frames, {recipe['num_processes']} GPUs: "
            "planned, not measured on a GPU",
            x=0.01,
            ha="left",
            color=QUIET,
        )
        return save_figure(figure, path)


def draw_scaling(points: list[dict], path: Path) -> Path:
    """
    Seconds of a step and minutes of an epoch over the number of GPUs.

    Args:
        points (`list[dict]`): Of [`simulate`].
        path (`Path`): PNG to write.

    Returns:
        `Path`: `path`.
    """
    ranks = [point["num_processes"] for point in points]
    lines = {
        "compute_s": ("computing", "#0072B2", "-"),
        "network_s": ("network, sharded over all", "#D55E00", "-"),
        "hybrid_network_s": ("network, hybrid", "#E69F00", "--"),
    }
    with figure_style():
        figure = Figure(figsize=(9, 3.6), layout="constrained")
        left, right = figure.subplots(1, 2)
        for name, (label, color, style) in lines.items():
            left.plot(ranks, [point[name] for point in points], style, color=color, marker="o", ms=4, label=label)
        left.set_ylabel("seconds of one step")
        left.set_ylim(bottom=0)
        left.legend(frameon=False)
        right.plot(ranks, [point["epoch_s"] / 60 for point in points], color="#0072B2", marker="o", ms=4)
        ideal = [points[0]["epoch_s"] / 60 / number for number in ranks]
        right.plot(ranks, ideal, ":", color=QUIET)
        right.text(ranks[1], ideal[1] / 2.2, "ideal", color=QUIET, ha="right")
        right.set_yscale("log", base=10)
        right.set_ylabel("minutes of an epoch")
        for point in points:
            few = point["steps_per_epoch"] < FEW_STEPS
            place = (point["num_processes"], point["epoch_s"] / 60)
            label = f"{point['steps_per_epoch']:,} steps"
            right.annotate(label, place, (4, 5), textcoords="offset points", color=BAD if few else QUIET, fontsize=8)
        for axes in (left, right):
            axes.set_xscale("log", base=2)
            axes.set_xticks(ranks, [f"{number:,}" for number in ranks])
            axes.minorticks_off()
            axes.set_xlim(0.8, ranks[-1] * 3)
            axes.set_xlabel("GPUs")
            axes.grid(color=GRID, linewidth=0.6)
        figure.suptitle("FSDP2, simulated: counted FLOPs and bytes, stated speeds", x=0.01, ha="left", color=QUIET)
        return save_figure(figure, path)
