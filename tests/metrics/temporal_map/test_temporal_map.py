import doctest
from pathlib import Path

import evaluate
import pytest

import metrics

FOLDER = str(Path(metrics.__file__).parent / "temporal_map")
PREDICTIONS = [[{"label": "a", "start": 0.0, "end": 1.0, "score": 0.9}], []]
REFERENCES = [[{"label": "a", "start": 0.0, "end": 1.0}], [{"label": "a", "start": 0.0, "end": 1.0}]]


@pytest.fixture
def metric(tmp_path):
    return evaluate.load(FOLDER, cache_dir=str(tmp_path))


def test_compute(metric):
    result = metric.compute(predictions=PREDICTIONS, references=REFERENCES, iou_thresholds=[0.5, 0.7])
    assert result["map"] == [0.5, 0.5]
    assert result["num_references"] == {"a": 2}


def test_add_and_add_batch_give_the_same(metric):
    metric.add(prediction=PREDICTIONS[0], reference=REFERENCES[0])
    metric.add_batch(predictions=PREDICTIONS[1:], references=REFERENCES[1:])
    assert metric.compute()["average_map"] == 0.5


def test_no_videos(metric):
    assert metric.compute(predictions=[], references=[])["average_map"] == 0.0


def test_a_bad_segment_is_named(metric):
    with pytest.raises(ValueError, match=r"predictions\[0\]\[0\]: lacks \['score'\]"):
        metric.compute(predictions=REFERENCES, references=REFERENCES)


def test_the_documented_example_runs(metric, monkeypatch):
    monkeypatch.chdir(Path(metrics.__file__).parents[1])
    test = doctest.DocTestParser().get_doctest(metric.inputs_description, {"evaluate": evaluate}, "example", None, 0)
    assert doctest.DocTestRunner().run(test) == (0, 3)
