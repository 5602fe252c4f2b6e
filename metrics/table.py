"""The scores as a table for the terminal."""

ROWS = (
    ("clips", lambda s, label: str(s["support"][label]["clips"])),
    ("clips with the error", lambda s, label: str(s["support"][label]["positives"])),
    ("F1", lambda s, label: f"{s['f1'][label]:.4f}"),
    ("  F1 of always 'yes'", lambda s, label: f"{s['always_yes_f1'][label]:.4f}"),
    ("precision", lambda s, label: f"{s['precision'][label]:.4f}"),
    ("recall", lambda s, label: f"{s['recall'][label]:.4f}"),
    ("MCC", lambda s, label: f"{s['mcc'][label]:.4f}"),
    ("AP published", lambda s, label: f"{s['ap']['published'][label]:.4f}"),
    ("AP paper (correct IoU)", lambda s, label: f"{s['ap']['paper'][label]:.4f}"),
    ("  of one constant interval", lambda s, label: f"{s['constant_interval_ap'][label]:.4f}"),
    ("AP recall", lambda s, label: f"{s['ap']['recall'][label]:.4f}"),
    ("AP detection", lambda s, label: f"{s['ap']['detection'][label]:.4f}"),
    ("mean IoU", lambda s, label: f"{s['mean_iou'][label]:.4f}"),
)
MEANS = {
    "F1": lambda s: s["macro_f1"],
    "AP published": lambda s: s["map"]["published"],
    "AP paper (correct IoU)": lambda s: s["map"]["paper"],
    "AP recall": lambda s: s["map"]["recall"],
    "AP detection": lambda s: s["map"]["detection"],
}


def format_table(scores: dict) -> str:
    """
    Lay the scores out with one column per error and the trivial answer under what it compares with.

    Args:
        scores (`dict`):
            What [`metrics.fitness_aqa.scores.fitness_scores`] returns.

    Returns:
        `str`: Lines without a trailing newline.
    """
    labels = list(scores["f1"])
    lines = [f"{'':28}" + "".join(f"{label:>15}" for label in [*labels, "mean"])]
    for name, cell in ROWS:
        mean = f"{MEANS[name](scores):.4f}" if name in MEANS else ""
        lines.append(
            (f"{name:28}" + "".join(f"{text:>15}" for text in [*(cell(scores, k) for k in labels), mean])).rstrip()
        )
    lines.append("")
    lines.append(f"exercise accuracy {scores['exercise_accuracy']:.4f}, answers read {scores['parse_rate']:.4f}")
    return "\n".join(lines)
