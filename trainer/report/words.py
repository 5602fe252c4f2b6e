"""Feedback in a lifter's words."""

from fitness_aqa_dataset.taxonomy import ERRORS
from trainer.report.style import spoken


def finding(error: dict, scores: dict[str, float]) -> str:
    """
    One error in a lifter's words.

    Args:
        error (`dict`):
            `{"label", "start", "end"}`, seconds.
        scores (`dict[str, float]`):
            Probabilities of the row; may be empty.

    Returns:
        `str`: Such as `knees forward, 1.2–2.4 s, 87 %`.
    """
    parts = [spoken(error["label"])]
    if error["end"] > error["start"]:
        parts.append(f"{error['start']:.1f}–{error['end']:.1f} s")
    if error["label"] in scores:
        parts.append(percent(scores[error["label"]]))
    return ", ".join(parts)


def nothing_found(exercise: str | None, scores: dict[str, float]) -> str:
    """What is said where no error is named: that, and how likely each one is thought to be."""
    if exercise is None:
        return "Nothing can be said about mistakes."
    likely = [
        f"{spoken(label)} {percent(scores[label])}" if label in scores else spoken(label) for label in ERRORS[exercise]
    ]
    return f"No mistake found. Looked for: {', '.join(likely)}."


def percent(probability: float) -> str:
    """Whole percents; never 0 or 100, of which no model can be sure."""
    if probability < 0.01:
        return "< 1 %"
    return "> 99 %" if probability > 0.99 else f"{100 * probability:.0f} %"
