"""The document of Table 4 on simulated releases: mean and range of the measured rows over the seeds."""

import os
import platform
from datetime import date
from pathlib import Path

import numpy as np

from fitness_aqa_dataset.taxonomy import ERROR_LABELS, ERROR_TEXT
from trainer.baselines.table4 import FINE_TUNED, PREDICTIONS
from trainer.baselines.table4_figure import draw_table4
from trainer.report.clips import load_clips
from trainer.report.published import published_rows
from trainer.report.run_files import read_runs
from trainer.report.scored_rows import score_all
from trainer.report.scoring import Answers
from trainer.run_record import git_commit

# Folder of a run and how its row is called.
ROWS = {
    "md": "MD",
    "md_random": "MD without self-supervision",
    "cvcspc": "CVCSPC",
    "cvcspc_random": "CVCSPC without self-supervision",
    "md_cvcspc": "MD+CVCSPC",
    "gymetricpose": "GYMetricPose",
    "probe": "probe of the tower",
    "probe_all": "probe, one model for both exercises",
    FINE_TUNED: "tiny LLaVA-Video, fine-tuned",
}
ALWAYS, LENGTH = "Always yes, median interval", "Clip length alone"
NUMBERS = ("average precision", "calibration error", "mAP correct", "mAP detection")
INTRODUCTION = """# Table 4 on simulated releases (SYNTHETIC)

**SYNTHETIC: simulated clips, tiny networks, CPU. No number here says how well anything works on people, and none is
comparable with a published one.** Written by `make table4` on {date}; seeds {seeds} (of release, training and
everything drawn), {num_clips} test clips each; {machine}; commit `{commit}`.

Each system is trained on the train split of a simulated release of 1,000 clips, its thresholds, probabilities and
intervals are fitted on the validation clips, and the test clips are scored by `metrics/fitness_aqa`. MD, CVCSPC,
GYMetricPose and the probe have one model an exercise and are told which exercise it is, unless a row says otherwise;
the LLaVA-Video has one for both and is not told. Networks, frames and epochs are smaller than published
(`trainer/baselines/recipes/small`; those of MD and CVCSPC were chosen with scores of seeds 0, 1 and 2 in view).
GYMetricPose sees the simulated body's own joints, and the probe's tower has seen many simulated clips of other seeds
with their joints when the demo's base was made: both know more than a network that starts from random numbers.
Intervals of the baselines come from sliding windows of the probability.
"""


def make_document(run: Path, seeds: list[int], picture: str) -> tuple[str, bytes]:
    """
    Score every run of every seed and write the tables.

    Args:
        run (`Path`): Folder of all runs, `seed_N/NAME`.
        seeds (`list[int]`): Which of them.
        picture (`str`): Name of the picture's file, which will lie beside the document.

    Returns:
        `tuple[str, bytes]`: Markdown, and the picture as a PNG file.

    Raises:
        FileNotFoundError, ValueError: If a run is missing or damaged.
    """
    by_seed = [score_seed(run / f"seed_{seed}") for seed in seeds]
    num_clips = [len(answers[ALWAYS].predictions) for answers in by_seed]
    introduction = INTRODUCTION.format(
        date=date.today().isoformat(),
        seeds=", ".join(map(str, seeds)),
        num_clips=" / ".join(map(str, num_clips)),
        machine=f"{platform.machine()}, {_num_cores()} cores, no GPU",
        commit=git_commit(),
    )
    order = (ALWAYS, LENGTH, *ROWS.values())
    names = [name for name in order if any(name in answers for answers in by_seed)]
    seeds_of = {
        name: [seed for seed, answers in zip(seeds, by_seed, strict=True) if name in answers] for name in names
    }
    partial = [f"{name}: seed {', '.join(map(str, its))}." for name, its in seeds_of.items() if its != seeds]
    blocks = [
        introduction,
        f"![Detection and localisation of every row, one dot a seed]({picture})",
        " ".join(["Mean over the seeds, lowest and highest in brackets.", *partial]),
        _table(["F1", *map(_spoken, ERROR_LABELS), "mean"], [_f1_row(name, by_seed) for name in names]),
        _table(["MCC", *map(_spoken, ERROR_LABELS), "mean"], [_mcc_row(name, by_seed) for name in names]),
        _table(["", *NUMBERS], [_number_row(name, by_seed) for name in names]),
        "## As published, real clips",
        "Of the 583 real test clips; copied from the paper, not comparable with the above.",
        _table(["F1", *map(_spoken, ERROR_LABELS)], [_published_row(row) for row in published_rows()]),
    ]
    return "\n\n".join(block.strip() for block in blocks) + "\n", draw_table4(by_seed, seeds)


def score_seed(folder: Path) -> dict[str, Answers]:
    """Floors and those runs of one seed that have answers, scored, by the names of their rows."""
    names = [name for name in ROWS if (folder / name / PREDICTIONS).is_file()]
    if not names:
        raise FileNotFoundError(f"{folder}: no run with {PREDICTIONS} in it. `make table4` makes them.")
    runs = {ROWS[name]: read for name, read in zip(names, read_runs([folder / name for name in names]), strict=True)}
    scored = score_all(list(runs.values()), load_clips(list(runs.values())), with_controls=False)
    return {ALWAYS: scored.constant, LENGTH: scored.length, **dict(zip(runs, scored.runs, strict=True))}


def _f1_row(name: str, by_seed: list[dict[str, Answers]]) -> list[str]:
    scores = [answers[name].scores for answers in by_seed if name in answers]
    values = [_spread([s["f1"][label] for s in scores]) for label in ERROR_LABELS]
    return [name, *values, _spread([s["macro_f1"] for s in scores])]


def _mcc_row(name: str, by_seed: list[dict[str, Answers]]) -> list[str]:
    of_row = [answers[name] for answers in by_seed if name in answers]
    values = [_spread([answers.scores["mcc"][label] for answers in of_row]) for label in ERROR_LABELS]
    return [name, *values, _spread([answers.mean_mcc for answers in of_row])]


def _number_row(name: str, by_seed: list[dict[str, Answers]]) -> list[str]:
    answers = [answers[name] for answers in by_seed if name in answers]
    has_numbers = answers[0].has_probability
    ranked = [
        _spread([np.mean(list(a.scores[key].values())) for a in answers]) if has_numbers else "–"
        for key in ("average_precision", "calibration_error")
    ]
    return [name, *ranked, *(_spread([a.scores["map"][key] for a in answers]) for key in ("paper", "detection"))]


def _published_row(row: dict) -> list[str]:
    return [row["name"], *("–" if row["f1"][label] is None else f"{row['f1'][label]:.4f}" for label in ERROR_LABELS)]


def _spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.3f}"
    return f"{np.mean(values):.3f} ({min(values):.2f}–{max(values):.2f})"


def _spoken(label: str) -> str:
    return ERROR_TEXT[label]


def _num_cores() -> int:
    return len(os.sched_getaffinity(0))


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
