import numpy as np
import pytest

from metrics.fitness_aqa.records import to_prediction, to_reference
from metrics.fitness_aqa.scores import fitness_scores
from trainer.report.intervals import bootstrap, count_clips, difference, scores_of


def squat(*errors):
    spans = [{"label": label, "start": start, "end": end} for label, start, end in errors]
    return {"exercise": "squat", "errors": spans}


REFERENCES = [
    to_reference(row, 0)
    for row in (
        squat(("knees_forward", 1.0, 2.0)),
        squat(("knees_forward", 1.0, 2.0), ("knees_inward", 0.0, 1.0)),
        squat(),
        squat(),
    )
]
PREDICTIONS = [
    to_prediction(row, 0)
    for row in (
        squat(("knees_forward", 1.0, 1.6)),  # IoU 0.6
        squat(("knees_forward", 1.9, 3.0)),  # IoU 0.05
        squat(("knees_inward", 0.0, 1.0)),
        {"exercise": "overhead_press", "errors": [{"label": "knees", "start": 0.0, "end": 1.0}]},
    )
]


def test_counts_of_every_clip():
    counts = count_clips(PREDICTIONS, REFERENCES)
    assert counts.shape == (4, 4, 6)
    # clips, true positives, false positives, false negatives, published hits, hits
    assert counts[:, 0].tolist() == [
        [1, 1, 0, 0, 1, 1],
        [1, 1, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
    ]
    assert counts[:, 1].tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 0, 0, 1, 0, 0],  # nothing predicted, [0, 0] against [0, 1]: the published IoU is 0 / 1
        [1, 0, 1, 0, 0, 0],
        [1, 0, 0, 0, 0, 0],
    ]
    assert not counts[:, 2:].any()


def test_scores_from_counts():
    scores = scores_of(count_clips(PREDICTIONS, REFERENCES).sum(axis=0))
    assert scores["f1"][:2].tolist() == [1.0, 0.0]
    assert scores["paper"][:2].tolist() == [0.25, 0.0]
    assert scores["recall"][:2].tolist() == [0.5, 0.0]
    assert np.isnan(scores["f1"][2:]).all()
    # knees forward: all right; knees inward: 1 in vain, 1 missed: (0 * 2 - 1 * 1) / sqrt(1 * 1 * 3 * 3)
    assert scores["mcc"][:2].tolist() == [1.0, pytest.approx(-1 / 3)]
    assert scores["macro_f1"] == 0.5
    assert scores["mean_mcc"] == pytest.approx(1 / 3)
    assert scores["map_paper"] == 0.125


def test_they_are_the_metrics_own():
    ours = scores_of(count_clips(PREDICTIONS, REFERENCES).sum(axis=0))
    theirs = fitness_scores(PREDICTIONS, REFERENCES)
    for index, label in enumerate(("knees_forward", "knees_inward")):
        assert ours["f1"][index] == theirs["f1"][label]
        for name in ("published", "paper", "recall"):
            assert ours[name][index] == theirs["ap"][name][label]
    assert ours["macro_f1"] == theirs["macro_f1"]


def test_intervals_of_a_mean_are_those_of_the_binomial():
    # 30 hits in 100 clips: mean 0.3, standard error sqrt(0.3 * 0.7 / 100) = 0.0458, 1.96 of it 0.0898
    hit = squat(("knees_forward", 1.0, 2.0))
    references = [to_reference(hit, 0)] * 100
    predictions = [to_prediction(hit if number < 30 else squat(), 0) for number in range(100)]
    intervals = bootstrap(count_clips(predictions, references))
    assert intervals["paper"][0] == pytest.approx([0.21, 0.39], abs=0.011)
    assert np.isnan(intervals["paper"][2]).all()
    assert intervals["map_paper"] == pytest.approx([0.105, 0.195], abs=0.006)  # knees inward: 0


def test_differences_are_of_the_same_clips():
    right = count_clips(PREDICTIONS, REFERENCES)
    assert difference(right, right, "macro_f1") == (0.0, 0.0)
    nothing = count_clips([to_prediction(squat(), 0)] * 4, REFERENCES)
    low, high = difference(right, nothing, "macro_f1")
    assert 0.0 <= low < 0.5 <= high <= 1.0
