"""The card of a run of `trainer.baselines`: header, text and figures, from the run's own files."""

from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import ModelCard, ModelCardData

from fitness_aqa_dataset.card_header import AUTHORS_PAGE
from model_card.baseline_figures import draw_losses
from model_card.baseline_files import BaselineRun, read_baseline_run
from model_card.baseline_values import (
    OURS,
    baseline_results,
    baseline_score_values,
    system_values,
    training_values,
)
from model_card.card import replace_card
from model_card.card_values import examples
from model_card.clips import SELECTION_RULE
from model_card.figures import draw_scores
from model_card.filling import fill
from model_card.metadata import DatasetReference, dataset_of, eval_results, licence
from model_card.timeline import draw_timeline
from model_card.usage import seen_from_here

TAGS = ["fitness-aqa", "action-quality-assessment", "video-classification", "baseline"]


def write_baseline_card(run_dir: str | Path) -> Path:
    """
    Write `README.md` and `figures/*.png` into a run's folder, replacing those of an earlier call.

    Args:
        run_dir (`str` or `Path`):
            A finished run, see [`~model_card.baseline_files.read_baseline_run`].

    Returns:
        `Path`: The card.

    Raises:
        FileNotFoundError: If the folder or a file the card needs is missing.
        ValueError: If one of them is damaged or does not belong to the others.
    """
    run = read_baseline_run(run_dir)
    content = make_baseline_card(run).content
    write_baseline_figures(run)
    return replace_card(run.path, content)


def write_baseline_figures(run: BaselineRun) -> list[Path]:
    """Draw the card's pictures: `timeline.png`, `scores.png` and, where a loss was logged, `loss.png`."""
    folder = run.path / "figures"
    paths = [draw_timeline(run, folder / "timeline.png")]
    paths.append(draw_scores(run, folder / "scores.png", {"after": OURS, "blank": "blank video"}))
    if training_values(run)["has_loss"]:
        paths.append(draw_losses(run, folder / "loss.png"))
    return paths


def make_baseline_card(
    run: BaselineRun,
    *,
    repo_id: str | None = None,
    dataset: DatasetReference | None = None,
    related: Sequence[tuple[str, str]] = (),
) -> ModelCard:
    """
    Fill the template. The same files give the same bytes, whenever it is called.

    Args:
        run ([`BaselineRun`]):
            The run.
        repo_id (`str`, *optional*):
            Where it will lie on the Hub.
        dataset ([`DatasetReference`], *optional*):
            The data set on the Hub that it was trained and tested on.
        related (`Sequence[tuple[str, str]]`, *optional*):
            Text and address of what belongs to it.

    Returns:
        `ModelCard`: Its `content` is the whole file, its `data` the header.
    """
    name = repo_id.split("/")[-1] if repo_id else f"fitness-aqa-{run.path.resolve().name}"
    return fill(
        "baseline_card.md",
        baseline_card_data(run, name, dataset),
        model_name=name,
        location=name if repo_id else seen_from_here(run.path),
        part_locations=[seen_from_here(part.path) for part in run.parts],
        first_model=run.models[0].name,
        recipe=run.parts[0].recipe,
        repo_id=repo_id,
        related=list(related),
        examples=examples(run),
        selection_rule=SELECTION_RULE,
        authors_page=AUTHORS_PAGE,
        **system_values(run),
        **baseline_score_values(run, dataset),
        **training_values(run),
    )


def baseline_card_data(run: BaselineRun, name: str, dataset: DatasetReference | None) -> ModelCardData:
    """The header: licence, tags and `model-index`, as of other cards."""
    dataset = dataset or dataset_of(run)
    systems = sorted({part.recipe["system"] for part in run.parts})
    tags = ["synthetic"] * bool(run.is_synthetic or run.is_trained_on_synthetic) + TAGS + systems
    task = "Error recognition, told the exercise" if run.is_told_exercise else "Exercise and error recognition"
    task += ", with times" if run.gives_times else ""
    return ModelCardData(
        language="en",
        **licence(run),
        pipeline_tag="video-classification",
        datasets=[dataset.repo_id] if dataset else None,
        metrics=["f1", "matthews_correlation"],
        tags=tags + ["temporal-localization"] * run.gives_times,
        model_name=name,
        eval_results=eval_results(run, dataset, baseline_results(run), "video-classification", task),
    )
