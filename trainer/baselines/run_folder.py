"""
The folder of a run: `recipe.yaml`, one model a group in `models/`, what was fitted in `calibration.json`, and answers.
"""

import json
from dataclasses import asdict, fields
from pathlib import Path

import yaml

from trainer.baselines.arguments import BaselineArguments
from trainer.baselines.decisions import Decisions, IntervalRule
from trainer.baselines.groups import Group, make_groups
from trainer.output_folder import is_finished
from trainer.prediction.calibration import CALIBRATION, read_calibration
from trainer.prediction.output import checksum
from trainer.prediction.settings import state_of
from trainer.run_record import RECIPE

MODELS, PRETRAINING, RUNS = "models", "pretraining", "runs"
# The system of a run that is the mean of others.
MEAN = "mean"


def read_recipe(folder: Path) -> dict:
    """
    What a run was told.

    Args:
        folder (`Path`): Of the run.

    Returns:
        `dict`: Its settings; of a mean of runs `system` (`mean`) and `runs`.

    Raises:
        FileNotFoundError: If there is no recipe.
        ValueError: If it is not a baseline's.
    """
    path = folder / RECIPE
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Give the folder of a run of trainer.baselines.train.")
    try:
        recipe = yaml.safe_load(path.read_text())
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path}: cannot be read ({' '.join(str(error).split())}). Train the run again.") from None
    if not isinstance(recipe, dict) or "system" not in recipe:
        raise ValueError(f"{path}: is not of a baseline, which has a `system`. Give a run of trainer.baselines.train.")
    return recipe


def read_clip_recipe(folder: Path) -> dict:
    """
    [`read_recipe`] of a run that answers clips.

    Raises:
        FileNotFoundError, ValueError: As there, and if the run is about pictures.
    """
    recipe = read_recipe(folder)
    if (config := recipe.get("dataset_config", "video")) != "video":
        raise ValueError(f"{folder}: is about pictures ({config}) and answers no clips. Give a run about video.")
    return recipe


def is_baseline_run(folder: str | Path) -> bool:
    """Whether a folder holds a run of a baseline, not a checkpoint of a language model."""
    try:
        return bool(read_recipe(Path(folder)))
    except (OSError, ValueError):
        return False


def arguments_of(recipe: dict) -> BaselineArguments:
    """The baseline's arguments in a recipe."""
    return BaselineArguments(
        **{item.name: recipe[item.name] for item in fields(BaselineArguments) if item.name in recipe}
    )


def group_folder(folder: Path, group: Group) -> Path:
    """Where a group's model lies."""
    return folder / MODELS / group.name


def stage_folder(folder: Path, exercises: tuple[str, ...]) -> Path:
    """Where the self-supervision on the unlabelled clips of some exercises lies."""
    return folder / PRETRAINING / "_and_".join(exercises)


def state_of_run(folder: Path) -> str:
    """
    Checksum of sizes and times of all models' files of a run.

    Raises:
        FileNotFoundError: If a model is missing.
    """
    recipe = read_recipe(folder)
    if recipe["system"] == MEAN:
        return checksum([state_of_run(Path(run)) for run in recipe[RUNS]])
    states = []
    for group in make_groups(arguments_of(recipe)):
        model = group_folder(folder, group)
        if not is_finished(model):
            raise FileNotFoundError(f"{model}: no model. Train the run to its end: the same command goes on.")
        states.append(state_of(str(model)))
    return checksum(states)


def read_decisions(folder: Path, intervals: bool, use_calibration: bool = True) -> Decisions:
    """
    How a run decides.

    Args:
        folder (`Path`): Of the run.
        intervals (`bool`): Whether it says when.
        use_calibration (`bool`, *optional*, defaults to `True`): `False`: thresholds 0.5, probabilities as they are.

    Returns:
        [`Decisions`]: Defaults where nothing was fitted, as of runs that were trained on the validation clips.

    Raises:
        ValueError: If `calibration.json` is damaged.
    """
    path = folder / CALIBRATION
    if not use_calibration or not path.is_file():
        return Decisions(intervals=intervals)
    calibration = read_calibration(folder)
    try:
        rules = {label: IntervalRule(**rule) for label, rule in json.loads(path.read_text())["intervals"].items()}
        if not all(0 < rule.threshold <= 1 and 0 <= rule.hit_rate <= 1 for rule in rules.values()):
            raise ValueError("a share that is not between 0 and 1")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: no `intervals` that can be read ({error}). Remove it and train again.") from None
    return Decisions(calibration, rules, intervals)


def rules_as_json(rules: dict[str, IntervalRule]) -> dict:
    """What [`read_decisions`] reads back."""
    return {label: asdict(rule) for label, rule in rules.items()}
