"""
Table 4 as published: Dibenedetto, Musacchio, Polignano, Lops, *Fine-Tuning Large Multimodal Models for Fitness Action
Quality Assessment* (UMAP Adjunct 2025), and what its authors' published predictions give when scored again.
"""

from metrics.fitness_aqa.records import EXERCISE_OF

LABELS = tuple(EXERCISE_OF)

# F1 and AP of knees forward, knees inward, elbows, knees, and the mean of AP; None where nothing is published.
_NO_AP = (None, None, None, None)
_ROWS = (
    ("CVCSPC", (0.8286, 0.5195, 0.4522, 0.7203), _NO_AP, None),
    ("MD", (0.8338, 0.4186, 0.4552, 0.8452), _NO_AP, None),
    ("MD+CVCSPC", (0.8468, 0.5263, None, None), _NO_AP, None),
    ("GYMetricPose", (0.8219, 0.4398, 0.4175, 0.8160), _NO_AP, None),
    ("Dynamic-Step", (0.8155, 0.0000, 0.3959, 0.7866), (0.6475, 0.0000, 0.1032, 0.1622), 0.2282),
    ("Two-Step", (0.6266, 0.1955, 0.4575, 0.7611), (0.5246, 0.0410, 0.1534, 0.1740), 0.2232),
)

# Those with models of one exercise, which are so told which exercise they see.
TOLD = ("CVCSPC", "MD", "MD+CVCSPC", "GYMetricPose")

# Not in the paper: computed from its test set and from the predictions of Dynamic-Step that its authors published.
ALWAYS_YES_F1 = dict(zip(LABELS, (0.8184, 0.2571, 0.4047, 0.5482), strict=True))
CORRECT_MAP = {"Dynamic-Step": 0.1600}

NOTES = (
    "Published rows are copied, blank where the paper gives no number. They are for the 583 real test clips. CVCSPC, "
    "MD, MD+CVCSPC and GYMetricPose train one model an exercise, which is so told the exercise that it sees, and do "
    "not train on the validation clips; Dynamic-Step and Two-Step train one model for both, on train and validation.",
    "The published F1 leaves out predictions with the wrong exercise; ours counts them as naming no error.",
    "AP “published” is hits at IoU 0.5 over all clips of the exercise with the paper's own IoU, whose intersection is "
    "an absolute value: intervals that do not touch can count as hits, a missing prediction too. AP “correct” is the "
    "same with a correct IoU. The two are different numbers: compare like with like. The correct mAP of Dynamic-Step "
    "was computed from its authors' predictions.",
    "“Always yes” of the real test set was computed from its label counts: 169 and 36 of 244 squats, 86 and 128 of "
    "339 presses.",
)


def published_rows() -> list[dict]:
    """
    The rows of the table.

    Returns:
        `list[dict]`: `name`, `f1` and `published` (`{label: float or None}`), `map_published` and `map_paper` (`float`
        or `None`), the paper's order; last a row of naming every error in every clip.
    """
    rows = [
        {
            "name": name,
            "f1": dict(zip(LABELS, f1, strict=True)),
            "published": dict(zip(LABELS, ap, strict=True)),
            "map_published": mean_ap,
            "map_paper": CORRECT_MAP.get(name),
        }
        for name, f1, ap, mean_ap in _ROWS
    ]
    nothing = dict.fromkeys(LABELS)
    always = {
        "name": "Always yes",
        "f1": ALWAYS_YES_F1,
        "published": nothing,
        "map_published": None,
        "map_paper": None,
    }
    return [*rows, always]
