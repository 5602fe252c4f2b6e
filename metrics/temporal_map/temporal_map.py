"""The `temporal_map` metric for `evaluate.load`; the computation is in `segment_ap.py`."""

import datasets
import evaluate

from .segment_ap import temporal_map
from .segments import to_segments

_DESCRIPTION = """
Mean average precision of temporal detections (segments with a label, a start, an end and a score) by ActivityNet's
definition, with a fixed rule for equal scores. Any domain, any labels.
"""

_KWARGS_DESCRIPTION = """
Args:
    predictions (`list[list[dict]]`): one list per video of {"label", "start", "end", "score"}, times in seconds.
    references (`list[list[dict]]`): one list per video of {"label", "start", "end"}, times in seconds.
    iou_thresholds (`list[float]`, *optional*, defaults to `[0.3, 0.4, 0.5, 0.6, 0.7]`): each in (0, 1].

Returns:
    `dict`: average_map, map, ap, iou_thresholds, num_references, num_predictions, num_invalid_predictions.

Example:

    >>> metric = evaluate.load("metrics/temporal_map")
    >>> result = metric.compute(
    ...     predictions=[[{"label": "a", "start": 0.0, "end": 1.0, "score": 0.9}]],
    ...     references=[[{"label": "a", "start": 0.0, "end": 1.0}, {"label": "a", "start": 2.0, "end": 3.0}]],
    ...     iou_thresholds=[0.5],
    ... )
    >>> result["average_map"]
    0.5
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

    def add_batch(self, *, predictions=None, references=None, **kwargs):
        """Check a batch of videos and keep it."""
        to_segments(predictions, "predictions")
        to_segments(references, "references")
        super().add_batch(predictions=predictions, references=references, **kwargs)

    def add(self, *, prediction=None, reference=None, **kwargs):
        """Check one video and keep it."""
        to_segments([prediction], "predictions")
        to_segments([reference], "references")
        super().add(prediction=prediction, reference=reference, **kwargs)

    def _compute(self, predictions, references, iou_thresholds=(0.3, 0.4, 0.5, 0.6, 0.7)) -> dict:
        return temporal_map(predictions, references, iou_thresholds)
