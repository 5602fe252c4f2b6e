"""What `python -m trainer.calibrate` found out about a model, and how probabilities and decisions follow from it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from fitness_aqa_dataset.taxonomy import ERROR_LABELS

CALIBRATION = "calibration.json"
# Half of what the last digit of a written probability is worth: one that is written as 0 or 1 is not certain.
CERTAIN = 5e-7
# Settings of predictions that their probabilities hang on.
SETTINGS = ("decode", "num_frames", "style", "decimals", "clip_reduction", "overlap")


@dataclass(frozen=True)
class LabelCalibration:
    """
    Of one error.

    Args:
        threshold (`float`):
            The error is named where its calibrated probability is at least this, in [0, 1].
        temperature (`float`, *optional*, defaults to 1.0):
            The logit of the model's probability is divided by it; above 0, and above 1 for a model that is too sure.
        isotonic (`list[tuple[float, float]]`, *optional*):
            Instead of the temperature, points (the model's probability, the calibrated one), both ascending; between
            two of them lies a straight line, beyond them the last value.
    """

    threshold: float
    temperature: float = 1.0
    isotonic: list[tuple[float, float]] | None = None

    def __call__(self, probability: float | np.ndarray) -> float | np.ndarray:
        """
        Args:
            probability (`float` or `np.ndarray`): The model's, in [0, 1].

        Returns:
            `float` or `np.ndarray`: Calibrated, in [0, 1], in the same order.
        """
        if self.isotonic is not None:
            return np.interp(probability, *np.transpose(self.isotonic))
        return 1 / (1 + np.exp(-logit(probability) / self.temperature))


@dataclass(frozen=True)
class Calibration:
    """
    Of a model: one map and one threshold an error.

    Args:
        labels (`dict[str, LabelCalibration]`): By error, all of them.
        settings (`dict`): Those of the predictions that it was made from, see `SETTINGS`.
    """

    labels: dict[str, LabelCalibration]
    settings: dict = field(default_factory=dict)

    def calibrate(self, label: str, probability: float) -> float:
        """
        Args:
            label (`str`): The error.
            probability (`float`): That the model gives it if the exercise is its own, in [0, 1].

        Returns:
            `float`: Calibrated, in [0, 1].
        """
        return float(self.labels[label](probability))

    def threshold(self, label: str) -> float:
        """The calibrated probability from which on an error is named, itself included."""
        return self.labels[label].threshold

    def difference(self, settings: dict) -> str | None:
        """
        Whether it was made under other settings.

        Args:
            settings (`dict`): Those of the predictions that are to be made, of which `SETTINGS` are compared.

        Returns:
            `str`, *optional*: A warning that names what differs; `None` where nothing does.
        """
        differing = [
            f"{name} {self.settings[name]} (now {settings[name]})"
            for name in SETTINGS
            if name in self.settings and name in settings and self.settings[name] != settings[name]
        ]
        if not differing:
            return None
        return (
            f"the calibration was made with {', '.join(differing)}: its probabilities and thresholds may not fit. "
            "Calibrate again with these settings (python -m trainer.calibrate), or give --no_calibration."
        )


def logit(probability: float | np.ndarray) -> float | np.ndarray:
    """Log-odds of probabilities in [0, 1], finite: see `CERTAIN`."""
    probability = np.clip(probability, CERTAIN, 1 - CERTAIN)
    return np.log(probability) - np.log1p(-probability)


def read_calibration(model_folder: str | Path, file: str | Path | None = None) -> Calibration | None:
    """
    Read the calibration of a model.

    Args:
        model_folder (`str` or `Path`):
            The model; what it says of itself lies in its `calibration.json`.
        file (`str` or `Path`, *optional*):
            Another file to read.

    Returns:
        `Calibration`, *optional*: `None` where the model has none.

    Raises:
        ValueError: If `file` is not there, or what is there is no calibration.
    """
    path = Path(file or Path(model_folder, CALIBRATION))
    if file is None and not path.exists():
        return None
    try:
        content = json.loads(path.read_text())
        labels = {label: _read_label(content["labels"][label], label) for label in ERROR_LABELS}
        return Calibration(labels, dict(content["predictions"]))
    except (OSError, ValueError, TypeError, KeyError) as error:  # also bytes that are not UTF-8
        reason = f"no {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        raise ValueError(
            f"{path}: not a calibration that can be read ({reason}). Make it again with python -m trainer.calibrate, "
            "or give --no_calibration."
        ) from None


def _read_label(content: dict, label: str) -> LabelCalibration:
    """One entry of `labels`."""
    threshold = content["threshold"]
    if not 0 <= threshold <= 1:
        raise ValueError(f"{label}: the threshold lies in [0, 1], got {threshold}")
    if "isotonic" not in content:
        temperature = content["temperature"]
        if not 0 < temperature < float("inf"):
            raise ValueError(f"{label}: the temperature is a number above 0, got {temperature}")
        return LabelCalibration(threshold, temperature)
    points = np.array(content["isotonic"], dtype=np.float64)
    is_table = points.ndim == 2 and points.shape[1] == 2 and len(points)
    if not is_table or (np.diff(points[:, 0]) <= 0).any() or (np.diff(points[:, 1]) < 0).any():
        raise ValueError(f"{label}: isotonic is a list of pairs, both of their numbers ascending")
    if not ((points >= 0) & (points <= 1)).all():
        raise ValueError(f"{label}: isotonic is a list of pairs of probabilities")
    return LabelCalibration(threshold, isotonic=[(x, y) for x, y in points.tolist()])
