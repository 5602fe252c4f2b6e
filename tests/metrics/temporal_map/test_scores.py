import doctest
import json

import pytest

import metrics.temporal_map.scores as scores
from metrics.temporal_map.scores import temporal_scores
from metrics.temporal_map.segment_ap import temporal_map

PREDICTIONS = [[{"label": "a", "start": 0.0, "end": 1.0, "score": 0.9}], []]
REFERENCES = [[{"label": "a", "start": 0.0, "end": 1.0}], [{"label": "a", "start": 0.0, "end": 1.0}]]
KEYS = ["average_map", "map", "ap", "iou_thresholds", "num_references", "num_predictions", "num_invalid_predictions"]


def test_without_options_it_is_the_mean_average_precision():
    assert temporal_scores(PREDICTIONS, REFERENCES) == temporal_map(PREDICTIONS, REFERENCES)
    assert list(temporal_scores(PREDICTIONS, REFERENCES)) == KEYS


def test_each_option_adds_its_key():
    result = temporal_scores(PREDICTIONS, REFERENCES, [0.5], ar=[1], curves=True, per_video=True, bootstrap=10)
    assert list(result) == [*KEYS, "ar", "curves", "per_video", "bootstrap"]


def test_the_result_can_be_written_as_json():
    result = temporal_scores(PREDICTIONS, REFERENCES, ar=[1], curves=True, per_video=True, bootstrap=10)
    read = json.loads(json.dumps(result, allow_nan=False))
    assert read.pop("ar") == {"1": 0.5}  # JSON has only text as keys
    assert read == {key: value for key, value in result.items() if key != "ar"}


def test_without_any_segment_every_option_still_answers():
    result = temporal_scores([[], []], [[], []], [0.5], ar=[1], curves=True, per_video=True, bootstrap=10)
    assert (result["ar"], result["curves"], result["bootstrap"]) == ({1: 0.0}, {}, None)
    assert result["per_video"] == [{"num_references": 0, "num_predictions": 0, "num_hits": [0], "map": None}] * 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ar": 5}, r"ar: expected a list of whole numbers of at least 1, such as \[1, 5, 10\], got 5"),
        ({"ar": []}, r"ar: expected a list of whole numbers"),
        ({"ar": [0]}, r"ar: expected a list of whole numbers"),
        ({"ar": [1.5]}, r"ar: expected a list of whole numbers"),
        ({"bootstrap": -1}, r"bootstrap: expected a whole number of at least 0, got -1"),
        ({"bootstrap": True}, r"bootstrap: expected a whole number of at least 0, got True"),
        ({"seed": -1}, r"seed: expected a whole number of at least 0, got -1"),
        ({"iou_thresholds": [2]}, r"iou_thresholds: expected one or more numbers in \(0, 1\], got \[2\]"),
    ],
)
def test_wrong_options_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        temporal_scores(PREDICTIONS, REFERENCES, **options)


def test_lengths_that_differ_are_refused():
    with pytest.raises(ValueError, match="predictions has 2 videos and references 1: give both one list per video"):
        temporal_scores(PREDICTIONS, REFERENCES[:1])


def test_the_documented_example_runs():
    assert doctest.testmod(scores) == (0, 4)
