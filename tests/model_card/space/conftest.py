"""The committed base as if it had been trained here, simulated clips, and the command line's rows about them."""

import json
import shutil
from pathlib import Path

import pytest

import trainer
from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.clip import write_clip
from fitness_aqa_dataset.synthetic.sets import simulate_set, write_frames
from model_card.space.files import space_files
from trainer.predict import main as predict

BASE = Path(trainer.__file__).parent / "demo_base" / "checkpoint"
RECIPE = "dataset_name: /home/someone/release\ndecimals: 1\nlearning_rate: 0.001\nnum_frames: 8\nstyle: checklist\n"
CALIBRATION = {
    "method": "temperature",
    "labels": {
        "knees_forward": {"threshold": 0.5, "temperature": 2.0},
        "knees_inward": {"threshold": 0.001, "temperature": 1.5},
        "elbows": {"threshold": 0.001, "temperature": 1.5},
        "knees": {"threshold": 0.5, "temperature": 2.0},
    },
    "predictions": {"data": "/home/someone/release", "decode": "score", "num_frames": 8, "style": "checklist"},
}
# What a Space takes of the model's folder.
MODEL_FILES = {
    "calibration.json",
    "chat_template.jinja",
    "config.json",
    "generation_config.json",
    "model.safetensors",
    "processor_config.json",
    "recipe.yaml",
    "tokenizer.json",
    "tokenizer_config.json",
    "train_results.json",
}
# Nothing of the clone can be imported, nor what the Space does not ask for.
ALONE = """
import sys
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in finder.__module__]
sys.modules |= {"evaluate": None, "tensorboard": None}
"""


@pytest.fixture(scope="session")
def model(tmp_path_factory) -> Path:
    """
    The committed base, which knows neither exercises nor errors, in the folder of a training with its calibration;
    beside it what a Space must not take. Thresholds are such that some errors are named.
    """
    folder = tmp_path_factory.mktemp("trained") / "model"
    shutil.copytree(BASE, folder)
    (folder / "recipe.yaml").write_text(RECIPE)
    (folder / "calibration.json").write_text(json.dumps(CALIBRATION))
    (folder / "train_results.json").write_text('{"synthetic": true, "steps": 240}')
    (folder / "optimizer.pt").write_bytes(b"\x80\x04.")
    (folder / "training_args.bin").write_bytes(b"\x80\x04.")
    (folder / "checkpoint-240").mkdir()
    shutil.copy(BASE / "model.safetensors", folder / "checkpoint-240")
    return folder


@pytest.fixture(scope="session")
def clips(tmp_path_factory) -> dict[str, Path]:
    """A *synthetic* squat with an error, a press, and a set of three squats."""
    folder = tmp_path_factory.mktemp("clips")
    paths = {name: folder / f"my {name}.mp4" for name in ("squat", "press", "set")}
    write_clip(simulate_clip(5, 0, present=("knees_inward",)), paths["squat"])
    write_clip(simulate_clip(5, 1, present=("elbows",)), paths["press"])
    write_frames(simulate_set(5, 2, 3).draw(), paths["set"])
    return paths


@pytest.fixture(scope="session")
def command_line(model, tmp_path_factory):
    """The rows that `trainer.predict` writes about a video."""

    def run(path: Path, decode: str, num_frames: int) -> list[dict]:
        output = tmp_path_factory.mktemp("rows") / "rows.jsonl"
        predict(
            ["--model", str(model), "--videos", str(path), "--decode", decode, "--num_frames", str(num_frames)]
            + ["--output", str(output), "--num_workers", "0"]
        )
        return [json.loads(line) for line in output.read_text().splitlines()]

    return run


@pytest.fixture(scope="session")
def space(model, tmp_path_factory) -> Path:
    """The repository of a Space, on disk and nothing beside it."""
    folder = tmp_path_factory.mktemp("space") / "try it"
    for name, file in space_files("me/try-it", model, title="Try it").items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file if isinstance(file, bytes) else file.read_bytes())
    (folder.parent / "alone").mkdir()
    (folder.parent / "alone" / "sitecustomize.py").write_text(ALONE)
    return folder
