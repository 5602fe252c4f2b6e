"""A finished run in small: seven real clips, hand-written answers and scores, a checkpoint of twelve numbers."""

import copy
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from torchcodec.encoders import VideoEncoder

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
        "errors": [{"label": "knees_inward", "start": 0.3, "end": 0.6}],
        "answer": "The subject is performing a Squat. It shows: knees inward from frame time 0.30s to 0.60s.",
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


def labelled(knees_forward, knees_inward, elbows, knees) -> dict:
    return {"knees_forward": knees_forward, "knees_inward": knees_inward, "elbows": elbows, "knees": knees}


def scores_entry(accuracy, parse_rate, f1, mcc, macro_f1, maps, paper_ap) -> dict:
    return {
        "exercise_accuracy": accuracy,
        "parse_rate": parse_rate,
        "f1": labelled(*f1),
        "mcc": labelled(*mcc),
        "macro_f1": macro_f1,
        "map": dict(zip(("published", "paper", "recall", "detection"), maps, strict=True)),
        "ap": {"paper": labelled(*paper_ap)},
        "always_yes_f1": labelled(0.6, 0.4, 0.7, 0.3),
        "constant_interval_ap": labelled(0.2, 0.1, 0.3, 0.2),
        "support": {
            **{label: {"positives": 2, "clips": 5} for label in ("knees_forward", "knees_inward")},
            **{label: {"positives": 1, "clips": 2} for label in ("elbows", "knees")},
        },
    }


SCORES = {
    "before": scores_entry(0.5, 0.0, (0, 0, 0, 0), (0, 0, 0, 0), 0.0, (0.05, 0, 0, 0), (0, 0, 0, 0)),
    "after": scores_entry(
        0.9876, 1.0, (0.95, 0.84, 0.33, 0.98), (0.91, 0.72, None, 0.96), 0.775,
        (0.4, 0.3456, 0.61, 0.52), (0.5, 0.25, 0.125, 0.5074),
    ),
    "blank": scores_entry(
        0.51, 0.98, (0.64, 0.0, 0.55, 0.1), (0, 0, -0.125, 0), 0.32, (0.04, 0.03, 0.06, 0.02), (0, 0.01, 0.02, 0.09),
    ),
}  # fmt: skip

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


def write_jsonl(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_clip(path: Path, shade: int) -> None:
    """One second at 30 fps: a magenta square moves over a grey ground."""
    frames = torch.full((30, 3, 48, 64), shade, dtype=torch.uint8)
    for index in range(30):
        frames[index, :, 12:36, index : index + 24] = torch.tensor([255, 0, 255], dtype=torch.uint8)[:, None, None]
    path.parent.mkdir(parents=True, exist_ok=True)
    VideoEncoder(frames, frame_rate=30).to_file(str(path))


@pytest.fixture
def scores() -> dict:
    """Content of the run's `scores.json`, undefined MCC of elbows after fine-tuning as `None`."""
    return copy.deepcopy(SCORES)


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory) -> Path:
    run = tmp_path_factory.mktemp("runs") / "demo"
    for folder, keys in (("Squat", SQUATS), ("OHP", PRESSES)):
        for index, key in enumerate(keys):
            write_clip(run / "release" / folder / "Labeled_Dataset" / "videos" / f"{key}.mp4", 150 + 20 * index)
    write_jsonl(run / "references.jsonl", REFERENCES)
    write_jsonl(run / "predictions.jsonl", PREDICTIONS)
    (run / "scores.json").write_text(json.dumps(SCORES))
    (run / "model").mkdir()
    (run / "model" / "trainer_state.json").write_text(json.dumps(TRAINER_STATE))
    (run / "model" / "training_config.yaml").write_text(
        "learning_rate: 0.001\nuse_cpu: true\nnum_frames: 12\noutput_dir: /home/somebody/runs/demo/model\n"
    )
    save_file({"a": np.zeros((3, 2), np.float32), "b": np.zeros(6, np.float32)}, run / "model" / "model.safetensors")
    return run


@pytest.fixture
def run_dir(finished_run, tmp_path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(finished_run, tmp_path / "demo"))
