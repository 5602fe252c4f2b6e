"""
The metric as it stands in this folder, without anything beside it.

    python -m pytest tests
"""

import doctest
import json
import subprocess
import sys
from pathlib import Path

import evaluate
import pytest

FOLDER = Path(__file__).resolve().parents[1]
ERROR = {"label": "knees_inward", "start": 1.0, "end": 2.0}
REFERENCE = {"exercise": "squat", "errors": [ERROR]}


@pytest.fixture
def metric(tmp_path):
    # The file, not the folder: whoever copies the folder may call it otherwise
    return evaluate.load(str(FOLDER / "fitness_aqa.py"), cache_dir=str(tmp_path))


@pytest.mark.parametrize(
    ("prediction", "f1", "paper", "published"),
    [
        (
            "The subject is performing a Squat. Knees forward: no. Knees inward: from 1.0 to 2.0 seconds.",
            1.0,
            1.0,
            1.0,
        ),
        ({"exercise": "squat", "errors": [{**ERROR, "end": 3.0, "score": 0.2}]}, 1.0, 1.0, 1.0),  # on the threshold
        ({"exercise": "squat", "errors": [{**ERROR, "end": 3.1}]}, 1.0, 0.0, 0.0),
        ({"exercise": "squat", "errors": [{**ERROR, "start": 3.0, "end": 4.0}]}, 1.0, 0.0, 1.0),  # they do not touch
        ({"exercise": "overhead_press", "errors": []}, 0.0, 0.0, 0.0),
        ("", 0.0, 0.0, 0.0),
    ],
)
def test_values_by_hand(metric, prediction, f1, paper, published):
    result = metric.compute(predictions=[prediction], references=[REFERENCE])
    assert result["f1"]["knees_inward"] == f1
    assert result["ap"]["paper"]["knees_inward"] == paper
    assert result["ap"]["published"]["knees_inward"] == published


def test_the_examples_of_the_readme(metric):
    result = doctest.testfile(str(FOLDER / "README.md"), module_relative=False, globs={"metric": metric})
    assert (result.failed, result.attempted) == (0, 14)


def test_the_page_s_example_is_scored():
    pytest.importorskip("gradio", reason="pip install gradio")
    code = (
        f"import json, runpy; page = runpy.run_path({str(FOLDER / 'app.py')!r}); page['build_page'](); "
        "results = page['score'](page['EXAMPLE_PREDICTIONS'], page['EXAMPLE_REFERENCES'], 0.5); "
        "print(json.dumps([results[0], results[1].value['data'][1]]))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=FOLDER.parent, capture_output=True, text=True)
    headline, f1 = json.loads(done.stdout.splitlines()[-1])
    assert headline.startswith("3 clips, IoU threshold 0.5: exercise accuracy 1.0000 (0.6667)")
    # knees inward is a false alarm, the other two errors are found, knees are rightly not named
    assert [cell[:6] for cell in f1[1:]] == ["1.0000", "0.0000", "1.0000", "0.0000", "0.5000"]
