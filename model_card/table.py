"""The short table of a run's numbers, for the terminal and for the card."""

import math
from statistics import fmean

from fitness_aqa_dataset.taxonomy import ERROR_LABELS, ERROR_TEXT
from model_card.scores import MODELS, exercise_clip_counts, null_to_nan

COLUMNS = ("before", "after", "blank video", "always-yes / constant interval")


def table_rows(scores: dict) -> list[tuple[str, list[float | None]]]:
    """
    Arrange the scores as rows.

    Args:
        scores (`dict`):
            `{"before", "after", "blank"}`, each a result of `metrics/fitness_aqa`.

    Returns:
        `list[tuple[str, list[float | None]]]`: name and four values in the order of `COLUMNS`, all in [0, 1] but MCC
        in [-1, 1]; `None` where the trivial answer has no such value, NaN where the metric is undefined.
    """
    scores = null_to_nan(scores)
    after = scores["after"]
    always_yes, constant = after["always_yes_f1"], after["constant_interval_ap"]

    def row(name: str, *keys: str, trivial: float | None = None) -> tuple[str, list[float | None]]:
        values = []
        for model in MODELS:
            value = scores[model]
            for key in keys:
                value = value[key]
            values.append(value)
        return name, [*values, trivial]

    return [
        row("exercise accuracy", "exercise_accuracy"),
        row("parse rate", "parse_rate"),
        *[row(f"F1 {ERROR_TEXT[label]}", "f1", label, trivial=always_yes[label]) for label in ERROR_LABELS],
        row("macro F1", "macro_f1", trivial=_mean(always_yes)),
        # A constant answer has no correlation with anything: MCC is 0 by convention.
        *[row(f"MCC {ERROR_TEXT[label]}", "mcc", label, trivial=0.0) for label in ERROR_LABELS],
        # `constant_interval_ap` follows the `paper` definition, so it stands beside that one only.
        row("mAP paper", "map", "paper", trivial=_mean(constant)),
        row("mAP detection", "map", "detection"),
    ]


def format_table(scores: dict) -> str:
    """
    Format the table printed at the end of a run.

    Args:
        scores (`dict`):
            `{"before", "after", "blank"}`, each a result of `metrics/fitness_aqa`.

    Returns:
        `str`: lines without a final newline; the first says that the clips are synthetic.
    """
    counts = exercise_clip_counts(scores)
    rows = table_rows(scores)
    name_width = max(len(name) for name, _ in rows)
    lines = [
        f"Scores on synthetic clips: {sum(counts.values())} test clips "
        f"({counts['squat']} squat, {counts['overhead_press']} overhead press), IoU threshold 0.5",
        "",
        " " * name_width + "".join(f"  {column:>{_width(column)}}" for column in COLUMNS),
    ]
    for name, values in rows:
        cells = (f"  {format_value(value):>{_width(column)}}" for value, column in zip(values, COLUMNS, strict=True))
        lines.append(f"{name:<{name_width}}" + "".join(cells))
    return "\n".join(lines)


def print_table(scores: dict) -> None:
    """
    Print [`format_table`] on standard output.

    Args:
        scores (`dict`):
            `{"before", "after", "blank"}`, each a result of `metrics/fitness_aqa`.
    """
    print(format_table(scores))


def format_value(value: float | None) -> str:
    """
    Write one score.

    Args:
        value (`float` or `None`):
            Score, NaN for an undefined one, `None` for one that does not exist.

    Returns:
        `str`: three decimals, `n/a` or `-`.
    """
    if value is None:
        return "-"
    return "n/a" if math.isnan(value) else f"{value:.3f}"


def _width(column: str) -> int:
    return max(len(column), 6)


def _mean(values: dict[str, float]) -> float:
    defined = [value for value in values.values() if not math.isnan(value)]
    return fmean(defined) if defined else math.nan
