"""Processor of LLaVA-Video: messages to ChatML with the right number of video tokens, frames to pixel values."""

from transformers import ProcessorMixin
from transformers.processing_utils import ProcessingKwargs, TextKwargs, VideosKwargs

from .configuration_llava_video import LlavaVideoConfig, check_mm_values, count_video_tokens
from .conversation import CHAT_TEMPLATE, open_conversations
from .video_processing_llava_video import LlavaVideoVideoProcessor, check_arguments

KNOWN_ARGUMENTS = {name for kind in (ProcessingKwargs, TextKwargs, VideosKwargs) for name in kind.__annotations__}


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
        mm_newline_position, mm_spatial_pool_mode, mm_spatial_pool_stride, add_faster_video, faster_token_stride:
            As in [`LlavaVideoConfig`], with the same defaults.

    A call takes `text` with one video token for each of `videos`, in the order of the text; see
    [`LlavaVideoVideoProcessor`] for their forms and for `num_frames`. An image is a video of one frame.

    Raises:
        ValueError: If the tokenizer lacks a token, an `mm_*` value is unknown, or `size` is no square of patches.
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
        add_faster_video=False,
        faster_token_stride=10,
    ):
        check_mm_values(mm_newline_position, mm_spatial_pool_mode, mm_spatial_pool_stride, add_faster_video)
        size = dict(video_processor.size)
        if size.get("height") != size.get("width") or (size.get("height") or 0) < patch_size:
            raise ValueError(
                f"the video processor's size must be a square of at least {patch_size} pixels (a patch), got {size}. "
                "Give the model's image_size, such as {'height': 384, 'width': 384}."
            )
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
        self.add_faster_video = add_faster_video
        self.faster_token_stride = faster_token_stride
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
            add_faster_video=config.add_faster_video,
            faster_token_stride=config.faster_token_stride,
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
            self.faster_token_stride if self.add_faster_video else None,
        )

    def apply_chat_template(
        self,
        conversation: list[dict] | list[list[dict]],
        chat_template: str | None = None,
        *,
        num_frames: int | None = None,
        add_time_instruction: bool = False,
        processor_kwargs: dict | None = None,
        **kwargs,
    ):
        """
        Messages as ChatML, and with `tokenize=True` as the model's inputs.

        Args:
            conversation (`list[dict]` or `list[list[dict]]`):
                Messages of one conversation or of several, with parts as in [`open_media`].
            num_frames (`int`, *optional*):
                Frames to take of each video, uniformly. Defaults to the video processor's own number.
            add_time_instruction (`bool`, *optional*, defaults to `False`):
                Write [`time_instruction`] on a line after each video; every video has to be a path or a
                `VideoDecoder`.
            processor_kwargs (`dict`, *optional*):
                Arguments for the call of the processor, such as `padding` and `padding_side`.
            kwargs:
                As in [`ProcessorMixin`], which also says what is returned: `tokenize`, `return_dict`,
                `return_tensors`, `add_generation_prompt`, `return_assistant_tokens_mask` …

        Raises:
            FileNotFoundError, ValueError: See [`open_media`]; also if placeholders and videos differ in number.
        """
        processor_kwargs = dict(processor_kwargs or {})
        num_frames = processor_kwargs.pop("num_frames", num_frames)
        if kwargs.get("tokenize") or add_time_instruction:
            num_frames = self.video_processor.num_frames if num_frames is None else num_frames
            conversation = open_conversations(conversation, num_frames, add_time_instruction)
        return super().apply_chat_template(conversation, chat_template, processor_kwargs=processor_kwargs, **kwargs)

    def prepare_inputs_layout(self, images=None, text=None, videos=None, audio=None, **kwargs) -> tuple:
        """Read the videos: each is a tensor of frames from here on. Called by [`~ProcessorMixin.__call__`]."""
        if videos is not None:
            num_frames = kwargs.get("num_frames", kwargs.get("videos_kwargs", {}).get("num_frames"))
            videos = self.video_processor.read(videos, num_frames) or None
        return super().prepare_inputs_layout(images=images, text=text, videos=videos, audio=audio, **kwargs)

    def validate_inputs(self, images=None, text=None, videos=None, audio=None, **kwargs) -> None:
        """Refuse what would be ignored, and other numbers of placeholders than of videos; called as the one above."""
        if images is not None or audio is not None:
            raise ValueError(
                f"LLaVA-Video's processor takes text and videos, got {'images' if audio is None else 'audio'}. "
                "Give an image as a video of one frame: videos=[[image]]."
            )
        nested = kwargs.get("videos_kwargs", {}) | kwargs.get("text_kwargs", {})
        check_arguments(kwargs | nested, KNOWN_ARGUMENTS)
        if text is not None:
            num_placeholders = sum(sample.count(self.video_token) for sample in text)
            num_videos = 0 if videos is None else len(videos)
            if num_placeholders != num_videos:
                raise ValueError(
                    f"the text has {num_placeholders} placeholders {self.video_token} and {num_videos} videos were "
                    "given. Write one placeholder for each video, and nowhere else."
                )
        super().validate_inputs(images=images, text=text, videos=videos, audio=audio, **kwargs)

    def replace_video_token(self, video_inputs: dict, video_idx: int, **kwargs) -> str:
        """What one video token of the text becomes; called by [`~ProcessorMixin.__call__`]."""
        videos, num_frames = video_inputs["pixel_values_videos"], video_inputs.get("num_frames")
        length = len(videos[video_idx]) if num_frames is None else int(num_frames[video_idx])
        return self.video_token * self.num_video_tokens(length)
