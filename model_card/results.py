"""Every number of a run with the name of its definition, as `model-index` lists them."""

from dataclasses import dataclass

from fitness_aqa_dataset.taxonomy import ERROR_TEXT
from metrics.fitness_aqa.scores import AP_NAMES, PROBABILITY_NAMES
from model_card.scores import SEGMENTS, labels_with_clips

IOU_THRESHOLD = 0.5
AT_IOU = {"iou_threshold": IOU_THRESHOLD}

# The names of `metrics/fitness_aqa`, each with what it means.
MAP_MEANING = {
    "paper": "share of all test clips of the exercise that have the error and whose answered interval reaches the IoU "
    "threshold of 0.5, averaged over the errors; a clip without the error is never a hit",
    "published": "the same with the published evaluation's arithmetic, whose IoU takes an absolute value, so that "
    "segments that do not touch can count as hits",
    "recall": "the same hits as `paper`, divided by the clips that have the error",
    "detection": "temporal detection average precision as ActivityNet defines it, at IoU 0.5",
}


@dataclass(frozen=True)
class Result:
    """
    One number.

    Args:
        type (`str`): Identifier of the metric.
        name (`str`): Says the definition.
        value (`float`): The number.
        arguments (`dict`, *optional*): Arguments of the metric that it hangs on.
    """

    type: str
    name: str
    value: float
    arguments: dict | None = None


def results(scores: dict) -> list[Result]:
    """
    List every number of one set of answers.

    Args:
        scores (`dict`):
            From [`~model_card.scores.compute_scores`].

    Returns:
        `list[Result]`: Means first, then error by error; an error whose exercise has no clips is left out.
    """
    segments = scores[SEGMENTS]
    thresholds = list(segments["iou_thresholds"])
    listed = ", ".join(f"{threshold:g}" for threshold in thresholds)
    found = [
        Result("accuracy", "Exercise accuracy (share of clips)", scores["exercise_accuracy"]),
        Result("parse_rate", "Parse rate (share of answers whose exercise can be read)", scores["parse_rate"]),
        Result("f1", "Macro F1 (error named in the clip)", scores["macro_f1"]),
        *[
            Result("map", f"mAP ({name} definition, IoU {IOU_THRESHOLD:g})", scores["map"][name], AT_IOU)
            for name in AP_NAMES
        ],
        Result(
            "temporal_map",
            f"Temporal mAP (ActivityNet definition, mean over IoU {listed})",
            segments["average_map"],
            {"iou_thresholds": thresholds},
        ),
    ]
    for label in labels_with_clips({"after": scores}):
        found += _of_label(scores, label)
    return found


def _of_label(scores: dict, label: str) -> list[Result]:
    text = ERROR_TEXT[label]
    found = [
        Result("f1", f"F1 {text} (error named in the clip)", scores["f1"][label]),
        Result("precision", f"Precision {text} (error named in the clip)", scores["precision"][label]),
        Result("recall", f"Recall {text} (error named in the clip)", scores["recall"][label]),
        Result("matthews_correlation", f"MCC {text} (error named in the clip)", scores["mcc"][label]),
        *[
            Result("ap", f"AP {text} ({name} definition, IoU {IOU_THRESHOLD:g})", scores["ap"][name][label], AT_IOU)
            for name in AP_NAMES
        ],
        Result("mean_iou", f"Mean IoU {text} (clips that have the error)", scores["mean_iou"][label]),
    ]
    if all(name in scores for name in PROBABILITY_NAMES):
        ranked, error = (scores[name][label] for name in PROBABILITY_NAMES)
        found += [
            Result("average_precision", f"Average precision {text} (clips ranked by probability)", ranked),
            Result("calibration_error", f"Calibration error {text} (ECE, ten bins)", error),
        ]
    return found
