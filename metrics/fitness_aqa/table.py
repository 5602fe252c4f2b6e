"""The scores as a table, each beside the score of the trivial answer."""

from collections import Counter

from .records import EXERCISE_OF
from .scores import PROBABILITY_NAMES, fitness_scores
from .trivial import confusion, trivial_predictions

NOTE = (
    "In brackets: the trivial answer, every error of the exercise in every clip, from the median start to the median "
    "end of the references."
)
MEAN = "mean"


def summarize(predictions: list[dict], references: list[dict], iou_threshold: float = 0.5) -> dict:
    """
    Everything there is to report about a set of answers.

    Args:
        predictions (`list[dict]`), references (`list[dict]`):
            In one order, as `to_prediction` and `to_reference` return them.
        iou_threshold (`float`, *optional*, defaults to `0.5`):
            In (0, 1].

    Returns:
        `dict`: `scores` and `confusion` of the predictions, `trivial_scores` and `trivial_confusion` of
        [`trivial_predictions`] (with the most frequent exercise in every clip as its exercise accuracy) and
        `iou_threshold`.

    Raises:
        ValueError: If there is no clip or the threshold is out of range.
    """
    scores = fitness_scores(predictions, references, iou_threshold)
    trivial = trivial_predictions(references)
    most_frequent = max(Counter(reference["exercise"] for reference in references).values())
    return {
        "scores": scores,
        "confusion": confusion(predictions, references),
        "trivial_scores": {
            **fitness_scores(trivial, references, iou_threshold),
            "exercise_accuracy": most_frequent / len(references),
        },
        "trivial_confusion": confusion(trivial, references),
        "iou_threshold": float(iou_threshold),
    }


def table_rows(summary: dict) -> list[list[str]]:
    """
    Lay a summary out as one row per score and one column per error that has clips.

    Args:
        summary (`dict`):
            What [`summarize`] returns.

    Returns:
        `list[list[str]]`: The first row is the header; cells are `score (score of the trivial answer)`.
    """
    scores, trivial = summary["scores"], summary["trivial_scores"]
    support = scores["support"]
    labels = [label for label in EXERCISE_OF if support[label]["clips"]]

    def row(name: str, get, mean=None) -> list[str]:
        cells = [_cell(get(scores)[label], get(trivial)[label]) for label in labels]
        return [name, *cells, _cell(mean(scores), mean(trivial)) if mean else ""]

    def ap_row(name: str, key: str) -> list[str]:
        return row(name, lambda s: s["ap"][key], lambda s: s["map"][key])

    rows = [
        ["", *labels, MEAN],
        ["clips with the error", *(f"{support[k]['positives']} of {support[k]['clips']}" for k in labels), ""],
        row("F1", lambda s: s["f1"], lambda s: s["macro_f1"]),
        *[row(name, lambda s, name=name: s[name]) for name in ("precision", "recall")],
        row("MCC", lambda s: s["mcc"]),
        ap_row("AP published", "published"),
        ap_row("AP paper, correct IoU", "paper"),
        ap_row("AP recall", "recall"),
        ap_row("AP detection", "detection"),
        row("mean IoU", lambda s: s["mean_iou"]),
        *[row(n.replace("_", " "), lambda s, n=n: s[n]) for n in PROBABILITY_NAMES if n in scores],
    ]
    for name in next(iter(summary["confusion"][label] for label in labels)):
        of_labels = [
            (summary["confusion"][label][name], summary["trivial_confusion"][label][name]) for label in labels
        ]
        rows.append([name.replace("_", " "), *(f"{count} ({trivial})" for count, trivial in of_labels), ""])
    return rows


def exercise_rows(summary: dict) -> list[list[str]]:
    """The exercises that occur against what was answered; the first row is the header."""
    counts = summary["confusion"]["exercise"]
    answers = list(next(iter(counts.values())))
    rows = [[true, *(str(of_answer[name]) for name in answers)] for true, of_answer in counts.items()]
    return [["exercise \\ answered", *answers], *(row for row in rows if any(cell != "0" for cell in row[1:]))]


def headline(summary: dict) -> str:
    """Numbers that belong to no error, on one line."""
    scores, trivial = summary["scores"], summary["trivial_scores"]
    num_clips = sum(sum(answers.values()) for answers in summary["confusion"]["exercise"].values())
    return (
        f"{num_clips} clips, IoU threshold {summary['iou_threshold']:g}: "
        f"exercise accuracy {_cell(scores['exercise_accuracy'], trivial['exercise_accuracy'])}, "
        f"answers read {_cell(scores['parse_rate'], trivial['parse_rate'])}"
    )


def format_table(summary: dict) -> str:
    """
    Write a summary as text for the terminal.

    Args:
        summary (`dict`):
            What [`summarize`] returns.

    Returns:
        `str`: Lines without a trailing newline.
    """
    parts = [_align(table_rows(summary)), _align(exercise_rows(summary))]
    return "\n\n".join([headline(summary), *parts, NOTE])


def _align(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = (
        row[0].ljust(widths[0])
        + "".join(f"  {cell:>{width}}" for cell, width in zip(row[1:], widths[1:], strict=True))
        for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def _cell(score: float, trivial: float) -> str:
    return f"{score:.4f} ({trivial:.4f})"
