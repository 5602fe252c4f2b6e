import pytest

from metrics.fitness_aqa.records import to_prediction, to_reference

ERROR = {"label": "elbows", "start": 1.0, "end": 2.0}
NO_SCORES = {"knees_forward": None, "knees_inward": None, "elbows": None, "knees": None}


def test_text_and_structure_take_one_form():
    expected = {"exercise": "overhead_press", "errors": [{**ERROR, "score": None}], "scores": NO_SCORES}
    assert to_prediction("The subject is performing a OHP. Errors: elbows from 1.0s to 2.0s.", 0) == expected
    assert to_prediction({"exercise": "overhead_press", "errors": [ERROR], "answer": "..."}, 0) == expected
    assert to_prediction({"exercise": None, "errors": []}, 0) == {"exercise": None, "errors": [], "scores": NO_SCORES}
    assert to_prediction(expected, 0) == expected


def test_a_prediction_may_name_the_other_exercise_s_errors_and_have_no_length():
    prediction = {"exercise": "squat", "errors": [{**ERROR, "end": 1.0, "score": 0.25}]}
    assert to_prediction(prediction, 0) == {**prediction, "scores": NO_SCORES}


def test_probabilities_of_the_clip_may_be_given_for_some_labels():
    prediction = {"exercise": "squat", "errors": [], "scores": {"knees_inward": 0.25, "elbows": None}}
    assert to_prediction(prediction, 0)["scores"] == {**NO_SCORES, "knees_inward": 0.25}


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
        (
            {"exercise": "squat", "errors": [{**ERROR, "score": -0.7}]},
            r"predictions\[7\]\[0\]: `score` must be a probability in \[0, 1\], got -0.7. Give exp of a logarithm",
        ),
        ({"exercise": "squat", "errors": [], "scores": [0.5]}, r"predictions\[7\]: `scores` must be probabilities by"),
        (
            {"exercise": "squat", "errors": [], "scores": {"hips": 0.5}},
            r"predictions\[7\], `scores`: `label` must be one of \['knees_forward', .*got 'hips'. Correct the name",
        ),
        (
            {"exercise": "squat", "errors": [], "scores": {"knees": 1.5}},
            r"predictions\[7\], `scores`: `knees` must be a probability in \[0, 1\], got 1.5",
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


def test_a_long_value_is_cut_in_the_message():
    with pytest.raises(ValueError) as error:
        to_prediction({"exercise": "x" * 10_000, "errors": []}, 0)
    assert len(str(error.value)) < 250
