"""Processor of LLaVA-Video: frames to pixel values, messages to ChatML with the right number of video tokens."""

import torch
from transformers import BaseVideoProcessor, ProcessorMixin
from transformers.image_utils import PILImageResampling

from trainer.llava_video.configuration_llava_video import LlavaVideoConfig, check_mm_values, count_video_tokens

# ChatML with the system prompt of LLaVA-Video (conversation template `qwen_1_5`). The parts of a message stand on
# lines of their own. The loss covers an answer and its <|im_end|>, which is where generation has to stop.
CHAT_TEMPLATE = """\
{%- if messages[0]['role'] != 'system' -%}
{{ '<|im_start|>system\\nYou are a helpful assistant.<|im_end|>\\n' }}
{%- endif -%}
{%- for message in messages -%}
{%- set lines = namespace(all=[]) -%}
{%- if message['content'] is string -%}
{%- set lines.all = [message['content']] -%}
{%- else -%}
{%- for part in message['content'] -%}
{%- set lines.all = lines.all + ['VIDEO_TOKEN' if part['type'] == 'video' else part['text']] -%}
{%- endfor -%}
{%- endif -%}
{{ '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['role'] == 'assistant' -%}
{%- generation -%}
{{ lines.all | join('\\n') + '<|im_end|>' }}
{%- endgeneration -%}
{%- else -%}
{{ lines.all | join('\\n') + '<|im_end|>' }}
{%- endif -%}
{{ '\\n' }}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{ '<|im_start|>assistant\\n' }}
{%- endif -%}"""


class LlavaVideoVideoProcessor(BaseVideoProcessor):
    """
    Frames to pixel values as LLaVA-Video was trained: resized to a square without keeping the aspect (bicubic with
    antialias, on uint8), times 1/255, mean 0.5, standard deviation 0.5. Frames are never sampled here.

    Args:
        size (`dict` or `int`, *optional*, defaults to `{"height": 384, "width": 384}`):
            Size of the pixel values, in pixels.

    A video is uint8 in [0, 255]: a tensor or array of shape `(frames, 3, H, W)`, or a list of PIL images. The result
    is within one grey level of Pillow's, except where bicubic overshoots black or white: Pillow clips between its two
    passes, and its version decides which comes first.
    """

    resample = PILImageResampling.BICUBIC
    image_mean = [0.5, 0.5, 0.5]
    image_std = [0.5, 0.5, 0.5]
    size = {"height": 384, "width": 384}
    default_to_square = True
    do_resize = True
    do_rescale = True
    do_normalize = True
    do_convert_rgb = True
    do_sample_frames = False

    def _preprocess(self, videos: list[torch.Tensor], **kwargs):
        num_frames = [video.shape[0] for video in videos]
        if len(set(num_frames)) > 1:
            raise ValueError(
                f"The videos of one batch must have the same number of frames, got {num_frames}. "
                "Sample the same number from each, or process them one by one."
            )
        return super()._preprocess(videos, **kwargs)


class LlavaVideoProcessor(ProcessorMixin):
    """
    Tokenizer and video processor of LLaVA-Video in one.

    Args:
        tokenizer (`PreTrainedTokenizerFast`):
            Any tokenizer that has `<|im_start|>`, `<|im_end|>` and the video token.
        video_processor ([`LlavaVideoVideoProcessor`]):
            Its `size` decides how many patches a frame has.
        chat_template (`str`, *optional*):
            Defaults to ChatML with the system prompt `You are a helpful assistant.`
        video_token (`str`, *optional*, defaults to `"<video>"`):
            The token that stands where video embeddings go.
        patch_size (`int`, *optional*, defaults to 14):
            Side of a patch of the tower, in pixels.
        mm_newline_position (`str`, *optional*, defaults to `"grid"`):
            As in [`LlavaVideoConfig`].
        mm_spatial_pool_mode (`str`, *optional*, defaults to `"bilinear"`):
            As in [`LlavaVideoConfig`].
        mm_spatial_pool_stride (`int`, *optional*, defaults to 2):
            As in [`LlavaVideoConfig`].

    Raises:
        ValueError: If the tokenizer lacks a token, or an `mm_*` value is unknown.
    """

    def __init__(
        self,
        tokenizer=None,
        video_processor=None,
        chat_template=None,
        video_token="<video>",
        patch_size=14,
        mm_newline_position="grid",
        mm_spatial_pool_mode="bilinear",
        mm_spatial_pool_stride=2,
    ):
        check_mm_values(mm_newline_position, mm_spatial_pool_mode, mm_spatial_pool_stride)
        vocabulary = tokenizer.get_vocab()
        missing = [token for token in ("<|im_start|>", "<|im_end|>", video_token) if token not in vocabulary]
        if missing:
            raise ValueError(
                f"The tokenizer has no token {', '.join(missing)}. "
                f"Add what is missing: tokenizer.add_tokens({missing}, special_tokens=True)."
            )
        self.video_token = video_token
        self.video_token_id = vocabulary[video_token]
        self.patch_size = patch_size
        self.mm_newline_position = mm_newline_position
        self.mm_spatial_pool_mode = mm_spatial_pool_mode
        self.mm_spatial_pool_stride = mm_spatial_pool_stride
        if chat_template is None:
            chat_template = CHAT_TEMPLATE.replace("VIDEO_TOKEN", video_token)
        super().__init__(tokenizer=tokenizer, video_processor=video_processor, chat_template=chat_template)

    @classmethod
    def from_config(cls, config: LlavaVideoConfig, tokenizer) -> "LlavaVideoProcessor":
        """
        The processor that fits a model.

        Args:
            config ([`LlavaVideoConfig`]):
                Configuration of the model.
            tokenizer (`PreTrainedTokenizerFast`):
                Its tokenizer.

        Returns:
            [`LlavaVideoProcessor`]: With the model's image size, patch size and `mm_*` settings.

        Raises:
            ValueError: If the tokenizer has no token with the model's `video_token_id`.
        """
        size = config.vision_config.image_size
        video_token = tokenizer.convert_ids_to_tokens(config.video_token_id)
        if video_token is None:
            raise ValueError(
                f"The model's video_token_id is {config.video_token_id}, and the tokenizer has no token of that id. "
                "Add one with tokenizer.add_tokens(['<video>'], special_tokens=True) and give its id to the config."
            )
        return cls(
            tokenizer=tokenizer,
            video_processor=LlavaVideoVideoProcessor(size={"height": size, "width": size}),
            video_token=video_token,
            patch_size=config.vision_config.patch_size,
            mm_newline_position=config.mm_newline_position,
            mm_spatial_pool_mode=config.mm_spatial_pool_mode,
            mm_spatial_pool_stride=config.mm_spatial_pool_stride,
        )

    def num_video_tokens(self, num_frames: int) -> int:
        """
        Number of video tokens of one video; equal to the model's `config.num_video_tokens`.

        Args:
            num_frames (`int`):
                Frames of the video.

        Returns:
            `int`: How often the video token is repeated.
        """
        return count_video_tokens(
            num_frames,
            self.video_processor.size["height"] // self.patch_size,
            self.mm_newline_position,
            self.mm_spatial_pool_mode,
            self.mm_spatial_pool_stride,
        )

    def replace_video_token(self, video_inputs: dict, video_idx: int, **kwargs) -> str:
        """What one video token of the text becomes; called by [`~ProcessorMixin.__call__`]."""
        return self.video_token * self.num_video_tokens(len(video_inputs["pixel_values_videos"][video_idx]))
