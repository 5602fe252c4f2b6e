"""Rows of the *synthetic* release, and models small enough to be made in a moment."""

from functools import cache

import pytest
import torch
from datasets import ClassLabel, Dataset, Features, List, Value

from tests.trainer.baselines.end_to_end import finished_run
from trainer.arguments import DataArguments
from trainer.baselines.configuration import BaselineConfig
from trainer.baselines.modeling import BaselineModel
from trainer.splits import load_split

# Enough for every system: pictures of 32 pixels, thin networks, four frames.
SMALL = {"num_frames": 4, "window_frames": 3, "image_size": 32, "width": 4, "hidden_size": 8, "num_subsequences": 3}
ERRORS = List({"label": Value("string"), "start": Value("float64"), "end": Value("float64")})


@pytest.fixture(scope="session")
def train_rows(release) -> Dataset:
    """The 16 clips of the *synthetic* release to train on, eight of each exercise, undecoded."""
    return load_split(DataArguments(str(release)), "train")


@pytest.fixture(scope="session")
def picture_rows(release) -> Dataset:
    """The *synthetic* release's pictures of squats to train on, undecoded."""
    return load_split(DataArguments(str(release), ["shallow_squat"]), "train")


@pytest.fixture(scope="session")
def small_config():
    """A configuration of a system; keyword arguments replace settings."""

    def make(system: str, **changes) -> BaselineConfig:
        return BaselineConfig(**({"system": system, "dropout": 0.0} | SMALL | changes))

    return make


@pytest.fixture(scope="session")
def small_model(small_config):
    """A model of random weights, the same each time; arguments of `small_config`."""

    def make(system: str, **changes) -> BaselineModel:
        torch.manual_seed(0)
        return BaselineModel(small_config(system, **changes)).eval()

    return make


@pytest.fixture(scope="session")
def labelled_rows():
    """Rows without clips: an exercise and the labels of its errors each."""

    def make(*clips: tuple[str, tuple[str, ...]]) -> Dataset:
        rows = [
            {
                "id": f"{exercise}/{number}_1",
                "exercise": exercise,
                "errors": [{"label": label, "start": 0.5, "end": 1.5} for label in labels],
            }
            for number, (exercise, labels) in enumerate(clips)
        ]
        exercises = ClassLabel(names=["squat", "overhead_press"])
        features = Features({"id": Value("string"), "exercise": exercises, "errors": ERRORS})
        return Dataset.from_list(rows, features=features)

    return make


@pytest.fixture(scope="session")
def finished(release, tmp_path_factory):
    """The folder of a finished run of `end_to_end.RUNS`, by its name; tests leave it as it is."""
    return cache(lambda name: finished_run(name, release, tmp_path_factory.mktemp("runs")))
