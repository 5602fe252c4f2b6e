"""MD's network: R(2+1)D-18 (Tran et al., CVPR'18), torchvision's, or a thinner one of the same build."""

import torch
from torch import nn
from torchvision.models.video import R2Plus1D_18_Weights
from torchvision.models.video.resnet import BasicBlock, Conv2Plus1D, R2Plus1dStem, VideoResNet

from trainer.baselines.encoders.pretrained import load_pretrained

# Mean and standard deviation of Kinetics' frames in [0, 1], those of torchvision's weights.
MEAN, STD = (0.43216, 0.394666, 0.37645), (0.22803, 0.22145, 0.216989)


class VideoEncoder(VideoResNet):
    """
    Features of a clip.

    Args:
        width (`int`): Channels of the first stage; 64 is R(2+1)D-18 as published, 31.3 million parameters.
        weights (`str`): Name of torchvision's weights, for `width` 64, or `none`.
    """

    def __init__(self, width: int = 64, weights: str = "none"):
        super().__init__(BasicBlock, [Conv2Plus1D] * 4, [2, 2, 2, 2], R2Plus1dStem)
        self.fc = nn.Identity()
        self.feature_size = 8 * width
        if width != 64:
            self._make_thinner(width)
        load_pretrained(self, R2Plus1D_18_Weights, weights, width)

    def _make_thinner(self, width: int) -> None:
        self.stem[3], self.stem[4] = (
            nn.Conv3d(45, width, (3, 1, 1), padding=(1, 0, 0), bias=False),
            nn.BatchNorm3d(width),
        )
        self.inplanes = width
        for stage in range(4):
            layer = self._make_layer(BasicBlock, Conv2Plus1D, width * 2**stage, 2, stride=1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", layer)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """
        Args:
            frames (`torch.Tensor`): RGB, uint8, shape `(B, T, 3, H, W)`.

        Returns:
            `torch.Tensor`: float, shape `(B, feature_size)`, pooled over space and time.
        """
        mean, std = (torch.tensor(values, device=frames.device).view(3, 1, 1) for values in (MEAN, STD))
        return super().forward(((frames / 255 - mean) / std).transpose(1, 2))
