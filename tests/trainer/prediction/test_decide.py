"""From probabilities to words."""

import pytest

from trainer.prediction.answer_forms import AnswerForms
from trainer.prediction.calibration import Calibration, LabelCalibration
from trainer.prediction.decide import to_row
from trainer.prediction.reading import Interval, Reading

SCORES = {"knees_forward": 0.8, "knees_inward": 0.5, "elbows": 0.9, "knees": 0.25}


@pytest.fixture(scope="module")
def forms(demo_processor):
    return AnswerForms(demo_processor.tokenizer, "checklist", 1)


@pytest.fixture
def reading():
    return Reading(
        exercise_scores={"squat": 0.75, "overhead_press": 0.25},
        label_scores=dict(SCORES),
        intervals={"knees_forward": Interval(0.5, 1.5, 0.5), "knees_inward": Interval(1.0, 2.0, 0.9)},
        frame_times=[0.0, 1.0],
        frame_scores={label: [0.0, score] for label, score in SCORES.items()},
    )


def calibration(**labels):
    return Calibration({label: labels.get(label, LabelCalibration(0.5)) for label in SCORES})


def test_two_errors_can_be_named(reading, forms):
    row = to_row(reading, forms)
    assert row == {
        "answer": "The subject is performing a Squat. Knees forward: from 0.5 to 1.5 seconds. "
        "Knees inward: from 1.0 to 2.0 seconds.",
        "exercise": "squat",
        "errors": [
            {"label": "knees_forward", "start": 0.5, "end": 1.5, "score": 0.3},  # 0.75 * 0.8 * 0.5
            {"label": "knees_inward", "start": 1.0, "end": 2.0, "score": 0.3375},  # 0.75 * 0.5 * 0.9
        ],
        "scores": {
            "squat": 0.75,
            "overhead_press": 0.25,
            "knees_forward": 0.6,
            "knees_inward": 0.375,
            "elbows": 0.225,
            "knees": 0.0625,
        },
        "frame_times": [0.0, 1.0],
        "frame_scores": {"knees_forward": [0.0, 0.8], "knees_inward": [0.0, 0.5]},
    }


def test_a_threshold_decides(reading, forms):
    row = to_row(reading, forms, calibration(knees_forward=LabelCalibration(0.81)))
    assert [error["label"] for error in row["errors"]] == ["knees_inward"]
    assert "Knees forward: no." in row["answer"]


def test_a_temperature_changes_scores_and_not_intervals(reading, forms):
    # logit of 0.8 is ln 4, halved ln 2: 2 / 3
    row = to_row(reading, forms, calibration(knees_forward=LabelCalibration(0.5, temperature=2.0)))
    assert row["scores"]["knees_forward"] == pytest.approx(0.5, abs=1e-6)
    assert row["frame_scores"]["knees_forward"] == [0.0, 0.667]
    assert (row["errors"][0]["start"], row["errors"][0]["end"]) == (0.5, 1.5)


def test_text_is_read(forms):
    answer = "The subject is performing a OHP. Elbows: from 0.5 to 1.0 seconds. Knees: no."
    row = to_row(Reading(answer=answer), forms)
    assert row == {
        "answer": answer,
        "exercise": "overhead_press",
        "errors": [{"label": "elbows", "start": 0.5, "end": 1.0, "score": None}],
        "scores": {},
    }
    assert to_row(Reading(answer="I cannot tell."), forms)["exercise"] is None


def test_an_interval_shorter_than_a_digit_is_still_one(reading, forms):
    reading.intervals["knees_forward"] = Interval(1.26, 1.31, 0.5)  # both 1.3 where rounded
    row = to_row(reading, forms)
    assert (row["errors"][0]["start"], row["errors"][0]["end"]) == (1.2, 1.4)
    assert "Knees forward: from 1.2 to 1.4 seconds." in row["answer"]
