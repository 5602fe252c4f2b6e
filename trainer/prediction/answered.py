"""Answers with probabilities beside what was annotated: the clips that a calibration is fitted to."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from fitness_aqa_dataset.taxonomy import ERROR_LABELS, ERRORS, EXERCISES
from metrics.fitness_aqa.records import to_reference
from metrics.fitness_aqa.rows import read_rows
from trainer.prediction.settings_file import read_settings, settings_path

# Below it the six digits of a written probability leave too little of the error's own.
LEAST_EXERCISE = 0.001
DIGITS = 6
NUM_IDS_SHOWN = 5


@dataclass
class Answered:
    """
    Args:
        labels (`dict[str, tuple[np.ndarray, np.ndarray]]`):
            Of every error, over the N clips of its exercise: the probability that it is there if the exercise is its
            own, float64 in [0, 1], and whether it was annotated, bool, both of shape `(N,)`.
        settings (`dict`): That the clips were answered with.
        num_left_out (`int`): Clips that could not be read, or whose own exercise was found too unlikely.
    """

    labels: dict[str, tuple[np.ndarray, np.ndarray]]
    settings: dict
    num_left_out: int


def read_answered(predictions_path: Path, references_path: Path) -> Answered:
    """
    Read answers, their settings beside them, and references.

    Args:
        predictions_path (`Path`):
            JSON Lines of `trainer.predict --decode score --no_calibration`; beside `X.jsonl` lies `X.settings.json`.
        references_path (`Path`):
            JSON Lines `{"id", "exercise", "errors"}` of the same clips.

    Returns:
        [`Answered`]: Clips in the order of the references.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If a row is wrong or has no probabilities, the answers were calibrated before, are a
            baseline's or those of a control, the ids differ, or an exercise has no clip.
    """
    for path in (predictions_path, references_path):
        if not path.is_file():
            raise FileNotFoundError(f"{path}: no such file. Give a JSON Lines file with one row per clip.")
    settings = read_settings(predictions_path)
    _check_settings(settings, settings_path(predictions_path))
    answers = read_rows(predictions_path.read_bytes(), str(predictions_path), _check_scores)
    references = read_rows(references_path.read_bytes(), str(references_path), to_reference)
    if differing := [*(answers.keys() ^ references.keys())]:
        shown = ", ".join(sorted(differing)[:NUM_IDS_SHOWN])
        raise ValueError(
            f"{predictions_path} and {references_path}: {len(differing)} ids are in one file only ({shown}"
            f"{', …' if len(differing) > NUM_IDS_SHOWN else ''}). Give answers and references of the same clips."
        )
    labels, num_left_out = {}, 0
    for exercise in EXERCISES:
        of_exercise = [id for id, reference in references.items() if reference["exercise"] == exercise]
        kept = [id for id in of_exercise if answers[id] and answers[id][exercise] >= LEAST_EXERCISE]
        if not kept:
            raise ValueError(
                f"{references_path}: no clip of {exercise.replace('_', ' ')} that was recognised as one, so that "
                f"{' and '.join(ERRORS[exercise])} cannot be calibrated. Give clips of both exercises."
            )
        num_left_out += len(of_exercise) - len(kept)
        for label in ERRORS[exercise]:
            # Six digits, as they are written: more are none of the model's.
            ratios = [round(min(answers[id][label] / answers[id][exercise], 1.0), DIGITS) for id in kept]
            annotated = [any(error["label"] == label for error in references[id]["errors"]) for id in kept]
            labels[label] = np.array(ratios), np.array(annotated)
    return Answered(labels, settings, num_left_out)


def _check_settings(settings: dict, path: Path) -> None:
    """Raise ValueError unless these are settings of answers that can be calibrated."""
    if "system" in settings:
        raise ValueError(
            f"{path}: these are answers of a baseline ({settings['system']}), which "
            "`trainer.baselines.train` has calibrated. Give answers of `python -m trainer.predict`."
        )
    if settings.get("calibration"):
        raise ValueError(
            f"{path}: these answers were calibrated already, with {settings['calibration']}. Answer the clips with "
            "--no_calibration."
        )
    if settings.get("control", "none") != "none":
        raise ValueError(
            f"{path}: these are answers to the control {settings['control']!r}. Answer the clips as they are."
        )


def _check_scores(row: dict, clip: int) -> dict[str, float] | None:
    """The probabilities of a row; `None` of a clip that could not be read."""
    if row.get("error"):
        return None
    scores = row.get("scores") or {}
    if missing := [name for name in (*EXERCISES, *ERROR_LABELS) if name not in scores]:
        raise ValueError(
            f"`scores` has no probability of {', '.join(missing)}. Only trainer.predict --decode score gives them."
        )
    for name, score in scores.items():
        if not isinstance(score, int | float) or not 0 <= score <= 1:
            raise ValueError(f"`scores`: {name} must be a probability in [0, 1], got {score!r}.")
    return scores
