"""One error's calibration from the probabilities and annotations of validation clips, and what it is worth."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize_scalar
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import f1_score, log_loss
from sklearn.model_selection import StratifiedKFold

from metrics.fitness_aqa.probabilities import calibration_error
from metrics.fitness_aqa.scores import mcc
from trainer.prediction.calibration import CERTAIN, LabelCalibration

METHODS, CRITERIA = ("temperature", "isotonic"), ("f1", "mcc")
# Where a model ranks all clips right, the likelihood grows for ever as the temperature falls. So few clips show no
# more than that it may be surer: log-odds are doubled at most. (Towards 10 nearly every probability becomes 0.5.)
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.5, 10.0
THRESHOLD = 0.5
NUM_FOLDS, FEWEST = 5, 2
ROUNDING = 1e-9  # criteria that differ by less are equally good


@dataclass
class HeldOut:
    """
    Clips as a calibration treats them that was fitted to others.

    Args:
        probability (`np.ndarray`): Calibrated, float64 in [0, 1], shape `(N,)`.
        is_named (`np.ndarray`): bool, shape `(N,)`: whether the threshold is reached.
    """

    probability: np.ndarray
    is_named: np.ndarray


def fit_label(
    probability: np.ndarray, is_annotated: np.ndarray, method: str = "temperature", criterion: str = "f1"
) -> tuple[LabelCalibration, HeldOut | None]:
    """
    Fit the map and the threshold of one error, as far as they prove themselves on clips that were held out.

    Args:
        probability (`np.ndarray`):
            The model's, float64 in [0, 1], shape `(N,)`.
        is_annotated (`np.ndarray`):
            bool, shape `(N,)`: whether the clip has the error.
        method (`str`, *optional*, defaults to `"temperature"`):
            `temperature`, the one that gives the lowest log loss, from `LOWEST_TEMPERATURE` to `HIGHEST_TEMPERATURE`,
            or `isotonic`, the ascending steps with the lowest squared error.
        criterion (`str`, *optional*, defaults to `"f1"`):
            Of the threshold, see [`best_threshold`].

    Returns:
        `tuple[LabelCalibration, HeldOut]`: Temperature 1 where the map has no lower log loss on held-out clips than
        the model's own probabilities, threshold 0.5 where another decides no better there; and what became of held-out
        clips. With fewer than `FEWEST` clips that have the error, or that do not, both, and `None`.
    """
    if min(is_annotated.sum(), (~is_annotated).sum()) < FEWEST:
        return LabelCalibration(THRESHOLD), None
    method, held_out = min(
        ((name, hold_out(probability, is_annotated, name, criterion)) for name in ("none", method)),
        key=lambda choice: log_loss_of(choice[1].probability, is_annotated),
    )
    fitted = fit_once(probability, is_annotated, method, criterion)
    plain = held_out.probability >= THRESHOLD
    if decision_score(held_out.is_named, is_annotated, criterion) <= decision_score(plain, is_annotated, criterion):
        return replace(fitted, threshold=THRESHOLD), HeldOut(held_out.probability, plain)
    return fitted, held_out


def fit_once(probability: np.ndarray, is_annotated: np.ndarray, method: str, criterion: str) -> LabelCalibration:
    """What the clips say by themselves; arguments of [`fit_label`], and the method `none` for a threshold only."""
    fitted = LabelCalibration(THRESHOLD)
    if method == "isotonic":
        steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(probability, is_annotated)
        points = zip(steps.X_thresholds_.tolist(), steps.y_thresholds_.round(6).tolist(), strict=True)
        fitted = LabelCalibration(THRESHOLD, isotonic=list(points))
    elif method == "temperature":
        fitted = LabelCalibration(THRESHOLD, _best_temperature(probability, is_annotated))
    return replace(fitted, threshold=best_threshold(fitted(probability), is_annotated, criterion))


def _best_temperature(probability: np.ndarray, is_annotated: np.ndarray) -> float:
    def loss(log_temperature: float) -> float:
        calibrated = LabelCalibration(THRESHOLD, np.exp(log_temperature))(probability)
        return log_loss_of(calibrated, is_annotated)

    # scikit-learn's own temperature scaling (1.9) needs a classifier around it and lets the temperature fall to 5e-5.
    bounds = np.log([LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE])
    return round(float(np.exp(minimize_scalar(loss, bounds=bounds, method="bounded").x)), 3)


def best_threshold(probability: np.ndarray, is_annotated: np.ndarray, criterion: str) -> float:
    """
    The threshold that decides best.

    Args:
        probability (`np.ndarray`):
            Calibrated, float64 in [0, 1], shape `(N,)`.
        is_annotated (`np.ndarray`):
            bool, shape `(N,)`.
        criterion (`str`):
            `f1`, or `mcc` (Matthews' correlation), to be as high as possible.

    Returns:
        `float`: Among 0.5 and the midpoints between neighbouring probabilities; of equally good ones the one that is
        nearest to 0.5, so that nothing moves without evidence.
    """
    levels = np.unique(probability)
    thresholds = np.append((levels[1:] + levels[:-1]) / 2, THRESHOLD)
    values = np.array([decision_score(probability >= threshold, is_annotated, criterion) for threshold in thresholds])
    best = thresholds[values >= values.max() - ROUNDING]
    return float(best[np.argmin(np.abs(best - THRESHOLD))])


def decision_score(is_named: np.ndarray, is_annotated: np.ndarray, criterion: str) -> float:
    """F1 or Matthews' correlation of decisions, both bool, shape `(N,)`; 0.0 where it is 0 / 0."""
    if criterion == "f1":
        return float(f1_score(is_annotated, is_named, zero_division=0.0))
    return mcc(is_annotated, is_named)


def hold_out(probability: np.ndarray, is_annotated: np.ndarray, method: str, criterion: str) -> HeldOut:
    """
    Cross-validate in `NUM_FOLDS` parts.

    Args:
        probability (`np.ndarray`), is_annotated (`np.ndarray`), method (`str`), criterion (`str`):
            As in [`fit_once`]; at least two clips have the error and two do not.

    Returns:
        [`HeldOut`]: Every clip by what [`fit_once`] made of the other parts.
    """
    held_out = HeldOut(np.empty(len(probability)), np.empty(len(probability), dtype=bool))
    num_folds = min(NUM_FOLDS, is_annotated.sum(), (~is_annotated).sum())
    folds = StratifiedKFold(num_folds, shuffle=True, random_state=0).split(probability, is_annotated)
    for others, fold in folds:
        fitted = fit_once(probability[others], is_annotated[others], method, criterion)
        held_out.probability[fold] = fitted(probability[fold])
        held_out.is_named[fold] = held_out.probability[fold] >= fitted.threshold
    return held_out


def assess(probability: np.ndarray, is_named: np.ndarray, is_annotated: np.ndarray) -> dict[str, float]:
    """
    How true probabilities are and how good decisions.

    Args:
        probability (`np.ndarray`): float64 in [0, 1], shape `(N,)`.
        is_named (`np.ndarray`), is_annotated (`np.ndarray`): bool, shape `(N,)`.

    Returns:
        `dict[str, float]`: `calibration_error` (of ten bins), `log_loss` (natural logarithm; no probability counts as
        closer to 0 or 1 than `CERTAIN`), `f1` and `mcc`.
    """
    return {
        "calibration_error": round(calibration_error(is_annotated, probability), 6),
        "log_loss": round(log_loss_of(probability, is_annotated), 6),
        **{name: round(decision_score(is_named, is_annotated, name), 6) for name in CRITERIA},
    }


def log_loss_of(probability: np.ndarray, is_annotated: np.ndarray) -> float:
    """Mean negative log-likelihood, natural logarithm; no probability counts as closer to 0 or 1 than `CERTAIN`."""
    return float(log_loss(is_annotated, np.clip(probability, CERTAIN, 1 - CERTAIN), labels=[False, True]))
