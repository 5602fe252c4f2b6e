import doctest
import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import evaluate
import pytest

import metrics

FOLDER = str(Path(metrics.__file__).parent / "temporal_map")
SEGMENT = {"label": "a", "start": 0.0, "end": 1.0}
FOUND = {**SEGMENT, "score": 0.9}
PREDICTIONS, REFERENCES = [[FOUND], []], [[SEGMENT], [SEGMENT]]


@pytest.fixture
def metric(tmp_path):
    return evaluate.load(FOLDER, cache_dir=str(tmp_path))


def test_compute(metric):
    result = metric.compute(predictions=PREDICTIONS, references=REFERENCES, iou_thresholds=[0.5, 0.7])
    assert result == {
        "average_map": 0.5,
        "map": [0.5, 0.5],
        "ap": {"a": [0.5, 0.5]},
        "iou_thresholds": [0.5, 0.7],
        "num_references": {"a": 2},
        "num_predictions": {"a": 1},
        "num_invalid_predictions": 0,
    }


def test_options_reach_the_computation(metric):
    options = {"ar": [1], "curves": True, "per_video": True, "bootstrap": 20, "seed": 1}
    result = metric.compute(predictions=PREDICTIONS, references=REFERENCES, iou_thresholds=[0.5], **options)
    assert result["ar"] == {1: 0.5}
    assert result["curves"]["a"][0]["recall"] == [0.5]
    assert [video["num_hits"] for video in result["per_video"]] == [[1], [0]]
    assert result["bootstrap"]["average_map"] == [0.0, 1.0]


def test_add_and_add_batch_give_the_same(metric):
    metric.add(prediction=PREDICTIONS[0], reference=REFERENCES[0])
    metric.add_batch(predictions=PREDICTIONS[1:], references=REFERENCES[1:])
    assert metric.compute()["average_map"] == 0.5
    assert metric.compute(predictions=[[FOUND]], references=[[SEGMENT]])["average_map"] == 1.0  # starts again


def test_no_videos(metric):
    assert metric.compute(predictions=[], references=[])["average_map"] == 0.0


def test_combine(metric, tmp_path):
    second = evaluate.load(FOLDER, cache_dir=str(tmp_path / "second"))
    combined = evaluate.combine({"first": metric, "second": second}, force_prefix=True)
    combined.add(prediction=PREDICTIONS[0], reference=REFERENCES[0])
    combined.add_batch(predictions=PREDICTIONS[1:], references=REFERENCES[1:])
    result = combined.compute(iou_thresholds=[0.5])
    assert (result["first_average_map"], result["second_average_map"]) == (0.5, 0.5)


def test_two_processes(tmp_path):
    worker = f"""
import json, sys, evaluate
rank = int(sys.argv[1])
metric = evaluate.load(
    {FOLDER!r}, num_process=2, process_id=rank, experiment_id="two", cache_dir={str(tmp_path / "shared")!r}
)
metric.add_batch(predictions={PREDICTIONS!r}[rank : rank + 1], references={REFERENCES!r}[rank : rank + 1])
print(json.dumps(metric.compute(iou_thresholds=[0.5])))
"""
    (tmp_path / "transformers.py").write_text("raise ImportError('not needed, and seconds to import')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "HF_MODULES_CACHE": str(tmp_path / "modules")}
    command = [sys.executable, "-c", worker]
    workers = [
        subprocess.Popen([*command, str(rank)], env=environment, stdout=subprocess.PIPE, text=True) for rank in (0, 1)
    ]
    results = [json.loads(worker.communicate(timeout=120)[0]) for worker in workers]
    assert (results[0]["average_map"], results[0]["num_references"]) == (0.5, {"a": 2})
    assert results[1] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [  # Arrow would turn the first three into 0.9, 1.0 and "3" without a word
        ({"score": "0.9"}, r"predictions\[1\]\[0\]: `score` must be a finite number, got '0.9'"),
        ({"score": True}, r"predictions\[1\]\[0\]: `score` must be a finite number, got True"),
        ({"label": 3}, r"predictions\[1\]\[0\]: `label` must be text, got 3"),
        ({"score": None}, r"predictions\[1\]\[0\]: `score` must be a finite number, got None"),
        ({"end": float("nan")}, r"predictions\[1\]\[0\]: `end` must be a finite number, got nan"),
    ],
)
def test_a_bad_value_is_named_before_arrow_changes_it(metric, change, message):
    with pytest.raises(ValueError, match=message):
        metric.compute(predictions=[[FOUND], [{**FOUND, **change}]], references=REFERENCES)


def test_other_bad_input_is_named(metric):
    with pytest.raises(ValueError, match=r"predictions\[0\]\[0\]: lacks \['score'\]"):
        metric.compute(predictions=REFERENCES, references=REFERENCES)
    with pytest.raises(ValueError, match=r"references\[0\]\[0\]: `end` must be greater than `start` \(0.0 s\)"):
        metric.add(prediction=[FOUND], reference=[{**SEGMENT, "end": 0.0}])
    with pytest.raises(ValueError, match="predictions has 1 videos and references 2"):
        metric.add_batch(predictions=PREDICTIONS[:1], references=REFERENCES)
    with pytest.raises(ValueError, match="references: expected one list of segments per video, got None"):
        metric.compute(predictions=PREDICTIONS)


def test_what_was_refused_leaves_no_trace(metric):
    metric.add(prediction=PREDICTIONS[0], reference=REFERENCES[0])
    with pytest.raises(ValueError, match=r"predictions\[1\]\[0\]: lacks \['score'\]"):  # the second video so far
        metric.add(prediction=[SEGMENT], reference=[SEGMENT])
    with pytest.raises(ValueError, match="iou_thresholds: expected one or more numbers"):
        metric.compute(iou_thresholds=[0])
    with pytest.raises(TypeError, match="iou_threshold"):
        metric.compute(iou_threshold=[0.5])
    assert metric.compute()["num_references"] == {"a": 1}


def test_keys_that_are_not_known_are_ignored(metric):
    result = metric.compute(predictions=[({**FOUND, "frame": 3}, FOUND)], references=[[{**SEGMENT, "score": "x"}]])
    assert result["num_predictions"] == {"a": 2}
    metric.add(prediction=[FOUND, {**FOUND, "score": Fraction(1, 2)}], reference=[{**SEGMENT, "id": None}])
    assert metric.compute()["num_predictions"] == {"a": 2}


def test_the_documented_example_runs(metric, monkeypatch):
    monkeypatch.chdir(Path(metrics.__file__).parents[1])
    test = doctest.DocTestParser().get_doctest(metric.inputs_description, {"evaluate": evaluate}, "example", None, 0)
    assert doctest.DocTestRunner().run(test) == (0, 3)
