from metrics.fitness_aqa.records import to_prediction, to_reference
from metrics.fitness_aqa.scores import fitness_scores
from metrics.fitness_aqa.trivial import confusion, trivial_predictions


def record(exercise, *errors):
    return {"exercise": exercise, "errors": [dict(zip(("label", "start", "end"), e, strict=True)) for e in errors]}


REFERENCES = [
    to_reference(reference, 0)
    for reference in (
        record("squat", ("knees_forward", 1.0, 2.0), ("knees_forward", 3.0, 4.0)),
        record("squat", ("knees_forward", 2.0, 5.0)),
        record("squat"),
        record("overhead_press", ("knees", 0.0, 1.0)),
    )
]
PREDICTIONS = [
    to_prediction(prediction, 0)
    for prediction in (
        record("squat", ("knees_forward", 0.0, 0.0)),
        record("overhead_press", ("knees", 2.0, 5.0)),
        record("squat", ("knees_forward", 0.0, 1.0)),
        record(None),
    )
]


def test_every_error_in_every_clip_from_the_median_start_to_the_median_end():
    trivial = trivial_predictions(REFERENCES)
    assert [prediction["exercise"] for prediction in trivial] == ["squat"] * 3 + ["overhead_press"]
    intervals = [[(e["label"], e["start"], e["end"]) for e in prediction["errors"]] for prediction in trivial]
    assert intervals[:3] == [[("knees_forward", 1.5, 4.5), ("knees_inward", 0.0, 0.0)]] * 3  # of (1, 4) and (2, 5)
    assert intervals[3] == [("elbows", 0.0, 0.0), ("knees", 0.0, 1.0)]
    assert trivial[0]["scores"] == {"knees_forward": 2 / 3, "knees_inward": 0.0, "elbows": 0.0, "knees": 1.0}


def test_its_scores_are_those_that_every_result_carries():
    result = fitness_scores(PREDICTIONS, REFERENCES)
    trivial = fitness_scores(trivial_predictions(REFERENCES), REFERENCES)
    assert trivial["f1"] == result["always_yes_f1"]
    assert trivial["ap"]["paper"] == result["constant_interval_ap"]
    assert result["constant_interval_ap"]["knees_forward"] == 2 / 3


def test_confusion_by_hand():
    counts = confusion(PREDICTIONS, REFERENCES)
    assert counts["exercise"] == {
        "squat": {"squat": 2, "overhead_press": 1, "not read": 0},
        "overhead_press": {"squat": 0, "overhead_press": 0, "not read": 1},
    }
    names = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    assert [counts["knees_forward"][name] for name in names] == [1, 1, 1, 0]
    assert [counts["knees_inward"][name] for name in names] == [0, 0, 0, 3]
    assert [counts["elbows"][name] for name in names] == [0, 0, 0, 1]
    assert [counts["knees"][name] for name in names] == [0, 0, 1, 0]
