"""A tiny ViTPose that follows a white spot, or has random weights; saved, so that the real loading code runs."""

from pathlib import Path

import pytest
import torch
from transformers import VitPoseBackboneConfig, VitPoseConfig, VitPoseForPoseEstimation, VitPoseImageProcessor

HEIGHT_PX, WIDTH_PX = 128, 96


def _save_vitpose(folder: Path, follows_spot: bool = False, num_experts: int = 1, num_labels: int = 17) -> Path:
    torch.manual_seed(0)
    backbone = VitPoseBackboneConfig(
        image_size=(HEIGHT_PX, WIDTH_PX),
        patch_size=(8, 8),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        mlp_ratio=2,
        num_experts=num_experts,
        part_features=4,
        out_indices=[1],
        initializer_range=0.3,
    )
    config = VitPoseConfig(backbone_config=backbone, num_labels=num_labels, initializer_range=0.3)
    model = VitPoseForPoseEstimation(config)
    with torch.no_grad():
        if follows_spot:
            _follow_spot(model)
        else:
            model.head.conv.bias.fill_(1.0)  # sure of what it says
    model.save_pretrained(folder)
    VitPoseImageProcessor(size={"height": HEIGHT_PX, "width": WIDTH_PX}).save_pretrained(folder)
    return folder


def _follow_spot(model: VitPoseForPoseEstimation) -> None:
    """Every keypoint where the patch is brightest: attention and MLP add nothing, the heatmaps are a patch's mean."""
    for name, parameter in model.named_parameters():
        if "layernorm" not in name:
            parameter.zero_()
    projection = model.backbone.embeddings.patch_embeddings.projection
    projection.weight[0] = 1 / (3 * 8 * 8)
    projection.bias[0] = 2.0  # black is about -2 after normalisation
    projection.bias[1], projection.bias[2] = 3.0, -3.0  # so that the last norm does not make all patches alike
    model.head.conv.weight[:, 0, 1, 1] = 1.0


@pytest.fixture(scope="session")
def save_vitpose():
    return _save_vitpose


@pytest.fixture(scope="session")
def spot_vitpose(tmp_path_factory) -> Path:
    return _save_vitpose(tmp_path_factory.mktemp("vitpose") / "spot", follows_spot=True)


@pytest.fixture(scope="session")
def random_vitpose(tmp_path_factory) -> Path:
    return _save_vitpose(tmp_path_factory.mktemp("vitpose") / "random")
