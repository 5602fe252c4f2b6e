"""A release of eight real, tiny clips, written by hand in the raw layout, and small in-memory datasets."""

import json
import os
from pathlib import Path

import datasets
import numpy as np
import PIL.Image
import pytest
import torch
from torchcodec.encoders import VideoEncoder

CLIP_FRAMES = {"10_1": 45, "10_2": 60, "11_1": 30, "12_1": 36, "20_1": 90, "20_2": 33, "21_1": 30, "22_1": 31}

LABELS = {
    "Squat/Labeled_Dataset/Labels/error_knees_forward.json": {
        "10_1": [[0.5, 1.25]],
        "10_2": [[1.5, 1.75], [0.25, 0.5]],
        "11_1": [],
        "12_1": [],
    },
    "Squat/Labeled_Dataset/Labels/error_knees_inward.json": {
        "10_1": [],
        "10_2": [[0.25, 1.0]],
        "11_1": [],
        "12_1": [[0, 1]],
    },
    "OHP/Labeled_Dataset/Labels/error_elbows.json": {"20_1": [[1.0, 2.5]], "20_2": [], "21_1": [], "22_1": []},
    "OHP/Labeled_Dataset/Labels/error_knees.json": {
        "20_1": [],
        "20_2": [[0.1, 0.9]],
        "21_1": [],
        "22_1": [],
        "99_9": [[0.0, 1.0]],  # labelled, but in no split and without a clip: the real release has such ids
    },
}

SPLITS = {
    "Squat/Labeled_Dataset/Splits/train_keys.json": ["10_2", "10_1"],
    "Squat/Labeled_Dataset/Splits/val_keys.json": ["11_1"],
    "Squat/Labeled_Dataset/Splits/test_keys.json": ["12_1"],
    "OHP/Labeled_Dataset/Splits/train_keys.json": ["20_1", "20_2"],
    "OHP/Labeled_Dataset/Splits/val_keys.json": ["21_1"],
    "OHP/Labeled_Dataset/Splits/test_keys.json": ["22_1"],
}


def _grey_steps(num_frames: int) -> torch.Tensor:
    """Frame `i` is plain grey of brightness `2 * i`: a decoded frame says which one it is."""
    values = torch.arange(num_frames, dtype=torch.uint8) * 2
    return values.view(-1, 1, 1, 1).expand(-1, 3, 64, 48).contiguous()


def _write_clip(path: Path, num_frames: int, fps: float = 30.0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    encoder = VideoEncoder(_grey_steps(num_frames), frame_rate=fps)
    encoder.to_file(path, codec="libx264", pixel_format="yuv420p", crf=5, preset="ultrafast")


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


@pytest.fixture(scope="session")
def clips(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for key, num_frames in CLIP_FRAMES.items():
        _write_clip(folder / f"{key}.mp4", num_frames)
    return folder


@pytest.fixture
def release(tmp_path, clips) -> Path:
    """A fresh copy for every test to damage."""
    root = tmp_path / "release"
    for name, content in (LABELS | SPLITS).items():
        _write_json(root / name, content)
    for key in CLIP_FRAMES:
        folder = root / ("Squat" if key.startswith("1") else "OHP") / "Labeled_Dataset" / "videos"
        folder.mkdir(exist_ok=True)
        os.link(clips / f"{key}.mp4", folder / f"{key}.mp4")
    return root


IMAGE_LABELS = {
    "Squat/Labeled_Dataset/Shallow_Squat_Error_Dataset/labels_shallow_depth.json": {"30_1": 1, "31_1": 0, "32_1": 0},
    "BarbellRow/Labeled_Dataset/Labels/labels_lumbar_error.json": {"40_1": 0, "40_2": 1, "41_1": 1, "42_1": 0},
    "BarbellRow/Labeled_Dataset/Labels/labels_torso_angle_error.json": {"40_1": 1, "41_1": 1, "42_1": 0},
}

IMAGE_SPLITS = {
    "Squat/Labeled_Dataset/Shallow_Squat_Error_Dataset/splits": {"train": ["30_1"], "val": ["31_1"], "test": ["32_1"]},
    "BarbellRow/Labeled_Dataset/Splits/Splits_Lumbar_Error": {"train": ["40_2", "40_1"], "val": [], "test": ["41_1"]},
    "BarbellRow/Labeled_Dataset/Splits/Splits_TorsoAngle_Error": {
        "train": ["40_1"],
        "val": ["41_1"],
        "test": ["42_1"],
    },
}

TRAJECTORIES = {
    "Squat/Unlabeled_Dataset/bar_trajectories_raw/50_1.json": [100.0, 101.5] + [None] * 42 + [130.25],
    "OHP/Unlabeled_Dataset/bar_trajectories_raw/60_1.json": [[[[0, 10, 40, 20, 0.9]], [], []]] * 59 + [[[], [], []]],
}


@pytest.fixture
def whole_release(release, clips) -> Path:
    """The release with its image tasks and its unlabelled part: five configs."""
    for name, content in (IMAGE_LABELS | TRAJECTORIES).items():
        _write_json(release / name, content)
    for folder, splits in IMAGE_SPLITS.items():
        for split, keys in splits.items():
            _write_json(release / folder / f"{split}_ids.json", keys)
    crops = release / "Squat/Labeled_Dataset/Shallow_Squat_Error_Dataset/images/crops_unaligned"
    rows = release / "BarbellRow/Labeled_Dataset/barbellrow_images_raw"
    for seed, path in enumerate(
        [crops / f"{key}.jpg" for key in ("30_1", "31_1", "32_1")]
        + [rows / f"{key}.jpg" for key in ("40_1", "40_2", "41_1", "42_1")]
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(seed).integers(0, 256, (32, 24, 3), np.uint8)
        PIL.Image.fromarray(pixels).save(path)
    for exercise, key, clip in (("Squat", "50_1", "10_1"), ("OHP", "60_1", "10_2")):
        folder = release / exercise / "Unlabeled_Dataset" / "videos"
        folder.mkdir(parents=True)
        os.link(clips / f"{clip}.mp4", folder / f"{key}.mp4")
    return release


@pytest.fixture(autouse=True)
def private_cache(tmp_path, monkeypatch):
    """No test reads or fills the user's cache."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")


def _make_rows(counts: dict[tuple[str, tuple[str, ...]], int]) -> datasets.Dataset:
    """Rows without videos: so many of each exercise and combination of errors."""
    rows = []
    for (exercise, labels), count in counts.items():
        for index in range(count):
            errors = [{"label": label, "start": 0.5, "end": 1.5} for label in labels]
            rows.append({"id": f"{exercise}/{'_'.join(labels)}{index}", "exercise": exercise, "errors": errors})
    features = datasets.Features(
        {
            "id": datasets.Value("string"),
            "exercise": datasets.ClassLabel(names=["squat", "overhead_press"]),
            "errors": datasets.List(
                {
                    "label": datasets.Value("string"),
                    "start": datasets.Value("float64"),
                    "end": datasets.Value("float64"),
                }
            ),
        }
    )
    return datasets.Dataset.from_list(rows, features=features)


@pytest.fixture(scope="session")
def write_clip():
    return _write_clip


@pytest.fixture(scope="session")
def write_json():
    return _write_json


@pytest.fixture(scope="session")
def make_rows():
    return _make_rows
