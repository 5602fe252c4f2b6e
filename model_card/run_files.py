"""The files of a finished run: found, read, checked, and handed on as one record."""

from dataclasses import dataclass
from pathlib import Path

from metrics.fitness_aqa.rows import read_rows
from model_card.answer_files import check_calibration, check_control, check_made_by, check_rows
from model_card.run_values import check_base, check_settings_values, check_training_values
from model_card.scores import check_scores, compute_scores
from model_card.training_files import (
    TRAINED,
    TRAINER_STATE,
    check_trained,
    count_parameters,
    read_config,
    read_mapping,
    read_trainer_state,
)
from trainer.prediction.calibration import CALIBRATION
from trainer.prediction.settings_file import read_settings

PREDICTIONS, REFERENCES, SCORES = "predictions.jsonl", "references.jsonl", "scores.json"
# Columns beside the tuned model's, each only where the run has the file.
COMPARED = {"before": "predictions_before.jsonl", "blank": "controls/predictions.blank.jsonl"}


@dataclass(frozen=True)
class Run:
    """
    What a card is made from.

    Args:
        path (`Path`):
            The run's folder.
        model_dir (`Path`):
            Folder of the checkpoint: `path / "model"` or `path` itself.
        references (`list[dict]`):
            Test rows `{"id", "exercise", "errors": [{"label", "start", "end"}]}`, times in seconds.
        predictions (`dict[str, dict]`):
            Rows of the tuned model by id, the same keys and `answer`; `exercise` is `None` where none could be read.
        scores (`dict[str, dict]`):
            What `metrics/fitness_aqa` and, under `temporal_map`, `metrics/temporal_map` compute for `before` (where
            the run has it), `after` and `blank` (likewise), in this order.
        settings (`dict[str, dict]`):
            Of `trainer.predict`, for each of them.
        config (`dict`):
            `config.json`, or of an adapter `adapter_config.json`.
        processor (`dict`):
            `processor_config.json`.
        recipe, environment, train_results, trainer_state (`dict`):
            What the training wrote.
        calibration (`dict`, *optional*):
            `calibration.json`, where the answers went through it.
        num_parameters (`int`):
            Numbers stored in the checkpoint's safetensors files.
    """

    path: Path
    model_dir: Path
    references: list[dict]
    predictions: dict[str, dict]
    scores: dict[str, dict]
    settings: dict[str, dict]
    config: dict
    processor: dict
    recipe: dict
    environment: dict
    train_results: dict
    trainer_state: dict
    calibration: dict | None
    num_parameters: int

    @property
    def is_adapter(self) -> bool:
        """Whether the checkpoint is a LoRA adapter."""
        return "base_model_name_or_path" in self.config

    @property
    def is_llava_video(self) -> bool:
        """Whether the model, or an adapter's base, is a LLaVA-Video."""
        return self.processor.get("processor_class") == "LlavaVideoProcessor"

    @property
    def is_synthetic(self) -> bool | None:
        """Whether the clips that were answered are simulated; `None` where that is not known."""
        return self.settings["after"].get("synthetic")

    @property
    def is_trained_on_synthetic(self) -> bool | None:
        """Whether the clips that were trained on are simulated; `None` where that is not known."""
        return self.settings["after"].get("synthetic_model")


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
        ValueError: If a file is damaged, rows are of another model or other clips, or `scores.json` says otherwise.
    """
    path, model_dir = Path(run_dir), find_model_dir(run_dir)
    config = read_config(model_dir)
    check_trained(model_dir)
    _check_there(path, model_dir)
    files = {"before": COMPARED["before"], "after": PREDICTIONS, "blank": COMPARED["blank"]}
    files = {name: path / file for name, file in files.items() if (path / file).is_file()}
    settings = {name: read_settings(file) for name, file in files.items()}
    for name, file in files.items():
        check_settings_values(file, settings[name])
    check_made_by(files["after"], settings["after"], model_dir)
    check_calibration(files["after"], settings["after"], model_dir / CALIBRATION)
    for name, file in files.items():
        check_control(name, file, settings)
        check_rows(file, settings[name])
    if "blank" in files:
        check_made_by(files["blank"], settings["blank"], model_dir)
    scores = {name: compute_scores(file, path / REFERENCES) for name, file in files.items()}
    if (path / SCORES).is_file():
        check_scores(path / SCORES, scores)
    written = {name: read_mapping(model_dir / name) for name in TRAINED if name != TRAINER_STATE}
    written[TRAINER_STATE] = read_trainer_state(model_dir / TRAINER_STATE)
    check_training_values(model_dir, written)
    check_base(model_dir, config, written["recipe.yaml"])
    return Run(
        path=path,
        model_dir=model_dir,
        references=list(_read_raw(path / REFERENCES, "errors", list).values()),
        predictions=_read_raw(files["after"], "answer", str),
        scores=scores,
        settings=settings,
        config=config,
        processor=written["processor_config.json"],
        recipe=written["recipe.yaml"],
        environment=written["environment.json"],
        train_results=written["train_results.json"],
        trainer_state=written[TRAINER_STATE],
        calibration=read_mapping(model_dir / CALIBRATION) if settings["after"].get("calibration") else None,
        num_parameters=count_parameters(model_dir),
    )


def _check_there(path: Path, model_dir: Path) -> None:
    """Raise FileNotFoundError for the first file of rows that is not there."""
    for name in (PREDICTIONS, REFERENCES):
        if not (path / name).is_file():
            raise FileNotFoundError(
                f"{path / name}: missing. Make it with `python -m trainer.predict --model {model_dir} --data RELEASE "
                f"--output {path / PREDICTIONS} --references {path / REFERENCES}`."
            )


def _read_raw(path: Path, needed: str, kind: type) -> dict[str, dict]:
    """Rows as they were written, each with a value that a card needs; scoring has checked the others."""

    again = "Answer the clips again with `python -m trainer.predict`."

    def check(row: dict, index: int) -> dict:
        if needed not in row:
            raise ValueError(f"has no `{needed}`. {again}")
        if not isinstance(row[needed], kind):
            expected = "text" if kind is str else "list"
            raise ValueError(f"`{needed}` must be a {expected}, got {str(row[needed])[:60]}. {again}")
        return row

    return read_rows(path.read_bytes(), str(path), check)
