"""The model card of a run: header, text and figures, written beside the run's other files."""

import os
from importlib.metadata import version
from pathlib import Path

import yaml
from huggingface_hub import ModelCard

from fitness_aqa_dataset.conversations import QUESTION
from fitness_aqa_dataset.taxonomy import ERROR_LABELS, ERROR_TEXT
from model_card.clips import SELECTION_RULE, select_clips
from model_card.figures import draw_loss, draw_scores
from model_card.metadata import MAP_MEANING, card_data, model_name
from model_card.run_files import Run, read_run
from model_card.scores import MODELS, exercise_clip_counts
from model_card.table import COLUMNS, format_value, table_rows
from model_card.timeline import draw_timeline

TEMPLATE = Path(__file__).parent / "templates" / "model_card.md"
PACKAGES = ("torch", "torchcodec", "transformers", "trl", "accelerate", "datasets", "huggingface_hub")


def write_card(run_dir: str | Path) -> Path:
    """
    Write `README.md` and `figures/*.png` into a run's folder, replacing those of an earlier call.

    Args:
        run_dir (`str` or `Path`):
            A finished run, see [`~model_card.run_files.read_run`].

    Returns:
        `Path`: the card.

    Raises:
        FileNotFoundError: If the folder or a file the card needs is missing.
        ValueError: If one of them is damaged.
    """
    run = read_run(run_dir)
    content = render_card(run).content
    figures = {"timeline": draw_timeline, "loss": draw_loss, "scores": draw_scores}
    for name, draw in figures.items():
        draw(run, run.path / "figures" / f"{name}.png")
    path = run.path / "README.md"
    part = path.with_name("README.md.part")
    part.write_text(content, encoding="utf-8")
    os.replace(part, path)
    return path


def render_card(run: Run) -> ModelCard:
    """
    Fill the template.

    Args:
        run ([`Run`]):
            The run.

    Returns:
        `ModelCard`: its `content` is the whole file, its `data` the header.
    """
    return ModelCard.from_template(
        card_data(run),
        template_path=str(TEMPLATE),
        model_name=model_name(run),
        model_path=_model_path(run.path.resolve()),
        num_parameters=f"{run.num_parameters / 1e6:.2f} million",
        clips=exercise_clip_counts(run.scores),
        num_frames=run.training_config.get("num_frames", 10),
        question=QUESTION,
        examples=_examples(run),
        training=training_facts(run),
        recipe=_recipe_yaml(run.training_config),
        columns=COLUMNS,
        rows=_format_rows(table_rows(run.scores)),
        ap_rows=_format_rows(_ap_rows(run.scores)),
        map_rows=[(f"`{name}`", *_map_values(run.scores, name), text) for name, text in MAP_MEANING.items()],
        selection_rule=SELECTION_RULE,
        versions=[(package, version(package)) for package in PACKAGES],
    )


def training_facts(run: Run) -> list[tuple[str, str]]:
    """
    List what the trainer has recorded about the training.

    Args:
        run ([`Run`]):
            The run.

    Returns:
        `list[tuple[str, str]]`: name and value; a fact that `trainer_state.json` lacks is left out.
    """
    state = run.trainer_state
    losses = [entry["loss"] for entry in state["log_history"] if "loss" in entry]
    runtimes_s = [entry["train_runtime"] for entry in state["log_history"] if "train_runtime" in entry]
    facts = [
        ("optimizer steps", _number(state.get("global_step"), "d")),
        ("epochs", _number(state.get("epoch"), ".2f")),
        ("batch size per device", _number(state.get("train_batch_size"), "d")),
        ("training time", _number(runtimes_s[-1] / 60 if runtimes_s else None, ".1f", " minutes")),
        ("loss, first logged → last logged", f"{losses[0]:.3f} → {losses[-1]:.3f}"),
    ]
    return [(name, value) for name, value in facts if value]


def _model_path(run_dir: Path) -> str:
    """The checkpoint as seen from the folder the command ran in, which is the clone; never one machine's path."""
    folder = run_dir.relative_to(Path.cwd()) if run_dir.is_relative_to(Path.cwd()) else Path(run_dir.name)
    return (folder / "model").as_posix()


def _number(value: float | None, spec: str, unit: str = "") -> str:
    return "" if value is None else f"{value:{spec}}{unit}"


def _recipe_yaml(config: dict) -> str:
    """The training configuration as YAML; of an absolute path only the last part, the rest is one machine's own."""
    shown = {
        key: Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value
        for key, value in config.items()
    }
    return yaml.safe_dump(shown, sort_keys=False, allow_unicode=True).strip() if shown else ""


def _examples(run: Run) -> list[dict]:
    """The first shown clip of each exercise with its reference and the answer to it."""
    first = {row["exercise"]: row for row in reversed(select_clips(run.references))}
    return [
        {
            "id": row["id"],
            "reference": "; ".join(
                f"{ERROR_TEXT[error['label']]} {error['start']:.2f}–{error['end']:.2f} s" for error in row["errors"]
            )
            or "no error",
            "answer": " ".join(run.predictions[row["id"]]["answer"].split()),
        }
        for row in sorted(first.values(), key=lambda row: row["exercise"], reverse=True)
    ]


def _ap_rows(scores: dict) -> list[tuple[str, list[float | None]]]:
    constant = scores["after"]["constant_interval_ap"]
    return [
        (ERROR_TEXT[label], [*[scores[model]["ap"]["paper"][label] for model in MODELS], constant[label]])
        for label in ERROR_LABELS
    ]


def _map_values(scores: dict, name: str) -> list[str]:
    return [format_value(scores[model]["map"][name]) for model in MODELS]


def _format_rows(rows: list[tuple[str, list[float | None]]]) -> list[tuple[str, ...]]:
    return [(name, *map(format_value, values)) for name, values in rows]
