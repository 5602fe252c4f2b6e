"""The probe's features: what a frozen LLaVA-Video tower makes of each frame, pooled; and how a clip is pooled."""

import torch
from torch import nn
from torch.nn.functional import batch_norm

from trainer.llava_video import LlavaVideoForConditionalGeneration
from trainer.loading import load_checkpoint


class TowerFeatures:
    """
    The vision tower of a LLaVA-Video model, frozen.

    Args:
        name (`str`): The model: a folder, or its name on the Hub.
        device (`torch.device`): Where it runs.

    Raises:
        ValueError: If it is no LLaVA-Video model.
    """

    def __init__(self, name: str, device: torch.device):
        model, processor = load_checkpoint(name, dtype="auto")  # all of it, so in no more memory than it is stored in
        if not isinstance(model, LlavaVideoForConditionalGeneration):
            raise ValueError(f"tower: {name} is no LLaVA-Video model, but {type(model).__name__}. Give one that is.")
        self.video_processor, self.device = processor.video_processor, device
        self.model = model.model.eval()
        del self.model.language_model  # the larger part, and not looked at
        self.model.to(device, torch.float32)

    @torch.inference_mode()
    def __call__(self, frames: torch.Tensor) -> torch.Tensor:
        """
        Args:
            frames (`torch.Tensor`): RGB, uint8, shape `(T, 3, H, W)`.

        Returns:
            `torch.Tensor`: float32, shape `(T, D)`: the mean over the patches of the layer that the model reads.
        """
        pixels = self.video_processor(frames, return_tensors="pt")["pixel_values_videos"][0]
        return self.model.encode_frames(pixels.to(self.device)).mean(dim=1).float().cpu()


class PooledFeatures(nn.Module):
    """
    A clip from its frames' features, nothing learnt: mean, maximum and minimum over time, standardised.

    Args:
        size (`int`): Of a frame's features.
    """

    def __init__(self, size: int):
        super().__init__()
        self.feature_size = 3 * size
        self.norm = nn.BatchNorm1d(self.feature_size, affine=False)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """
        Args:
            features (`torch.Tensor`): float, shape `(B, T, D)`.

        Returns:
            `torch.Tensor`: float, shape `(B, 3 D)`.
        """
        pooled = torch.cat([features.mean(dim=1), features.amax(dim=1), features.amin(dim=1)], dim=1)
        if len(pooled) == 1:  # the last batch of a training may have one clip, which has no spread of its own
            return batch_norm(pooled, self.norm.running_mean, self.norm.running_var, eps=self.norm.eps)
        return self.norm(pooled)
