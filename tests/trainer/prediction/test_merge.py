"""Windows of one clip into one reading; every number is worked out by hand."""

import pytest

from trainer.prediction.merge import merge_scores, merge_texts, move, peak_interval
from trainer.prediction.reading import Interval, Reading

SQUAT = "The subject is performing a Squat."
PRESS = "The subject is performing a OHP."


def reading(squat: float, forward: float, times: list[float], scores: list[float]) -> Reading:
    """Of knees forward alone."""
    return Reading(
        exercise_scores={"squat": squat, "overhead_press": 1 - squat},
        label_scores={"knees_forward": forward},
        intervals={"knees_forward": Interval(0.0, 0.1, 0.5)},
        frame_times=times,
        frame_scores={"knees_forward": scores},
    )


def test_a_reading_moves_to_the_clips_clock():
    moved = move(reading(0.9, 0.8, [0.0, 0.5], [0.1, 0.2]), 2.0)
    assert moved.intervals == {"knees_forward": Interval(2.0, 2.1, 0.5)}
    assert moved.frame_times == [2.0, 2.5]
    assert moved.frame_scores == {"knees_forward": [0.1, 0.2]}


def test_one_window_keeps_its_own_interval():
    merged = merge_scores([reading(0.9, 0.8, [0.0, 0.5], [0.1, 0.2])], [(1.0, 2.0)])
    assert merged.intervals == {"knees_forward": Interval(1.0, 1.1, 0.5)}
    assert merged.exercise_scores == {"squat": 0.9, "overhead_press": pytest.approx(0.1)}


def test_two_windows_one_behind_the_other():
    first = reading(0.9, 0.4, [0.0, 0.5], [0.1, 0.3])
    second = reading(0.5, 0.8, [0.0, 0.5], [0.6, 0.2])
    merged = merge_scores([first, second], [(0.0, 1.0), (1.0, 2.0)])
    # sqrt(0.9 · 0.5) = 0.6708, sqrt(0.1 · 0.5) = 0.2236; their shares
    assert merged.exercise_scores == {"squat": pytest.approx(0.75), "overhead_press": pytest.approx(0.25)}
    assert merged.label_scores == {"knees_forward": 0.8}
    assert merged.frame_times == [0.0, 0.5, 1.0, 1.5]
    assert merged.frame_scores == {"knees_forward": [0.1, 0.3, 0.6, 0.2]}
    # the peak is at 1.0 s; 0.3 is not above its half; frames are 0.5 s apart; 0.6 / 0.8
    assert merged.intervals == {"knees_forward": Interval(0.75, 1.25, pytest.approx(0.75))}
    assert merged.answer is None


def test_frames_that_two_windows_show_count_once():
    first = reading(0.9, 0.8, [0.0, 0.1, 0.2], [0.0, 0.2, 0.8])
    second = reading(0.9, 0.8, [0.0, 0.1, 0.2], [0.6, 0.4, 0.0])
    merged = merge_scores([first, second], [(0.0, 0.3), (0.2, 0.5)])
    assert merged.frame_times == pytest.approx([0.0, 0.1, 0.2, 0.3, 0.4])
    assert merged.frame_scores["knees_forward"] == pytest.approx([0.0, 0.2, 0.7, 0.4, 0.0])
    interval = merged.intervals["knees_forward"]
    assert (interval.start, interval.end) == pytest.approx((0.15, 0.35))
    assert interval.score == pytest.approx(0.55 / 0.8)


def test_an_error_that_nobody_sees_has_no_interval():
    none = reading(0.9, 0.0, [0.0, 0.5], [0.0, 0.0])
    assert merge_scores([none, none], [(0.0, 1.0), (1.0, 2.0)]).intervals == {}


def test_a_stretch_ends_with_the_clip_and_its_score_with_1():
    assert peak_interval([0.0, 0.2, 0.4], [0.9, 0.9, 0.5], 0.7, (0.0, 0.45)) == Interval(0.0, 0.45, 1.0)
    assert peak_interval([0.0], [0.5], 0.5, (0.0, 0.1)) == Interval(0.0, 0.0, 1.0)


def test_half_of_the_peak_is_outside():
    assert peak_interval([0.0, 1.0, 2.0], [0.4, 0.8, 0.41], 0.8, (0.0, 3.0)) == Interval(
        0.5, 2.5, pytest.approx(0.605 / 0.8)
    )


def texts(*answers: str, windows=((0.0, 1.0), (1.0, 2.0), (2.0, 3.0)), spacing=0.1, style="checklist") -> dict:
    times = [[0.0, spacing, 2 * spacing] for _ in answers]
    return merge_texts(list(answers), list(windows[: len(answers)]), times, style, 1)


def test_intervals_that_touch_are_one():
    merged = texts(
        f"{SQUAT} Knees forward: from 0.6 to 1.0 seconds. Knees inward: no.",
        f"{SQUAT} Knees forward: from 0.0 to 0.3 seconds. Knees inward: no.",
    )
    assert merged == {
        "answer": f"{SQUAT} Knees forward: from 0.6 to 1.3 seconds. Knees inward: no.",
        "exercise": "squat",
        "errors": [{"label": "knees_forward", "start": 0.6, "end": 1.3, "score": None}],
    }


@pytest.mark.parametrize(("start", "count"), [(0.1, 1), (0.2, 2)])
def test_a_gap_of_one_frame_is_none_and_a_longer_one_is(start, count):
    merged = texts(
        f"{SQUAT} Knees forward: from 0.5 to 1.0 seconds. Knees inward: no.",
        f"{SQUAT} Knees forward: from {start} to 0.6 seconds. Knees inward: no.",
    )
    assert len(merged["errors"]) == count


def test_intervals_apart_stay_apart_in_errors_and_answer():
    merged = texts(
        f"{SQUAT} Knees forward: from 0.2 to 0.5 seconds. Knees inward: no.",
        f"{SQUAT} Knees forward: from 0.7 to 0.9 seconds. Knees inward: no.",
    )
    assert [(error["start"], error["end"]) for error in merged["errors"]] == [(0.2, 0.5), (1.7, 1.9)]
    assert "Knees forward: from 0.2 to 0.5 seconds and from 1.7 to 1.9 seconds." in merged["answer"]


def test_the_exercise_of_most_windows_and_only_their_errors():
    merged = texts(
        f"{SQUAT} Knees forward: no. Knees inward: no.",
        f"{PRESS} Elbows: from 0.2 to 0.5 seconds. Knees: no.",
        f"{SQUAT} Knees forward: no. Knees inward: from 0.5 to 0.9 seconds.",
    )
    assert merged["exercise"] == "squat"
    assert merged["errors"] == [{"label": "knees_inward", "start": 2.5, "end": 2.9, "score": None}]


def test_the_first_of_two_exercises_that_are_named_equally_often():
    assert texts(f"{PRESS} Elbows: no. Knees: no.", f"{SQUAT} He makes no mistake.")["exercise"] == "overhead_press"


def test_no_exercise_in_any_window():
    merged = texts("Hard to say.", "A man moves.")
    assert merged == {"answer": "Hard to say. A man moves.", "exercise": None, "errors": []}


def test_an_error_without_times_is_named_only_where_no_window_times_it():
    untimed = f"{SQUAT} Knees forward: yes. Knees inward: no."
    assert texts(untimed, untimed)["errors"] == [{"label": "knees_forward", "start": 0.0, "end": 0.0, "score": None}]
    timed = f"{SQUAT} Knees forward: from 0.2 to 0.5 seconds. Knees inward: no."
    assert texts(untimed, timed)["errors"] == [{"label": "knees_forward", "start": 1.2, "end": 1.5, "score": None}]


def test_an_error_of_the_other_exercise_stays_out_of_the_answer_only():
    merged = texts(f"{SQUAT} The knees are wrong from 0.2s to 0.5s.", windows=((1.0, 2.0),))
    assert merged["errors"] == [{"label": "knees", "start": 1.2, "end": 1.5, "score": None}]
    assert merged["answer"] == f"{SQUAT} Knees forward: no. Knees inward: no."


def test_sentences():
    answer = f"{SQUAT} One mistake is visible: knees inward from frame time 0.2s to 0.5s."
    assert texts(answer, windows=((1.0, 2.0),), style="sentence")["answer"].endswith(
        ": knees inward from frame time 1.2s to 1.5s."
    )
