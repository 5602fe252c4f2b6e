"""The model card of a run: header, text and figures, written beside the run's other files."""

import os
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import ModelCard

from fitness_aqa_dataset.card_header import AUTHORS_PAGE
from fitness_aqa_dataset.conversations import QUESTION
from fitness_aqa_dataset.taxonomy import ERROR_TEXT
from model_card.clips import SELECTION_RULE, select_clips
from model_card.facts import answer_facts, calibration_rows, recipe_yaml, training_facts, versions
from model_card.figures import draw_loss, draw_scores, losses
from model_card.metadata import DatasetReference, card_data, dataset_of, model_name, on_hub
from model_card.results import MAP_MEANING
from model_card.run_files import Run, read_run
from model_card.scores import MODELS, exercise_clip_counts, labels_with_clips
from model_card.style import clips_text
from model_card.table import columns, format_value, row, table_rows
from model_card.timeline import draw_timeline
from model_card.usage import LAYOUTS, render_usage

TEMPLATE = Path(__file__).parent / "templates" / "model_card.md"
DEMO_BASE = ("demo_base", "checkpoint")
TINY = 100e6


def write_card(run_dir: str | Path) -> Path:
    """
    Write `README.md` and `figures/*.png` into a run's folder, replacing those of an earlier call.

    Args:
        run_dir (`str` or `Path`):
            A finished run, see [`~model_card.run_files.read_run`].

    Returns:
        `Path`: The card.

    Raises:
        FileNotFoundError: If the folder or a file the card needs is missing.
        ValueError: If one of them is damaged or does not belong to the others.
    """
    run = read_run(run_dir)
    content = make_card(run).content
    write_figures(run)
    path = run.path / "README.md"
    part = path.with_name("README.md.part")
    part.write_text(content + "\n", encoding="utf-8")
    os.replace(part, path)
    return path


def write_figures(run: Run) -> list[Path]:
    """
    Draw the pictures that the card shows.

    Args:
        run ([`Run`]):
            The run.

    Returns:
        `list[Path]`: Files in `run.path / "figures"`: `timeline.png`, `scores.png` and, of a model that was trained,
        `loss.png`.
    """
    figures = {"timeline": draw_timeline, "scores": draw_scores}
    if losses(run):
        figures["loss"] = draw_loss
    return [draw(run, run.path / "figures" / f"{name}.png") for name, draw in figures.items()]


def make_card(
    run: Run,
    *,
    repo_id: str | None = None,
    base_model: str | None = None,
    dataset: DatasetReference | None = None,
    related: Sequence[tuple[str, str]] = (),
    layout: str = "transformers",
) -> ModelCard:
    """
    Fill the template. The same files give the same bytes, whenever and wherever it is called.

    Args:
        run ([`Run`]):
            The run.
        repo_id (`str`, *optional*):
            Where the model will lie on the Hub, for the examples. Defaults to the run's own folder.
        base_model (`str`, *optional*):
            What it was made from. Defaults to what the run's files say.
        dataset ([`DatasetReference`], *optional*):
            The data set on the Hub that it was trained and tested on.
        related (`Sequence[tuple[str, str]]`, *optional*):
            Text and address of what belongs to it.
        layout (`str`, *optional*, defaults to `"transformers"`):
            How the weights lie there: `transformers`, `adapter` (whatever is given, where the run's model is one) or
            `original`.

    Returns:
        `ModelCard`: Its `content` is the whole file, its `data` the header.

    Raises:
        ValueError: If there is no such layout.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"no layout is called {layout!r}. Choose among {', '.join(LAYOUTS)}.")
    layout = "adapter" if run.is_adapter else layout
    name = repo_id.split("/")[-1] if repo_id else model_name(run)
    base = base_model or run.config.get("base_model_name_or_path") or run.recipe["model_name_or_path"]
    return ModelCard.from_template(
        card_data(run, name, base, dataset),
        template_path=str(TEMPLATE),
        model_name=name,
        usage=render_usage(run, layout, repo_id, base),
        related=list(related),
        question=QUESTION,
        examples=_examples(run),
        selection_rule=SELECTION_RULE,
        authors_page=AUTHORS_PAGE,
        **_model_values(run, base),
        **_score_values(run, dataset or dataset_of(run)),
        **_training_values(run),
    )


def _model_values(run: Run, base: str) -> dict:
    shown = f"[{base}](https://huggingface.co/{base})" if on_hub(base) else f"`{Path(base).name}`"
    is_llava_video = run.is_adapter or run.config.get("model_type") == "llava_video"
    kind = "LoRA adapter of a video-language model" if run.is_adapter else "LLaVA-Video model"
    verb = "fine-tuned with TRL's `SFTTrainer` from" if losses(run) else "copied from"
    return {
        "kind": kind if is_llava_video else f"video-language model of the type `{run.config.get('model_type')}`",
        "num_parameters": f"{run.num_parameters / 1e6:.2f} million",
        "is_adapter": run.is_adapter,
        "is_tiny": run.num_parameters < TINY and not run.is_adapter,
        "origin": f"It was {verb} {shown}.",
        "is_demo_base": Path(base).parts[-2:] == DEMO_BASE,
        "is_synthetic": run.is_synthetic,
        "is_trained_on_synthetic": run.is_trained_on_synthetic,
    }


def _score_values(run: Run, dataset: DatasetReference | None) -> dict:
    scores, constant = run.scores, run.scores["after"]["constant_interval_ap"]
    labels = labels_with_clips(scores)
    ap_rows = [row(scores, ERROR_TEXT[label], "ap", "paper", label, trivial=constant[label]) for label in labels]
    map_rows = [
        (f"`{name}`", *[format_value(scores[model]["map"][name]) for model in MODELS if model in scores], text)
        for name, text in MAP_MEANING.items()
    ]
    named = f" of [{dataset.repo_id}](https://huggingface.co/datasets/{dataset.repo_id})" if dataset else ""
    named += f" at revision `{dataset.revision}`" if dataset and dataset.revision else ""
    head = ["error", "named from", "before, validation", "after, validation"] if run.calibration else ["error"]
    return {
        "clips_text": clips_text(run.is_synthetic),
        "errors_text": ", ".join(ERROR_TEXT[label] for label in labels),
        "clips": exercise_clip_counts(scores),
        "split": run.settings["after"]["split"],
        "dataset_text": named,
        "answers": " ".join(answer_facts(run)),
        "decode": run.settings["after"]["decode"],
        "has_before": "before" in scores,
        "before": Path(str(run.settings["before"]["model"])).name if "before" in scores else None,
        "has_blank": "blank" in scores,
        "columns": columns(scores),
        "rows": _format_rows(table_rows(scores)),
        "ap_rows": _format_rows(ap_rows),
        "map_rows": map_rows,
        "calibration": run.calibration,
        "calibration_head": [*head, f"these answers, {run.settings['after']['split']}"],
        "calibration_rows": calibration_rows(run),
    }


def _training_values(run: Run) -> dict:
    return {
        "is_trained": bool(losses(run)),
        "trained_on": clips_text(run.is_trained_on_synthetic),
        "training": training_facts(run),
        "recipe": recipe_yaml(run),
        "versions": versions(run),
    }


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


def _format_rows(rows: list[tuple[str, list[float | None]]]) -> list[tuple[str, ...]]:
    return [(name, *map(format_value, values)) for name, values in rows]
