"""The YAML header of a model card: what the Hub reads, with every score in `model-index`."""

from dataclasses import dataclass
from pathlib import Path

from huggingface_hub import EvalResult, ModelCardData

from fitness_aqa_dataset.card_header import AUTHORS_PAGE
from model_card.answered import Answered
from model_card.results import Result, results
from model_card.run_files import Run
from trainer.splits import kind_of

# The authors of the data set print no licence text: the name says the terms.
NON_COMMERCIAL = "fitness-aqa-non-commercial"
TAGS = ["llava-video", "fitness-aqa", "action-quality-assessment", "temporal-localization", "trl", "sft"]
TASK = ("video-text-to-text", "Exercise and error recognition with times")
DATASET_NAMES = {
    True: "Fitness-AQA (synthetic clips)",
    False: "Fitness-AQA",
    None: "Fitness-AQA (not known whether synthetic)",
}


@dataclass(frozen=True)
class DatasetReference:
    """
    A data set on the Hub.

    Args:
        repo_id (`str`):
            `owner/name`.
        revision (`str`, *optional*):
            Commit that was used; `None` where it is not known.
    """

    repo_id: str
    revision: str | None


def card_data(run: Run, name: str, base_model: str, dataset: DatasetReference | None, layout: str) -> ModelCardData:
    """
    Build the header of the card.

    Args:
        run ([`Run`]):
            The run.
        name (`str`):
            Of the model.
        base_model (`str`):
            What it was made from; stands in the header only if it is a model on the Hub.
        dataset ([`DatasetReference`], *optional*):
            What it was trained and tested on.
        layout (`str`):
            How the weights lie: `transformers`, `adapter` or `original`.

    Returns:
        `ModelCardData`: Licence, tags and `model-index`; scores are those of the tuned model (`after`) rounded to four
        decimals.
    """
    dataset, is_adapter = dataset or dataset_of(run), layout == "adapter"
    terms = licence(run)
    if on_hub(base_model):
        relation = "adapter" if is_adapter else "finetune"
        terms |= {"base_model": base_model, "base_model_relation": relation}
    return ModelCardData(
        language="en",
        **terms,
        library_name="peft" if is_adapter else "transformers",
        pipeline_tag="video-text-to-text",
        datasets=[dataset.repo_id] if dataset else None,
        metrics=["accuracy", "f1", "matthews_correlation"],
        tags=["synthetic"] * bool(run.is_synthetic or run.is_trained_on_synthetic) + TAGS + ["lora"] * run.is_adapter,
        model_name=name,
        eval_results=eval_results(run, dataset, results(run.scores["after"]), *TASK),
    )


def licence(run: Answered) -> dict[str, str]:
    """Terms of a model by what it was trained on, as keys of a card's header."""
    if run.is_trained_on_synthetic:
        return {"license": "apache-2.0"}
    return {"license": "other", "license_name": NON_COMMERCIAL, "license_link": AUTHORS_PAGE}


def model_name(run: Run) -> str:
    """
    Name the model after its run.

    Args:
        run ([`Run`]):
            The run.

    Returns:
        `str`: Such as `llava-video-fitness-aqa-demo` for `runs/demo`.
    """
    return f"llava-video-fitness-aqa-{run.path.resolve().name}"


def on_hub(name: str) -> bool:
    """Whether a model's name is one on the Hub, `owner/name`, and no folder, nor one that has been removed."""
    return kind_of(name) == "hub" and not Path(name).parent.is_dir()


def dataset_of(run: Answered) -> DatasetReference | None:
    """The data set on the Hub that the run's predictions name, `None` where they name a folder."""
    data = run.settings["after"]["data"]
    return DatasetReference(data, None) if on_hub(data) else None


def eval_results(
    run: Answered, dataset: DatasetReference | None, found: list[Result], task_type: str, task_name: str
) -> list[EvalResult]:
    """
    Numbers as a card's header lists them.

    Args:
        run ([`Answered`]):
            The run.
        dataset ([`DatasetReference`], *optional*):
            What it was tested on.
        found (`list[Result]`):
            The numbers.
        task_type (`str`), task_name (`str`):
            What was asked of the model.

    Returns:
        `list[EvalResult]`: Values are rounded to four decimals, and named synthetic where they are.
    """
    fallback = "fitness-aqa-synthetic" if run.is_synthetic else "fitness-aqa"
    return [
        EvalResult(
            task_type=task_type,
            task_name=task_name,
            dataset_type=dataset.repo_id if dataset else fallback,
            dataset_name=DATASET_NAMES[run.is_synthetic],
            dataset_config="video",
            dataset_split=run.settings["after"]["split"],
            dataset_revision=dataset.revision if dataset else None,
            metric_type=result.type,
            metric_name=result.name + ", synthetic clips" * bool(run.is_synthetic),
            metric_args=result.arguments,
            metric_value=round(result.value, 4),
        )
        for result in found
    ]
