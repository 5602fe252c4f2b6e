import numpy as np
import pytest

from metrics.fitness_aqa.interval_ap import correct_iou, interval_scores, merge, published_iou


def one(iou, predicted_s, reference_s):
    return iou(np.array([predicted_s], dtype=float), np.array([reference_s], dtype=float))[0]


@pytest.mark.parametrize(
    ("predicted_s", "reference_s", "published", "correct"),
    [
        ((1.0, 2.0), (1.0, 2.0), 1.0, 1.0),
        ((1.0, 3.0), (2.0, 4.0), 1 / 3, 1 / 3),
        # No prediction: "shared" |0 - 1| = 1 of 0 + 2 - 1 = 1.
        ((0.0, 0.0), (1.0, 3.0), 1.0, 0.0),
        # 2 s = e makes the union 0, s > e / 2 makes it negative: no score.
        ((0.0, 0.0), (1.0, 2.0), 0.0, 0.0),
        ((0.0, 0.0), (1.5, 2.0), 0.0, 0.0),
        # e = 4 s is the last hit at 0.5: 1 of 3 - 1; beyond it 1 of 3.5 - 1.
        ((0.0, 0.0), (1.0, 4.0), 0.5, 0.0),
        ((0.0, 0.0), (1.0, 4.5), 0.4, 0.0),
        # Two that do not touch: gap 0.5 of 1 + 1 - 0.5.
        ((0.0, 1.0), (1.5, 2.5), 1 / 3, 0.0),
        # A gap of 1 s between lengths of 1 s even gives 1.
        ((0.0, 1.0), (2.0, 3.0), 1.0, 0.0),
        ((1.0, 3.0), (0.0, 0.0), 1.0, 0.0),
        ((0.0, 0.0), (0.0, 0.0), 0.0, 0.0),
        ((2.0, 2.0), (1.0, 3.0), 0.0, 0.0),
    ],
)
def test_both_ious_by_hand(predicted_s, reference_s, published, correct):
    assert one(published_iou, predicted_s, reference_s) == pytest.approx(published)
    assert one(correct_iou, predicted_s, reference_s) == pytest.approx(correct)


def test_merge_takes_first_start_and_last_end():
    errors = [
        {"label": "knees", "start": 3.0, "end": 4.0},
        {"label": "elbows", "start": 0.0, "end": 9.0},
        {"label": "knees", "start": 1.0, "end": 2.0},
        {"label": "knees", "start": 0.0, "end": 0.0},
    ]
    assert merge(errors, "knees") == (1.0, 4.0)
    assert merge(errors[3:], "knees") == (0.0, 0.0)
    assert merge([], "knees") == (0.0, 0.0)


def test_interval_scores_of_four_clips():
    reference_s = np.array([(1.0, 2.0), (1.0, 4.0), (0.0, 0.0), (2.0, 3.0)])
    predicted_s = np.array([(1.0, 2.0), (0.0, 0.0), (0.0, 0.0), (2.5, 3.5)])
    scores = interval_scores(predicted_s, reference_s, 0.5)
    assert scores["published"] == 0.5  # clip 0, and clip 1 without a prediction
    assert scores["paper"] == 0.25
    assert scores["recall"] == pytest.approx(1 / 3)
    assert scores["mean_iou"] == pytest.approx((1 + 0 + 1 / 3) / 3)
    # Median interval (1, 3): IoU 1/2 with (1, 2), 2/3 with (1, 4), 1/2 with (2, 3).
    assert scores["constant_interval"] == 0.75
    assert interval_scores(predicted_s, reference_s, 0.51)["constant_interval"] == 0.25


def test_without_any_error_all_but_published_is_zero():
    scores = interval_scores(np.array([(1.0, 3.0)]), np.zeros((1, 2)), 0.5)
    assert scores == {"published": 1.0, "paper": 0.0, "recall": 0.0, "mean_iou": 0.0, "constant_interval": 0.0}
