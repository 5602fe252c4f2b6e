"""CVCSPC's network: a ResNet-18 (He et al., CVPR'16) that reads single frames, and how a clip is pooled from them."""

import torch
from torch import nn
from torchvision.models import ResNet, ResNet18_Weights
from torchvision.models.resnet import BasicBlock

from trainer.baselines.encoders.pretrained import load_pretrained

# Mean and standard deviation of ImageNet's pictures in [0, 1], those of torchvision's weights.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
TEMPORAL_SIZE = 128


class FrameEncoder(ResNet):
    """
    Features of single frames.

    Args:
        width (`int`): Channels of the first stage; 64 is ResNet-18 as published, 11.2 million parameters.
        weights (`str`): Name of torchvision's weights, for `width` 64, or `none`.
    """

    def __init__(self, width: int = 64, weights: str = "none"):
        super().__init__(BasicBlock, [2, 2, 2, 2])
        self.fc = nn.Identity()
        self.feature_size = 8 * width
        if width != 64:
            self._make_thinner(width)
        load_pretrained(self, ResNet18_Weights, weights, width)

    def _make_thinner(self, width: int) -> None:
        self.conv1, self.bn1 = nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(width)
        self.inplanes = width
        for stage in range(4):
            layer = self._make_layer(BasicBlock, width * 2**stage, 2, stride=1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", layer)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """
        Args:
            frames (`torch.Tensor`): RGB, uint8, shape `(B, 3, H, W)`.

        Returns:
            `torch.Tensor`: float, shape `(B, feature_size)`.
        """
        mean, std = (torch.tensor(values, device=frames.device).view(3, 1, 1) for values in (MEAN, STD))
        return super().forward((frames / 255 - mean) / std)


class ClipOfFrames(nn.Module):
    """
    A clip from its frames' features: one convolution over three neighbouring frames, then mean and maximum over time.

    Args:
        frame_encoder ([`FrameEncoder`]): Reads the frames.
    """

    def __init__(self, frame_encoder: FrameEncoder):
        super().__init__()
        self.frame_encoder = frame_encoder
        self.temporal = nn.Conv1d(frame_encoder.feature_size, TEMPORAL_SIZE, kernel_size=3, padding=1)
        self.feature_size = 2 * TEMPORAL_SIZE

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """
        Args:
            frames (`torch.Tensor`): RGB, uint8, shape `(B, T, 3, H, W)`.

        Returns:
            `torch.Tensor`: float, shape `(B, feature_size)`.
        """
        features = self.frame_encoder(frames.flatten(0, 1)).unflatten(0, frames.shape[:2])
        moved = self.temporal(features.transpose(1, 2)).relu()
        return torch.cat([moved.mean(dim=2), moved.amax(dim=2)], dim=1)
