import pytest

from metrics.temporal_map.scores import temporal_scores


def prediction(start, end, score, label="a"):
    return {"label": label, "start": start, "end": end, "score": score}


def reference(start, end, label="a"):
    return {"label": label, "start": start, "end": end}


# Video 0: hit, miss, hit; video 1: a hit of another label and a miss; video 2: one missed reference.
PREDICTIONS = [
    [prediction(2, 3, 0.7), prediction(0, 1, 0.9), prediction(5, 6, 0.8)],
    [prediction(0, 4, 0.5, "b"), prediction(0, 1, 0.6)],
    [prediction(0, 1, 0.1, "unknown")],
]
REFERENCES = [[reference(0, 1), reference(2, 3)], [reference(0, 3, "b")], [reference(0, 1, "b")]]


def test_recall_at_n_counts_the_best_of_each_video_over_all_labels():
    result = temporal_scores(PREDICTIONS, REFERENCES, [0.5, 0.8], ar=[1, 2, 3, 100])
    # Of 4 references: N=1 finds 1 and 1; N=2 adds "b" at IoU 0.75 (first threshold only); N=3 the second "a".
    assert result["ar"] == {1: 0.25, 2: pytest.approx((2 + 1) / 8), 3: pytest.approx((3 + 2) / 8), 100: 0.625}


def test_equal_scores_fall_out_in_the_order_given():
    predictions = [[prediction(0, 1, 0.5), prediction(2, 3, 0.5)]]
    references = [[reference(2, 3)]]
    assert temporal_scores(predictions, references, [0.5], ar=[1])["ar"] == {1: 0.0}
    assert temporal_scores([predictions[0][::-1]], references, [0.5], ar=[1])["ar"] == {1: 1.0}


def test_curves_by_hand():
    curves = temporal_scores(PREDICTIONS, REFERENCES, [0.5, 0.8], curves=True)["curves"]
    assert list(curves) == ["a", "b"]
    assert curves["a"][0] == {
        "score": [0.9, 0.8, 0.7, 0.6],
        "recall": [0.5, 0.5, 1.0, 1.0],
        "precision": [1.0, 0.5, pytest.approx(2 / 3), 0.5],
        "interpolated_precision": [1.0, pytest.approx(2 / 3), pytest.approx(2 / 3), 0.5],
    }
    assert [curve["recall"] for curve in curves["b"]] == [[0.5], [0.0]]


def test_the_curve_has_one_point_per_score():
    predictions = [[prediction(0, 1, 0.5), prediction(5, 6, 0.5)]]
    curve = temporal_scores(predictions, [[reference(0, 1)]], [0.5], curves=True)["curves"]["a"][0]
    assert (curve["score"], curve["recall"], curve["precision"]) == ([0.5], [1.0], [0.5])


def test_each_video_alone():
    result = temporal_scores(PREDICTIONS, REFERENCES, [0.5, 0.8], per_video=True)["per_video"]
    assert result == [
        {"num_references": 2, "num_predictions": 3, "num_hits": [2, 2], "map": [pytest.approx(5 / 6)] * 2},
        {"num_references": 1, "num_predictions": 2, "num_hits": [1, 0], "map": [1.0, 0.0]},
        {"num_references": 1, "num_predictions": 1, "num_hits": [0, 0], "map": [0.0, 0.0]},
    ]


def test_a_video_alone_scores_what_the_metric_gives_for_it():
    together = temporal_scores(PREDICTIONS, REFERENCES, per_video=True)["per_video"]
    for video, row in enumerate(together):
        assert row["map"] == temporal_scores(PREDICTIONS[video : video + 1], REFERENCES[video : video + 1])["map"]
