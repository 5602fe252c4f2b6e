"""The `fitness_aqa` metric for `evaluate.load`; the computation is in `scores.py`."""

import datasets
import evaluate

from .interval_ap import interval_scores
from .parsing import parse_answer
from .records import to_prediction, to_reference
from .scores import fitness_scores
from .segment_ap import temporal_map
from .segments import to_segments

# `evaluate` copies only the files that this one imports, so all of the folder are named here.
__all__ = ["FitnessAQA", "fitness_scores", "interval_scores", "parse_answer", "temporal_map", "to_segments"]

_DESCRIPTION = """
Scores of fitness action quality assessment on Fitness-AQA (squat, overhead press): exercise accuracy, F1 of each error
beside the F1 of always naming it, and four definitions of temporal average precision, from answer texts or structures.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions (`list[str | dict]`): answer texts, or {"exercise", "errors": [{"label", "start", "end", "score"}]},
        times in seconds, `score` optional, `exercise` None where it could not be read.
    references (`list[dict]`): {"exercise", "errors": [{"label", "start", "end"}]}, times in seconds.
    iou_threshold (`float`, *optional*, defaults to `0.5`): in (0, 1].

Returns:
    `dict`: exercise_accuracy, parse_rate, f1, precision, recall, mcc, always_yes_f1, macro_f1, ap, map,
    constant_interval_ap, mean_iou, support, and average_precision where a prediction has a score.

Example:

    >>> metric = evaluate.load("metrics/fitness_aqa")
    >>> result = metric.compute(
    ...     predictions=["The subject is performing a Squat. Errors: knees forward from 1.0s to 2.0s."],
    ...     references=[{"exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.5}]}],
    ... )
    >>> result["ap"]["paper"]["knees_forward"]
    1.0
"""

_CITATION = """
@inproceedings{dibenedetto2025finetuning,
  title = {Fine-Tuning Large Multimodal Models for Fitness Action Quality Assessment},
  author = {Dibenedetto, Gaetano and others},
  booktitle = {UMAP},
  year = {2025}
}
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class FitnessAQA(evaluate.Metric):
    """
    Thin wrapper around `fitness_scores`.

    Each batch is checked and brought into the structured form as it comes, so that texts and structures share one
    Arrow schema (also mixed) and a bad record is named.
    """

    def _info(self) -> evaluate.MetricInfo:
        error = {
            "label": datasets.Value("string"),
            "start": datasets.Value("float64"),
            "end": datasets.Value("float64"),
        }
        # `large_string`: evaluate refuses None in a first row of type `string`, and None is "could not be read".
        exercise = datasets.Value("large_string")
        scored = {**error, "score": datasets.Value("float64")}
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {
                    "predictions": {"exercise": exercise, "errors": datasets.List(scored)},
                    "references": {"exercise": exercise, "errors": datasets.List(error)},
                }
            ),
        )

    def add_batch(self, *, predictions=None, references=None, **kwargs):
        """Check a batch of clips and keep it."""
        predictions = [to_prediction(prediction, i) for i, prediction in enumerate(predictions)]
        references = [to_reference(reference, i) for i, reference in enumerate(references)]
        super().add_batch(predictions=predictions, references=references, **kwargs)

    def add(self, *, prediction=None, reference=None, **kwargs):
        """Check one clip and keep it."""
        super().add(prediction=to_prediction(prediction, 0), reference=to_reference(reference, 0), **kwargs)

    def _compute(self, predictions, references, iou_threshold=0.5) -> dict:
        return fitness_scores(predictions, references, iou_threshold)
