import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from trainer.baselines.poses.vitpose import PoseEstimator

# Frames of this size have the form of the network's input; with ViTPose's margin of a quarter they are shown to it at
# 0.8 of their size, so that one of its patches is 10 pixels wide.
HEIGHT_PX, WIDTH_PX, PATCH_PX = 128, 96, 10
SPOTS = [(20, 30), (70, 30), (20, 100), (48, 64), (80, 110)]


def frames_with_spots(left: int = 0, top: int = 0, width: int = WIDTH_PX, height: int = HEIGHT_PX) -> torch.Tensor:
    frames = torch.zeros(len(SPOTS), 3, height, width, dtype=torch.uint8)
    for frame, (x, y) in zip(frames, SPOTS, strict=True):
        frame[:, top + y - 8 : top + y + 8, left + x - 8 : left + x + 8] = 255
    return frames


def random_frames(num_frames: int) -> torch.Tensor:
    return torch.randint(
        256, (num_frames, 3, 80, 70), dtype=torch.uint8, generator=torch.Generator().manual_seed(num_frames)
    )


def test_keypoints_are_where_the_spot_is(spot_vitpose):
    keypoints, confidence = PoseEstimator(spot_vitpose, device="cpu")(frames_with_spots())
    assert keypoints.shape == (5, 17, 2) and confidence.shape == (5, 17)
    assert keypoints.dtype == confidence.dtype == np.float32
    for found, spot in zip(keypoints, SPOTS, strict=True):
        assert np.abs(found - spot).max() < PATCH_PX, spot
    assert (confidence > 0.3).all()


def test_a_frame_without_a_spot_is_less_certain(spot_vitpose):
    estimator = PoseEstimator(spot_vitpose, device="cpu")
    _, of_nothing = estimator(torch.zeros(1, 3, HEIGHT_PX, WIDTH_PX, dtype=torch.uint8))
    _, of_spot = estimator(frames_with_spots()[:1])
    assert of_nothing.max() < of_spot.min()


def test_a_box_shows_a_part_of_the_frame(spot_vitpose):
    estimator = PoseEstimator(spot_vitpose, device="cpu")
    frames = frames_with_spots(left=150, top=40, width=400, height=300)
    keypoints, _ = estimator(frames, box=(150, 40, WIDTH_PX, HEIGHT_PX))
    whole, _ = estimator(frames_with_spots())
    assert keypoints == pytest.approx(whole + [150, 40], abs=0.5)


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_batches_change_nothing(random_vitpose, batch_size):
    frames = random_frames(7)
    together = PoseEstimator(random_vitpose, batch_size=7, device="cpu")(frames)
    apart = PoseEstimator(random_vitpose, batch_size=batch_size, device="cpu")(frames)
    for a, b in zip(together, apart, strict=True):
        assert a == pytest.approx(b, abs=1e-3)


def test_of_several_experts_cocos_is_asked(save_vitpose, tmp_path):
    folder = save_vitpose(tmp_path / "plus", num_experts=3)
    keypoints, confidence = PoseEstimator(folder, device="cpu")(random_frames(2))
    weights = load_file(folder / "model.safetensors")
    for expert, changes in ((2, False), (0, True)):
        changed = {name: tensor * 3 if f"experts.{expert}." in name else tensor for name, tensor in weights.items()}
        assert any((changed[name] != weights[name]).any() for name in weights)
        save_file(changed, folder / "model.safetensors", metadata={"format": "pt"})
        _, other = PoseEstimator(folder, device="cpu")(random_frames(2))
        assert (other != confidence).any() == changes


def test_no_checkpoint(tmp_path):
    with pytest.raises(ValueError) as raised:
        PoseEstimator(tmp_path / "nowhere")
    assert "\n" not in str(raised.value)
    assert f"{tmp_path}/nowhere: no ViTPose that can be loaded (" in str(raised.value)
    assert "or its name on the Hub (usyd-community/vitpose-base-simple)." in str(raised.value)


def test_another_models_checkpoint(tiny_base):
    with pytest.raises(ValueError, match=r"tiny: no ViTPose .*\(its model_type is llava_video, not vitpose\)"):
        PoseEstimator(tiny_base)


def test_weights_that_are_missing(save_vitpose, tmp_path):
    folder = save_vitpose(tmp_path / "cut")
    weights = load_file(folder / "model.safetensors")
    del weights["head.conv.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"cut: no ViTPose .*\(it lacks weights, head\.conv\.weight among them\)"):
        PoseEstimator(folder)


def test_a_damaged_file(save_vitpose, tmp_path):
    folder = save_vitpose(tmp_path / "damaged")
    (folder / "model.safetensors").write_bytes(b"cut short")
    with pytest.raises(ValueError, match=r"damaged: no ViTPose that can be loaded \("):
        PoseEstimator(folder)


def test_weights_in_a_pickle_are_not_opened(save_vitpose, tmp_path):
    folder = save_vitpose(tmp_path / "pickle")
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ValueError, match=r"pickle: no ViTPose that can be loaded \(.*model\.safetensors"):
        PoseEstimator(folder)


def test_other_points_than_cocos(save_vitpose, tmp_path):
    folder = save_vitpose(tmp_path / "animals", num_labels=20)
    assert json.loads((folder / "config.json").read_text())["model_type"] == "vitpose"
    with pytest.raises(ValueError, match="animals: finds 20 keypoints, expected the 17 of COCO"):
        PoseEstimator(folder)
