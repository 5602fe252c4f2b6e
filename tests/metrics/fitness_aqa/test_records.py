import pytest

from metrics.fitness_aqa.records import to_prediction, to_reference

ERROR = {"label": "elbows", "start": 1.0, "end": 2.0}


def test_text_and_structure_take_one_form():
    expected = {"exercise": "overhead_press", "errors": [{**ERROR, "score": None}]}
    assert to_prediction("The subject is performing a OHP. Errors: elbows from 1.0s to 2.0s.", 0) == expected
    assert to_prediction({"exercise": "overhead_press", "errors": [ERROR], "answer": "..."}, 0) == expected
    assert to_prediction({"exercise": None, "errors": []}, 0) == {"exercise": None, "errors": []}


def test_a_prediction_may_name_the_other_exercise_s_errors_and_have_no_length():
    prediction = {"exercise": "squat", "errors": [{**ERROR, "end": 1.0, "score": 0.25}]}
    assert to_prediction(prediction, 0) == prediction


@pytest.mark.parametrize(
    ("prediction", "message"),
    [
        (3, r"predictions\[7\]: expected an answer text or \{'exercise': 'squat'"),
        ({"exercise": "squat"}, r"predictions\[7\]: expected an answer text or"),
        ({"exercise": "row", "errors": []}, r"predictions\[7\]: `exercise` must be one of \['squat', .*got 'row'"),
        ({"exercise": "squat", "errors": None}, r"predictions\[7\]: `errors` must be a list"),
        ({"exercise": "squat", "errors": [{"label": "elbows"}]}, r"predictions\[7\]\[0\]: lacks \['start', 'end'\]"),
        (
            {"exercise": "squat", "errors": [{**ERROR, "label": "hips"}]},
            r"predictions\[7\]\[0\]: `label` must be one of",
        ),
        (
            {"exercise": "squat", "errors": [{**ERROR, "score": "high"}]},
            r"predictions\[7\]\[0\]: `score` must be a finite",
        ),
    ],
)
def test_bad_predictions_name_the_clip(prediction, message):
    with pytest.raises(ValueError, match=message):
        to_prediction(prediction, 7)


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("Squat.", r"references\[2\]: expected \{'exercise'"),
        (
            {"exercise": None, "errors": []},
            r"references\[2\]: `exercise` must be one of \['squat', 'overhead_press'\]",
        ),
        ({"exercise": "squat", "errors": [ERROR]}, r"references\[2\]\[0\]: `label` must be one of \['knees_forward'"),
        ({"exercise": "overhead_press", "errors": [{**ERROR, "end": 1.0}]}, r"\[2\]\[0\]: `end` must be greater than"),
    ],
)
def test_bad_references_name_the_clip(reference, message):
    with pytest.raises(ValueError, match=message):
        to_reference(reference, 2)
