"""What a calibration is worth, as lines for the terminal."""

from trainer.prediction.fitting import FEWEST

NOTE = (
    "Left of an arrow: the model's probabilities and a threshold of 0.5. Right of it: calibrated, every clip by a "
    "calibration that was fitted to others (cross-validation). What did no better there stays as it was: temperature "
    "1, threshold 0.5. ECE: calibration error of ten bins."
)


def format_table(content: dict) -> str:
    """
    What was fitted and what it is worth, as text.

    Args:
        content (`dict`): Of the file.

    Returns:
        `str`: One line an error.
    """
    rows = [("error", "clips", "with it", "temperature", "threshold", "F1", "MCC", "ECE", "log loss")]
    for label, entry in content["labels"].items():
        after = entry["cross_validated"] or entry["after"]
        changes = [
            f"{entry['before'][name]:.4f} → {after[name]:.4f}"
            for name in ("f1", "mcc", "calibration_error", "log_loss")
        ]
        shape = f"{entry['temperature']:.3f}" if "temperature" in entry else f"{len(entry['isotonic'])} points"
        threshold = f"{entry['threshold']:.3f}"
        rows.append((label, str(entry["num_clips"]), str(entry["num_positives"]), shape, threshold, *changes))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in rows
    )


def remarks(content: dict, is_trained_on: bool) -> list[str]:
    """What a reader of the table has to know."""
    labels = content["labels"]
    lines = [NOTE + (" Synthetic clips." if content["synthetic"] else "")]
    if too_few := [name for name, entry in labels.items() if entry["cross_validated"] is None]:
        lines.append(
            f"{', '.join(too_few)}: fewer than {FEWEST} clips that have it, or that do not, so nothing was fitted: "
            "temperature 1, threshold 0.5."
        )
    if content["num_clips_left_out"]:
        lines.append(
            f"left out: {content['num_clips_left_out']} clips that could not be read, or whose own exercise has a "
            "probability below 0.001."
        )
    split = content["predictions"].get("split")
    if split == "train" or (split == "validation" and is_trained_on):
        lines.append("warning: the model was trained on these clips; on others its probabilities are less true.")
    if split == "test":
        lines.append("warning: fitted to the test clips, whose scores are no estimate any more.")
    return lines
