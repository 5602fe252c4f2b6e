"""What lies behind a mean average precision: recall at N, the curves, and the scores of each video."""

import numpy as np

from .segment_ap import LabelMatches, average_precision, precision_recall
from .segments import Segments


def recall_at(predicted: Segments, labels: dict[str, LabelMatches], ar: list[int]) -> dict[int, float]:
    """
    Average recall with at most N detections per video.

    Of every video only its N detections with the highest scores count, all labels together (equal scores in the order
    given); recall is the share of all references that they find, and the mean is over the thresholds.

    Args:
        predicted ([`Segments`]):
            All predictions.
        labels (`dict[str, LabelMatches]`):
            Their matches. The first N of a video are matched as if the others were not there, so nothing is matched
            again.
        ar (`list[int]`):
            Each N, at least 1.

    Returns:
        `dict[int, float]`: In [0, 1], by N; 0 where there is no reference.
    """
    order = np.lexsort((-predicted.score, predicted.video))
    first_of_video = np.searchsorted(predicted.video, predicted.video, side="left")
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - first_of_video  # `video` ascends, so sorting by it moves no video
    num_references = sum(len(one.reference) for one in labels.values())
    return {
        n: float(
            sum(np.mean(np.sum(one.hit & (rank[one.prediction] < n), axis=1)) for one in labels.values())
            / max(num_references, 1)
        )
        for n in ar
    }


def curves(predicted: Segments, labels: dict[str, LabelMatches]) -> dict[str, list[dict[str, list[float]]]]:
    """
    Precision-recall curves.

    Args:
        predicted ([`Segments`]):
            All predictions.
        labels (`dict[str, LabelMatches]`):
            Their matches.

    Returns:
        `dict[str, list[dict]]`: By label, one per threshold: `score` (falling), `recall`, `precision` and
        `interpolated_precision`, lists with one value per different score.
    """
    return {
        label: [
            {
                key: values.tolist()
                for key, values in precision_recall(hit, predicted.score[one.prediction], len(one.reference)).items()
            }
            for hit in one.hit
        ]
        for label, one in labels.items()
    }


def per_video(
    predicted: Segments, truth: Segments, labels: dict[str, LabelMatches], num_videos: int, num_thresholds: int
) -> list[dict]:
    """
    Counts and scores of each video alone.

    Args:
        predicted ([`Segments`]), truth ([`Segments`]):
            All predictions and references.
        labels (`dict[str, LabelMatches]`):
            Their matches.
        num_videos (`int`), num_thresholds (`int`):
            Lengths of the lists of videos and of IoU thresholds.

    Returns:
        `list[dict]`: One per video: `num_references`, `num_predictions` (of all labels) and, one per threshold,
        `num_hits` and `map`: what the metric gives for this video alone, None without references.
    """
    num_references = np.bincount(truth.video, minlength=num_videos).tolist()
    num_predictions = np.bincount(predicted.video, minlength=num_videos).tolist()
    num_hits = np.zeros((num_videos, num_thresholds), dtype=np.int64)
    ap_sum, num_labels = np.zeros((num_videos, num_thresholds)), np.zeros(num_videos, dtype=np.int64)
    for one in labels.values():
        by_video = np.argsort(predicted.video[one.prediction], kind="stable")
        video = predicted.video[one.prediction][by_video]
        score, hit = predicted.score[one.prediction][by_video], one.hit[:, by_video]
        for t in range(num_thresholds):
            num_hits[:, t] += np.bincount(video[hit[t]], minlength=num_videos)
        videos, counts = np.unique(truth.video[one.reference], return_counts=True)
        num_labels[videos] += 1
        firsts, ends = np.searchsorted(video, videos, side="left"), np.searchsorted(video, videos, side="right")
        for index, count, first, end in zip(videos, counts, firsts, ends, strict=True):
            ap_sum[index] += [average_precision(row[first:end], score[first:end], count) for row in hit]
    return [
        {
            "num_references": num_references[video],
            "num_predictions": num_predictions[video],
            "num_hits": num_hits[video].tolist(),
            "map": (ap_sum[video] / num_labels[video]).tolist() if num_labels[video] else None,
        }
        for video in range(num_videos)
    ]
