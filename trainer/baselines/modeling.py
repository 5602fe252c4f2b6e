"""
One model for all systems: an encoder, dropout, one logit an error, and where both exercises are read one for those.

Shapes: B clips, S sub-sequences (1, except of poses that are predicted), T frames, L labels.
"""

from pathlib import Path

import torch
from safetensors import SafetensorError
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits
from transformers import PreTrainedModel

from fitness_aqa_dataset.taxonomy import ERRORS, EXERCISES
from trainer.baselines.configuration import BaselineConfig
from trainer.baselines.encoders.frame import ClipOfFrames, FrameEncoder
from trainer.baselines.encoders.tower_features import PooledFeatures
from trainer.baselines.encoders.video import VideoEncoder
from trainer.baselines.pose_graph.encoder import PoseGraphEncoder


class BaselineModel(PreTrainedModel):
    """
    Logits of a clip's errors.

    Args:
        config ([`BaselineConfig`]): Which system, and its sizes.
        weights (`str`, *optional*, defaults to `"none"`): torchvision's weights to begin with.
    """

    config_class = BaselineConfig
    base_model_prefix = "encoder"
    main_input_name = "inputs"

    def __init__(self, config: BaselineConfig, weights: str = "none"):
        super().__init__(config)
        self.encoder = make_encoder(config, weights)
        self.dropout = nn.Dropout(config.dropout)
        self.head = nn.Linear(self.encoder.feature_size, len(config.labels) + config.tells_exercise)
        self.post_init()

    def _init_weights(self, module: nn.Module) -> None:
        """Every layer starts as its own class makes it."""

    def forward(
        self, inputs: torch.Tensor, is_error: torch.Tensor | None = None, is_press: torch.Tensor | None = None
    ) -> dict[str, torch.Tensor]:
        """
        Args:
            inputs (`torch.Tensor`):
                RGB frames, uint8, `(B, 1, T, 3, H, W)`, of pictures `(B, 1, 3, H, W)`; poses, float32,
                `(B, S, T, 17, 3)`; or the probe's features, float32, `(B, 1, T, D)`.
            is_error (`torch.Tensor`, *optional*):
                float, shape `(B, L)`: 1 where the clip has the error, 0 where not, NaN where the error belongs to the
                other exercise.
            is_press (`torch.Tensor`, *optional*):
                float, shape `(B,)`: 1 of an overhead press, 0 of a squat.

        Returns:
            `dict[str, torch.Tensor]`: `logits`, shape `(B, L)` or `(B, L + 1)`, the mean over sub-sequences; with
            `is_error` also `loss`: class-weighted binary cross-entropy, mean over what is known.
        """
        features = self.encoder(inputs.flatten(0, 1))
        logits = self.head(self.dropout(features)).float().unflatten(0, inputs.shape[:2]).mean(dim=1)
        if is_error is None:
            return {"logits": logits}
        return {"loss": self.loss(logits, is_error, is_press), "logits": logits}

    def loss(self, logits: torch.Tensor, is_error: torch.Tensor, is_press: torch.Tensor | None) -> torch.Tensor:
        """Of one batch; see [`forward`](BaselineModel.forward)."""
        num_labels = len(self.config.labels)
        known = ~is_error.isnan()
        pos_weight = torch.tensor(self.config.pos_weight, device=logits.device)
        losses = binary_cross_entropy_with_logits(
            logits[:, :num_labels], is_error.nan_to_num(), pos_weight=pos_weight, reduction="none"
        )
        loss = (losses * known).sum() / known.sum().clamp(min=1)
        if self.config.tells_exercise:
            loss = loss + binary_cross_entropy_with_logits(logits[:, num_labels], is_press)
        return loss

    def window_logits(self, inputs: torch.Tensor) -> torch.Tensor:
        """
        Logits of a sliding window around every frame; beyond its ends a clip stands still.

        Args:
            inputs (`torch.Tensor`): As in [`forward`](BaselineModel.forward), `(B, S, T, …)`.

        Returns:
            `torch.Tensor`: Shape `(B, T, L)` or `(B, T, L + 1)`.
        """
        places = window_places(inputs.shape[2], self.config.window_frames).to(inputs.device)
        return torch.stack([self(inputs[:, :, window])["logits"] for window in places], dim=1)


def window_places(num_frames: int, window_frames: int) -> torch.Tensor:
    """
    Which frames the windows have.

    Args:
        num_frames (`int`): T, frames of a clip.
        window_frames (`int`): W, frames of a window.

    Returns:
        `torch.Tensor`: int64, shape `(T, W)`: a window around every frame, of an even number one more before than
        behind it; beyond the clip's ends stands its first or last frame.
    """
    offsets = torch.arange(window_frames) - window_frames // 2
    return (torch.arange(num_frames)[:, None] + offsets).clamp(0, num_frames - 1)


def load_model(folder: Path, device: torch.device) -> BaselineModel:
    """
    A trained model of a run, ready to answer.

    Args:
        folder (`Path`): Of the model.
        device (`torch.device`): Where it runs.

    Returns:
        [`BaselineModel`]: In evaluation mode.

    Raises:
        ValueError: If there is none that can be read.
    """
    try:
        return BaselineModel.from_pretrained(folder, use_safetensors=True).to(device).eval()
    except (OSError, RuntimeError, ValueError, SafetensorError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        raise ValueError(f"{folder}: no model that can be read ({reason}). Train the run again.") from None


def make_encoder(config: BaselineConfig, weights: str = "none") -> nn.Module:
    """The system's encoder: a module that gives `(B, feature_size)`."""
    if config.system == "md":
        return VideoEncoder(config.width, weights)
    if config.system == "cvcspc":
        frame_encoder = FrameEncoder(config.width, weights)
        return frame_encoder if config.is_image else ClipOfFrames(frame_encoder)
    if config.system == "gymetricpose":
        exercises = [name for name in EXERCISES if set(config.labels) & set(ERRORS[name])]
        return PoseGraphEncoder(config.hidden_size, exercises=exercises)
    return PooledFeatures(config.sample_size)
