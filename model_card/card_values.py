"""What fills the template of a model card, from a run."""

from pathlib import Path

from huggingface_hub.constants import ENDPOINT

from fitness_aqa_dataset.taxonomy import ERROR_TEXT
from model_card.answered import Answered
from model_card.clips import select_clips
from model_card.facts import calibration_rows, recipe_yaml, training_facts, versions
from model_card.figures import losses
from model_card.metadata import DatasetReference, dataset_of, on_hub
from model_card.results import MAP_MEANING
from model_card.run_files import Run
from model_card.scores import MODELS, exercise_clip_counts, labels_with_clips
from model_card.style import clips_text
from model_card.table import Row, columns, format_value, row, table_rows

DEMO_BASE = ("demo_base", "checkpoint")
TINY = 100e6


def model_values(run: Run, base: str, layout: str) -> dict:
    """What the model is, and from which `base` it was made."""
    shown = f"[{base}]({ENDPOINT}/{base})" if on_hub(base) else f"`{Path(base).name}`"
    kind = "LLaVA-Video model" if run.is_llava_video else "video-language model"
    kind = f"LoRA adapter of a {kind}" if layout == "adapter" else kind
    how = "fine-tuned with TRL's `SFTTrainer` from" if losses(run) else "copied from"
    is_merged = run.is_adapter and layout != "adapter"
    merged = " as a LoRA adapter, which has been added to its weights" if is_merged else ""
    # of an adapter's base nothing is known but its name
    counted = "" if is_merged else f" ({run.num_parameters / 1e6:.2f} million parameters)"
    return {
        "kind": kind + counted,
        "is_tiny": run.num_parameters < TINY and not run.is_adapter,
        "origin": f"It was {how} {shown}{merged}.",
        "is_demo_base": Path(base).parts[-2:] == DEMO_BASE,
        "is_synthetic": run.is_synthetic,
        "is_trained_on_synthetic": run.is_trained_on_synthetic,
    }


def score_values(run: Answered, dataset: DatasetReference | None) -> dict:
    """Tables of scores, and what they are about; `dataset` defaults to the one on the Hub that was answered."""
    dataset = dataset or dataset_of(run)
    scores, constant = run.scores, run.scores["after"]["constant_interval_ap"]
    labels = labels_with_clips(scores)
    ap_rows = [row(scores, ERROR_TEXT[label], "ap", "paper", label, trivial=constant[label]) for label in labels]
    map_rows = [
        (f"`{name}`", *[format_value(scores[model]["map"][name]) for model in MODELS if model in scores], text)
        for name, text in MAP_MEANING.items()
    ]
    named = f" of [{dataset.repo_id}]({ENDPOINT}/datasets/{dataset.repo_id})" if dataset else ""
    named += f" at revision `{dataset.revision}`" if dataset and dataset.revision else ""
    head = ["error", "named from", "before, validation", "after, validation"] if run.calibration else ["error"]
    return {
        "clips_text": clips_text(run.is_synthetic),
        "errors_text": ", ".join(ERROR_TEXT.values()),
        "clips": exercise_clip_counts(scores),
        "split": run.settings["after"]["split"],
        "dataset_text": named,
        "decode": run.settings["after"]["decode"],
        "has_before": "before" in scores,
        "before": Path(str(run.settings["before"]["model"])).name if "before" in scores else None,
        "has_blank": "blank" in scores,
        "columns": columns(scores),
        "rows": format_rows(table_rows(scores)),
        "ap_rows": format_rows(ap_rows),
        "map_rows": map_rows,
        "calibration": run.calibration,
        "calibration_head": [*head, f"these answers, {run.settings['after']['split']}"],
        "calibration_rows": calibration_rows(run),
    }


def training_values(run: Run) -> dict:
    """How the model was trained."""
    return {
        "is_trained": bool(losses(run)),
        "trained_on": clips_text(run.is_trained_on_synthetic),
        "training": training_facts(run),
        "recipe": recipe_yaml(run),
        "versions": versions(run),
    }


def examples(run: Answered) -> list[dict]:
    """The first shown clip of each exercise: `id`, `reference` and `answer`, in words."""
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


def format_rows(rows: list[Row]) -> list[tuple[str, ...]]:
    """Rows of a table as text."""
    return [(name, *map(format_value, values)) for name, values in rows]
