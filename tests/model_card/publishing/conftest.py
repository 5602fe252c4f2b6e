"""A run as the commands leave it, in small, and a Hub on this machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.hub import LocalHub

ROOT = Path(__file__).parents[3]


def command(*arguments: object, env: dict | None = None, **options) -> subprocess.CompletedProcess:
    """Run `python -m …` in the root of the repository."""
    env = (os.environ if env is None else env) | {"OMP_NUM_THREADS": "1"}
    line = [sys.executable, "-m", *map(str, arguments)]
    return subprocess.run(line, cwd=ROOT, env=env, capture_output=True, text=True, **options)


def succeed(*arguments: object, env: dict | None = None, **options) -> str:
    """What it prints, where it ends well."""
    done = command(*arguments, env=env, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def small_release(tmp_path_factory) -> Path:
    """Thirty simulated clips."""
    release = tmp_path_factory.mktemp("data") / "release"
    succeed("fitness_aqa_dataset", "synthesize", release, "--clips", 30, "--seed", 5, "--second-interval-rate", 0)
    return release


@pytest.fixture(scope="session")
def small_run(small_release, tmp_path_factory) -> Path:
    """Two steps from the demo's base, and answers to the four test clips: a run in the layout of `trainer.sft`."""
    run = tmp_path_factory.mktemp("runs") / "small"
    recipe = ["--config", "trainer/recipes/demo.yaml", "--max_steps", 2, "--warmup_steps", 1, "--logging_steps", 1]
    succeed("trainer.sft", *recipe, "--dataset_name", small_release, "--output_dir", run)
    rows = ["--output", run / "predictions.jsonl", "--references", run / "references.jsonl"]
    succeed("trainer.predict", "--model", run, "--data", small_release, *rows)
    return run


@pytest.fixture(scope="session")
def small_data(small_release, tmp_path_factory) -> Path:
    """The release, prepared."""
    data = tmp_path_factory.mktemp("data") / "prepared"
    succeed("fitness_aqa_dataset", "prepare", small_release, data)
    return data


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub
