"""Configuration of LLaVA-Video, and the one place where its video tokens are counted."""

import math

from huggingface_hub.dataclasses import strict
from transformers import LlavaOnevisionConfig

NEWLINE_POSITIONS = ("grid", "frame", "one_token", "no_token")
POOL_MODES = ("bilinear", "average", "max")


def check_mm_values(newline_position: str, pool_mode: str, pool_stride: int, add_faster_video: bool = False) -> None:
    """
    Refuse settings that LLaVA-Video does not have.

    Args:
        newline_position (`str`):
            Value of `mm_newline_position`.
        pool_mode (`str`):
            Value of `mm_spatial_pool_mode`.
        pool_stride (`int`):
            Value of `mm_spatial_pool_stride`.
        add_faster_video (`bool`, *optional*, defaults to `False`):
            Value of `add_faster_video`.

    Raises:
        ValueError: If one of them is unknown, or SlowFast is asked for without the grid; the message names it and
            what is allowed.
    """
    if newline_position not in NEWLINE_POSITIONS:
        raise ValueError(
            f"mm_newline_position must be one of {', '.join(NEWLINE_POSITIONS)}, got {newline_position!r}. "
            "Take the value from the checkpoint's own config.json."
        )
    if pool_mode not in POOL_MODES:
        raise ValueError(
            f"mm_spatial_pool_mode must be one of {', '.join(POOL_MODES)}, got {pool_mode!r}. "
            "Take the value from the checkpoint's own config.json."
        )
    if pool_stride < 1:
        raise ValueError(f"mm_spatial_pool_stride must be at least 1, got {pool_stride}. LLaVA-Video uses 2.")
    if add_faster_video and newline_position != "grid":
        raise ValueError(
            f"add_faster_video needs mm_newline_position grid, got {newline_position!r}: "
            "LLaVA-Video defines SlowFast for the grid only. Set add_faster_video to false."
        )


def pooled_side(num_patches_side: int, pool_mode: str, pool_stride: int) -> int:
    """
    Side of the pooled grid: bilinear pooling rounds up, average and max drop an incomplete window.

    Args:
        num_patches_side (`int`):
            Patches along one side of a frame.
        pool_mode (`str`):
            `bilinear`, `average` or `max`.
        pool_stride (`int`):
            Patches that become one, along a side.

    Returns:
        `int`: Pooled patches along one side.
    """
    if pool_mode == "bilinear":
        return math.ceil(num_patches_side / pool_stride)
    return num_patches_side // pool_stride


def count_video_tokens(
    num_frames: int,
    num_patches_side: int,
    newline_position: str,
    pool_mode: str,
    pool_stride: int,
    faster_token_stride: int | None = None,
) -> int:
    """
    Number of embeddings that one video takes in the sequence of the language model.

    Args:
        num_frames (`int`):
            Frames of the video.
        num_patches_side (`int`):
            Patches along one side of a frame, 27 for 384 pixels and patches of 14.
        newline_position (`str`):
            `grid` adds a newline to every row of every frame, `frame` one to every frame, `one_token` one to the
            video, `no_token` none.
        pool_mode (`str`):
            `bilinear`, `average` or `max`.
        pool_stride (`int`):
            Patches that become one, along a side.
        faster_token_stride (`int`, *optional*):
            With SlowFast: frames from one slow frame to the next. `None` means no SlowFast.

    Returns:
        `int`: Number of video tokens.
    """
    side = pooled_side(num_patches_side, pool_mode, pool_stride)
    if faster_token_stride is not None:
        fast_side = pooled_side(num_patches_side, pool_mode, 2 * pool_stride)
        num_slow = math.ceil(num_frames / faster_token_stride)
        num_fast = num_frames - num_slow
        return num_slow * side * (side + 1) + num_fast * fast_side * (fast_side + 1) + num_frames
    num_newlines = {"grid": num_frames * side, "frame": num_frames, "one_token": 1, "no_token": 0}
    return num_frames * side * side + num_newlines[newline_position]


@strict
class LlavaVideoConfig(LlavaOnevisionConfig):
    """
    Configuration of a [`LlavaVideoForConditionalGeneration`].

    Args:
        vision_config (`SiglipVisionConfig` or `dict`, *optional*):
            The tower as it is run: the last encoder layer of the original is already left out, and there is no
            head. Defaults to the 26 layers of so400m-patch14-384.
        text_config (`Qwen2Config` or `dict`, *optional*):
            The language model.
        video_token_id (`int`, *optional*, defaults to 151647):
            Id of the token that stands where video embeddings go. Stored as `video_token_index`, the name that
            LLaVA-OneVision gave it.
        mm_newline_position (`str`, *optional*, defaults to `"grid"`):
            Where the newline embedding goes: `grid` at the end of every row of every frame, `frame` at the end of
            every frame, `one_token` at the end of the video, `no_token` nowhere.
        mm_spatial_pool_mode (`str`, *optional*, defaults to `"bilinear"`):
            How projected patches are pooled: `bilinear`, `average` or `max`.
        mm_spatial_pool_stride (`int`, *optional*, defaults to 2):
            Patches that become one, along a side.
        add_faster_video (`bool`, *optional*, defaults to `False`):
            SlowFast: only some frames keep the whole grid, see [`LlavaVideoModel.embed_frames`].
        faster_token_stride (`int`, *optional*, defaults to 10):
            With SlowFast, frames from one slow frame to the next; frame 0 is slow.
        original_config (`dict`, *optional*):
            `config.json` of the checkpoint in the original layout that this one came from, for the way back.

    The other fields are those of `LlavaOnevisionConfig`.

    Raises:
        ValueError: If a field has a value that LLaVA-Video does not know, or pooling leaves nothing of a frame.
    """

    model_type = "llava_video"

    mm_newline_position: str = "grid"
    mm_spatial_pool_mode: str = "bilinear"
    mm_spatial_pool_stride: int = 2
    add_faster_video: bool = False
    faster_token_stride: int = 10
    original_config: dict | None = None

    def __post_init__(self, **kwargs):
        super().__post_init__(**kwargs)
        # The original never builds SigLIP's pooling head; left on, it would add weights that no checkpoint has.
        self.vision_config.vision_use_head = False
        self.check_settings()

    def check_settings(self) -> None:
        """Raise a ValueError if a setting is unknown; called again by the model, as fields can be set later."""
        check_mm_values(
            self.mm_newline_position, self.mm_spatial_pool_mode, self.mm_spatial_pool_stride, self.add_faster_video
        )
        if self.faster_token_stride < 1:
            raise ValueError(
                f"faster_token_stride must be at least 1, got {self.faster_token_stride}. The usual is 10."
            )
        widest = self.mm_spatial_pool_stride * (2 if self.add_faster_video else 1)
        if pooled_side(self.num_patches_side, self.mm_spatial_pool_mode, widest) < 1:
            raise ValueError(
                f"mm_spatial_pool_stride {self.mm_spatial_pool_stride} leaves nothing of a frame of "
                f"{self.num_patches_side}x{self.num_patches_side} patches ({self.mm_spatial_pool_mode} pooling by "
                f"{widest}). Give a smaller stride or a larger image_size."
            )

    @property
    def num_patches_side(self) -> int:
        """`int`: Patches along one side of a frame, before pooling."""
        return self.vision_config.image_size // self.vision_config.patch_size

    @property
    def pooled_side(self) -> int:
        """`int`: Patches along one side of a frame, after pooling."""
        return pooled_side(self.num_patches_side, self.mm_spatial_pool_mode, self.mm_spatial_pool_stride)

    def num_video_tokens(self, num_frames: int) -> int:
        """
        Number of video tokens of one video.

        Args:
            num_frames (`int`):
                Frames of the video.

        Returns:
            `int`: Number of embeddings that [`LlavaVideoModel.get_video_features`] makes for it.
        """
        return count_video_tokens(
            num_frames,
            self.num_patches_side,
            self.mm_newline_position,
            self.mm_spatial_pool_mode,
            self.mm_spatial_pool_stride,
            self.faster_token_stride if self.add_faster_video else None,
        )
