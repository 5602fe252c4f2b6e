"""The tables of a page as rows of cells, in the words and digits that are shown."""

from dataclasses import dataclass

import numpy as np

from metrics.fitness_aqa.records import ERRORS
from trainer.baselines.words import MODELS
from trainer.report.intervals import LABELS, bootstrap
from trainer.report.published import TOLD, published_rows
from trainer.report.scoring import Answers, ap_rows, labels_of
from trainer.report.style import spoken

AP_TEXT = {
    "published": "published: hits over all clips of the exercise, the paper's IoU with its mistake",
    "paper": "correct: the same with a correct IoU",
    "recall": "recall: hits over the clips that have the error, correct IoU",
    "detection": "detection: area under precision and recall of the intervals ranked by score (ActivityNet)",
}


@dataclass
class Cell:
    """
    Args:
        value (`str`): The number; `–` where there is none.
        interval (`str`): Its 95 % bootstrap interval; may be empty.
    """

    value: str
    interval: str = ""


@dataclass
class Row:
    """
    Args:
        name (`str`): What is scored.
        kind (`str`): `published`, `trivial`, `run` or `control`; decides how it looks.
        cells (`list[Cell]`): One a column.
        note (`str`): Below its name.
    """

    name: str
    kind: str
    cells: list[Cell]
    note: str = ""


def cell(value: float | None, interval=None, digits: int = 3) -> Cell:
    """A number with three digits, its interval with two; `–` for `None` and for a score of no clips."""
    if value is None:
        return Cell("–")
    if interval is None or np.isnan(interval).any():
        return Cell(_number(value, digits))
    return Cell(_number(value, digits), "–".join(_number(end, 2) for end in interval))


def _number(value: float, digits: int) -> str:
    return f"{value:.{digits}f}".replace("-", "−")


def table4_header() -> list[str]:
    """Names of the columns of [`table4`]."""
    names = [spoken(label) for label in LABELS]
    return [*(f"F1 {n}" for n in names), *(f"AP {n}" for n in names), "mAP published", "mAP correct"]


def table4(runs: list[Answers], trivial: list[Answers]) -> tuple[list[Row], list[Row]]:
    """
    Table 4 of the paper.

    Args:
        runs (`list[Answers]`), trivial (`list[Answers]`):
            Of this page. The AP of an answer without times is left blank.

    Returns:
        `tuple[list[Row], list[Row]]`: Published rows, as published (four digits), and the rows of this page.
    """
    published = [
        Row(
            row["name"],
            "published",
            [cell(row[name][label], digits=4) for name in ("f1", "published") for label in LABELS]
            + [cell(row[name], digits=4) for name in ("map_published", "map_paper")],
            MODELS["exercise"] if row["name"] in TOLD else "",
        )
        for row in published_rows()
    ]
    published[-1].note = "from the label counts, not in the paper"
    own = [_table4_row(row, "trivial") for row in trivial] + [_table4_row(row, "run") for row in runs]
    return published, own


def _table4_row(answers: Answers, kind: str) -> Row:
    scores, intervals = answers.scores, bootstrap(answers.counts)
    has_clips = labels_of(scores)
    cells = [
        cell(scores["f1"][label], intervals["f1"][i]) if label in has_clips else cell(None)
        for i, label in enumerate(LABELS)
    ]
    if not answers.gives_times:
        return Row(answers.name, kind, cells + [cell(None)] * (len(LABELS) + 2), answers.note)
    cells += [
        cell(scores["ap"]["published"][label], intervals["published"][i]) if label in has_clips else cell(None)
        for i, label in enumerate(LABELS)
    ]
    cells += [cell(scores["map"][name], intervals[f"map_{name}"]) for name in ("published", "paper")]
    return Row(answers.name, kind, cells, answers.note)


def ap_table(runs: list[Answers], references: list[dict]) -> list[tuple[str, list[Row]]]:
    """
    AP of every run by the four definitions.

    Args:
        runs (`list[Answers]`), references (`list[dict]`):
            In one order. A run that does not say when is left out.

    Returns:
        `list[tuple[str, list[Row]]]`: Name of each run and its rows; columns are the errors and their mean.
    """
    table = []
    for run in (run for run in runs if run.gives_times):
        has_clips = labels_of(run.scores)
        rows = [
            Row(
                AP_TEXT[row["name"]],
                "run",
                [
                    cell(row["ap"][label], row["ap_interval"].get(label)) if label in has_clips else cell(None)
                    for label in LABELS
                ]
                + [cell(row["map"], row["map_interval"])],
            )
            for row in ap_rows(run, references)
        ]
        table.append((run.name, rows))
    return table


def control_header() -> list[str]:
    """Names of the columns of [`control_row`]."""
    return [*(f"F1 {spoken(label)}" for label in LABELS), "macro F1", "MCC (mean)", "mAP correct"]


def control_row(answers: Answers, kind: str, note: str = "") -> Row:
    """One row of the table of controls."""
    scores, intervals = answers.scores, bootstrap(answers.counts)
    has_clips = labels_of(scores)
    cells = [cell(scores["f1"][label] if label in has_clips else None) for label in LABELS]
    cells += [cell(scores["macro_f1"], intervals["macro_f1"]), cell(answers.mean_mcc, intervals["mean_mcc"])]
    cells += [cell(scores["map"]["paper"], intervals["map_paper"]) if answers.gives_times else cell(None)]
    return Row(answers.name, kind, cells, note)


def rate_row(name: str, kind: str, yes_rate: dict[str, float], both_rate: dict[str, float]) -> Row:
    """One row of the table of yes rates: the errors, then both of each exercise, in percent."""
    rates = [yes_rate.get(label) for label in LABELS] + [both_rate.get(exercise) for exercise in ERRORS]
    return Row(name, kind, [Cell("–") if rate is None else Cell(f"{100 * rate:.1f} %") for rate in rates])


def rate_header() -> list[str]:
    """Names of the columns of [`rate_row`]."""
    return [*(spoken(label) for label in LABELS), *(f"both ({spoken(exercise)})" for exercise in ERRORS)]
