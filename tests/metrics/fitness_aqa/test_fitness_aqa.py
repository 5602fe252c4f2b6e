import doctest
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


def test_a_bad_record_is_named(metric):
    with pytest.raises(ValueError, match=r"predictions\[1\]: expected an answer text or"):
        metric.compute(predictions=[TEXT, 1], references=[REFERENCE] * 2)


def test_the_folder_works_alone(tmp_path):
    for file in Path(FOLDER).glob("*.py"):
        (tmp_path / "fitness_aqa" / file.name).parent.mkdir(exist_ok=True)
        (tmp_path / "fitness_aqa" / file.name).write_bytes(file.read_bytes())
    alone = evaluate.load(str(tmp_path / "fitness_aqa"), cache_dir=str(tmp_path / "cache"))
    assert alone.compute(predictions=[TEXT], references=[REFERENCE])["map"]["paper"] == 0.5


def test_the_documented_example_runs(metric, monkeypatch):
    monkeypatch.chdir(Path(metrics.__file__).parents[1])
    test = doctest.DocTestParser().get_doctest(metric.inputs_description, {"evaluate": evaluate}, "example", None, 0)
    assert doctest.DocTestRunner().run(test) == (0, 3)
