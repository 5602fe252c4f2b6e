"""The files of a finished run: found, read, checked, and handed on as one record."""

from dataclasses import dataclass
from pathlib import Path

from model_card.answered import Answered, read_answers
from model_card.run_values import check_base, check_training_values
from model_card.training_files import (
    TRAINED,
    TRAINER_STATE,
    check_trained,
    count_parameters,
    read_config,
    read_mapping,
    read_trainer_state,
)
from trainer.baselines.run_folder import is_baseline_run


@dataclass(frozen=True)
class Run(Answered):
    """
    What the card of a fine-tuned model is made from, beside what [`~model_card.answered.Answered`] has.

    Args:
        model_dir (`Path`):
            Folder of the checkpoint: `path / "model"` or `path` itself.
        config (`dict`):
            `config.json`, or of an adapter `adapter_config.json`.
        processor (`dict`):
            `processor_config.json`.
        recipe, environment, train_results, trainer_state (`dict`):
            What the training wrote.
        num_parameters (`int`):
            Numbers stored in the checkpoint's safetensors files.
    """

    model_dir: Path
    config: dict
    processor: dict
    recipe: dict
    environment: dict
    train_results: dict
    trainer_state: dict
    num_parameters: int

    @property
    def is_adapter(self) -> bool:
        """Whether the checkpoint is a LoRA adapter."""
        return "base_model_name_or_path" in self.config

    @property
    def is_llava_video(self) -> bool:
        """Whether the model, or an adapter's base, is a LLaVA-Video."""
        return self.processor.get("processor_class") == "LlavaVideoProcessor"


def find_model_dir(run_dir: str | Path) -> Path:
    """
    Where a run's checkpoint lies.

    Args:
        run_dir (`str` or `Path`):
            Folder of the run.

    Returns:
        `Path`: Its folder `model`, where it has one, else the run's folder itself.

    Raises:
        FileNotFoundError: If there is no such folder.
    """
    path = Path(run_dir)
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such run folder. `make demo` makes runs/demo.")
    return path / "model" if (path / "model").is_dir() else path


def read_run(run_dir: str | Path) -> Run:
    """
    Read a finished run: the demo's folder, or the output folder of `trainer.sft` with predictions in it.

    Args:
        run_dir (`str` or `Path`):
            Folder with `predictions.jsonl`, its settings, `references.jsonl` and the model, in `model/` or beside
            them. Optional: `predictions_before.jsonl`, `controls/predictions.blank.jsonl`, `scores.json`.

    Returns:
        [`Run`]: Everything the card needs except the clips themselves. The scores are computed from the rows.

    Raises:
        FileNotFoundError: If the folder or one of its files is missing; names it and the command that makes it.
        ValueError: If a file is damaged, rows are of another model or other clips, `scores.json` says otherwise, or
            it is a run of a baseline.
    """
    path, model_dir = Path(run_dir), find_model_dir(run_dir)
    if is_baseline_run(path):
        raise ValueError(
            f"{path}: is a run of a baseline, not of a model that answers in words. `python -m model_card` makes its "
            "card, `python -m model_card push` brings it to the Hub."
        )
    config = read_config(model_dir)
    check_trained(model_dir)
    answers = read_answers(path, model_dir, "python -m trainer.predict")
    written = {name: read_mapping(model_dir / name) for name in TRAINED if name != TRAINER_STATE}
    written[TRAINER_STATE] = read_trainer_state(model_dir / TRAINER_STATE)
    check_training_values(model_dir, written)
    check_base(model_dir, config, written["recipe.yaml"])
    return Run(
        **answers,
        model_dir=model_dir,
        config=config,
        processor=written["processor_config.json"],
        recipe=written["recipe.yaml"],
        environment=written["environment.json"],
        train_results=written["train_results.json"],
        trainer_state=written[TRAINER_STATE],
        num_parameters=count_parameters(model_dir),
    )
