"""The table of detection: does the clip have the error? When it happens is not looked at."""

from trainer.report.intervals import LABELS, bootstrap
from trainer.report.scoring import Answers, labels_of
from trainer.report.style import spoken
from trainer.report.tables import Row, cell

# Score: what it is called, its mean in `scores` or its bootstrap, and whether it needs probabilities.
TITLES = {
    "f1": "F1",
    "mcc": "MCC (Matthews' correlation; 0 for any constant answer)",
    "average_precision": "average precision (clips ranked by probability; by chance the share that has the error)",
    "calibration_error": "calibration error (ECE, ten bins; lower is better)",
}
MEANS = {"f1": "macro_f1", "mcc": "mean_mcc"}


def detection_header() -> list[str]:
    """Names of the columns of [`detection_table`]."""
    return [*map(spoken, LABELS), "mean"]


def detection_table(trivial: list[Answers], runs: list[Answers]) -> list[tuple[str, list[Row]]]:
    """
    F1, MCC, average precision and calibration error of every row.

    Args:
        trivial (`list[Answers]`), runs (`list[Answers]`):
            Of this page.

    Returns:
        `list[tuple[str, list[Row]]]`: What each score is called, and its rows; columns are the errors and their mean.
        F1 and MCC have 95 % intervals; answers without probabilities have neither of the last two scores.
    """
    kinds = [*((row, "trivial") for row in trivial), *((row, "run") for row in runs)]
    return [(title, [_row(answers, kind, score) for answers, kind in kinds]) for score, title in TITLES.items()]


def _row(answers: Answers, kind: str, score: str) -> Row:
    if score not in answers.scores:
        return Row(answers.name, kind, [cell(None)] * (len(LABELS) + 1))
    of_labels, has_clips = answers.scores[score], labels_of(answers.scores)
    mean = sum(of_labels[label] for label in has_clips) / len(has_clips)
    if score not in MEANS:
        cells = [cell(of_labels[label] if label in has_clips else None) for label in LABELS]
        return Row(answers.name, kind, [*cells, cell(mean)])
    intervals = bootstrap(answers.counts)
    cells = [
        cell(of_labels[label], intervals[score][i]) if label in has_clips else cell(None)
        for i, label in enumerate(LABELS)
    ]
    return Row(answers.name, kind, [*cells, cell(mean, intervals[MEANS[score]])])
