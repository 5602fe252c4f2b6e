"""
From projected patches to the embeddings of a video: pooling, newlines, SlowFast. Pure functions on tensors.

They follow https://github.com/LLaVA-VL/LLaVA-NeXT, `llava/model/llava_arch.py`, checked against numbers computed with
it. Shapes: N frames of all videos, T frames of one video, P patches, S pooled side, D text hidden size.
"""

import torch
from torch import nn

from .configuration_llava_video import pooled_side

Videos = torch.Tensor | list[torch.Tensor]


def real_frames(
    pixel_values_videos: Videos, num_frames: torch.Tensor | list[int] | None, image_size: int
) -> tuple[torch.Tensor, list[int]]:
    """
    The frames of all videos without padding, and how many each video has.

    Args:
        pixel_values_videos (`torch.Tensor` or `list[torch.Tensor]`):
            Shape `(videos, frames, 3, H, W)`, or a list of tensors of shape `(frames, 3, H, W)`.
        num_frames (`torch.Tensor` or `list[int]`, *optional*):
            Frames of each video that are no padding. `None` means all.
        image_size (`int`):
            H and W, in pixels.

    Returns:
        `tuple[torch.Tensor, list[int]]`: Frames, shape `(N, 3, H, W)`, and numbers that add up to N.

    Raises:
        ValueError: If shapes or numbers do not fit.
    """
    batched = isinstance(pixel_values_videos, torch.Tensor)
    videos = [pixel_values_videos] if batched else pixel_values_videos
    for video in videos:
        if video.dim() != 4 + batched or video.shape[-3:] != (3, image_size, image_size):
            expected = f"({'videos, ' if batched else ''}frames, 3, {image_size}, {image_size})"
            raise ValueError(
                f"pixel_values_videos must have the shape {expected}, got {tuple(video.shape)}. "
                "Make it with the processor saved beside this model."
            )
    lengths = [len(video) for video in pixel_values_videos]
    if num_frames is None:
        return pixel_values_videos.flatten(0, 1) if batched else torch.cat(list(videos)), lengths
    counts = num_frames.tolist() if isinstance(num_frames, torch.Tensor) else list(num_frames)
    if len(counts) != len(lengths) or not all(1 <= n <= most for n, most in zip(counts, lengths, strict=True)):
        raise ValueError(
            f"num_frames must be one number for each video, from 1 to its frames with padding, {lengths}, got "
            f"{counts}. Make it with the processor saved beside this model."
        )
    return torch.cat([video[:count] for video, count in zip(pixel_values_videos, counts, strict=True)]), counts


def check_video_tokens(input_ids: torch.Tensor, video_token_id: int, num_embeddings: int) -> None:
    """
    Compare the text with the videos.

    Args:
        input_ids (`torch.Tensor`):
            Token ids, int64, shape `(B, L)`.
        video_token_id (`int`):
            Id of the token that stands where video embeddings go.
        num_embeddings (`int`):
            Embeddings that the videos give.

    Raises:
        ValueError: If the text has another number of video tokens; the message names both and likely causes.
    """
    num_tokens = int((input_ids == video_token_id).sum())
    if num_tokens == num_embeddings:
        return
    causes = (
        "the text was truncated (use max_length=None), or the processor was made for another mm_newline_position, "
        "pooling, image size or number of frames than this model and batch"
    )
    if num_embeddings == 0:
        causes = "pixel_values_videos was not passed on, or video_token_id is a token of the plain text"
    raise ValueError(
        f"The text has {num_tokens} video tokens (id {video_token_id}), the videos give {num_embeddings} embeddings. "
        f"Likely causes: {causes}."
    )


def pool_patches(patches: torch.Tensor, num_patches_side: int, pool_mode: str, pool_stride: int) -> torch.Tensor:
    """
    Pool the patches of every frame.

    Args:
        patches (`torch.Tensor`):
            Projected patches, float, shape `(N, P, D)`, row by row.
        num_patches_side (`int`):
            Patches along one side of a frame; its square is P.
        pool_mode (`str`):
            `bilinear`, `average` or `max`.
        pool_stride (`int`):
            Patches that become one, along a side.

    Returns:
        `torch.Tensor`: Shape `(N, S, S, D)`.
    """
    grid = patches.unflatten(1, (num_patches_side, num_patches_side)).permute(0, 3, 1, 2).contiguous()
    match pool_mode:
        case "bilinear":
            side = pooled_side(num_patches_side, pool_mode, pool_stride)
            grid = nn.functional.interpolate(grid, size=[side, side], mode="bilinear")
        case "average":
            grid = nn.functional.avg_pool2d(grid, pool_stride)
        case "max":
            grid = nn.functional.max_pool2d(grid, pool_stride)
    return grid.permute(0, 2, 3, 1)


def add_newline_to_rows(pooled: torch.Tensor, newline: torch.Tensor) -> torch.Tensor:
    """
    End every row of every frame with the newline embedding.

    Args:
        pooled (`torch.Tensor`):
            Shape `(N, S, S, D)`.
        newline (`torch.Tensor`):
            Shape `(D,)`.

    Returns:
        `torch.Tensor`: Shape `(N, S * (S + 1), D)`.
    """
    column = newline.expand(*pooled.shape[:2], 1, -1)
    return torch.cat((pooled, column), dim=2).flatten(1, 2)


def lay_out(
    pooled: torch.Tensor, newline: torch.Tensor, newline_position: str, num_frames: list[int]
) -> list[torch.Tensor]:
    """
    Lay the frames of each video out in a row, with the newline embedding where it belongs.

    Args:
        pooled (`torch.Tensor`):
            Pooled patches of the frames of all videos, shape `(N, S, S, D)`.
        newline (`torch.Tensor`):
            Shape `(D,)`.
        newline_position (`str`):
            `grid`, `frame`, `one_token` or `no_token`.
        num_frames (`list[int]`):
            Frames of each video; they add up to N.

    Returns:
        `list[torch.Tensor]`: One tensor for each video, shape `(tokens, D)`.
    """
    match newline_position:
        case "grid":
            frames = add_newline_to_rows(pooled, newline)
        case "frame":
            frames = torch.cat((pooled.flatten(1, 2), newline.expand(len(pooled), 1, -1)), dim=1)
        case "one_token" | "no_token":
            frames = pooled.flatten(1, 2)
    videos = [video.flatten(0, 1) for video in frames.split(num_frames)]
    if newline_position == "one_token":
        videos = [torch.cat((video, newline[None])) for video in videos]
    return videos


def lay_out_slow_fast(
    slow: torch.Tensor,
    fast: torch.Tensor,
    newline: torch.Tensor,
    faster_token: torch.Tensor,
    faster_token_stride: int,
    num_frames: list[int],
) -> list[torch.Tensor]:
    """
    Lay out each video with a few frames in full and the others coarse, every row ended by the newline embedding and
    every frame, slow or fast, by the faster token.

    Args:
        slow (`torch.Tensor`):
            Patches pooled by the stride, shape `(N, S, S, D)`.
        fast (`torch.Tensor`):
            The same patches pooled by twice the stride, shape `(N, S', S', D)`.
        newline (`torch.Tensor`):
            Shape `(D,)`.
        faster_token (`torch.Tensor`):
            Shape `(D,)`.
        faster_token_stride (`int`):
            Frames 0, `faster_token_stride`, 2 `faster_token_stride`, … of each video are slow.
        num_frames (`list[int]`):
            Frames of each video; they add up to N.

    Returns:
        `list[torch.Tensor]`: One tensor for each video, shape `(tokens, D)`.
    """
    end = faster_token.expand(len(slow), 1, -1)
    slow, fast = (torch.cat((add_newline_to_rows(pooled, newline), end), dim=1) for pooled in (slow, fast))
    videos, start = [], 0
    for length in num_frames:
        frames = [
            (fast if index % faster_token_stride else slow)[start + index]  # frame 0 of every video is slow
            for index in range(length)
        ]
        videos.append(torch.cat(frames))
        start += length
    return videos
