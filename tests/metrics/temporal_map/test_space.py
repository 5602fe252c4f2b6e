import os
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

import metrics

FOLDER = Path(metrics.__file__).parent / "temporal_map"


def test_the_folder_alone_copied_elsewhere_passes_its_tests(tmp_path):
    copy = tmp_path / "elsewhere" / "app"  # what a Space calls it
    shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("metrics", "transformers"):  # neither this repository nor what the metric does not need is there
        (tmp_path / f"{name}.py").write_text("raise ImportError('not installed')")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "HF_HOME": str(tmp_path / "home")}
    environment["HF_MODULES_CACHE"] = str(tmp_path / "modules")
    command = [sys.executable, "-m", "pytest", "-q", "tests"]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_header_is_that_of_a_gradio_space():
    header = yaml.safe_load((FOLDER / "README.md").read_text().split("---\n")[1])
    assert (header["sdk"], header["app_file"]) == ("gradio", "app.py")
    assert {"evaluate", "metric"} <= set(header["tags"])
    assert len(header["short_description"]) <= 60  # the Hub refuses longer ones


def test_everything_that_is_imported_is_required():
    required = (FOLDER / "requirements.txt").read_text().split()
    assert required == ["datasets", "evaluate", "matplotlib", "numpy"]  # the Space itself brings gradio
