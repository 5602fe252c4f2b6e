import pytest

from metrics.fitness_aqa.records import to_prediction, to_reference
from trainer.report.mistakes import RIGHT, WRONG_ERROR, WRONG_EXERCISE, WRONG_TIME, mistakes_of, worst_first


def prediction(exercise, *errors, **scores):
    spans = [{"label": label, "start": start, "end": end} for label, start, end in errors]
    return to_prediction({"exercise": exercise, "errors": spans, "scores": scores}, 0)


FORWARD = to_reference({"exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.0}]}, 0)
CLEAN = to_reference({"exercise": "squat", "errors": []}, 0)
FOUND = ("knees_forward", 1.0, 2.0)


@pytest.mark.parametrize(
    ("answer", "reference", "kind", "weight", "text"),
    [
        (prediction("overhead_press"), FORWARD, WRONG_EXERCISE, 0.7, "answered overhead press"),
        (prediction(None), FORWARD, WRONG_EXERCISE, 1.0, "no exercise in the answer"),
        (prediction("squat", FOUND, knees_forward=0.8), CLEAN, WRONG_ERROR, 0.8, "knees forward: named, not there"),
        (prediction("squat", FOUND), CLEAN, WRONG_ERROR, 1.0, "knees forward: named, not there"),
        (prediction("squat", knees_forward=0.3), FORWARD, WRONG_ERROR, 0.7, "knees forward: missed"),
        (prediction("squat"), FORWARD, WRONG_ERROR, 1.0, "knees forward: missed"),
        (prediction("squat", ("knees_forward", 1.8, 2.0)), FORWARD, WRONG_TIME, 0.8, "knees forward: IoU 0.20"),
        (prediction("squat", ("knees_forward", 1.5, 2.0)), FORWARD, RIGHT, 0.5, "right"),
        (prediction("squat"), CLEAN, RIGHT, 0.0, "right"),
    ],
)
def test_what_is_wrong_and_how_sure(answer, reference, kind, weight, text):
    (mistake,) = mistakes_of(answer, reference, {"overhead_press": 0.7, "squat": 0.3})
    assert (mistake.kind, mistake.text) == (kind, text)
    assert mistake.weight == pytest.approx(weight)


def test_two_mistakes_in_one_clip_the_surer_first():
    answer = prediction("squat", ("knees_inward", 0.0, 1.0), knees_forward=0.4, knees_inward=0.9)
    assert [mistake.label for mistake in mistakes_of(answer, FORWARD, {})] == ["knees_inward", "knees_forward"]


def test_the_worst_come_first():
    answers = {
        "right": prediction("squat", FOUND),
        "late": prediction("squat", ("knees_forward", 1.8, 2.0)),
        "later": prediction("squat", ("knees_forward", 3.0, 4.0)),
        "missed": prediction("squat", knees_forward=0.4),
        "surely missed": prediction("squat", knees_forward=0.1),
        "press": prediction("overhead_press"),
        "surely press": prediction("overhead_press"),
    }
    sure = {key: {} for key in answers} | {"press": {"overhead_press": 0.6}, "surely press": {"overhead_press": 0.9}}
    order = [key for key, _ in worst_first(answers, dict.fromkeys(answers, FORWARD), sure)]
    assert order == ["surely press", "press", "surely missed", "missed", "later", "late", "right"]


def test_a_run_without_intervals_is_not_late():
    answer = prediction("squat", ("knees_forward", 0.0, 0.0), knees_forward=0.7)
    assert mistakes_of(answer, FORWARD, {})[0].kind == WRONG_TIME
    (mistake,) = mistakes_of(answer, FORWARD, {}, gives_times=False)
    assert (mistake.kind, mistake.text) == (RIGHT, "right")
    assert mistakes_of(answer, CLEAN, {}, gives_times=False)[0].kind == WRONG_ERROR
