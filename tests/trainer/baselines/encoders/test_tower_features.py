import shutil

import pytest
import torch
from transformers import AutoModelForImageTextToText

from tests.trainer.conftest import CHECKPOINT
from tests.trainer.other_models import make_other_model
from trainer.baselines.encoders.tower_features import PooledFeatures, TowerFeatures

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def tower():
    return TowerFeatures(str(CHECKPOINT), CPU)


def test_features_are_the_mean_over_a_frames_patches(tower):
    # of the size that the tower reads, so that nothing is resized
    frames = torch.randint(0, 256, (3, 3, 112, 112), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    features = tower(frames)
    vision = AutoModelForImageTextToText.from_pretrained(CHECKPOINT, dtype=torch.float32).model.vision_tower.eval()
    with torch.inference_mode():
        patches = vision.embeddings((frames / 255 - 0.5) / 0.5)
        for layer in vision.encoder.layers:
            patches = layer(patches, attention_mask=None)
    assert patches.shape == (3, 64, 128)  # 8 x 8 patches of 14 pixels
    torch.testing.assert_close(features, patches.mean(dim=1), atol=1e-5, rtol=1e-4)


def test_weights_of_half_precision_are_counted_with_in_full(tmp_path):
    model = AutoModelForImageTextToText.from_pretrained(CHECKPOINT, dtype=torch.bfloat16)
    shutil.copytree(CHECKPOINT, tmp_path, dirs_exist_ok=True)
    model.save_pretrained(tmp_path)
    tower = TowerFeatures(str(tmp_path), CPU)
    weights = dict(tower.model.named_parameters())
    of_tower = {name: value for name, value in model.model.named_parameters() if name in weights}
    assert len(of_tower) == len(weights) > 0
    for name, value in of_tower.items():
        assert weights[name].dtype == torch.float32 and torch.equal(weights[name], value.float())


def test_frames_of_any_size(tower):
    features = tower(torch.zeros(2, 3, 40, 30, dtype=torch.uint8))
    assert (features.shape, features.dtype, features.device) == ((2, 128), torch.float32, CPU)
    assert torch.equal(features[0], features[1])


def test_the_language_model_is_let_go(tower):
    assert not hasattr(tower.model, "language_model")


def test_another_model_has_no_such_tower(tmp_path):
    folder = make_other_model("smolvlm", tmp_path / "smolvlm")
    with pytest.raises(ValueError) as error:
        TowerFeatures(str(folder), CPU)
    assert str(error.value) == (
        f"tower: {folder} is no LLaVA-Video model, but SmolVLMForConditionalGeneration. Give one that is."
    )


def test_no_model_at_all(tmp_path):
    with pytest.raises(ValueError, match=r"nothing: no checkpoint that can be loaded"):
        TowerFeatures(str(tmp_path / "nothing"), CPU)


CLIPS = torch.tensor([[[0.0, 2.0], [2.0, 2.0]], [[4.0, 2.0], [8.0, 8.0]]])


def test_a_clip_is_mean_maximum_and_minimum_over_time_standardised():
    pooled = PooledFeatures(2)
    assert pooled.feature_size == 6
    # means 1 and 6, 2 and 5; maxima 2 and 8, 2 and 8; minima 0 and 4, 2 and 2: over two clips -1 and 1 each, or 0
    expected = torch.tensor([[-1.0, -1, -1, -1, -1, 0], [1, 1, 1, 1, 1, 0]])
    torch.testing.assert_close(pooled.train()(CLIPS), expected, atol=1e-4, rtol=0)


def test_of_a_trained_network_the_running_statistics_standardise():
    pooled = PooledFeatures(1).eval()
    pooled.norm.running_mean.copy_(torch.tensor([1.0, 2.0, 0.0]))
    pooled.norm.running_var.copy_(torch.tensor([4.0, 9.0, 1.0]))
    features = pooled(torch.tensor([[[3.0], [5.0], [4.0]]]))
    # mean 4, maximum 5, minimum 3: (4 - 1) / 2, (5 - 2) / 3, 3 / 1
    torch.testing.assert_close(features, torch.tensor([[1.5, 1.0, 3.0]]), atol=1e-4, rtol=0)


def test_a_batch_of_one_clip_can_be_learnt():
    pooled = PooledFeatures(2).train()
    pooled(CLIPS)
    before = pooled.norm.running_mean.clone()
    one = pooled(CLIPS[:1])
    assert torch.equal(pooled.norm.running_mean, before)
    torch.testing.assert_close(one, pooled.eval()(CLIPS)[:1])


def test_nothing_is_learnt():
    assert list(PooledFeatures(3).parameters()) == []
