from pathlib import Path

import pytest

import metrics.temporal_map.segment_ap as segment_ap
from metrics.temporal_map.segment_ap import segment_iou, temporal_map

FOLDERS = [Path(segment_ap.__file__).parents[1] / name for name in ("temporal_map", "fitness_aqa")]


def prediction(start, end, score, label="a"):
    return {"label": label, "start": start, "end": end, "score": score}


def reference(start, end, label="a"):
    return {"label": label, "start": start, "end": end}


def ap(predictions, references, threshold=0.5):
    return temporal_map(predictions, references, (threshold,))["average_map"]


def test_segment_iou_by_hand():
    assert segment_iou(0.0, 2.0, 1.0, 4.0) == 0.25  # 1 s shared of 4 s
    assert segment_iou(0.0, 1.0, 2.0, 3.0) == 0.0


def test_hit_miss_hit_is_interpolated():
    predictions = [[prediction(0, 1, 0.9), prediction(5, 6, 0.8), prediction(2, 3, 0.7)]]
    # Precision 1 at recall 1/2, then 2/3 at recall 1.
    assert ap(predictions, [[reference(0, 1), reference(2, 3)]]) == pytest.approx(5 / 6)


def test_precision_is_raised_to_the_highest_at_a_higher_recall():
    predictions = [[prediction(5, 6, 0.9), prediction(0, 1, 0.8), prediction(2, 3, 0.7)]]
    # Precision 1/2 at recall 1/2 is raised to the 2/3 at recall 1.
    assert ap(predictions, [[reference(0, 1), reference(2, 3)]]) == pytest.approx(2 / 3)


def test_threshold_is_included():
    predictions, references = [[prediction(0, 1, 0.9)]], [[reference(0, 2)]]
    assert ap(predictions, references, 0.5) == 1.0
    assert ap(predictions, references, 0.501) == 0.0


def test_second_detection_of_one_reference_is_a_false_positive():
    predictions = [[prediction(0, 1, 0.9), prediction(0, 1, 0.8), prediction(2, 3, 0.7)]]
    assert ap(predictions, [[reference(0, 1), reference(2, 3)]]) == pytest.approx(5 / 6)


def test_a_detection_falls_back_to_its_next_best_reference():
    references = [[reference(0, 10), reference(2, 12)]]
    predictions = [[prediction(0, 10, 0.9), prediction(0.5, 10.5, 0.8)]]
    assert ap(predictions, references) == 1.0


def test_equal_scores_are_one_point():
    hit, miss = [prediction(0, 1, 0.5)], [prediction(5, 6, 0.5)]
    references = [[reference(0, 1)], []]
    assert ap([hit, miss], references) == 0.5
    assert ap([miss, hit], references[::-1]) == 0.5


def test_counts_and_labels_that_are_only_on_one_side():
    result = temporal_map(
        [[prediction(0, 1, 0.9), prediction(0, 1, 0.9, "only predicted"), prediction(3, 3, 0.1)]],
        [[reference(0, 1), reference(0, 1, "never predicted")]],
        [0.5, 0.9],
    )
    assert result == {
        "average_map": 0.5,
        "map": [0.5, 0.5],
        "ap": {"a": [1.0, 1.0], "never predicted": [0.0, 0.0]},
        "iou_thresholds": [0.5, 0.9],
        "num_references": {"a": 1, "never predicted": 1},
        "num_predictions": {"a": 2, "never predicted": 0, "only predicted": 1},
        "num_invalid_predictions": 1,
    }


def test_a_prediction_without_length_is_a_false_positive():
    assert ap([[prediction(1, 0, 0.9), prediction(0, 1, 0.8)]], [[reference(0, 1)]]) == 0.5


def test_nothing_at_all_scores_zero():
    assert temporal_map([], [])["map"] == [0.0] * 5
    assert temporal_map([[prediction(0, 1, 0.5)]], [[]])["average_map"] == 0.0


def test_of_equal_ious_the_later_reference_is_taken():
    # Both references overlap the first detection by 2 s of 4 s; the second one touches only the earlier reference.
    references = [[reference(0, 3), reference(1, 4)]]
    predictions = [[prediction(0, 4, 0.9), prediction(0, 3, 0.8)]]
    assert ap(predictions, references, 0.75) == 1.0
    assert ap(predictions, [references[0][::-1]], 0.75) == 0.5


def test_touching_is_no_overlap_and_other_videos_do_not_count():
    assert ap([[prediction(1, 2, 0.9)], []], [[reference(0, 1)], [reference(1, 2)]], 1e-9) == 0.0


def test_a_long_early_reference_is_not_missed():
    references = [[reference(0, 100), reference(1, 2), reference(3, 4)]]
    assert ap([[prediction(40, 100, 0.9)]], references, 0.6) == pytest.approx(1 / 3)


def test_pairs_in_pieces_give_the_same(monkeypatch):
    predictions = [[prediction(i, i + 1.5, 1 - i / 100) for i in range(40)] for _ in range(3)]
    references = [[reference(i, i + 1) for i in range(0, 40, 2)] for _ in range(3)]
    whole = temporal_map(predictions, references)
    assert 0 < whole["average_map"] < 1
    for rows, pairs in ((1000, 50), (7, 50), (1000, 1), (1, 1)):
        monkeypatch.setattr(segment_ap, "MAX_ROWS", rows)
        monkeypatch.setattr(segment_ap, "MAX_PAIRS", pairs)
        assert temporal_map(predictions, references) == whole


def test_detections_after_the_last_free_reference_are_false_positives(monkeypatch):
    monkeypatch.setattr(segment_ap, "MAX_PAIRS", 1)
    predictions = [[prediction(0, 1, 0.9), prediction(0, 1, 0.8), prediction(0, 1, 0.7)]]
    assert temporal_map(predictions, [[reference(0, 1)]], [0.5])["ap"] == {"a": [1.0]}


def test_lengths_and_thresholds_are_checked():
    with pytest.raises(ValueError, match="predictions has 1 videos and references 2: give both one list per video"):
        temporal_map([[]], [[], []])
    for thresholds in ([], [0.0], [0.5, 1.1], [float("nan")], 0.5, "half", None):
        with pytest.raises(ValueError, match=r"iou_thresholds: expected one or more numbers in \(0, 1\]"):
            temporal_map([[]], [[]], thresholds)


@pytest.mark.parametrize("name", ["segments.py", "segment_ap.py"])
def test_both_folders_hold_the_same_file(name):
    assert (FOLDERS[0] / name).read_bytes() == (FOLDERS[1] / name).read_bytes()
