"""The files of a finished run: read, checked, and handed on as one record."""

import math
from dataclasses import dataclass
from pathlib import Path

import yaml
from safetensors import safe_open

from model_card.jsonl import read_predictions, read_references
from model_card.scores import read_json_object, read_scores

# What a user runs to get each file; `make demo` runs them all in order.
MADE_BY = {
    "scores.json": "make demo",
    "references.jsonl": "make demo",
    "predictions.jsonl": "python -m trainer.predict",
    "model/trainer_state.json": "accelerate launch -m trainer.sft --config trainer/recipes/demo.yaml",
    "release": "python -m fitness_aqa_dataset synthesize",
}


@dataclass(frozen=True)
class Run:
    """
    What a card is made from.

    Args:
        path (`Path`):
            The run's folder.
        scores (`dict`):
            `scores.json`: the result of `metrics/fitness_aqa` for `before`, `after` and `blank`; `null` read as NaN.
        references (`list[dict]`):
            Test rows `{"id", "exercise", "errors": [{"label", "start", "end"}]}`, times in seconds.
        predictions (`dict[str, dict]`):
            Rows of the tuned model by id, the same keys and `answer`; `exercise` is `None` where none could be read.
        trainer_state (`dict`):
            `model/trainer_state.json` as `transformers.Trainer` writes it.
        training_config (`dict`):
            `model/training_config.yaml` or `.json`; empty where the run left neither.
        num_parameters (`int`):
            Numbers stored in the checkpoint's safetensors files.
    """

    path: Path
    scores: dict
    references: list[dict]
    predictions: dict[str, dict]
    trainer_state: dict
    training_config: dict
    num_parameters: int


def read_run(run_dir: str | Path) -> Run:
    """
    Read a finished run.

    Args:
        run_dir (`str` or `Path`):
            Folder with `release/`, `model/`, `predictions.jsonl`, `references.jsonl` and `scores.json`.

    Returns:
        [`Run`]: everything the card needs except the video clips themselves.

    Raises:
        FileNotFoundError: If the folder or one of its files is missing; names it and the command that makes it.
        ValueError: If a file is damaged or lacks keys, or if predictions and references hold different ids.
    """
    path = Path(run_dir)
    if not path.is_dir():
        raise FileNotFoundError(f"{path}: no such run folder. `make demo` makes runs/demo.")
    for name, command in MADE_BY.items():
        if not (path / name).exists():
            raise FileNotFoundError(
                f"{path / name}: missing. Make it with `{command}`, or the whole run with `make demo`."
            )
    references = read_references(path / "references.jsonl")
    return Run(
        path=path,
        scores=read_scores(path / "scores.json"),
        references=references,
        predictions=read_predictions(path / "predictions.jsonl", references),
        trainer_state=_read_trainer_state(path / "model" / "trainer_state.json"),
        training_config=_read_training_config(path / "model"),
        num_parameters=_count_parameters(path / "model"),
    )


def _read_trainer_state(path: Path) -> dict:
    state = read_json_object(path)
    history = state.get("log_history")
    entries = history if isinstance(history, list) else []
    if not any(isinstance(entry, dict) and "loss" in entry and "step" in entry for entry in entries):
        raise ValueError(
            f"{path}: `log_history` holds no entry with `step` and `loss`. Set `logging_steps` in the recipe and "
            "train again."
        )
    return state


def _read_training_config(model_dir: Path) -> dict:
    for name in ("training_config.yaml", "training_config.json"):
        path = model_dir / name
        if not path.exists():
            continue
        try:
            config = yaml.safe_load(path.read_bytes())  # every JSON file is YAML, too
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            reason = " ".join(str(error).split())
            raise ValueError(f"{path}: not valid YAML ({reason}). Correct or remove it.") from error
        if not isinstance(config, dict):
            kind = type(config).__name__
            raise ValueError(f"{path}: expected `key: value` lines, got {kind}. Correct or remove it.")
        return config
    return {}


def _count_parameters(model_dir: Path) -> int:
    paths = sorted(model_dir.glob("*.safetensors"))
    if not paths:
        command = MADE_BY["model/trainer_state.json"]
        raise FileNotFoundError(f"{model_dir}: no *.safetensors file, so no checkpoint. Make it with `{command}`.")
    total = 0
    for path in paths:
        with safe_open(path, framework="np") as file:
            total += sum(math.prod(file.get_slice(key).get_shape()) for key in file.keys())
    return total
