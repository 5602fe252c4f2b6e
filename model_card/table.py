"""The short table of a run's numbers, for the terminal and for the card."""

import math
from statistics import fmean

from fitness_aqa_dataset.taxonomy import ERROR_TEXT
from model_card.scores import MODELS, exercise_clip_counts, labels_with_clips, null_to_nan

TITLES = {"before": "before", "after": "after", "blank": "blank video"}
TRIVIAL = "always-yes / constant interval"
TRIVIAL_SCORES = ("always_yes_f1", "constant_interval_ap")
Row = tuple[str, list[float | None]]


def columns(scores: dict) -> list[str]:
    """
    The columns that a run has.

    Args:
        scores (`dict`):
            By name, results of `metrics/fitness_aqa`; `after` and whatever else of `before` and `blank` there is.

    Returns:
        `list[str]`: Their titles and, last, that of the trivial answers.
    """
    return [*[TITLES[name] for name in MODELS if name in scores], TRIVIAL]


def table_rows(scores: dict, *, tells_exercise: bool = True, gives_times: bool = True) -> list[Row]:
    """
    Arrange the scores as rows.

    Args:
        scores (`dict`):
            As in [`columns`].
        tells_exercise (`bool`, *optional*, defaults to `True`), gives_times (`bool`, *optional*, defaults to `True`):
            `False`: the model is told the exercise, or says nothing of times, and the rows of that are left out.

    Returns:
        `list[tuple[str, list[float | None]]]`: Name and values in the order of [`columns`], all in [0, 1] but MCC in
        [-1, 1]; `None` where the trivial answer has no such value, NaN where the metric is undefined. An error whose
        exercise has no clips has no row.
    """
    scores = null_to_nan(scores)
    labels, after = labels_with_clips(scores), scores["after"]
    always_yes, constant = ({label: after[name][label] for label in labels} for name in TRIVIAL_SCORES)
    exercise = [row(scores, "exercise accuracy", "exercise_accuracy"), row(scores, "parse rate", "parse_rate")]
    times = [
        # `constant_interval_ap` follows the `paper` definition, so it stands beside that one only.
        row(scores, "mAP paper", "map", "paper", trivial=mean(constant)),
        row(scores, "mAP detection", "map", "detection"),
    ]
    return [
        *(exercise if tells_exercise else []),
        *[row(scores, f"F1 {ERROR_TEXT[label]}", "f1", label, trivial=always_yes[label]) for label in labels],
        row(scores, "macro F1", "macro_f1", trivial=mean(always_yes)),
        # A constant answer has no correlation with anything: MCC is 0 by convention.
        *[row(scores, f"MCC {ERROR_TEXT[label]}", "mcc", label, trivial=0.0) for label in labels],
        *(times if gives_times else []),
    ]


def row(scores: dict, name: str, *keys: str, trivial: float | None = None) -> Row:
    """
    One row of a table.

    Args:
        scores (`dict`):
            As in [`columns`].
        name (`str`):
            Of the row.
        keys (`str`):
            Where in a result its number is.
        trivial (`float`, *optional*):
            The trivial answer's number.

    Returns:
        `tuple[str, list[float | None]]`: Name and values in the order of [`columns`].
    """
    values = []
    for model in MODELS:
        if model in scores:
            value = scores[model]
            for key in keys:
                value = value[key]
            values.append(value)
    return name, [*values, trivial]


def format_table(scores: dict) -> str:
    """
    Format the table printed at the end of the demo.

    Args:
        scores (`dict`):
            As in [`columns`]; of synthetic clips.

    Returns:
        `str`: Lines without a final newline; the first says that the clips are synthetic.
    """
    counts = exercise_clip_counts(scores)
    rows = table_rows(scores)
    titles = columns(scores)
    name_width = max(len(name) for name, _ in rows)
    lines = [
        f"Scores on synthetic clips: {sum(counts.values())} test clips "
        f"({counts['squat']} squat, {counts['overhead_press']} overhead press), IoU threshold 0.5",
        "",
        " " * name_width + "".join(f"  {title:>{_width(title)}}" for title in titles),
    ]
    for name, values in rows:
        cells = (f"  {format_value(value):>{_width(title)}}" for value, title in zip(values, titles, strict=True))
        lines.append(f"{name:<{name_width}}" + "".join(cells))
    return "\n".join(lines)


def print_table(scores: dict) -> None:
    """
    Print [`format_table`] on standard output.

    Args:
        scores (`dict`):
            As in [`columns`]; of synthetic clips.
    """
    print(format_table(scores))


def format_value(value: float | None) -> str:
    """
    Write one score.

    Args:
        value (`float` or `None`):
            Score, NaN for an undefined one, `None` for one that does not exist.

    Returns:
        `str`: Three decimals, `n/a` or `-`.
    """
    if value is None:
        return "-"
    return "n/a" if math.isnan(value) else f"{value:.3f}"


def mean(values: dict[str, float]) -> float:
    """Mean of the defined values, NaN where there is none."""
    defined = [value for value in values.values() if not math.isnan(value)]
    return fmean(defined) if defined else math.nan


def _width(title: str) -> int:
    return max(len(title), 6)
