"""
LLaVA-Video: SigLIP, a two-layer projector, pooled frames with newline embeddings, Qwen2.

Everything but the way from frames to embeddings is LLaVA-OneVision's own code. That way follows
https://github.com/LLaVA-VL/LLaVA-NeXT, `llava/model/llava_arch.py`, checked against numbers computed with it.

Shapes: V videos, T frames, N = V * T, P patches, S pooled side, D text hidden size.
"""

import torch
from torch import nn
from transformers import LlavaOnevisionForConditionalGeneration, LlavaOnevisionModel, LlavaOnevisionPreTrainedModel
from transformers.modeling_outputs import BaseModelOutputWithPooling

from trainer.llava_video.configuration_llava_video import LlavaVideoConfig


class LlavaVideoModel(LlavaOnevisionModel):
    """Vision tower, projector and language model of a [`LlavaVideoConfig`], without the language modelling head."""

    config: LlavaVideoConfig
    input_modalities = ("video", "text")

    def __init__(self, config: LlavaVideoConfig):
        super().__init__(config)
        self.freeze_unused()

    def freeze_unused(self) -> None:
        """Freeze what takes no part in the forward pass; distributed training would wait for its gradients."""
        self.vision_tower.post_layernorm.requires_grad_(False)
        if self.config.mm_newline_position == "no_token":
            self.image_newline.requires_grad_(False)

    def encode_frames(self, frames: torch.Tensor) -> torch.Tensor:
        """
        Run the tower.

        Args:
            frames (`torch.Tensor`):
                Normalised frames, float, shape `(N, 3, H, W)`.

        Returns:
            `torch.Tensor`: Output of the last encoder layer, before `post_layernorm`, shape
            `(N, P, vision hidden size)`.
        """
        return self.vision_tower(frames, output_hidden_states=-1).hidden_states[-1]

    def pool_frames(self, features: torch.Tensor) -> torch.Tensor:
        """
        Pool projected patches as `mm_spatial_pool_mode` and `mm_spatial_pool_stride` say.

        Args:
            features (`torch.Tensor`):
                Shape `(N, P, D)`, patches row by row.

        Returns:
            `torch.Tensor`: Shape `(N, S, S, D)`.
        """
        side, stride = self.config.num_patches_side, self.config.mm_spatial_pool_stride
        grid = features.unflatten(1, (side, side)).permute(0, 3, 1, 2).contiguous()  # (N, D, side, side)
        match self.config.mm_spatial_pool_mode:
            case "bilinear":
                grid = nn.functional.interpolate(grid, size=[self.config.pooled_side] * 2, mode="bilinear")
            case "average":
                grid = nn.functional.avg_pool2d(grid, stride)
            case "max":
                grid = nn.functional.max_pool2d(grid, stride)
        return grid.permute(0, 2, 3, 1)

    def add_newline(self, features: torch.Tensor) -> torch.Tensor:
        """
        Lay the frames of each video out in a row, with the newline embedding where `mm_newline_position` says.

        Args:
            features (`torch.Tensor`):
                Pooled features, shape `(V, T, S, S, D)`.

        Returns:
            `torch.Tensor`: Shape `(V, config.num_video_tokens(T), D)`.
        """
        num_videos, num_frames, side, _, size = features.shape
        newline = self.image_newline.to(features)
        match self.config.mm_newline_position:
            case "grid":
                column = newline.expand(num_videos, num_frames, side, 1, size)
                return torch.cat((features, column), dim=3).flatten(1, 3)
            case "frame":
                column = newline.expand(num_videos, num_frames, 1, size)
                return torch.cat((features.flatten(2, 3), column), dim=2).flatten(1, 2)
            case "one_token":
                return torch.cat((features.flatten(1, 3), newline.expand(num_videos, 1, size)), dim=1)
            case "no_token":
                return features.flatten(1, 3)

    def embed_videos(self, features: torch.Tensor) -> torch.Tensor:
        """
        Everything after the tower, for callers that keep the tower's output of frozen weights.

        Args:
            features (`torch.Tensor`):
                Output of [`~LlavaVideoModel.encode_frames`] for V videos, shape `(V, T, P, vision hidden size)`.

        Returns:
            `torch.Tensor`: Embeddings, shape `(V, config.num_video_tokens(T), D)`.
        """
        num_videos, num_frames = features.shape[:2]
        pooled = self.pool_frames(self.multi_modal_projector(features.flatten(0, 1)))
        return self.add_newline(pooled.unflatten(0, (num_videos, num_frames)))

    def get_video_features(self, pixel_values_videos: torch.Tensor, **kwargs) -> BaseModelOutputWithPooling:
        """
        Embeddings of videos, as the language model reads them.

        Args:
            pixel_values_videos (`torch.Tensor`):
                Normalised frames, float, shape `(V, T, 3, H, W)`, H and W the image size of the tower.

        Returns:
            `BaseModelOutputWithPooling`: `last_hidden_state` is the tower's output, shape `(N, P, vision hidden
            size)`; `pooler_output` the embeddings, shape `(V, config.num_video_tokens(T), D)`.

        Raises:
            ValueError: If the shape is another one.
        """
        size = self.config.vision_config.image_size
        if pixel_values_videos.dim() != 5 or pixel_values_videos.shape[2:] != (3, size, size):
            raise ValueError(
                f"pixel_values_videos must have the shape (videos, frames, 3, {size}, {size}), got "
                f"{tuple(pixel_values_videos.shape)}. Make it with the processor saved beside this model."
            )
        hidden = self.encode_frames(pixel_values_videos.flatten(0, 1))
        embeddings = self.embed_videos(hidden.unflatten(0, pixel_values_videos.shape[:2]))
        return BaseModelOutputWithPooling(last_hidden_state=hidden, pooler_output=embeddings)

    def get_placeholder_mask(self, input_ids, inputs_embeds, image_features=None, video_features=None):
        """As in the parent; raises a ValueError that names both numbers where tokens and embeddings differ."""
        # Counting on the host would break a compiled graph; there the parent's check has to do.
        if video_features is not None and input_ids is not None and not torch.compiler.is_compiling():
            num_tokens = int((input_ids == self.config.video_token_id).sum())
            num_features = video_features.shape[:-1].numel()
            if num_tokens != num_features:
                raise ValueError(
                    f"The text has {num_tokens} video tokens (id {self.config.video_token_id}), the videos give "
                    f"{num_features} embeddings. Likely causes: the text was truncated (use max_length=None), or the "
                    "processor was made for another mm_newline_position, pooling or image size than this model."
                )
        return super().get_placeholder_mask(input_ids, inputs_embeds, image_features, video_features)


class LlavaVideoForConditionalGeneration(LlavaOnevisionForConditionalGeneration):
    """
    LLaVA-Video with its language modelling head.

    `forward`, `generate` and `labels` work as those of any transformers model; a batch holds `input_ids` with
    `video_token_id` once for every video embedding, and `pixel_values_videos` of shape
    `(videos, frames, 3, H, W)`, the videos in the order of the text.

    Args:
        config ([`LlavaVideoConfig`]):
            Sizes and the `mm_*` settings.
    """

    config: LlavaVideoConfig
    input_modalities = ("video", "text")

    def __init__(self, config: LlavaVideoConfig):
        # Past the parent, which would build its own model first: twice the memory at 7B.
        LlavaOnevisionPreTrainedModel.__init__(self, config)
        self.model = LlavaVideoModel(config)
        self.lm_head = nn.Linear(config.text_config.hidden_size, config.text_config.vocab_size, bias=False)
        self.post_init()

    @classmethod
    def from_pretrained(cls, *args, **kwargs):
        """As in [`PreTrainedModel`]. Loading makes every parameter trainable; what is not used is frozen again."""
        loaded = super().from_pretrained(*args, **kwargs)
        model = loaded[0] if kwargs.get("output_loading_info") else loaded
        model.model.freeze_unused()
        return loaded

    @classmethod
    def from_original(cls, folder, **kwargs) -> "LlavaVideoForConditionalGeneration":
        """Load a checkpoint in the original layout, see [`checkpoint.from_original`]."""
        from trainer.llava_video.checkpoint import from_original  # it needs this class

        return from_original(folder, **kwargs)

    def get_video_features(self, pixel_values_videos: torch.Tensor) -> torch.Tensor:
        """
        Embeddings of videos, as they are put in place of the video tokens.

        Args:
            pixel_values_videos (`torch.Tensor`):
                Normalised frames, float, shape `(videos, frames, 3, H, W)`.

        Returns:
            `torch.Tensor`: Shape `(videos, config.num_video_tokens(frames), hidden size)`.
        """
        return self.model.get_video_features(pixel_values_videos).pooler_output
