"""From readings to files: what is fitted on validation, predictions with their settings, and references."""

import json
from pathlib import Path

import numpy as np

from fitness_aqa_dataset.taxonomy import ERROR_LABELS, ERRORS
from metrics.files import write_files
from trainer.baselines.decisions import DECIMALS, STYLE, IntervalRule, fit_rule, to_prediction_row
from trainer.baselines.reading_split import Asked
from trainer.baselines.readings import ClipReading
from trainer.baselines.run_folder import MEAN, RUNS, read_decisions, read_recipe, rules_as_json, state_of_run
from trainer.calibrate import calibrate_label
from trainer.prediction.calibration import CALIBRATION
from trainer.prediction.inputs import Inputs
from trainer.prediction.output import Output
from trainer.prediction.settings import content_of
from trainer.splits import is_synthetic_data

METHOD, CRITERION = "temperature", "f1"
DECODE = "baseline"


def settings_of_answers(folder: Path, asked: Asked, inputs: Inputs, use_calibration: bool = True) -> dict:
    """
    Every setting that rows hang on, with the keys of `trainer.predict`.

    Args:
        folder (`Path`): Of the run.
        asked ([`Asked`]): What is answered.
        inputs ([`Inputs`]): The clips.
        use_calibration (`bool`, *optional*, defaults to `True`): Whether the run's `calibration.json` is used.

    Returns:
        `dict`: Plain values; `system`, `parts` (systems of a mean), `models`, `is_told_exercise` and `intervals` are a
        baseline's own.
    """
    recipe = read_recipe(folder)
    parts = [read_recipe(Path(run)) for run in recipe[RUNS]] if recipe["system"] == MEAN else []
    first = parts[0] if parts else recipe
    calibration = folder / CALIBRATION if use_calibration and (folder / CALIBRATION).is_file() else None
    return {
        "model": str(folder),
        "model_state": state_of_run(folder),
        "data": asked.data,
        "split": asked.split,
        "videos": None,
        "limit": asked.limit,
        "decode": DECODE,
        "system": recipe["system"],
        "parts": [part["system"] for part in parts] or None,
        "models": first["models"],
        "is_told_exercise": first["models"] != "all",
        "intervals": asked.intervals,
        "num_frames": first["num_frames"],
        "style": STYLE,
        "decimals": DECIMALS,
        "clip_reduction": "none",
        "overlap": 0,
        "control": asked.control,
        "seed": asked.seed if asked.control == "shuffled" else None,
        "calibration": calibration and str(calibration),
        "calibration_state": calibration and content_of(calibration),
        "batch_size": asked.batch_size,
        "synthetic_model": is_synthetic_data(first["dataset_name"]),
        "input_state": inputs.state,
        "dtype": "float32",
        "synthetic": inputs.is_synthetic,
    }


def write_calibration(folder: Path, readings: list[ClipReading], inputs: Inputs, settings: dict) -> None:
    """
    Fit thresholds, probabilities and intervals of every error, and write them as `trainer.calibrate` does.

    Args:
        folder (`Path`): Of the run.
        readings (`list[ClipReading]`): Of the validation clips.
        inputs ([`Inputs`]): Those clips.
        settings (`dict`): Of these answers.
    """
    pairs = [pair for pair in zip(readings, inputs.references, strict=True) if not pair[0].problem]
    synthetic = bool(inputs.is_synthetic)
    content = {"method": METHOD, "criterion": CRITERION, "synthetic": synthetic}
    content |= {"num_clips_left_out": len(readings) - len(pairs), "labels": {}, "predictions": settings}
    rules = {}
    for exercise, labels in ERRORS.items():
        own = [pair for pair in pairs if pair[1]["exercise"] == exercise]
        if not own:
            raise ValueError(
                f"{settings['data']}: no clip of {exercise} that can be read in the split {settings['split']}, which "
                "thresholds are fitted on. Give merge_validation true, and they stay at 0.5."
            )
        for label in labels:
            probability = np.array([reading.label_scores[label] for reading, _ in own])
            is_annotated = np.array([any(e["label"] == label for e in truth["errors"]) for _, truth in own], bool)
            content["labels"][label], _ = calibrate_label(probability, is_annotated, METHOD, CRITERION)
            if settings["intervals"]:
                rules[label] = fit_rule([reading for reading, _ in own], [truth for _, truth in own], label)
            else:
                rules[label] = IntervalRule()
    content["labels"] = {label: content["labels"][label] for label in ERROR_LABELS}
    content["intervals"] = rules_as_json(rules)
    write_files(folder, {CALIBRATION: (json.dumps(content, indent=2) + "\n").encode()})


def write_answers(
    folder: Path, readings: list[ClipReading], output: Output, settings: dict, overwrite: bool = False
) -> None:
    """
    Write rows of predictions and the settings beside them.

    Args:
        folder (`Path`): Of the run.
        readings (`list[ClipReading]`): In the order of the clips.
        output (`Output`): The file; see `trainer.predict`.
        settings (`dict`): From [`settings_of_answers`].
        overwrite (`bool`, *optional*, defaults to `False`): Whether what is there is removed.
    """
    decisions = read_decisions(folder, settings["intervals"], bool(settings["calibration"]))
    output.begin(settings, [reading.id for reading in readings], overwrite)
    output.append(to_prediction_row(reading, decisions) for reading in readings)
    output.finish()
