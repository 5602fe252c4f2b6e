"""The curves of a training as one picture, from its log."""

from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from fitness_aqa_dataset.preview.style import DPI, GRID, QUIET, figure_style

COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4B5563", "#999933")
DASHES = ("-", (0, (4, 2)), (0, (2, 2)), (0, (1, 2)))
# Title of a panel, the keys of the log that it shows (a key that ends in `/` stands for all that begin so), and
# whether it is drawn from 0 to 1 or from 0 up.
PANELS = (
    ("loss (cross-entropy of answer tokens)", ("loss", "eval_loss"), "zero"),
    ("token accuracy", ("mean_token_accuracy",), "share"),
    ("learning rate by module", ("learning_rate/",), "zero"),
    ("gradient norm", ("grad_norm",), "zero"),
    ("answers to the validation sample", ("eval_macro_f1", "eval_exercise_accuracy", "eval_answer_accuracy"), "share"),
    ("F1 and mAP on the validation sample", ("eval_f1/", "eval_map/"), "share"),
    ("tokens a second", ("tokens_per_second",), "zero"),
    ("share of time waiting for data", ("waiting_for_data",), "share"),
)
COLUMNS, PANEL_WIDTH, PANEL_HEIGHT = 2, 5.6, 2.5


def draw_curves(log_history: list[dict], title: str) -> bytes:
    """
    Draw loss, accuracy, learning rates, gradient norm, scores of the sample and throughput over the steps.

    Args:
        log_history (`list[dict]`):
            `trainer.state.log_history`; panels whose keys are not in it are left out.
        title (`str`):
            What was trained on what; written on top.

    Returns:
        `bytes`: A PNG file.
    """
    panels = [(title, curves, scale) for title, keys, scale in PANELS if (curves := _curves(log_history, keys))]
    rows = max(-(-len(panels) // COLUMNS), 1)
    with figure_style():
        height = rows * PANEL_HEIGHT + 0.6
        figure = Figure(figsize=(COLUMNS * PANEL_WIDTH, height))
        grid = figure.subplots(rows, COLUMNS, squeeze=False).flatten()
        top = 1 - 0.75 / height
        figure.subplots_adjust(left=0.07, right=0.98, bottom=0.45 / height, top=top, hspace=0.55, wspace=0.16)
        figure.text(0.07, 1 - 0.28 / height, title, fontsize=11, weight="bold", va="center")
        for axes, (name, curves, scale) in zip(grid, panels, strict=False):
            _draw(axes, name, curves, scale)
        for axes in grid[len(panels) :]:
            axes.remove()
        png = BytesIO()
        # No software tag: the same log gives the same bytes.
        figure.savefig(png, format="png", dpi=DPI, facecolor="white", metadata={"Software": None})
    return png.getvalue()


def _curves(log_history: list[dict], keys: tuple[str, ...]) -> dict[str, list[tuple[int, float]]]:
    curves = {}
    for entry in log_history:
        for name, value in entry.items():
            if name in keys or any(key.endswith("/") and name.startswith(key) for key in keys):
                curves.setdefault(name, []).append((entry["step"], value))
    return curves


def _draw(axes: Axes, name: str, curves: dict[str, list[tuple[int, float]]], scale: str) -> None:
    for number, (key, points) in enumerate(sorted(curves.items())):
        steps, values = zip(*points, strict=True)
        label = key.replace("eval_loss", "validation loss").removeprefix("learning_rate/").removeprefix("eval_")
        axes.plot(
            steps,
            values,
            color=COLORS[number % len(COLORS)],
            # one curve often hides another: the later ones have gaps
            linestyle=DASHES[number % len(DASHES)],
            linewidth=1.5,
            marker="o" if len(points) <= 40 else None,
            markersize=3,
            label=label.replace("_", " "),
        )
    axes.set_title(name, fontsize=9.5, color=QUIET, loc="left")
    axes.grid(color=GRID, linewidth=0.6)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_xlabel("optimizer step")
    if scale == "share":
        axes.set_ylim(-0.03, 1.03)
    else:
        axes.set_ylim(bottom=0)
    if len(curves) > 1:
        axes.legend(frameon=False, fontsize=7.5, ncols=2 if len(curves) > 4 else 1)
