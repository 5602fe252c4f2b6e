"""The `fitness_aqa` metric for `evaluate.load`; the computation is in `scores.py`."""

import datasets
import evaluate

from .interval_ap import interval_scores
from .parsing import parse_answer
from .probabilities import probability_scores
from .records import EXERCISE_OF, to_prediction, to_reference
from .scores import check_lengths, check_threshold, fitness_scores
from .segment_ap import temporal_map
from .segments import to_segments
from .tokens import tokenize

# `evaluate` copies only the files that this one imports, so all that the scores need are named here.
__all__ = [
    "FitnessAQA",
    "fitness_scores",
    "interval_scores",
    "parse_answer",
    "probability_scores",
    "temporal_map",
    "to_segments",
    "tokenize",
]

_DESCRIPTION = """
Scores of fitness action quality assessment on Fitness-AQA (squat, overhead press): exercise accuracy, F1 of each error
beside the F1 of always naming it, and four definitions of temporal average precision, from answer texts or structures.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions (`list[str | dict]`): answer texts, or {"exercise", "errors": [{"label", "start", "end", "score"}],
        "scores": {label: probability}}, times in seconds; `score` (probability of the interval) and `scores` (of the
        clip) optional, in [0, 1]; `exercise` None where it could not be read.
    references (`list[dict]`): {"exercise", "errors": [{"label", "start", "end"}]}, times in seconds, several intervals
        per label allowed. Exercises: squat, overhead_press. Labels: knees_forward, knees_inward; elbows, knees.
    iou_threshold (`float`, *optional*, defaults to `0.5`): in (0, 1]; an IoU equal to it is a hit.

Returns:
    `dict`: exercise_accuracy, parse_rate, f1, precision, recall, mcc, always_yes_f1, macro_f1, ap, map (published,
    paper, recall, detection), constant_interval_ap, mean_iou, support; with probabilities also average_precision and
    calibration_error.

Examples:

    >>> metric = evaluate.load("metrics/fitness_aqa")
    >>> reference = {"exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.5}]}
    >>> result = metric.compute(
    ...     predictions=["The subject is performing a Squat. Errors: knees forward from 1.0s to 2.0s."],
    ...     references=[reference],
    ... )
    >>> result["ap"]["paper"]["knees_forward"]
    1.0

    Answers with probabilities, one clip at a time:

    >>> found = {"label": "knees_forward", "start": 1.0, "end": 2.0, "score": 0.75}
    >>> metric.add(prediction={"exercise": "squat", "errors": [found]}, reference=reference)
    >>> metric.add(prediction="I cannot tell.", reference={"exercise": "squat", "errors": []})
    >>> result = metric.compute(iou_threshold=0.7)
    >>> result["parse_rate"], result["f1"]["knees_forward"], result["ap"]["recall"]["knees_forward"]
    (0.5, 1.0, 0.0)
    >>> result["average_precision"]["knees_forward"], result["calibration_error"]["knees_forward"]
    (1.0, 0.125)
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
        number = datasets.Value("float64")
        error = {"label": datasets.Value("string"), "start": number, "end": number}
        # `large_string`: evaluate refuses None in a first row of type `string`, and None is "could not be read".
        exercise = datasets.Value("large_string")
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {
                    "predictions": {
                        "exercise": exercise,
                        "errors": datasets.List({**error, "score": number}),
                        "scores": dict.fromkeys(EXERCISE_OF, number),
                    },
                    "references": {"exercise": exercise, "errors": datasets.List(error)},
                }
            ),
        )

    def compute(self, *, iou_threshold=0.5, **kwargs):
        """Check the threshold, so that a wrong one leaves what was added as it is, and compute."""
        return super().compute(iou_threshold=check_threshold(iou_threshold), **kwargs)

    def add_batch(self, *, predictions=None, references=None, **kwargs):
        """Check a batch of clips and keep it."""
        check_lengths(predictions, references)
        first = len(self)
        predictions = [to_prediction(prediction, clip) for clip, prediction in enumerate(predictions, first)]
        references = [to_reference(reference, clip) for clip, reference in enumerate(references, first)]
        super().add_batch(predictions=predictions, references=references, **kwargs)

    def add(self, *, prediction=None, reference=None, **kwargs):
        """Check one clip and keep it."""
        clip = {"predictions": prediction, "references": reference, **kwargs}  # `combine` uses the plural
        clip["predictions"] = to_prediction(clip["predictions"], len(self))
        clip["references"] = to_reference(clip["references"], len(self))
        super().add(**clip)

    def _compute(self, predictions, references, iou_threshold) -> dict:
        return fitness_scores(predictions, references, iou_threshold)
