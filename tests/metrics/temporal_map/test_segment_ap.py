from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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


def test_pairs_in_pieces_give_the_same(monkeypatch):
    predictions = [[prediction(i, i + 1.5, 1 - i / 100) for i in range(40)] for _ in range(3)]
    references = [[reference(i, i + 1) for i in range(0, 40, 2)] for _ in range(3)]
    whole = temporal_map(predictions, references)
    assert 0 < whole["average_map"] < 1
    monkeypatch.setattr(segment_ap, "MAX_PAIRS", 50)
    assert temporal_map(predictions, references) == whole


def test_lengths_and_thresholds_are_checked():
    with pytest.raises(ValueError, match="predictions has 1 videos and references 2: give both one list per video"):
        temporal_map([[]], [[], []])
    for thresholds in ([], [0.0], [0.5, 1.1]):
        with pytest.raises(ValueError, match=r"iou_thresholds: expected one or more numbers in \(0, 1\]"):
            temporal_map([[]], [[]], thresholds)


@pytest.mark.parametrize("name", ["segments.py", "segment_ap.py"])
def test_both_folders_hold_the_same_file(name):
    assert (FOLDERS[0] / name).read_bytes() == (FOLDERS[1] / name).read_bytes()


def quadratic_oracle(predictions, references, threshold):
    """The definition, step by step, for one label and distinct scores."""
    ranked = sorted(((p["score"], v, p) for v, ps in enumerate(predictions) for p in ps), key=lambda item: -item[0])
    free = [list(refs) for refs in references]
    total, hits, curve = sum(map(len, references)), 0, []
    for rank, (_, video, p) in enumerate(ranked, start=1):
        shared = [min(p["end"], r["end"]) - max(p["start"], r["start"]) for r in free[video]]
        ious = [
            s / (p["end"] - p["start"] + r["end"] - r["start"] - s) for s, r in zip(shared, free[video], strict=True)
        ]
        if ious and max(ious) >= threshold:
            free[video].pop(len(ious) - 1 - ious[::-1].index(max(ious)))
            hits += 1
        curve.append((hits / total, hits / rank))
    steps = sorted({recall for recall, _ in curve if recall > 0})
    return sum(max(p for r, p in curve if r >= recall) for recall in steps) / total


@st.composite
def videos(draw):
    times = st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda t: (t[0], t[0] + t[1]))
    references = draw(st.lists(st.lists(times, max_size=4), min_size=1, max_size=4).filter(any))
    predicted = [draw(st.lists(times, max_size=5)) for _ in references]
    scores = iter(draw(st.permutations(range(sum(map(len, predicted))))))
    return (
        [[prediction(start, end, next(scores) / 32) for start, end in video] for video in predicted],
        [[reference(start, end) for start, end in video] for video in references],
    )


@given(videos(), st.sampled_from([0.1, 0.3, 0.5, 0.75, 1.0]))
@settings(max_examples=150, deadline=None)
def test_agrees_with_the_quadratic_oracle(case, threshold):
    assert ap(*case, threshold) == pytest.approx(quadratic_oracle(*case, threshold), abs=1e-12)


@given(videos(), st.randoms(use_true_random=False), st.booleans())
@settings(max_examples=60, deadline=None)
def test_order_of_videos_changes_nothing(case, random, all_scores_equal):
    predictions, references = case
    if all_scores_equal:
        predictions = [[{**p, "score": 1.0} for p in video] for video in predictions]
    order = list(range(len(references)))
    random.shuffle(order)
    shuffled = temporal_map([predictions[i] for i in order], [references[i] for i in order])
    assert shuffled == temporal_map(predictions, references)


@given(videos())
@settings(max_examples=60, deadline=None)
def test_a_last_false_positive_never_raises_ap(case):
    predictions, references = case
    worse = [[*predictions[0], prediction(90, 91, -1.0)], *predictions[1:]]
    assert ap(worse, references) <= ap(predictions, references)
