from metrics.fitness_aqa.records import to_prediction, to_reference
from trainer.report.scoring import both_rates, named_errors, score, yes_rates

BOTH = [{"label": label, "start": 0.0, "end": 1.0} for label in ("elbows", "knees")]
REFERENCES = [to_reference({"exercise": "overhead_press", "errors": BOTH[:n]}, 0) for n in (0, 1, 2, 1)]
PREDICTIONS = [
    to_prediction({"exercise": exercise, "errors": errors, "scores": {"knees": 0.5}}, 0)
    for exercise, errors in (
        ("overhead_press", BOTH),
        ("overhead_press", BOTH[1:]),
        ("squat", BOTH),  # names nothing of the press
        (None, []),
    )
]


def test_how_often_yes_is_answered():
    assert yes_rates(REFERENCES, REFERENCES) == {"elbows": 0.75, "knees": 0.25}
    assert both_rates(REFERENCES, REFERENCES) == {"overhead_press": 0.25}
    answers = score("ours", PREDICTIONS, REFERENCES)
    assert answers.yes_rate == {"elbows": 0.25, "knees": 0.5}
    assert answers.both_rate == {"overhead_press": 0.25}


def test_errors_of_another_exercise_are_not_named():
    assert named_errors(PREDICTIONS[0], "overhead_press") == {"elbows", "knees"}
    assert named_errors(PREDICTIONS[2], "overhead_press") == set()


def test_probabilities_and_mcc():
    answers = score("ours", PREDICTIONS, REFERENCES)
    assert answers.has_probability
    # elbows: 0 of 3 found and 1 in vain: -1; knees: 0 of 1 found, 2 of 3 in vain: (0*1 - 2*1) / sqrt(2*1*3*2)
    assert round(answers.mean_mcc, 4) == round((-1 - 2 / 12**0.5) / 2, 4)
