import doctest
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import evaluate
import pytest

import metrics

FOLDER = str(Path(metrics.__file__).parent / "fitness_aqa")
TEXT = "The subject is performing a Squat. Errors: knees forward from 1.0s to 2.0s."
STRUCTURE = {"exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.0, "score": 0.8}]}
UNREAD = {"exercise": None, "errors": []}
REFERENCE = {"exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.0}]}


@pytest.fixture
def metric(tmp_path):
    return evaluate.load(FOLDER, cache_dir=str(tmp_path))


@pytest.fixture
def environment(tmp_path):
    """Of a fresh process, with a cache of its own and without transformers, which `evaluate` can do without."""
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "transformers.py").write_text("raise ImportError('not needed, and seconds to import')")
    return {**os.environ, "PYTHONPATH": str(tmp_path / "path"), "HF_MODULES_CACHE": str(tmp_path / "modules")}


@pytest.mark.parametrize(
    ("predictions", "f1", "parse_rate"),
    [([TEXT, "?"], 2 / 3, 0.5), ([UNREAD, STRUCTURE], 2 / 3, 0.5), ([TEXT, STRUCTURE], 1.0, 1.0)],
)
def test_texts_structures_and_a_mixture(metric, predictions, f1, parse_rate):
    scores = metric.compute(predictions=predictions, references=[REFERENCE] * 2)
    assert scores["f1"]["knees_forward"] == pytest.approx(f1)
    assert scores["parse_rate"] == parse_rate
    assert ("average_precision" in scores) == (STRUCTURE in predictions)


def test_add_add_batch_and_the_threshold(metric):
    short = {"exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 1.6}]}
    metric.add(prediction=short, reference=REFERENCE)
    metric.add_batch(predictions=[TEXT], references=[REFERENCE])
    assert metric.compute(iou_threshold=0.7)["ap"]["paper"]["knees_forward"] == 0.5


def test_probabilities_of_the_clip_reach_the_scores(metric):
    predictions = [TEXT, {**UNREAD, "exercise": "squat", "scores": {"knees_forward": 0.25}}]
    scores = metric.compute(predictions=predictions, references=[REFERENCE, {"exercise": "squat", "errors": []}])
    assert scores["average_precision"]["knees_forward"] == 1.0
    assert scores["calibration_error"]["knees_forward"] == 0.125


@pytest.mark.parametrize("by_clip", [True, False])
def test_combined_with_itself(metric, tmp_path, by_clip):
    other = evaluate.load(FOLDER, cache_dir=str(tmp_path), experiment_id="other")
    both = evaluate.combine({"first": metric, "second": other})
    if by_clip:
        both.add(prediction=TEXT, reference=REFERENCE)
        both.add(predictions=UNREAD, references=REFERENCE)
        scores = both.compute()
    else:
        scores = both.compute(predictions=[TEXT, UNREAD], references=[REFERENCE] * 2)
    assert scores["first_parse_rate"] == scores["second_parse_rate"] == 0.5
    assert scores["second_map"]["paper"] == 0.25


def test_two_processes(tmp_path, environment):
    worker = f"""
import json, sys, evaluate
rank = int(sys.argv[1])
metric = evaluate.load(
    {FOLDER!r}, num_process=2, process_id=rank, experiment_id="two", cache_dir={str(tmp_path / "shared")!r}
)
metric.add_batch(predictions={[TEXT, UNREAD]!r}[rank : rank + 1], references=[{REFERENCE!r}])
print(json.dumps(metric.compute(iou_threshold=0.7)))
"""
    workers = [
        subprocess.Popen([sys.executable, "-c", worker, str(rank)], env=environment, stdout=subprocess.PIPE, text=True)
        for rank in (0, 1)
    ]
    results = [json.loads(worker.communicate(timeout=120)[0]) for worker in workers]
    assert results[0]["parse_rate"] == 0.5
    assert results[0]["support"]["knees_forward"] == {"positives": 2, "clips": 2}
    assert results[1] is None


def test_a_bad_record_is_named_by_its_place_among_all(metric):
    with pytest.raises(ValueError, match=r"predictions\[1\]: expected an answer text or"):
        metric.compute(predictions=[TEXT, 1], references=[REFERENCE] * 2)
    metric.add(prediction=TEXT, reference=REFERENCE)
    with pytest.raises(ValueError, match=r"references\[1\]: expected \{'exercise'"):
        metric.add(prediction=TEXT, reference="Squat.")
    with pytest.raises(ValueError, match=r"predictions\[2\]\[0\]: `score` must be a probability"):
        bad = {"exercise": "squat", "errors": [{"label": "knees_forward", "start": 0, "end": 1, "score": 3}]}
        metric.add_batch(predictions=[TEXT, bad], references=[REFERENCE] * 2)
    assert metric.compute()["support"]["knees_forward"]["clips"] == 1  # nothing wrong was stored


def test_wrong_lengths_and_thresholds_leave_what_was_added(metric):
    metric.add(prediction=TEXT, reference=REFERENCE)
    with pytest.raises(ValueError, match="predictions has 1 items and references 2"):
        metric.add_batch(predictions=[TEXT], references=[REFERENCE] * 2)
    with pytest.raises(ValueError, match=r"iou_threshold: expected a number in \(0, 1\], got '0.5'"):
        metric.compute(iou_threshold="0.5")
    assert metric.compute()["exercise_accuracy"] == 1.0


def test_the_folder_works_alone_under_another_name(tmp_path, environment):
    # Where nothing of this repository can be imported: the folder's own tests, which load the metric and its page
    shutil.copytree(FOLDER, tmp_path / "space", ignore=shutil.ignore_patterns("__pycache__"))
    alone = f"""
import sys
import pytest
sys.path = [folder for folder in sys.path if folder not in ("", {str(Path(FOLDER).parents[1])!r})]
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in str(finder).lower()]
code = pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", ".", "tests"])
sys.exit("metrics was imported" if "metrics" in sys.modules else code)
"""
    done = subprocess.run(
        [sys.executable, "-c", alone], cwd=tmp_path / "space", env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_both_metrics_need_is_the_same():
    for name in ("segment_ap.py", "segments.py"):
        assert Path(FOLDER, name).read_bytes() == Path(FOLDER, "..", "temporal_map", name).read_bytes()


def test_the_documented_example_runs(metric, monkeypatch):
    monkeypatch.chdir(Path(metrics.__file__).parents[1])
    test = doctest.DocTestParser().get_doctest(metric.inputs_description, {"evaluate": evaluate}, "example", None, 0)
    assert doctest.DocTestRunner().run(test) == (0, 10)
