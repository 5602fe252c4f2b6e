"""A sound release with every part, in which no two clips or images are alike, and means to damage it."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from torchcodec.encoders import VideoEncoder

SQUAT, OHP, ROW = "Squat/Labeled_Dataset", "OHP/Labeled_Dataset", "BarbellRow/Labeled_Dataset"
SHALLOW = f"{SQUAT}/Shallow_Squat_Error_Dataset"

FILES = {
    f"{SQUAT}/Labels/error_knees_forward.json": {"10_1": [[0.5, 1.0]], "10_2": [], "11_1": [], "12_1": []},
    f"{SQUAT}/Labels/error_knees_inward.json": {"10_1": [], "10_2": [[0.25, 0.75]], "11_1": [], "12_1": [[0, 1]]},
    f"{SQUAT}/Splits/train_keys.json": ["10_2", "10_1"],
    f"{SQUAT}/Splits/val_keys.json": ["11_1"],
    f"{SQUAT}/Splits/test_keys.json": ["12_1"],
    f"{OHP}/Labels/error_elbows.json": {"20_1": [[0.5, 1.0]], "20_2": [], "21_1": [], "22_1": []},
    f"{OHP}/Labels/error_knees.json": {"20_1": [], "20_2": [[0.1, 0.9]], "21_1": [], "22_1": []},
    f"{OHP}/Splits/train_keys.json": ["20_1", "20_2"],
    f"{OHP}/Splits/val_keys.json": ["21_1"],
    f"{OHP}/Splits/test_keys.json": ["22_1"],
    f"{SHALLOW}/labels_shallow_depth.json": {"30_1": 1, "31_1": 0, "32_1": 0},
    f"{SHALLOW}/splits/train_ids.json": ["30_1"],
    f"{SHALLOW}/splits/val_ids.json": ["31_1"],
    f"{SHALLOW}/splits/test_ids.json": ["32_1"],
    f"{ROW}/Labels/labels_lumbar_error.json": {"40_1": 0, "40_2": 1, "41_1": 1},
    f"{ROW}/Labels/labels_torso_angle_error.json": {"40_1": 1, "40_2": 0, "41_1": 1},
    f"{ROW}/Splits/Splits_Lumbar_Error/train_ids.json": ["40_1", "40_2"],
    f"{ROW}/Splits/Splits_Lumbar_Error/val_ids.json": [],
    f"{ROW}/Splits/Splits_Lumbar_Error/test_ids.json": ["41_1"],
    f"{ROW}/Splits/Splits_TorsoAngle_Error/train_ids.json": ["40_1", "40_2"],
    f"{ROW}/Splits/Splits_TorsoAngle_Error/val_ids.json": ["41_1"],
    f"{ROW}/Splits/Splits_TorsoAngle_Error/test_ids.json": [],
    "Squat/Unlabeled_Dataset/bar_trajectories_raw/50_1.json": [10.0, 11.5, None] + [20.0] * 27,
    "OHP/Unlabeled_Dataset/bar_trajectories_raw/60_1.json": [[[[0, 10, 40, 20, 0.9]], [], []]] * 33,
}
CLIPS = {
    f"{SQUAT}/videos/10_1.mp4": 45,
    f"{SQUAT}/videos/10_2.mp4": 60,
    f"{SQUAT}/videos/11_1.mp4": 30,
    f"{SQUAT}/videos/12_1.mp4": 36,
    f"{OHP}/videos/20_1.mp4": 45,
    f"{OHP}/videos/20_2.mp4": 33,
    f"{OHP}/videos/21_1.mp4": 30,
    f"{OHP}/videos/22_1.mp4": 31,
    "Squat/Unlabeled_Dataset/videos/50_1.mp4": 30,
    "OHP/Unlabeled_Dataset/videos/60_1.mp4": 33,
}
IMAGES = [f"{SHALLOW}/images/crops_unaligned/{key}.jpg" for key in ("30_1", "31_1", "32_1")]
IMAGES += [f"{ROW}/barbellrow_images_raw/{key}.jpg" for key in ("40_1", "40_2", "41_1")]


def _write_moving_clip(path: Path, num_frames: int, seed: int) -> None:
    """A pattern that moves: no two frames, and no two seeds, look alike."""
    pattern = np.random.default_rng(seed).integers(0, 256, (64, 48 + num_frames, 3), np.uint8)
    frames = torch.from_numpy(np.stack([pattern[:, t : t + 48] for t in range(num_frames)])).permute(0, 3, 1, 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    VideoEncoder(frames.contiguous(), frame_rate=30).to_file(
        path, codec="libx264", pixel_format="yuv420p", preset="ultrafast", extra_options={"g": "10"}
    )


@pytest.fixture(scope="session")
def write_moving_clip():
    return _write_moving_clip


@pytest.fixture(scope="session")
def sound_release(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("sound") / "release"
    for name, content in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(json.dumps(content))
    for seed, (name, num_frames) in enumerate(CLIPS.items()):
        _write_moving_clip(root / name, num_frames, seed)
    for seed, name in enumerate(IMAGES):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(100 + seed).integers(0, 256, (32, 24, 3), np.uint8)
        PIL.Image.fromarray(pixels).save(root / name)
    return root


@pytest.fixture
def sound(sound_release, tmp_path) -> Path:
    """A fresh copy for every test to damage."""
    return Path(shutil.copytree(sound_release, tmp_path / "release"))


def _ffmpeg(*arguments: str | Path) -> None:
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, arguments)], check=True)


@pytest.fixture(scope="session")
def ffmpeg():
    return _ffmpeg


def _patch(path: Path, box: bytes, offset: int, layout: str, value: int | float, which: int = 0) -> None:
    """Overwrite one field in the content of the first box of a kind; a float multiplies what is there."""
    data = bytearray(path.read_bytes())
    place = -4
    for _ in range(which + 1):
        place = data.index(box, place + 4)
    if isinstance(value, float):
        value = int(struct.unpack_from(layout, data, place + 4 + offset)[0] * value)
    struct.pack_into(layout, data, place + 4 + offset, value)
    path.write_bytes(data)


@pytest.fixture(scope="session")
def patch():
    return _patch
