"""Questions about *synthetic* clips: no answer may be untrue, and none may name what fine-tuning has to teach."""

import re

import numpy as np
import pytest

from fitness_aqa_dataset.synthetic import simulate_clip
from trainer.demo_base.questions import SUBJECTS, Measured, sample_question

SEED = 11
SUBJECT_OF = {subject.quantity: subject for subject in SUBJECTS}

# A clip made by hand: every quantity has one value from 1.0 to 2.0 s and another before and after.
OUTSIDE = {
    "shin_tilt": 11.0,
    "knee_bend": 4.0,
    "knee_gap": 1.02,
    "elbow_gap": 0.98,
    "bar_height": 0.08,
    "hip_height": 0.98,
    "trunk_lean": 4.0,
}
INSIDE = {
    "shin_tilt": 37.0,
    "knee_bend": 82.0,
    "knee_gap": 0.63,
    "elbow_gap": 1.28,
    "bar_height": 0.52,
    "hip_height": 0.72,
    "trunk_lean": 26.0,
}
# What each question is about, and which of its limits are passed from 1.0 to 2.0 s (outside, none is).
PASSED = {
    "the shins tilted by more than": (20, 25, 30, 35),
    "the shins leaning over more than": (20, 25, 30, 35),
    "the knees bent by more than": (20, 30, 50, 70),
    "the legs folded by more than": (20, 30, 50, 70),
    "the knees closer together than": (0.7, 0.8, 0.9),
    "the gap of the knees below": (0.7, 0.8, 0.9),
    "the elbows farther apart than": (1.1, 1.2),
    "the gap of the elbows above": (1.1, 1.2),
    "the bar higher over the shoulders than": (0.2, 0.4),
    "the bar up by more than": (0.2, 0.4),
    "the hips lower over the ankles than": (0.8, 0.9),
    "the hips down below": (0.8, 0.9),
    "the trunk leaning by more than": (10, 20),
    "the back tilted by more than": (10, 20),
}
VALUES = {  # outside and inside, rounded to the step of the quantity
    "shin angle": ("10 degrees", "35 degrees"),
    "knee bend": ("0 degrees", "80 degrees"),
    "knee gap": ("1.0 ankle widths", "0.6 ankle widths"),
    "elbow gap": ("1.0 hand widths", "1.3 hand widths"),
    "bar height": ("0.1 arm lengths", "0.5 arm lengths"),
    "hip height": ("1.0 leg lengths", "0.7 leg lengths"),
    "trunk angle": ("5 degrees", "25 degrees"),
}


@pytest.fixture(scope="module")
def by_hand():
    measured = Measured(simulate_clip(SEED, 0))
    measured.times_s = np.arange(0, 181) / 60  # three seconds
    inside = (np.arange(181) >= 60) & (np.arange(181) <= 120)
    measured.quantities = {name: np.where(inside, INSIDE[name], OUTSIDE[name]) for name in OUTSIDE}
    return measured


@pytest.fixture(scope="module")
def clips():
    return [simulate_clip(SEED, index) for index in range(40)]


@pytest.fixture(scope="module")
def measured_clips(clips):
    return [Measured(clip) for clip in clips]


def questions(measured: Measured, count: int, seed: int = 0):
    rng = np.random.default_rng(seed)
    return [sample_question(measured, rng) for _ in range(count)]


def passed(words: str, limit: str) -> bool:
    return float(limit) in PASSED[words]


STATEMENT = "(" + "|".join(PASSED) + r") ([\d.]+) (?:degrees|(?:ankle|hand) widths|(?:arm|leg) lengths)"


def test_answers_about_a_span_are_true(by_hand):
    asked = [pair for pair in questions(by_hand, 2000) if pair[0].startswith("From when to when")]
    assert len(asked) > 500
    for question, answer in asked:
        match = re.fullmatch(rf"From when to when (?:is|are) {STATEMENT}\?( Answer to the hundredth\.)?", question)
        words, limit, exact = match.groups()
        span = "from frame time 1.00s to 2.00s" if exact else "from 1.0 to 2.0 seconds"
        assert answer == (f"It is {span}." if passed(words, limit) else "It is never so.")


def test_answers_to_a_list_are_true(by_hand):
    asked = [pair for pair in questions(by_hand, 2000) if pair[0].startswith("Where is the bar held")]
    assert len(asked) > 500
    for question, answer in asked:
        exact = question.endswith(" Answer to the hundredth.")
        span = "from frame time 1.00s to 2.00s" if exact else "from 1.0 to 2.0 seconds"
        statements = re.findall(rf"([A-Z][a-z]+ [a-z]+): {STATEMENT}\.", question)
        assert len(statements) in (2, 3)
        said = [f"{name}: {span if passed(words, limit) else 'no'}." for name, words, limit in statements]
        assert answer == "The bar is held behind the neck. " + " ".join(said)  # clip 0 is a squat


def test_a_list_names_what_it_asks(by_hand):
    names = {words: subject.name for subject in SUBJECTS for words in subject.words}
    for question, _ in questions(by_hand, 500):
        for name, words, _ in re.findall(rf"([A-Z][a-z]+ [a-z]+): {STATEMENT}", question):
            assert name.lower() == names[words]


def test_answers_about_a_value_are_true(by_hand):
    asked = [pair for pair in questions(by_hand, 3000) if pair[0].startswith("What is the")]
    assert len(asked) > 300
    for question, answer in asked:
        name, time_s = re.fullmatch(r"What is the (.+) at ([\d.]+) seconds\?", question).groups()
        outside, inside = VALUES[name]
        if time_s in ("1.0", "2.0"):  # the time is rounded, the value changes right there
            assert answer in (f"The {name} is {outside}.", f"The {name} is {inside}.")
        else:
            assert answer == f"The {name} is {inside if 1.0 < float(time_s) < 2.0 else outside}."


def test_answers_about_an_extreme_are_its_middle(by_hand):
    asked = [pair for pair in questions(by_hand, 2000) if pair[0].startswith("When ")]
    assert {question for question, _ in asked} == {
        "When are the hips lowest?",
        "When is the bar highest over the shoulders?",
        "When are the knees bent the most?",
        "When are the shins tilted the most?",
    }
    assert {answer for _, answer in asked} == {"At 1.5 seconds."}


def test_no_question_and_no_answer_names_an_exercise_or_an_error(measured_clips):
    rng = np.random.default_rng(1)
    for number in range(2000):
        text = " ".join(sample_question(measured_clips[number % len(measured_clips)], rng)).lower()
        for word in ("squat", "overhead", "press", "ohp", "error", "mistake", "fault", "wrong", "correct"):
            assert word not in text
        assert "knees forward" not in text and "knees inward" not in text


def test_the_same_generator_asks_the_same(by_hand):
    assert questions(by_hand, 50, seed=3) == questions(by_hand, 50, seed=3)
    assert questions(by_hand, 50, seed=3) != questions(by_hand, 50, seed=4)


@pytest.mark.parametrize(
    ("label", "quantity", "limit", "exercise"),
    [
        ("knees_forward", "shin_tilt", 35, "squat"),
        ("knees_inward", "knee_gap", 0.7, "squat"),
        ("elbows", "elbow_gap", 1.3, "overhead_press"),
        ("knees", "knee_bend", 30, "overhead_press"),
    ],
)
def test_what_is_measured_lies_in_the_annotated_interval(clips, measured_clips, label, quantity, limit, exercise):
    counts = {True: 0, False: 0}
    for clip, measured in zip(clips, measured_clips, strict=True):
        if clip.repetition.exercise != exercise:
            continue
        span = measured.span_s(SUBJECT_OF[quantity], limit)
        has_error = label in clip.repetition.errors
        counts[has_error] += 1
        assert (span is not None) == has_error
        if has_error:
            ((start_s, end_s),) = clip.repetition.errors[label]
            assert start_s <= span[0] < span[1] <= end_s
            assert span[1] - span[0] > 0.5 * (end_s - start_s)
    assert min(counts.values()) >= 5


def test_a_span_is_from_the_first_to_the_last_time_beyond(by_hand):
    assert by_hand.span_s(SUBJECT_OF["shin_tilt"], 35) == (1.0, 2.0)
    assert by_hand.span_s(SUBJECT_OF["shin_tilt"], 37) is None  # beyond, not at
    assert by_hand.span_s(SUBJECT_OF["knee_gap"], 0.7) == (1.0, 2.0)
    assert by_hand.span_s(SUBJECT_OF["knee_gap"], 0.63) is None
    assert by_hand.span_s(SUBJECT_OF["knee_gap"], 1.1) == (0.0, 3.0)
