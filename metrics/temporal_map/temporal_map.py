"""The `temporal_map` metric for `evaluate.load`; the computation is in `scores.py`."""

import datasets
import evaluate

from .bootstrap import bootstrap_intervals
from .breakdown import recall_at
from .scores import check_options, temporal_scores
from .segment_ap import temporal_map
from .segments import PREDICTION_NUMBERS, REFERENCE_NUMBERS, check_lengths, to_segments

# `evaluate` copies only the files that this one imports, so all of the folder are named here.
__all__ = ["TemporalMap", "bootstrap_intervals", "recall_at", "temporal_map", "temporal_scores"]

_DESCRIPTION = """
Mean average precision of temporal detections (segments with a label, a start, an end and a score) by ActivityNet's
definition, with a fixed rule for equal scores. Any domain, any labels.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions (`list[list[dict]]`): one list per video of {"label", "start", "end", "score"}, times in seconds.
    references (`list[list[dict]]`): one list per video of {"label", "start", "end"}, times in seconds.
    iou_thresholds (`list[float]`, *optional*, defaults to `[0.3, 0.4, 0.5, 0.6, 0.7]`): each in (0, 1].
    ar (`list[int]`, *optional*): adds "ar", {N: average recall with at most N detections per video}.
    curves (`bool`, *optional*, defaults to `False`): adds "curves", {label: precision-recall curve per threshold}.
    per_video (`bool`, *optional*, defaults to `False`): adds "per_video", counts and scores of each video alone.
    bootstrap (`int`, *optional*, defaults to `0`): resamples of the videos; adds "bootstrap", 95 % intervals.
    seed (`int`, *optional*, defaults to `0`): of the resamples.

Returns:
    `dict`: average_map, map (per threshold), ap ({label: per threshold}), iou_thresholds, num_references and
    num_predictions ({label: int}), num_invalid_predictions (those with end <= start, which are false positives).

Rules:
    Equal scores are matched in the order given and are one point of the curve. Of equal IoUs the later reference is
    taken. Labels that are only predicted are in no average; labels never predicted have AP 0. Detections in a video
    without references are false positives. Without any reference all scores are 0. Wrong input raises a ValueError
    that names video and item, before it is stored.

Example:

    >>> metric = evaluate.load("metrics/temporal_map")
    >>> result = metric.compute(
    ...     predictions=[[{"label": "a", "start": 0.0, "end": 1.0, "score": 0.9}]],
    ...     references=[[{"label": "a", "start": 0.0, "end": 1.0}, {"label": "a", "start": 2.0, "end": 3.0}]],
    ...     iou_thresholds=[0.5],
    ...     ar=[1, 2],
    ... )
    >>> result["average_map"], result["ar"]
    (0.5, {1: 0.5, 2: 0.5})
"""

_CITATION = """
@inproceedings{caba2015activitynet,
  title = {ActivityNet: A Large-Scale Video Benchmark for Human Activity Understanding},
  author = {Caba Heilbron, Fabian and Escorcia, Victor and Ghanem, Bernard and Niebles, Juan Carlos},
  booktitle = {CVPR},
  year = {2015}
}
"""


@evaluate.utils.file_utils.add_start_docstrings(_DESCRIPTION, _KWARGS_DESCRIPTION)
class TemporalMap(evaluate.Metric):
    """Thin wrapper: checks each batch as it comes (Arrow's own messages name no row), then calls `temporal_map`."""

    def _info(self) -> evaluate.MetricInfo:
        segment = {"label": datasets.Value("string"), "start": datasets.Value("float64")}
        segment["end"] = datasets.Value("float64")
        return evaluate.MetricInfo(
            description=_DESCRIPTION,
            citation=_CITATION,
            inputs_description=_KWARGS_DESCRIPTION,
            features=datasets.Features(
                {
                    "predictions": datasets.List({**segment, "score": datasets.Value("float64")}),
                    "references": datasets.List(segment),
                }
            ),
        )

    def compute(self, **kwargs):
        """Check the options, so that a wrong one leaves what was added as it is, and compute."""
        check_options(**{key: value for key, value in kwargs.items() if key not in ("predictions", "references")})
        return super().compute(**kwargs)

    def add_batch(self, *, predictions=None, references=None, **kwargs):
        """Check a batch of videos and keep it."""
        to_segments(predictions, "predictions", first_video=len(self))
        to_segments(references, "references", first_video=len(self))
        check_lengths(predictions, references)
        predictions, references = _plain(predictions, PREDICTION_NUMBERS), _plain(references, REFERENCE_NUMBERS)
        super().add_batch(predictions=predictions, references=references, **kwargs)

    def add(self, *, prediction=None, reference=None, **kwargs):
        """Check one video and keep it."""
        video = {"predictions": prediction, "references": reference, **kwargs}  # `combine` uses the plural
        self.add_batch(predictions=[video["predictions"]], references=[video["references"]])

    def _compute(self, predictions, references, **options) -> dict:
        return temporal_scores(predictions, references, **options)


def _plain(videos: list[list[dict]], numbers: tuple[str, ...]) -> list[list[dict]]:
    """Only the keys that Arrow expects: it knows no others."""
    return [
        [{"label": segment["label"], **{key: float(segment[key]) for key in numbers}} for segment in video]
        for video in videos
    ]
