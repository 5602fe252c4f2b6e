"""The gate and the sums of the first stage; training itself is in `test_main.py`. Clips are *synthetic*."""

import numpy as np
import pytest
import torch

from trainer.demo_base import settings
from trainer.demo_base.__main__ import build_model
from trainer.demo_base.pool import Pool
from trainer.demo_base.tower import PoseHeads, check_gate, explained_variance, normalise, pooled_tokens, train_tower

SEEN = {
    "knee_bend": 0.99,
    "shin_tilt": 0.98,
    "knee_gap": 0.96,
    "elbow_gap": 0.91,
    "trunk_lean": 0.2,
    "bar_height": 0.99,
    "hip_height": 0.1,
}


@pytest.fixture(scope="module")
def model():
    return build_model()[0]


def test_a_tower_that_sees_passes():
    check_gate(SEEN)
    check_gate(SEEN | {"knee_bend": 0.95, "shin_tilt": 0.93, "knee_gap": 0.90, "elbow_gap": 0.90, "bar_height": 0.95})


@pytest.mark.parametrize(
    ("name", "value"),
    [("knee_bend", 0.949), ("shin_tilt", 0.929), ("knee_gap", 0.899), ("elbow_gap", 0.899), ("bar_height", 0.949)],
)
def test_each_quantity_is_gated(name, value):
    with pytest.raises(ValueError, match=f"the tower does not see enough: explained variance of {name} {value} < 0.9"):
        check_gate(SEEN | {name: value})


def test_all_that_is_missed_is_named_at_once():
    message = r"knee_gap 0\.500 < 0\.9, elbow_gap -1\.250 < 0\.9; train it longer$"
    with pytest.raises(ValueError, match=message):
        check_gate(SEEN | {"knee_gap": 0.5, "elbow_gap": -1.25})


def test_normalised_frames_are_what_the_processor_makes(demo_processor):
    frames = torch.randint(0, 256, (2, 3, 112, 112), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    pixels = demo_processor.video_processor(frames, return_tensors="pt")["pixel_values_videos"][0]
    assert torch.allclose(normalise(frames.numpy()), pixels, atol=1e-6)
    assert normalise(np.array([0, 255], dtype=np.uint8)).tolist() == [-1.0, 1.0]


@torch.no_grad()
def test_the_heads_read_the_tokens_that_the_language_model_reads(model):
    pixels = torch.rand(16, 3, 112, 112, generator=torch.Generator().manual_seed(0)) * 2 - 1
    tokens = pooled_tokens(model, pixels)
    assert tokens.shape == (16, 16, 128)
    embedded = model.get_video_features(pixels.unsqueeze(0)).pooler_output[
        0
    ]  # 20 a frame: each row of four ends with a newline
    assert torch.allclose(embedded.view(16, 4, 5, 128)[:, :, :4].flatten(1, 2), tokens, atol=1e-5)


def test_two_predictions_of_every_target():
    heads = PoseHeads(16, 128, 77)
    linear, attended = heads(torch.rand(5, 16, 128))
    assert linear.shape == attended.shape == (5, 77)


class Constant(torch.nn.Module):
    """Heads that answer the same for every frame."""

    def __init__(self, values):
        super().__init__()
        self.values = torch.tensor(values)

    def forward(self, tokens):
        return self.values.expand(len(tokens), -1), None


def test_explained_variance_by_hand(model):
    # Two clips of two frames, a squat and a press. Squat quantities are 1 and 3, the press's 10 and 20.
    frames = np.zeros((2, 2, 3, 112, 112), dtype=np.uint8)
    targets = np.stack([np.repeat([[1.0], [3.0]], 7, axis=1), np.repeat([[10.0], [20.0]], 7, axis=1)])
    held_out = Pool(frames, targets.astype(np.float32))
    mean, scale = np.full(7, 2.0), np.full(7, 4.0)
    constant_mean = explained_variance(model, Constant([0.0] * 7), held_out, mean, scale)  # predicts 2
    # squats: 2 is their mean, nothing explained; presses: mean squared error (64 + 324) / 2 over a variance of 25
    press = round(1 - 194 / 25, 4)
    assert constant_mean == {
        "knee_bend": 0.0,
        "shin_tilt": 0.0,
        "knee_gap": 0.0,
        "elbow_gap": press,
        "trunk_lean": 0.0,
        "bar_height": press,
        "hip_height": 0.0,
    }


def test_training_moves_tower_and_projector_only(model, monkeypatch):
    for name, value in {"TOWER_STEPS": 20, "TOWER_BATCH_FRAMES": 8}.items():
        monkeypatch.setattr(settings, name, value)
    rng = np.random.default_rng(0)
    brightness = rng.integers(0, 256, (4, 16, 1, 1, 1), dtype=np.uint8)
    frames = np.broadcast_to(brightness, (4, 16, 3, 112, 112)).copy()
    # Every target is the brightness: learnt in a few steps.
    pool = Pool(frames, np.repeat(brightness.reshape(4, 16, 1), 9, axis=2).astype(np.float32))
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    report = train_tower(model, pool, pool)
    moved = {name for name, weight in model.state_dict().items() if not torch.equal(weight, before[name])}
    assert all(name.startswith(("model.vision_tower.", "model.multi_modal_projector.")) for name in moved)
    assert "model.vision_tower.embeddings.patch_embedding.weight" in moved
    assert "model.multi_modal_projector.linear_2.weight" in moved
    assert len(report["loss"]) == 1
    assert list(report["explained_variance"]) == list(SEEN)
    assert report["explained_variance"]["knee_bend"] > 0.3
