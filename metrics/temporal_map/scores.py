"""Mean average precision with everything around it: the function that the `temporal_map` metric computes."""

from numbers import Integral

from .bootstrap import bootstrap_intervals
from .breakdown import curves as curves_of
from .breakdown import per_video as scores_per_video
from .breakdown import recall_at
from .segment_ap import match_labels, summarize
from .segments import check_lengths, check_thresholds, to_segments

IOU_THRESHOLDS = (0.3, 0.4, 0.5, 0.6, 0.7)


def temporal_scores(
    predictions: list[list[dict]],
    references: list[list[dict]],
    iou_thresholds: tuple[float, ...] = IOU_THRESHOLDS,
    ar: list[int] | None = None,
    curves: bool = False,
    per_video: bool = False,
    bootstrap: int = 0,
    seed: int = 0,
) -> dict:
    """
    Mean average precision of temporal detections, and on request what lies behind it.

    Args:
        predictions (`list[list[dict]]`), references (`list[list[dict]]`):
            One list per video of `{"label", "start", "end"}`, times in seconds; predictions also `"score"`.
        iou_thresholds (`tuple[float, ...]`, *optional*, defaults to `(0.3, 0.4, 0.5, 0.6, 0.7)`):
            Each in (0, 1].
        ar (`list[int]`, *optional*):
            Adds `ar`: `{N: recall}` with at most N detections per video, the mean over the thresholds.
        curves (`bool`, *optional*, defaults to `False`):
            Adds `curves`: `{label: [one per threshold]}` of `score`, `recall`, `precision`, `interpolated_precision`.
        per_video (`bool`, *optional*, defaults to `False`):
            Adds `per_video`: one dict per video of `num_references`, `num_predictions`, `num_hits`, `map`.
        bootstrap (`int`, *optional*, defaults to `0`):
            Resamples of the videos; above 0 it adds `bootstrap`: 95 % intervals `[low, high]` of `average_map`, `map`
            and `ap`, or None where there is no reference.
        seed (`int`, *optional*, defaults to `0`):
            Of the resamples, at least 0.

    Returns:
        `dict`: What [`temporal_map`] returns, and the keys named above.

    Raises:
        ValueError: If the lengths differ, an option is out of range, or a segment is bad (names video and item).

    Example:

        >>> from metrics.temporal_map.scores import temporal_scores
        >>> found = [[{"label": "a", "start": 0.0, "end": 1.0, "score": 0.9}], []]
        >>> truth = [[{"label": "a", "start": 0.0, "end": 1.0}], [{"label": "a", "start": 2.0, "end": 3.0}]]
        >>> temporal_scores(found, truth, iou_thresholds=[0.5], bootstrap=100)["bootstrap"]["average_map"]
        [0.0, 1.0]
    """
    thresholds = check_options(iou_thresholds, ar=ar, bootstrap=bootstrap, seed=seed)
    predicted, truth = to_segments(predictions, "predictions"), to_segments(references, "references")
    check_lengths(predictions, references)
    labels = match_labels(predicted, truth, thresholds)
    result = summarize(predicted, labels, thresholds)
    if ar:
        result["ar"] = recall_at(predicted, labels, ar)
    if curves:
        result["curves"] = curves_of(predicted, labels)
    if per_video:
        result["per_video"] = scores_per_video(predicted, truth, labels, len(references), len(thresholds))
    if bootstrap:
        result["bootstrap"] = bootstrap_intervals(predicted, truth, labels, len(references), bootstrap, seed)
    return result


def check_options(
    iou_thresholds=IOU_THRESHOLDS, ar=None, curves=False, per_video=False, bootstrap=0, seed=0
) -> list[float]:
    """
    Refuse options that are out of range.

    Args:
        iou_thresholds, ar, curves, per_video, bootstrap, seed:
            Of [`temporal_scores`].

    Returns:
        `list[float]`: The thresholds.

    Raises:
        ValueError: Naming the option.
    """
    if ar is not None and not (isinstance(ar, list | tuple) and ar and all(_is_whole(n, 1) for n in ar)):
        raise ValueError(f"ar: expected a list of whole numbers of at least 1, such as [1, 5, 10], got {ar!r}.")
    for name, value in (("bootstrap", bootstrap), ("seed", seed)):
        if not _is_whole(value, 0):
            raise ValueError(f"{name}: expected a whole number of at least 0, got {value!r}.")
    return check_thresholds(iou_thresholds)


def _is_whole(value, minimum: int) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool) and value >= minimum
