"""The YAML header of a model card: what the Hub reads, with every score in `model-index`."""

import math

from huggingface_hub import EvalResult, ModelCardData

from fitness_aqa_dataset.taxonomy import ERROR_LABELS, ERROR_TEXT
from model_card.run_files import Run

DATASET_ID = "fitness-aqa-synthetic"
DATASET_NAME = "Fitness-AQA (synthetic release)"

# The names of FACTS and of `metrics/fitness_aqa`, each with what it means.
MAP_MEANING = {
    "paper": "share of all test clips of the exercise that have the error and whose answered interval reaches the IoU "
    "threshold of 0.5, averaged over the errors; a clip without the error is never a hit",
    "published": "the same with the published evaluation's arithmetic, whose IoU takes an absolute value, so that "
    "segments that do not touch can count as hits",
    "recall": "the same hits as `paper`, divided by the clips that have the error",
    "detection": "temporal detection average precision as ActivityNet defines it, at IoU 0.5",
}


def card_data(run: Run) -> ModelCardData:
    """
    Build the header of the card.

    Args:
        run ([`Run`]):
            The run.

    Returns:
        `ModelCardData`: licence, tags and `model-index`; scores are those of the tuned model (`after`) rounded to four
        decimals, undefined ones are left out. `base_model` is left out, because the base lies in the code repository
        and not on the Hub.
    """
    return ModelCardData(
        language="en",
        license="apache-2.0",
        library_name="transformers",
        pipeline_tag="video-text-to-text",
        datasets=[DATASET_ID],
        metrics=["accuracy", "f1", "matthews_correlation"],
        tags=[
            "synthetic",
            "llava-video",
            "fitness-aqa",
            "action-quality-assessment",
            "temporal-localization",
            "trl",
            "sft",
        ],
        model_name=model_name(run),
        eval_results=eval_results(run.scores["after"]),
    )


def model_name(run: Run) -> str:
    """
    Name the model after its run.

    Args:
        run ([`Run`]):
            The run.

    Returns:
        `str`: such as `llava-video-fitness-aqa-demo` for `runs/demo`.
    """
    return f"llava-video-fitness-aqa-{run.path.resolve().name}"


def eval_results(scores: dict) -> list[EvalResult]:
    """
    Turn scores into `model-index` entries.

    Args:
        scores (`dict`):
            One result of `metrics/fitness_aqa`.

    Returns:
        `list[EvalResult]`: one entry a defined number, each named with its definition.
    """
    numbers = [
        ("accuracy", "Exercise accuracy", scores["exercise_accuracy"]),
        ("f1", "Macro F1", scores["macro_f1"]),
        *[("f1", f"F1 {ERROR_TEXT[label]}", scores["f1"][label]) for label in ERROR_LABELS],
        *[("matthews_correlation", f"MCC {ERROR_TEXT[label]}", scores["mcc"][label]) for label in ERROR_LABELS],
        *[("map", f"mAP at IoU 0.5 ({name} definition)", scores["map"][name]) for name in MAP_MEANING],
    ]
    return [
        EvalResult(
            task_type="video-text-to-text",
            task_name="Exercise and error recognition with times",
            dataset_type=DATASET_ID,
            dataset_name=DATASET_NAME,
            dataset_config="video",
            dataset_split="test",
            metric_type=metric_type,
            metric_name=name,
            metric_value=round(value, 4),
        )
        for metric_type, name, value in numbers
        if not math.isnan(value)
    ]
