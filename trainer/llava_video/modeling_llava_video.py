"""
LLaVA-Video: SigLIP, a two-layer projector, pooled frames with newline embeddings, Qwen2.

Everything but the way from frames to embeddings is LLaVA-OneVision's own code.

Shapes: V videos, T frames of the longest, N frames of all videos, P patches, S pooled side, D text hidden size.
"""

import torch
from torch import nn
from transformers import (
    Cache,
    LlavaOnevisionForConditionalGeneration,
    LlavaOnevisionModel,
    LlavaOnevisionPreTrainedModel,
    initialization,
)
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.utils.generic import can_return_tuple
from transformers.utils.output_capturing import maybe_install_capturing_hooks

from .configuration_llava_video import LlavaVideoConfig
from .video_layout import Videos, check_video_tokens, lay_out, lay_out_slow_fast, pool_patches, real_frames


class LlavaVideoModel(LlavaOnevisionModel):
    """Vision tower, projector and language model of a [`LlavaVideoConfig`], without the language modelling head."""

    config: LlavaVideoConfig
    input_modalities = ("video", "text")

    def __init__(self, config: LlavaVideoConfig):
        config.check_settings()
        super().__init__(config)
        # Now, not in the first forward pass: it takes a lock, which torch.compile cannot.
        maybe_install_capturing_hooks(self.vision_tower)
        if config.add_faster_video:
            self.faster_token = nn.Parameter(torch.empty_like(self.image_newline))
            self._init_weights(self)
        self.freeze_unused()

    @torch.no_grad()
    def _init_weights(self, module):
        super()._init_weights(module)
        if isinstance(module, LlavaVideoModel) and self.config.add_faster_video and hasattr(module, "faster_token"):
            initialization.normal_(module.faster_token, mean=0.0, std=self.config.text_config.hidden_size**-0.5)

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

    def pool_frames(self, patches: torch.Tensor, faster: bool = False) -> torch.Tensor:
        """
        Pool projected patches as the configuration says.

        Args:
            patches (`torch.Tensor`):
                Shape `(N, P, D)`, row by row.
            faster (`bool`, *optional*, defaults to `False`):
                Pool by twice the stride, for the fast frames of SlowFast.

        Returns:
            `torch.Tensor`: Shape `(N, S, S, D)`.
        """
        config = self.config
        stride = config.mm_spatial_pool_stride * (2 if faster else 1)
        return pool_patches(patches, config.num_patches_side, config.mm_spatial_pool_mode, stride)

    def embed_frames(self, features: torch.Tensor, num_frames: list[int]) -> Videos:
        """
        Everything after the tower.

        SlowFast (`add_faster_video`) cannot run in the public code, which reads a variable that is never set. The
        reading taken here is what the lines around it say: projected patches are pooled twice, by the stride and by
        twice the stride; frames 0, `faster_token_stride`, … of a video keep the first, the others the second; every
        row of either ends with the newline embedding, and every frame of either kind with the faster token.

        Args:
            features (`torch.Tensor`):
                Output of [`~LlavaVideoModel.encode_frames`], shape `(N, P, vision hidden size)`.
            num_frames (`list[int]`):
                Frames of each of the V videos; they add up to N.

        Returns:
            `torch.Tensor` or `list[torch.Tensor]`: Embeddings, shape `(V, config.num_video_tokens(T), D)`; a list of
            V tensors of shape `(tokens, D)` where the videos have different numbers of frames.
        """
        patches = self.multi_modal_projector(features)
        pooled, newline = self.pool_frames(patches), self.image_newline.to(patches)
        if self.config.add_faster_video:
            fast, faster_token = self.pool_frames(patches, faster=True), self.faster_token.to(patches)
            stride = self.config.faster_token_stride
            videos = lay_out_slow_fast(pooled, fast, newline, faster_token, stride, num_frames)
        else:
            videos = lay_out(pooled, newline, self.config.mm_newline_position, num_frames)
        return torch.stack(videos) if len(set(num_frames)) == 1 else videos

    def embed_videos(self, features: torch.Tensor) -> torch.Tensor:
        """
        Everything after the tower, for callers that keep the tower's output of frozen weights.

        Args:
            features (`torch.Tensor`):
                Output of [`~LlavaVideoModel.encode_frames`] for V videos, shape `(V, T, P, vision hidden size)`.

        Returns:
            `torch.Tensor`: Embeddings, shape `(V, config.num_video_tokens(T), D)`.
        """
        return self.embed_frames(features.flatten(0, 1), [features.shape[1]] * len(features))

    @can_return_tuple
    def get_video_features(
        self, pixel_values_videos: Videos, num_frames: torch.Tensor | list[int] | None = None, **kwargs
    ) -> BaseModelOutputWithPooling:
        """
        Embeddings of videos, as the language model reads them.

        Args:
            pixel_values_videos (`torch.Tensor` or `list[torch.Tensor]`):
                Normalised frames, float, shape `(V, T, 3, H, W)`, H and W the image size of the tower; or a list of V
                tensors of shape `(frames, 3, H, W)`. A still image is a video of one frame.
            num_frames (`torch.Tensor` or `list[int]`, *optional*):
                Frames of each video, integers, shape `(V,)`; those after them are padding and are not even encoded.
                Defaults to all frames.

        Returns:
            `BaseModelOutputWithPooling`: `last_hidden_state` is the tower's output, shape `(N, P, vision hidden
            size)`; `pooler_output` the embeddings, shape `(V, config.num_video_tokens(T), D)`, or a list of V tensors
            where the videos have different numbers of frames.

        Raises:
            ValueError: If the shape is another one, or `num_frames` does not fit it.
        """
        frames, counts = real_frames(pixel_values_videos, num_frames, self.config.vision_config.image_size)
        hidden = self.encode_frames(frames)
        return BaseModelOutputWithPooling(last_hidden_state=hidden, pooler_output=self.embed_frames(hidden, counts))

    def get_placeholder_mask(self, input_ids, inputs_embeds, image_features=None, video_features=None):
        """As in the parent; raises a ValueError that names both numbers where tokens and embeddings differ."""
        # Counting on the host would break a compiled graph; there the parent's check has to do.
        if input_ids is not None and video_features is not None and not torch.compiler.is_compiling():
            check_video_tokens(input_ids, self.config.video_token_id, video_features.shape[:-1].numel())
        return super().get_placeholder_mask(input_ids, inputs_embeds, image_features, video_features)

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        pixel_values_videos: Videos | None = None,
        num_frames: torch.Tensor | list[int] | None = None,
        past_key_values: Cache | None = None,
        mm_encoder_outputs: dict[str, BaseModelOutputWithPooling] | None = None,
        **kwargs,
    ):
        """As in the parent, with `num_frames` as in [`~LlavaVideoModel.get_video_features`]."""
        encoded = dict(mm_encoder_outputs or {})
        if pixel_values_videos is not None:
            encoded["video"] = self.get_video_features(pixel_values_videos, num_frames, return_dict=True)
        if encoded.get("video") is not None:
            videos = encoded["video"].pooler_output
            if not isinstance(videos, torch.Tensor):  # the parent takes one tensor and joins its videos
                encoded["video"] = BaseModelOutputWithPooling(pooler_output=torch.cat(list(videos))[None])
        elif input_ids is not None and past_key_values is None and not torch.compiler.is_compiling():
            check_video_tokens(input_ids, self.config.video_token_id, 0)
        if input_ids is not None and not 0 <= self.config.video_token_id < self.config.text_config.vocab_size:
            kwargs["inputs_embeds"] = self.embed_tokens_and_videos(input_ids, encoded.pop("video", None))
            input_ids = None
        return super().forward(
            input_ids=input_ids, past_key_values=past_key_values, mm_encoder_outputs=encoded, **kwargs
        )

    def embed_tokens_and_videos(
        self, input_ids: torch.Tensor, videos: BaseModelOutputWithPooling | None
    ) -> torch.Tensor:
        """
        Embeddings of a text whose video token is none of the vocabulary, such as the -200 of the original code.

        Args:
            input_ids (`torch.Tensor`):
                Token ids, int64, shape `(B, L)`.
            videos (`BaseModelOutputWithPooling`, *optional*):
                `pooler_output` of shape `(V, N, D)`; none where a cache holds the videos already.

        Returns:
            `torch.Tensor`: Shape `(B, L, D)`.
        """
        is_video = input_ids == self.config.video_token_id
        embedded = self.get_input_embeddings()(input_ids.masked_fill(is_video, 0))
        if videos is None:
            return embedded
        features = videos.pooler_output
        if not torch.compiler.is_compiling():
            check_video_tokens(input_ids, self.config.video_token_id, features.shape[:-1].numel())
        return embedded.masked_scatter(is_video[..., None], features.to(embedded))


class LlavaVideoForConditionalGeneration(LlavaOnevisionForConditionalGeneration):
    """
    LLaVA-Video with its language modelling head.

    `forward`, `generate` and `labels` work as those of any transformers model; a batch holds `input_ids` with
    `video_token_id` once for every video embedding, `pixel_values_videos` with the videos in the order of the text,
    and `num_frames` where they are padded to one length.

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
        self.suppress_video_token()

    def suppress_video_token(self) -> None:
        """Never generate the video token: without a cache it would be taken for one more place of an embedding."""
        suppressed = set(self.generation_config.suppress_tokens or ()) | {self.config.video_token_id}
        self.generation_config.suppress_tokens = sorted(suppressed)

    @classmethod
    def from_pretrained(cls, *args, **kwargs):
        """As in [`PreTrainedModel`]. Loading makes every parameter trainable; what is not used is frozen again."""
        loaded = super().from_pretrained(*args, **kwargs)
        model = loaded[0] if kwargs.get("output_loading_info") else loaded
        model.model.freeze_unused()
        model.suppress_video_token()
        return loaded

    @classmethod
    def from_original(cls, folder, **kwargs) -> "LlavaVideoForConditionalGeneration":
        """Load a checkpoint in the original layout, see [`checkpoint.from_original`]."""
        from .checkpoint import from_original  # it needs this class

        return from_original(folder, **kwargs)

    def get_video_features(
        self, pixel_values_videos: Videos, num_frames: torch.Tensor | list[int] | None = None, **kwargs
    ) -> BaseModelOutputWithPooling:
        """As [`LlavaVideoModel.get_video_features`]: `pooler_output` stands in place of the video tokens."""
        return self.model.get_video_features(pixel_values_videos, num_frames, **kwargs)

    def prepare_inputs_for_generation(
        self, input_ids, past_key_values=None, mm_encoder_outputs=None, is_first_iteration=False, **kwargs
    ):
        """As in the parent; a prompt with video tokens and no video is refused, and a draft model sees the videos."""
        video = (mm_encoder_outputs or {}).get("video")
        if is_first_iteration and mm_encoder_outputs == {}:  # None for one chunk of a prompt
            check_video_tokens(input_ids, self.config.video_token_id, 0)
        inputs = super().prepare_inputs_for_generation(
            input_ids,
            past_key_values=past_key_values,
            mm_encoder_outputs=mm_encoder_outputs,
            is_first_iteration=is_first_iteration,
            **kwargs,
        )
        # The parent takes no call of a draft model for its first. One of another width has to draft blind.
        if video is not None and past_key_values is not None and past_key_values.get_seq_length() == 0:
            if video.pooler_output[0].shape[-1] == self.config.text_config.hidden_size:
                inputs["mm_encoder_outputs"] = mm_encoder_outputs
        return inputs

    def forward(
        self,
        input_ids: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        pixel_values_videos: Videos | None = None,
        num_frames: torch.Tensor | list[int] | None = None,
        position_ids: torch.Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: torch.Tensor | None = None,
        labels: torch.Tensor | None = None,
        use_cache: bool | None = None,
        logits_to_keep: int | torch.Tensor = 0,
        mm_encoder_outputs: dict[str, BaseModelOutputWithPooling] | None = None,
        **kwargs,
    ):
        """As in the parent, without images, and with `num_frames` as in [`~LlavaVideoModel.get_video_features`]."""
        if kwargs.get("pixel_values") is not None:
            raise ValueError("`pixel_values`: an image is a video of one frame, pass it as `pixel_values_videos`.")
        return super().forward(
            input_ids=input_ids,
            attention_mask=attention_mask,
            pixel_values_videos=pixel_values_videos,
            num_frames=num_frames,
            position_ids=position_ids,
            past_key_values=past_key_values,
            inputs_embeds=inputs_embeds,
            labels=labels,
            use_cache=use_cache,
            logits_to_keep=logits_to_keep,
            mm_encoder_outputs=mm_encoder_outputs,
            **kwargs,
        )
