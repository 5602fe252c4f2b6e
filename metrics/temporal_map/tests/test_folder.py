"""
The metric as it stands in this folder, without anything beside it.

    python -m pytest tests
"""

import doctest
import subprocess
import sys
from pathlib import Path

import evaluate
import pytest

FOLDER = Path(__file__).resolve().parents[1]
SEGMENT = {"label": "a", "start": 0.0, "end": 1.0}
FOUND = {**SEGMENT, "score": 0.9}


@pytest.fixture
def metric(tmp_path):
    # The file, not the folder: whoever copies the folder may call it otherwise
    return evaluate.load(str(FOLDER / "temporal_map.py"), cache_dir=str(tmp_path))


@pytest.mark.parametrize(
    ("predictions", "references", "value"),
    [
        ([[FOUND]], [[SEGMENT]], 1.0),
        ([[]], [[SEGMENT]], 0.0),
        ([[FOUND], []], [[SEGMENT], [SEGMENT]], 0.5),
        ([[FOUND, {**FOUND, "score": 0.8}]], [[SEGMENT]], 1.0),  # the second is a false positive after full recall
        ([[{**FOUND, "end": 2.0}]], [[SEGMENT]], 1.0),  # IoU 0.5, on the threshold
        ([[{**FOUND, "end": 2.1}]], [[SEGMENT]], 0.0),
        ([[{**FOUND, "label": "b"}]], [[SEGMENT]], 0.0),
    ],
)
def test_values_by_hand(metric, predictions, references, value):
    result = metric.compute(predictions=predictions, references=references, iou_thresholds=[0.5])
    assert result["average_map"] == value


def test_the_examples_of_the_readme(metric):
    result = doctest.testfile(str(FOLDER / "README.md"), module_relative=False, globs={"metric": metric})
    assert (result.failed, result.attempted) == (0, 12)


def test_the_page_can_be_built():
    pytest.importorskip("gradio", reason="pip install gradio")
    code = f"import runpy; runpy.run_path({str(FOLDER / 'app.py')!r})['build_page']()"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=FOLDER.parent)
