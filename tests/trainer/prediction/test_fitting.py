import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.prediction.calibration import LabelCalibration
from trainer.prediction.fitting import assess, best_threshold, decision_score, fit_label, fit_once

YES, NO = True, False


def clips(*groups):
    """`(probability, has the error, how many)` as two arrays."""
    probability = np.concatenate([np.full(count, p) for p, _, count in groups])
    return probability, np.concatenate([np.full(count, has) for _, has, count in groups])


# Says 0.9 or 0.1, odds of 9, and is right three times in four, odds of 3: the temperature is log 9 / log 3 = 2.
TOO_SURE = clips((0.9, YES, 30), (0.9, NO, 10), (0.1, NO, 30), (0.1, YES, 10))
SEPARATED = clips((0.8, YES, 10), (0.3, NO, 10))


def test_the_temperature_of_a_model_that_is_too_sure():
    fitted, held_out = fit_label(*TOO_SURE)
    assert fitted.temperature == pytest.approx(2.0, abs=2e-3)
    assert fitted.threshold == 0.5
    assert fitted(0.9) == pytest.approx(0.75, abs=1e-3)
    assert held_out.probability[0] == pytest.approx(0.75, abs=0.05)


def test_isotonic_steps_of_a_model_that_is_too_sure():
    fitted, _ = fit_label(*TOO_SURE, method="isotonic")
    assert fitted.isotonic == [(0.1, 0.25), (0.9, 0.75)]
    assert fitted.threshold == 0.5


def test_separated_clips_leave_the_temperature_in_its_bounds():
    fitted, _ = fit_label(*SEPARATED)
    assert fitted.temperature == 0.5
    assert fitted.threshold == 0.5
    assert fit_once(*clips((0.2, YES, 9), (0.8, NO, 9)), "temperature", "f1").temperature == 10.0


@pytest.mark.parametrize("has", [YES, NO])
@pytest.mark.parametrize("method", ["temperature", "isotonic"])
def test_one_class_moves_nothing(has, method):
    assert fit_label(*clips((0.9, has, 20), (0.2, has, 20)), method) == (LabelCalibration(0.5, 1.0), None)
    assert fit_label(*clips((0.9, has, 20), (0.2, not has, 1)), method) == (LabelCalibration(0.5, 1.0), None)


def test_what_is_no_better_on_held_out_clips_stays():
    # One clip in twenty is missed at 0.4: any threshold that names it rests on it alone.
    fitted, _ = fit_label(*clips((0.9, YES, 19), (0.4, YES, 1), (0.1, NO, 20)))
    assert fitted.threshold == 0.5
    # The probabilities are true: no temperature is better.
    fitted, held_out = fit_label(*clips((0.8, YES, 16), (0.8, NO, 4), (0.2, NO, 16), (0.2, YES, 4)))
    assert (fitted.temperature, fitted.isotonic) == (1.0, None)
    assert held_out.probability[0] == pytest.approx(0.8)


def test_a_threshold_that_many_clips_ask_for_moves():
    fitted, held_out = fit_label(*clips((0.4, YES, 20), (0.1, NO, 20)))
    assert fitted(0.1) < fitted.threshold < fitted(0.4) < 0.5
    assert held_out.is_named.tolist() == [True] * 20 + [False] * 20


def test_the_best_threshold_lies_between_neighbours():
    probability = np.array([0.1, 0.2, 0.3, 0.7])
    assert best_threshold(probability, np.array([NO, NO, YES, YES]), "f1") == pytest.approx(0.25)
    assert best_threshold(probability, np.array([NO, NO, NO, YES]), "f1") == 0.5
    # F1 is 4/5 at 0.15, 1/2 at 0.4 and at 0.5, 2/3 at 0.8
    assert best_threshold(np.array([0.1, 0.2, 0.6, 1.0]), np.array([NO, YES, NO, YES]), "f1") == pytest.approx(0.15)


def test_of_equally_good_thresholds_the_nearest_to_a_half():
    # Matthews' correlation is 1/sqrt(3) at 0.15 (a false alarm), 0 at 0.25, 1/sqrt(3) at 0.35 (a miss)
    mixed = np.array([NO, YES, NO, YES])
    assert best_threshold(np.array([0.1, 0.2, 0.3, 0.4]), mixed, "mcc") == pytest.approx(0.35)
    assert best_threshold(np.array([0.6, 0.7, 0.8, 0.9]), mixed, "mcc") == pytest.approx(0.65)
    assert best_threshold(np.array([0.1, 0.2, 0.3, 0.7]), mixed, "mcc") == 0.5
    assert best_threshold(np.array([0.3, 0.3]), np.array([YES, NO]), "f1") == 0.5


def test_criteria_by_hand():
    named, annotated = np.array([YES, YES, NO, NO, NO]), np.array([YES, NO, YES, NO, NO])
    assert decision_score(named, annotated, "f1") == 0.5
    # (1·2 - 1·1) / sqrt(2 · 2 · 3 · 3) = 1/6
    assert decision_score(named, annotated, "mcc") == pytest.approx(1 / 6)
    nothing = np.zeros(5, dtype=bool)
    assert decision_score(nothing, nothing, "f1") == decision_score(nothing, annotated, "mcc") == 0.0


def test_what_probabilities_are_worth_by_hand():
    worth = assess(np.array([0.5, 0.5, 1.0]), np.array([YES, YES, YES]), np.array([YES, NO, YES]))
    # 0.5 is right on average, 1.0 is right: 2/3 of log 2 and nearly nothing; two hits, a false alarm
    assert worth == {"calibration_error": 0.0, "log_loss": 0.462098, "f1": 0.8, "mcc": 0.0}


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=4, max_size=30),
    st.sampled_from(["temperature", "isotonic"]),
    st.sampled_from(["f1", "mcc"]),
)
def test_whatever_the_clips_the_order_stays_and_numbers_are_sound(rows, method, criterion):
    probability, annotated = (np.array(column) for column in zip(*rows, strict=True))
    fitted, held_out = fit_label(probability.round(6), annotated, method, criterion)
    assert 0.5 <= fitted.temperature <= 10
    assert 0 <= fitted.threshold <= 1
    calibrated = fitted(np.sort(probability))
    assert (np.diff(calibrated) >= 0).all()
    assert ((calibrated >= 0) & (calibrated <= 1)).all()
    if held_out:
        assert ((held_out.probability >= 0) & (held_out.probability <= 1)).all()
