"""The model card of a run: header, text and figures, written beside the run's other files."""

import os
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import ModelCard

from fitness_aqa_dataset.card_header import AUTHORS_PAGE
from fitness_aqa_dataset.conversations import QUESTION
from model_card.card_values import examples, model_values, score_values, training_values
from model_card.clips import SELECTION_RULE
from model_card.facts import answer_facts
from model_card.figures import draw_loss, draw_scores, losses
from model_card.filling import fill
from model_card.metadata import DatasetReference, card_data, model_name
from model_card.run_files import Run, read_run
from model_card.timeline import draw_timeline
from model_card.usage import LAYOUTS, render_usage


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
    return replace_card(run.path, content)


def replace_card(folder: Path, content: str) -> Path:
    """Write a card, whole or not at all, in the place of one from an earlier call; returns its path."""
    path = folder / "README.md"
    part = path.with_name(f"README.md.{os.getpid()}.partial")  # two commands may write it at once
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
    layout: str | None = None,
) -> ModelCard:
    """
    Fill the template. The same files give the same bytes, whenever it is called; without `repo_id` the examples name
    the run's folder as it is seen from the working folder.

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
        layout (`str`, *optional*):
            How the weights lie there: `transformers` (also an adapter that was merged), `adapter` or `original`.
            Defaults to how the run has left them.

    Returns:
        `ModelCard`: Its `content` is the whole file, its `data` the header.

    Raises:
        ValueError: If there is no such layout.
    """
    layout = layout or ("adapter" if run.is_adapter else "transformers")
    if layout not in LAYOUTS:
        raise ValueError(f"no layout is called {layout!r}. Choose among {', '.join(LAYOUTS)}.")
    name = repo_id.split("/")[-1] if repo_id else model_name(run)
    base = base_model or run.config.get("base_model_name_or_path") or run.recipe["model_name_or_path"]
    return fill(
        "model_card.md",
        card_data(run, name, base, dataset, layout),
        model_name=name,
        usage=render_usage(run, layout, repo_id, base),
        related=list(related),
        question=QUESTION,
        examples=examples(run),
        selection_rule=SELECTION_RULE,
        authors_page=AUTHORS_PAGE,
        **model_values(run, base, layout),
        answers=" ".join(answer_facts(run)),
        **score_values(run, dataset),
        **training_values(run),
    )
