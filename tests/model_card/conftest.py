"""A finished run in small: seven real clips, hand-written answers, a checkpoint of twelve numbers."""

import json
import shutil
from pathlib import Path

import datasets
import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torchcodec.encoders import VideoEncoder

from fitness_aqa_dataset.synthetic import synthesize_release
from model_card.answer_files import state_of
from tests.small_baseline import train_small
from trainer.baselines import combine, predict

SQUATS = ("1_1", "1_2", "2_1", "2_2", "3_1")
PRESSES = ("1_1", "1_2")

REFERENCES = [
    {"id": "squat/1_1", "exercise": "squat", "errors": [{"label": "knees_forward", "start": 0.2, "end": 0.6}]},
    {"id": "squat/1_2", "exercise": "squat", "errors": []},
    {"id": "squat/2_1", "exercise": "squat", "errors": []},
    {
        "id": "squat/2_2",
        "exercise": "squat",
        "errors": [
            {"label": "knees_forward", "start": 0.1, "end": 0.5},
            {"label": "knees_inward", "start": 0.3, "end": 0.9},
        ],
    },
    {"id": "squat/3_1", "exercise": "squat", "errors": []},
    {"id": "overhead_press/1_1", "exercise": "overhead_press", "errors": []},
    {
        "id": "overhead_press/1_2",
        "exercise": "overhead_press",
        "errors": [{"label": "elbows", "start": 0.25, "end": 0.75}],
    },
]

PREDICTIONS = [
    {**REFERENCES[0], "answer": "The subject is performing a Squat. One mistake is visible: knees forward …"},
    {"id": "squat/1_2", "exercise": "overhead_press", "errors": [], "answer": "The subject is performing a OHP."},
    {"id": "squat/2_1", "exercise": None, "errors": [], "answer": "knee knee knee"},
    {
        "id": "squat/2_2",
        "exercise": "squat",
        "errors": [{"label": "knees_inward", "start": 0.3, "end": 0.75}],
        "answer": "The subject is performing a Squat. It shows: knees inward from frame time 0.30s to 0.75s.",
    },
    {"id": "squat/3_1", "exercise": "squat", "errors": [], "answer": "The subject is performing a Squat."},
    {"id": "overhead_press/1_1", "exercise": "overhead_press", "errors": [], "answer": "No mistake can be seen."},
    {
        "id": "overhead_press/1_2",
        "exercise": "overhead_press",
        "errors": [{"label": "elbows", "start": 0.25, "end": 0.75}],
        "answer": "The subject is performing a OHP. The fault:\nelbows from frame time 0.25s to 0.75s.",
    },
]


# The base says the right exercise of squats and nothing else; a blank video is always a squat with both errors.
BEFORE = [
    {**row, "exercise": "squat", "errors": [], "answer": "The subject is performing a Squat."} for row in REFERENCES
]
BLANK = [
    {
        **row,
        "exercise": "squat",
        "errors": [{"label": label, "start": 0.0, "end": 0.9} for label in ("knees_forward", "knees_inward")],
        "answer": "The subject is performing a Squat. It shows: …",
    }
    for row in REFERENCES
]

TRAINER_STATE = {
    "global_step": 30,
    "epoch": 1.5,
    "train_batch_size": 8,
    "log_history": [
        {"step": 10, "epoch": 0.5, "loss": 2.5, "mean_token_accuracy": 0.5},
        {"step": 20, "epoch": 1.0, "loss": 1.25, "mean_token_accuracy": 0.75},
        {"step": 30, "epoch": 1.5, "loss": 0.5, "mean_token_accuracy": 0.9},
        {"step": 30, "epoch": 1.5, "train_runtime": 90.0, "train_loss": 1.4},
    ],
}


ENVIRONMENT = {
    "packages": {"torch": "2.14.1", "trl": "1.16.0", "peft": None},
    "python": "3.11.7",
    "platform": "Linux-6.18",
    "device": "cpu, x86_64",
    "num_processes": 1,
    "distributed_type": "NO",
    "sharding": "every process holds the whole model",
    "rows_a_step": 8,
}


def write_jsonl(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_clip(path: Path, shade: int) -> None:
    """One second at 30 fps: a magenta square moves over a grey ground."""
    frames = torch.full((30, 3, 48, 64), shade, dtype=torch.uint8)
    for index in range(30):
        frames[index, :, 12:36, index : index + 24] = torch.tensor([255, 0, 255], dtype=torch.uint8)[:, None, None]
    path.parent.mkdir(parents=True, exist_ok=True)
    VideoEncoder(frames, frame_rate=30).to_file(str(path))


def write_part(folder: Path, keys: tuple[str, ...], labels: tuple[str, ...], references: list[dict]) -> None:
    """One exercise of a release in the raw layout; all its clips are test clips."""
    exercise = {"Squat": "squat", "OHP": "overhead_press"}[folder.name]
    errors = {row["id"]: row["errors"] for row in references}
    part = folder / "Labeled_Dataset"
    for index, key in enumerate(keys):
        write_clip(part / "videos" / f"{key}.mp4", 150 + 20 * index)
    for name in ("Labels", "Splits"):
        (part / name).mkdir()
    for label in labels:
        intervals = {
            key: [[e["start"], e["end"]] for e in errors[f"{exercise}/{key}"] if e["label"] == label] for key in keys
        }
        (part / "Labels" / f"error_{label}.json").write_text(json.dumps(intervals))
    for split in ("train", "val", "test"):
        (part / "Splits" / f"{split}_keys.json").write_text(json.dumps(keys if split == "test" else []))


def write_answers(path: Path, rows: list[dict], model: Path, data: Path, **settings) -> None:
    """A file of predictions and its settings, as `trainer.predict` writes them."""
    path.parent.mkdir(exist_ok=True)
    write_jsonl(path, rows)
    settings = {
        "model": str(model),
        "model_state": state_of(str(model)),
        "data": str(data),
        "split": "test",
        "decode": "free",
        "num_frames": 12,
        "clip_reduction": "none",
        "control": "none",
        "calibration": None,
        "synthetic": True,
        "synthetic_model": True,
    } | settings
    path.with_suffix(".settings.json").write_text(json.dumps(settings))


def change_settings(path: Path, **changes) -> None:
    """Other settings beside a file of predictions."""
    file = path.with_suffix(".settings.json")
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def write_model(folder: Path) -> None:
    """A checkpoint of twelve numbers, and what its training left."""
    folder.mkdir(exist_ok=True)
    save_file({"a": np.zeros((3, 2), np.float32), "b": np.zeros(6, np.float32)}, folder / "model.safetensors")
    files = {
        "config.json": {"model_type": "llava_video"},
        "processor_config.json": {"processor_class": "LlavaVideoProcessor"},
        "environment.json": ENVIRONMENT,
        "train_results.json": {"train_runtime": 90.0, "num_rows": 200, "synthetic": True},
        "trainer_state.json": TRAINER_STATE,
    }
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "recipe.yaml").write_text(
        "model_name_or_path: /home/somebody/bases/tiny\nlearning_rate: 0.001\nnum_frames: 12\n"
        "output_dir: /home/somebody/runs/demo/model\n"
    )


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory) -> Path:
    """In the demo's layout, without `scores.json`."""
    run = tmp_path_factory.mktemp("runs") / "demo"
    write_part(run / "release" / "Squat", SQUATS, ("knees_forward", "knees_inward"), REFERENCES)
    write_part(run / "release" / "OHP", PRESSES, ("elbows", "knees"), REFERENCES)
    write_model(run / "model")
    write_jsonl(run / "references.jsonl", REFERENCES)
    write_answers(run / "predictions.jsonl", PREDICTIONS, run / "model", run / "release")
    write_answers(run / "predictions_before.jsonl", BEFORE, Path("bases/tiny"), run / "release", synthetic_model=None)
    blank = run / "controls" / "predictions.blank.jsonl"
    write_answers(blank, BLANK, run / "model", run / "release", control="blank")
    return run


@pytest.fixture
def run_dir(finished_run, tmp_path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(finished_run, tmp_path / "demo"))


@pytest.fixture
def trained_dir(finished_run, tmp_path) -> Path:
    """The same answers in the output folder of `trainer.sft` itself, with an adapter in place of a whole model."""
    run = tmp_path / "mine"
    write_model(run)
    (run / "config.json").unlink()
    (run / "model.safetensors").rename(run / "adapter_model.safetensors")
    (run / "adapter_config.json").write_text('{"base_model_name_or_path": "somebody/base-7b", "r": 8}')
    write_jsonl(run / "references.jsonl", REFERENCES)
    write_answers(run / "predictions.jsonl", PREDICTIONS, run, finished_run / "release")
    return run


@pytest.fixture(scope="session")
def baselines(tmp_path_factory) -> Path:
    """
    Folder with a *synthetic* `release` of 24 clips and runs of `trainer.baselines` on it, two epochs each: `probe`,
    with its answers to blank clips; `md`, self-supervised before; `mean` of the two; `all`: a probe for both
    exercises, trained on the validation clips too, which does not say when.
    """
    folder = tmp_path_factory.mktemp("baselines")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", folder / "cache")
        release = synthesize_release(folder / "release", 24, seed=7, num_workers=2)
        probe = train_small("probe", release, folder / "probe", logging_steps=1)
        train_small("md", release, folder / "md", logging_steps=1)
        train_small("probe", release, folder / "all", models="all", merge_validation=True, intervals=False)
        combine.main([str(probe), str(folder / "md"), "--output_dir", str(folder / "mean")])
        blank = ["--control", "blank", "--output", str(probe / "controls" / "predictions.blank.jsonl")]
        predict.main(["--model", str(probe), "--data", str(release), *blank])
    return folder
