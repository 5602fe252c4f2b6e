import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.fitness_aqa.probabilities import (
    bin_clips,
    calibration_error,
    clip_probability,
    has_probability,
    interval_probability,
    probability_scores,
)
from metrics.fitness_aqa.records import to_prediction


def prediction(*scores, **of_clip):
    errors = [{"label": "knees", "start": 0.0, "end": 1.0, "score": score} for score in scores]
    return to_prediction({"exercise": "overhead_press", "errors": errors, "scores": of_clip}, 0)


@pytest.mark.parametrize(
    ("given_prediction", "of_first_interval", "of_clip"),
    [
        (prediction(0.5, 0.75), 0.5, 0.75),
        (prediction(0.5, knees=0.25), 0.5, 0.25),
        (prediction(None, knees=0.25), 0.25, 0.25),
        (prediction(None, 0.5), 1.0, 1.0),
        (prediction(knees=0.25), None, 0.25),
        (prediction(), None, 0.0),
    ],
)
def test_which_probability_counts(given_prediction, of_first_interval, of_clip):
    if given_prediction["errors"]:
        assert interval_probability(given_prediction["errors"][0], given_prediction) == of_first_interval
    assert clip_probability(given_prediction, "knees") == of_clip


def test_one_probability_anywhere_is_enough():
    assert not has_probability([prediction(), prediction(None)])
    assert has_probability([prediction(), prediction(0.0)])
    assert has_probability([prediction(), prediction(elbows=0.0)])


def test_clips_are_binned_by_probability():
    probability, is_annotated = np.array([0.05, 0.15, 0.19, 1.0]), np.array([False, True, False, True])
    means, shares, counts = bin_clips(is_annotated, probability)
    assert means == pytest.approx([0.05, 0.17, 1.0])
    assert shares == pytest.approx([0.0, 0.5, 1.0])
    assert counts.tolist() == [1, 2, 1]
    # [0.2, 0.3), [0.9, 1.0]
    means, shares, counts = bin_clips(np.array([True, False, True, False]), np.array([0.2, 0.25, 1.0, 0.9]))
    assert (means.tolist(), shares.tolist(), counts.tolist()) == ([0.225, 0.95], [0.5, 0.5], [2, 2])


def test_calibration_error_by_hand():
    # [0.2, 0.3): mean 0.25, one of two; [0.9, 1.0]: mean 0.95, two of two.
    probability = np.array([0.2, 0.3 - 1e-9, 0.9, 1.0])
    assert calibration_error(np.array([True, False, True, True]), probability) == pytest.approx((2 * 0.25 + 0.1) / 4)
    # The edge 0.3 belongs to the bin above, so the two no longer make up for each other.
    probability[1] = 0.3
    expected = (0.8 + 0.3 + 0.1) / 4
    assert calibration_error(np.array([True, False, True, True]), probability) == pytest.approx(expected)


def test_ranking_by_hand():
    predictions = [prediction(knees=p) for p in (0.9, 0.5, 0.5, 0.1)]
    scores = probability_scores(predictions, "knees", np.array([True, False, True, False]))
    assert scores["average_precision"] == pytest.approx(1 / 2 + 1 / 2 * 2 / 3)  # equal ones come together
    assert probability_scores(predictions, "knees", np.zeros(4, dtype=bool))["average_precision"] == 0.0


def oracle(is_annotated, probability):
    total = 0.0
    for number in range(10):
        here = [i for i, p in enumerate(probability) if min(int(p * 10), 9) == number]
        if here:
            mean = sum(probability[i] for i in here) / len(here)
            share = sum(is_annotated[i] for i in here) / len(here)
            total += len(here) / len(probability) * abs(mean - share)
    return total


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 64).map(lambda n: n / 64)), min_size=1, max_size=30))
def test_calibration_error_agrees_with_its_definition_in_any_order(clips):
    is_annotated, probability = (np.array(column) for column in zip(*clips, strict=True))
    expected = pytest.approx(oracle(is_annotated.tolist(), probability.tolist()))
    assert calibration_error(is_annotated, probability) == expected
    assert calibration_error(is_annotated[::-1], probability[::-1]) == expected
