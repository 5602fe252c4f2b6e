import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.fitness_aqa import scores as scores_module
from metrics.fitness_aqa.scores import fitness_scores

LABELS = {"squat": ("knees_forward", "knees_inward"), "overhead_press": ("elbows", "knees")}


def record(exercise, *errors):
    keys = ("label", "start", "end", "score")
    return {"exercise": exercise, "errors": [dict(zip(keys, error, strict=False)) for error in errors]}


REFERENCES = [
    record("squat", ("knees_forward", 1.0, 2.0)),
    record("squat", ("knees_forward", 1.0, 3.0), ("knees_inward", 2.0, 3.0)),
    record("squat"),
    record("overhead_press", ("elbows", 0.0, 1.0), ("elbows", 3.0, 4.0)),
    record("overhead_press", ("knees", 1.0, 2.0)),
]
PREDICTIONS = [
    "The subject is performing a Squat. An error: knees forward from frame time 1.00s to 2.00s.",
    record("overhead_press", ("knees", 1.0, 2.0)),  # the wrong exercise
    record("squat", ("knees_forward", 0.0, 1.0)),
    record("overhead_press", ("elbows", 0.0, 1.0), ("knees", 0.0, 0.0)),
    "I cannot tell.",
]


def test_five_clips_by_hand():
    scores = fitness_scores(PREDICTIONS, REFERENCES)
    assert scores["exercise_accuracy"] == 0.6
    assert scores["parse_rate"] == 0.8
    assert scores["support"] == {
        "knees_forward": {"positives": 2, "clips": 3},
        "knees_inward": {"positives": 1, "clips": 3},
        "elbows": {"positives": 1, "clips": 2},
        "knees": {"positives": 1, "clips": 2},
    }
    assert scores["f1"] == {"knees_forward": 0.5, "knees_inward": 0.0, "elbows": 1.0, "knees": 0.0}
    assert scores["precision"] == {"knees_forward": 0.5, "knees_inward": 0.0, "elbows": 1.0, "knees": 0.0}
    assert scores["recall"] == {"knees_forward": 0.5, "knees_inward": 0.0, "elbows": 1.0, "knees": 0.0}
    # knees forward: 1 TP, 1 FP, 1 FN, 0 TN gives (0 - 1) / sqrt(2 * 2 * 1 * 1); knees: 1 FP, 1 FN, nothing right.
    assert scores["mcc"] == pytest.approx({"knees_forward": -0.5, "knees_inward": 0.0, "elbows": 1.0, "knees": -1.0})
    assert scores["always_yes_f1"] == pytest.approx(
        {"knees_forward": 0.8, "knees_inward": 0.5, "elbows": 2 / 3, "knees": 2 / 3}
    )
    assert scores["macro_f1"] == 0.375


def test_four_definitions_of_ap_by_hand():
    scores = fitness_scores(PREDICTIONS, REFERENCES)
    # Published also takes the missing prediction of clip 1 against (1, 3), and that of knees inward... not (2, 3).
    assert scores["ap"]["published"] == pytest.approx(
        {"knees_forward": 2 / 3, "knees_inward": 0.0, "elbows": 0.0, "knees": 0.0}
    )
    assert scores["ap"]["paper"] == pytest.approx(
        {"knees_forward": 1 / 3, "knees_inward": 0.0, "elbows": 0.0, "knees": 0.0}
    )
    assert scores["ap"]["recall"] == {"knees_forward": 0.5, "knees_inward": 0.0, "elbows": 0.0, "knees": 0.0}
    # Merged, the elbows (0, 4) are missed; one by one, half is found. Knees forward: precision 1/2 x recall 1/2.
    assert scores["ap"]["detection"] == {"knees_forward": 0.25, "knees_inward": 0.0, "elbows": 0.5, "knees": 0.0}
    assert scores["map"] == pytest.approx({"published": 1 / 6, "paper": 1 / 12, "recall": 0.125, "detection": 0.1875})
    assert scores["mean_iou"] == {"knees_forward": 0.5, "knees_inward": 0.0, "elbows": 0.25, "knees": 0.0}
    # Knees forward: median (1, 2.5), IoU 2/3 and 3/4. The others have one reference each, so their own interval.
    assert scores["constant_interval_ap"] == pytest.approx(
        {"knees_forward": 2 / 3, "knees_inward": 1 / 3, "elbows": 0.5, "knees": 0.5}
    )


def test_threshold_reaches_every_definition():
    predictions, references = (
        [record("squat", ("knees_inward", 1.0, 2.0))],
        [record("squat", ("knees_inward", 1.0, 3.0))],
    )
    assert fitness_scores(predictions, references, 0.5)["map"] == dict.fromkeys(
        ("published", "paper", "recall", "detection"), 0.5
    )
    assert fitness_scores(predictions, references, 0.51)["map"] == dict.fromkeys(
        ("published", "paper", "recall", "detection"), 0.0
    )


def test_labels_without_clips_enter_no_mean():
    scores = fitness_scores(
        ["OHP. Elbows: yes. Knees: yes."], [record("overhead_press", ("elbows", 0, 1), ("knees", 0, 1))]
    )
    assert scores["macro_f1"] == 1.0
    assert scores["f1"]["knees_forward"] == 0.0
    assert scores["support"]["knees_forward"] == {"positives": 0, "clips": 0}


def test_scores_rank_the_clips():
    references = [record("squat", ("knees_inward", 0, 1)), record("squat"), record("squat", ("knees_inward", 0, 1))]
    predictions = [
        record("squat", ("knees_inward", 0, 1, 0.9)),
        record("squat", ("knees_inward", 0, 1, 0.4)),
        record("squat", ("knees_inward", 0, 1, 0.2), ("knees_inward", 5, 6, 0.1)),
    ]
    scores = fitness_scores(predictions, references)
    assert scores["average_precision"]["knees_inward"] == pytest.approx(1 / 2 + 1 / 2 * 2 / 3)
    assert scores["ap"]["detection"]["knees_inward"] == pytest.approx(1 / 2 + 1 / 2 * 2 / 3)
    # Probabilities 0.9, 0.4 and 0.2 of bins that have the error, have it not, have it.
    assert scores["calibration_error"]["knees_inward"] == pytest.approx((0.1 + 0.4 + 0.8) / 3)
    without = fitness_scores(references, references)
    assert "average_precision" not in without and "calibration_error" not in without


def test_a_clip_s_own_probabilities_come_first():
    references = [record("squat", ("knees_inward", 0, 1)), record("squat")]
    predictions = [
        {**record("squat"), "scores": {"knees_inward": 0.3}},
        {**record("squat", ("knees_inward", 0, 1)), "scores": {"knees_inward": 0.6}},
    ]
    scores = fitness_scores(predictions, references)
    assert scores["average_precision"]["knees_inward"] == 0.5  # the clip without the error comes first
    assert scores["calibration_error"]["knees_inward"] == pytest.approx((0.7 + 0.6) / 2)
    assert scores["average_precision"]["knees_forward"] == 0.0  # no clip has it


def test_probabilities_of_a_wrong_exercise_count_as_zero():
    predictions = [{**record("overhead_press"), "scores": {"knees_inward": 1.0}}, record("squat")]
    scores = fitness_scores(predictions, [record("squat", ("knees_inward", 0, 1)), record("squat")])
    assert scores["average_precision"]["knees_inward"] == 0.5
    assert scores["calibration_error"]["knees_inward"] == 0.5


def test_an_interval_without_probability_has_that_of_its_clip():
    references = [record("squat", ("knees_inward", 0, 1)), record("squat")]
    predictions = [
        {**record("squat", ("knees_inward", 0, 1)), "scores": {"knees_inward": 0.3}},
        record("squat", ("knees_inward", 0, 1, 0.2)),
    ]
    assert fitness_scores(predictions, references)["ap"]["detection"]["knees_inward"] == 1.0
    predictions[1] = record("squat", ("knees_inward", 0, 1))  # neither: 1.0, so it comes first
    assert fitness_scores(predictions, references)["ap"]["detection"]["knees_inward"] == 0.5


def test_wrong_sizes_and_thresholds_are_refused():
    with pytest.raises(ValueError, match="predictions has 1 items and references 2: give one per clip"):
        fitness_scores(["Squat."], [record("squat")] * 2)
    with pytest.raises(ValueError, match="no clip to score, expected at least one"):
        fitness_scores([], [])
    for name, pair in (("predictions", ("Squat.", [record("squat")])), ("references", (["Squat."], None))):
        with pytest.raises(ValueError, match=f"{name}: expected a list with one item per clip, got"):
            fitness_scores(*pair)
    for threshold in (0.0, 1.01, "0.5", float("nan")):
        with pytest.raises(ValueError, match=r"iou_threshold: expected a number in \(0, 1\]"):
            fitness_scores(["Squat."], [record("squat")], threshold)


@st.composite
def clips(draw):
    exercise = draw(st.sampled_from(list(LABELS)))
    error = st.tuples(st.sampled_from(LABELS[exercise]), st.integers(0, 6), st.integers(1, 6))
    errors = draw(st.lists(error.map(lambda e: (e[0], e[1], e[1] + e[2])), max_size=3))
    return record(exercise, *errors)


def oracle_ap(predictions, references, label, exercise):
    """`published`, `paper` and `recall` at 0.5, clip by clip."""

    def span(clip):
        found = [e for e in clip["errors"] if e["label"] == label and clip["exercise"] == exercise]
        return (min(e["start"] for e in found), max(e["end"] for e in found)) if found else (0, 0)

    counts = {"published": 0, "paper": 0}
    pairs = [(span(p), span(r)) for p, r in zip(predictions, references, strict=True) if r["exercise"] == exercise]
    for p, r in pairs:
        gap = min(p[1], r[1]) - max(p[0], r[0])
        lengths = p[1] - p[0] + r[1] - r[0]
        counts["published"] += lengths - abs(gap) > 0 and abs(gap) / (lengths - abs(gap)) >= 0.5
        counts["paper"] += gap > 0 and gap / (lengths - gap) >= 0.5
    positives = sum(r != (0, 0) for _, r in pairs)
    return {
        "published": counts["published"] / max(len(pairs), 1),
        "paper": counts["paper"] / max(len(pairs), 1),
        "recall": counts["paper"] / max(positives, 1),
    }


def oracle_detection(predictions, references, label):
    """ActivityNet's definition at 0.5 for equal scores: one pass over the intervals, one point of the curve."""
    num_found = num_hits = num_references = 0
    for p, r in zip(predictions, references, strict=True):
        if label not in LABELS[r["exercise"]]:
            continue
        free = [e for e in r["errors"] if e["label"] == label]
        num_references += len(free)
        for e in p["errors"] if p["exercise"] == r["exercise"] else []:
            if e["label"] == label:
                num_found += 1
                overlaps = [min(e["end"], t["end"]) - max(e["start"], t["start"]) for t in free]
                ious = [
                    max(o, 0) / (e["end"] - e["start"] + t["end"] - t["start"] - o)
                    for o, t in zip(overlaps, free, strict=True)
                ]
                best = max(range(len(free)), key=lambda i: (ious[i], i), default=None)  # noqa: B023
                if best is not None and ious[best] >= 0.5:
                    num_hits += 1
                    free.pop(best)
    return num_hits / max(num_found, 1) * num_hits / max(num_references, 1)


def flat(scores, path=""):
    """Nested scores as one dict, which `pytest.approx` can compare."""
    if not isinstance(scores, dict):
        return {path: scores}
    return {key: value for name, part in scores.items() for key, value in flat(part, f"{path}/{name}").items()}


@given(st.lists(st.tuples(clips(), clips()), min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_agrees_with_the_oracle_and_ignores_order(pairs):
    predictions, references = zip(*pairs, strict=True)
    scores = fitness_scores(list(predictions), list(references))
    for exercise, labels in LABELS.items():
        for label in labels:
            expected = oracle_ap(predictions, references, label, exercise)
            expected["detection"] = oracle_detection(predictions, references, label)
            assert {name: scores["ap"][name][label] for name in expected} == pytest.approx(expected)
    assert flat(fitness_scores(list(predictions[::-1]), list(references[::-1]))) == pytest.approx(flat(scores))


def test_the_documented_example_runs():
    result = doctest.testmod(scores_module)
    assert (result.failed, result.attempted) == (0, 4)
