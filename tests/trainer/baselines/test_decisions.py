"""From probabilities of windows to intervals, from readings to rows; every expected value was worked out by hand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.fitness_aqa.records import to_prediction
from trainer.baselines.decisions import Decisions, IntervalRule, find_interval, fit_rule, to_prediction_row
from trainer.baselines.readings import ClipReading
from trainer.prediction.calibration import Calibration, LabelCalibration

TIMES = [0.0, 1.0, 2.0, 3.0]
LABELS = ("knees_forward", "knees_inward", "elbows", "knees")


@pytest.mark.parametrize(
    ("scores", "threshold", "expected"),
    [
        ([0.1, 0.8, 0.5, 0.1], 0.5, (0.5, 2.5)),  # 0.4 of 0.8 and more: frames 1 and 2, half-way to their neighbours
        ([0.1, 0.8, 0.5, 0.1], 0.7, (0.5, 1.5)),
        ([0.1, 0.8, 0.4, 0.1], 0.5, (0.5, 2.5)),  # exactly the share is enough
        ([0.9, 0.8, 0.1, 0.1], 0.5, (0.0, 1.5)),  # from the clip's start
        ([0.1, 0.1, 0.8, 0.9], 0.5, (1.5, 3.5)),  # to its end, half a second behind the last frame
        ([0.8, 0.1, 0.9, 0.1], 0.5, (1.5, 2.5)),  # the other hill is another stretch
        ([0.8, 0.1, 0.8, 0.1], 0.5, (0.0, 0.5)),  # of two equal ones the first
        ([0.4, 0.4, 0.4, 0.4], 1.0, (0.0, 3.5)),  # a plateau has all of its frames
        ([0.1, 0.7, 0.7, 0.1], 1.0, (0.5, 2.5)),
        ([0.0, 0.0, 0.0, 0.0], 0.5, (0.0, 3.5)),
        ([0.1, 0.2, 0.3, 0.2], 0.05, (0.0, 3.5)),
    ],
)
def test_the_stretch_around_the_likeliest_frame(scores, threshold, expected):
    assert find_interval(scores, TIMES, 3.5, threshold) == expected


def test_a_clip_of_one_frame_is_one_interval():
    assert find_interval([0.3], [0.0], 0.25, 0.5) == (0.0, 0.25)


def test_frames_need_not_be_evenly_placed():
    # 1.0 lies half-way from 0.5 to 1.5, 2.75 from 2.5 to 3.0
    assert find_interval([0.1, 0.8, 0.9, 0.1], [0.5, 1.5, 2.5, 3.0], 3.5, 0.5) == (1.0, 2.75)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12), st.floats(0.01, 1))
def test_an_interval_lies_in_the_clip_and_holds_the_likeliest_frame(scores, threshold):
    times_s = [0.5 * index for index in range(len(scores))]
    duration_s = 0.5 * len(scores)
    start, end = find_interval(scores, times_s, duration_s, threshold)
    assert 0 <= start < end <= duration_s
    assert start <= times_s[scores.index(max(scores))] <= end


def read(id: str, scores: list[float], times_s: list[float] = TIMES, duration_s: float = 4.0) -> ClipReading:
    return ClipReading(id, duration_s, frame_times_s=times_s, frame_scores={"knees": scores})


def said(*spans: tuple[float, float], label: str = "knees") -> dict:
    return {"errors": [{"label": label, "start": start, "end": end} for start, end in spans]}


# Shares up to 0.2 find all of the clip, up to 0.6 0.5 to 2.5 s, above 0.5 to 1.5 s.
HILL = [0.1, 0.5, 0.3, 0.1]


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        ((0.5, 2.5), IntervalRule(0.6, 1.0)),  # of equal shares the highest
        ((0.0, 4.0), IntervalRule(0.2, 1.0)),
        ((0.5, 1.5), IntervalRule(0.95, 1.0)),
        ((3.0, 4.0), IntervalRule(0.2, 0.0)),  # none is hit; all of the clip has an IoU of 0.25, the others 0
    ],
)
def test_a_share_is_fitted_to_one_clip(truth, expected):
    assert fit_rule([read("a", HILL)], [said(truth)], "knees") == expected


def test_more_hits_count_more_than_better_ones():
    # 0.6 hits both (IoU 0.5 and 0.5), 0.95 the first alone, though with an IoU of 1
    readings = [read("a", HILL), read("b", HILL)]
    assert fit_rule(readings, [said((0.5, 1.5)), said((1.5, 2.5))], "knees") == IntervalRule(0.6, 1.0)


def test_a_rule_is_fitted_to_the_clips_that_have_the_error():
    readings = [read(id, HILL) for id in "abcd"]
    references = [said((0.5, 2.5)), said(), said((0.5, 2.5), label="elbows"), said((3.5, 4.0))]
    # a is hit, d is not; b and c do not have the error
    assert fit_rule(readings, references, "knees") == IntervalRule(0.6, 0.5)


def test_two_intervals_of_a_clip_are_one():
    assert fit_rule([read("a", HILL)], [said((0.5, 1.0), (2.0, 2.5))], "knees") == IntervalRule(0.6, 1.0)


@pytest.mark.parametrize("references", [[said()], [said((0.5, 2.5), label="elbows")]])
def test_without_a_clip_with_the_error_the_rule_is_the_default(references):
    assert fit_rule([read("a", HILL)], references, "knees") == IntervalRule(0.5, 0.5)
    assert fit_rule([], [], "knees") == IntervalRule(0.5, 0.5)


def calibration(**labels: LabelCalibration) -> Calibration:
    return Calibration({label: labels.get(label, LabelCalibration(0.5)) for label in LABELS})


@pytest.fixture
def squat() -> ClipReading:
    """What a model of both exercises says of a clip of 4 s."""
    return ClipReading(
        "squat/1_1",
        4.0,
        {"squat": 0.75, "overhead_press": 0.25},
        {"knees_forward": 0.8, "knees_inward": 0.4, "elbows": 0.9, "knees": 0.25},
        TIMES,
        {
            "knees_forward": [0.1, 0.5, 0.3, 0.1],
            "knees_inward": [0.2, 0.2, 0.2, 0.2],
            "elbows": [0.9, 0.1, 0.1, 0.1],
            "knees": [0.0, 0.0, 0.0, 0.0],
        },
    )


RULES = {"knees_forward": IntervalRule(0.6, 0.5), "knees_inward": IntervalRule(0.95, 0.25)}


def test_a_row_with_intervals(squat):
    row = to_prediction_row(squat, Decisions(rules=RULES))
    assert row == {
        "id": "squat/1_1",
        "answer": "The subject is performing a Squat. The form breaks down at this body part: knees forward from "
        "frame time 0.50s to 2.50s.",
        "exercise": "squat",
        "errors": [{"label": "knees_forward", "start": 0.5, "end": 2.5, "score": 0.3}],  # 0.75 * 0.8 * 0.5
        "scores": {
            "squat": 0.75,
            "overhead_press": 0.25,
            "knees_forward": 0.6,
            "knees_inward": 0.3,
            "elbows": 0.225,
            "knees": 0.0625,
        },
        "frame_times": [0.0, 1.0, 2.0, 3.0],
        "frame_scores": {"knees_forward": [0.1, 0.5, 0.3, 0.1], "knees_inward": [0.2, 0.2, 0.2, 0.2]},
        "num_frames": 4,
        "window": [0.0, 4.0],
    }
    assert to_prediction(row, 0)["scores"]["knees_forward"] == 0.6
    said = to_prediction(row["answer"], 0)
    assert said["errors"] == [{"label": "knees_forward", "start": 0.5, "end": 2.5, "score": None}]


def test_thresholds_and_temperatures_decide(squat):
    # 0.4 is named from 0.3 on, 0.8 (odds of 4, the root of which is 2: 2 / 3) no longer from 0.7 on
    labels = {"knees_forward": LabelCalibration(0.7, 2.0), "knees_inward": LabelCalibration(0.3)}
    row = to_prediction_row(squat, Decisions(calibration(**labels), RULES))
    (error,) = row["errors"]
    # a plateau: all of the clip; 0.75 * 0.4 * 0.25
    assert error == {"label": "knees_inward", "start": 0.0, "end": 4.0, "score": 0.075}
    assert row["scores"]["knees_forward"] == 0.5
    assert row["frame_scores"]["knees_forward"] == [0.083, 0.417, 0.25, 0.083]  # times 2/3 / 0.8


def test_without_a_rule_half_of_the_highest_is_enough(squat):
    (error,) = to_prediction_row(squat, Decisions())["errors"]
    assert (error["start"], error["end"], error["score"]) == (0.5, 2.5, 0.3)


def test_a_row_without_intervals(squat):
    squat.frame_scores = {}
    row = to_prediction_row(squat, Decisions(rules=RULES, intervals=False))
    assert row["errors"] == [{"label": "knees_forward", "start": 0.0, "end": 0.0, "score": 0.6}]  # 0.75 * 0.8
    assert "knees forward" in row["answer"]
    assert "second" not in row["answer"]
    assert (row["frame_times"], row["frame_scores"]) == ([], {"knees_forward": [], "knees_inward": []})
    assert (row["num_frames"], row["window"]) == (4, [0.0, 4.0])
    assert to_prediction(row, 0)["errors"] == row["errors"]


def test_a_model_that_was_told_the_exercise_knows_nothing_of_the_other(squat):
    squat.exercise_scores = {"squat": 0.0, "overhead_press": 1.0}
    squat.label_scores = {"elbows": 0.9, "knees": 0.25}
    squat.frame_scores = {label: squat.frame_scores[label] for label in squat.label_scores}
    row = to_prediction_row(squat, Decisions())
    assert row["exercise"] == "overhead_press"
    assert row["scores"] == {
        "squat": 0.0,
        "overhead_press": 1.0,
        "knees_forward": 0.0,
        "knees_inward": 0.0,
        "elbows": 0.9,
        "knees": 0.25,
    }
    assert [error["label"] for error in row["errors"]] == ["elbows"]
    assert row["frame_scores"] == {"elbows": [0.9, 0.1, 0.1, 0.1], "knees": [0.0, 0.0, 0.0, 0.0]}
    to_prediction(row, 0)


def test_a_clip_without_errors(squat):
    squat.label_scores = dict.fromkeys(LABELS, 0.1)
    row = to_prediction_row(squat, Decisions())
    assert row["errors"] == []
    assert row["answer"].startswith("The subject is performing a Squat.")
    assert to_prediction(row, 0)["errors"] == []


def test_a_clip_that_cannot_be_read():
    row = to_prediction_row(ClipReading("squat/1_1", problem="1_1.mp4: cut short"), Decisions(calibration(), RULES))
    assert row == {
        "id": "squat/1_1",
        "error": "1_1.mp4: cut short",
        "answer": "",
        "exercise": None,
        "errors": [],
        "scores": {},
        "num_frames": 0,
        "window": None,
    }
    assert to_prediction(row, 0) == {"exercise": None, "errors": [], "scores": dict.fromkeys(LABELS)}


def test_a_window_that_is_surer_than_the_clip_stays_a_probability(squat):
    squat.frame_scores["knees_forward"] = [0.1, 1.0, 0.9, 0.4]
    # temperature 1/2 squares the odds of 4: 16 / 17 of the clip, so windows are taken times 16 / 17 / 0.8
    row = to_prediction_row(squat, Decisions(calibration(knees_forward=LabelCalibration(0.5, 0.5)), RULES))
    assert row["frame_scores"]["knees_forward"] == [0.118, 1.0, 1.0, 0.471]


PROBABILITY = st.floats(0, 1)


@given(
    st.lists(PROBABILITY, min_size=4, max_size=4),
    st.lists(st.lists(PROBABILITY, min_size=3, max_size=3), min_size=4, max_size=4),
    PROBABILITY,
    st.floats(0.5, 10),
    st.floats(0.05, 1),
    st.booleans(),
)
def test_every_row_can_be_scored(of_clip, of_windows, press, temperature, share, intervals):
    reading = ClipReading(
        "a",
        1.5,
        {"squat": 1 - press, "overhead_press": press},
        dict(zip(LABELS, of_clip, strict=True)),
        [0.0, 0.7, 1.4],
        dict(zip(LABELS, of_windows, strict=True)) if intervals else {},
    )
    labels = {label: LabelCalibration(0.3, temperature) for label in LABELS}
    rules = {label: IntervalRule(share, 0.5) for label in LABELS}
    row = to_prediction_row(reading, Decisions(calibration(**labels), rules, intervals))
    assert json.loads(json.dumps(row)) == row
    to_prediction(row, 0)
    for error in row["errors"]:
        assert 0 <= error["start"] < error["end"] <= 1.5 if intervals else error["start"] == error["end"] == 0.0
    assert all(0 <= p <= 1 for curve in row["frame_scores"].values() for p in curve)
    assert all(len(curve) == (3 if intervals else 0) for curve in row["frame_scores"].values())
