"""The picture beside Table 4 on simulated releases: one dot a seed."""

from matplotlib.figure import Figure

from fitness_aqa_dataset.preview.style import INK
from trainer.report.scoring import Answers
from trainer.report.style import SYNTHETIC, figure_style, run_style, to_png

PANELS = (
    ("MCC, mean of the errors", lambda answers: answers.mean_mcc),
    ("macro F1", lambda answers: answers.scores["macro_f1"]),
    ("mAP, correct IoU", lambda answers: answers.scores["map"]["paper"]),
)


def draw_table4(by_seed: list[dict[str, Answers]], seeds: list[int]) -> bytes:
    """
    Detection and localisation of every row.

    Args:
        by_seed (`list[dict[str, Answers]]`): Rows by name, one dictionary a seed.
        seeds (`list[int]`): Which seeds these are.

    Returns:
        `bytes`: A PNG file.
    """
    names = list(dict.fromkeys(name for answers in by_seed for name in answers))
    with figure_style():
        figure = Figure(figsize=(11, 1.4 + 0.3 * len(names)), layout="constrained")
        panels = figure.subplots(1, len(PANELS), sharey=True)
        for panel, (title, value_of) in zip(panels, PANELS, strict=True):
            for number, (seed, answers) in enumerate(zip(seeds, by_seed, strict=True)):
                places = [place for place, name in enumerate(names) if name in answers]
                values = [value_of(answers[names[place]]) for place in places]
                panel.plot(values, places, linestyle="", markersize=5, label=f"seed {seed}", **run_style(number))
            panel.set(title=title, xlim=(-0.14, 1.04), xticks=(0, 0.5, 1))
        panels[0].set_yticks(range(len(names)), names)
        panels[0].set_ylim(len(names) - 0.4, -0.6)
        panels[0].tick_params(axis="y", length=0, labelcolor=INK)
        panels[-1].legend(loc="upper right", fontsize=8)
        figure.suptitle(f"Table 4, {SYNTHETIC}, tiny networks.", x=0.01, ha="left", fontsize=10)
        return to_png(figure)
