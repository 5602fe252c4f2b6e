"""The files of a finished run of `trainer.baselines`: found, read, checked, and handed on as one record."""

from dataclasses import dataclass
from pathlib import Path

from model_card.answered import PREDICTIONS, Answered, read_answers
from model_card.run_values import check_training_values
from model_card.training_files import (
    CONFIG,
    TRAINER_STATE,
    check_trained,
    count_parameters,
    read_mapping,
    read_trainer_state,
)
from trainer.baselines.decisions import IntervalRule
from trainer.baselines.groups import make_groups
from trainer.baselines.run_folder import (
    MEAN,
    RUNS,
    arguments_of,
    group_folder,
    read_clip_recipe,
    read_decisions,
    stage_folder,
)
from trainer.baselines.words import check_system

TRAIN, PREDICT = "python -m trainer.baselines.train", "python -m trainer.baselines.predict"
LEFT = ("environment.json", "train_results.json", TRAINER_STATE)


@dataclass(frozen=True)
class TrainedModel:
    """
    One model of a run, or one stage of self-supervision.

    Args:
        name (`str`):
            Of its folder.
        config (`dict`):
            `config.json`; empty of a stage.
        environment, train_results, trainer_state (`dict`):
            What the training wrote.
        num_parameters (`int`):
            Counted in its safetensors file.
    """

    name: str
    config: dict
    environment: dict
    train_results: dict
    trainer_state: dict
    num_parameters: int


@dataclass(frozen=True)
class Part:
    """
    A run that was trained: the card's own, or one of those that a mean is taken of.

    Args:
        path (`Path`):
            Its folder.
        recipe (`dict`):
            What it was told.
        models (`list[TrainedModel]`):
            One a group of errors.
        stages (`list[TrainedModel]`):
            Self-supervision before; may be empty.
    """

    path: Path
    recipe: dict
    models: list[TrainedModel]
    stages: list[TrainedModel]


@dataclass(frozen=True)
class BaselineRun(Answered):
    """
    What the card of a baseline is made from, beside what [`~model_card.answered.Answered`] has.

    Args:
        parts (`list[Part]`):
            Itself, or what it is the mean of.
        is_mean (`bool`):
            Whether it is a mean.
        rules (`dict[str, IntervalRule]`):
            How long each error is taken to last, where that was fitted.
    """

    parts: list[Part]
    is_mean: bool
    rules: dict[str, IntervalRule]

    @property
    def is_told_exercise(self) -> bool:
        """Whether its models are told which exercise they see."""
        return self.settings["after"]["is_told_exercise"]

    @property
    def models(self) -> list[TrainedModel]:
        """All of its parts."""
        return [model for part in self.parts for model in part.models]


def read_baseline_run(run_dir: str | Path) -> BaselineRun:
    """
    Read a finished run of `trainer.baselines.train` or `trainer.baselines.combine`.

    Args:
        run_dir (`str` or `Path`):
            Its folder. Optional in it: `controls/predictions.blank.jsonl`, `scores.json`.

    Returns:
        [`BaselineRun`]: Everything the card needs except the clips themselves. The scores are computed from the rows.

    Raises:
        FileNotFoundError: If a file is missing; names it and the command that makes it.
        ValueError: If a file is damaged, rows are of other models or other clips, or the run is about pictures.
    """
    path = Path(run_dir)
    recipe = read_clip_recipe(path)
    is_mean = recipe["system"] == MEAN
    answers = read_answers(path, path, PREDICT)
    settings = answers["settings"]["after"]
    check_system(path / PREDICTIONS, settings)
    return BaselineRun(
        **answers,
        parts=[read_part(Path(run)) for run in (recipe[RUNS] if is_mean else [path])],
        is_mean=is_mean,
        rules=read_decisions(path, settings["intervals"], bool(settings["calibration"])).rules,
    )


def read_part(path: Path) -> Part:
    """The models of one trained run, with what their trainings left; raises as [`read_baseline_run`]."""
    recipe = read_clip_recipe(path)
    groups = make_groups(arguments_of(recipe))
    folders = [stage_folder(path, group.exercises) for group in groups if recipe.get("self_supervised")]
    return Part(
        path,
        recipe,
        [_read_model(group_folder(path, group), (CONFIG, *LEFT)) for group in groups],
        [_read_model(folder, LEFT) for folder in dict.fromkeys(folders)],
    )


def _read_model(folder: Path, names: tuple[str, ...]) -> TrainedModel:
    check_trained(folder, names, TRAIN)
    written = {name: read_mapping(folder / name) for name in names if name != TRAINER_STATE}
    written[TRAINER_STATE] = read_trainer_state(folder / TRAINER_STATE)
    check_training_values(folder, written, TRAIN)
    return TrainedModel(
        name=folder.name,
        config=written.get(CONFIG, {}),
        environment=written["environment.json"],
        train_results=written["train_results.json"],
        trainer_state=written[TRAINER_STATE],
        num_parameters=count_parameters(folder, TRAIN),
    )
