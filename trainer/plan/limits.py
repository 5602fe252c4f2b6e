"""The most frames and the largest batch that fit, and what logits of every position would cost."""

from dataclasses import replace

from .fake_step import Batch
from .memory import GB, Estimate

MOST_FRAMES = 100_000


def find_limits(planner, estimates: list[Estimate]) -> dict[str, dict]:
    """
    Limits of every file, from fake steps of twice the frames and of two and four clips.

    Peak memory is a maximum of functions that are affine in frames and in clips; between and beyond two sizes a
    straight line is taken.

    Args:
        planner ([`Planner`]): Of the recipe.
        estimates (`list[Estimate]`): Of the recipe's own batch.

    Returns:
        `dict[str, dict]`: By file `num_frames` with the recipe's batch, `batch_size` with its frames (0: not even
        one), and `reason`: what ends the frames, `memory` or `max_length`.
    """
    batch, room = planner.batch, planner.question.cluster.gpu_memory_gb * GB
    limits = {}
    for estimate in estimates:
        activations = ("tower", "language_model", "logits")
        if estimate.total - sum(estimate.sizes[part] for part in activations) > room:
            limits[estimate.name] = {"num_frames": 0, "batch_size": 0, "reason": "memory"}
            continue

        def total(num_rows, num_frames, name=estimate.name):
            return planner.estimates(planner.make_batch(num_rows, num_frames), only=name)[0].total

        more = 2 * batch.num_frames
        frames = solve(batch.num_frames, estimate.total, more, total(batch.num_rows, more), room)
        longest = frames_in_length(planner)
        clips = solve(2, total(2, batch.num_frames), 4, total(4, batch.num_frames), room)
        if clips < 2:  # one clip needs no mask, which the line does not know
            clips = int(total(1, batch.num_frames) <= room)
        limits[estimate.name] = {
            "num_frames": min(frames, longest),
            "batch_size": clips,
            "reason": "max_length" if longest < frames else "memory",
        }
    return limits


def solve(first: int, at_first: float, second: int, at_second: float, room: float) -> int:
    """The largest whole number at which the line through two points does not exceed `room`; 0 if none does."""
    slope = (at_second - at_first) / (second - first)
    if slope <= 0:
        return MOST_FRAMES
    return max(0, int(first + (room - at_first) / slope))


def frames_in_length(planner) -> int:
    """Frames whose conversation is no longer than `max_length` and the positions that the model knows."""
    most = planner.config.get_text_config().max_position_embeddings
    if planner.training_args.max_length is not None:
        most = min(most, planner.training_args.max_length)
    low, high = 0, 1
    while _length(planner, high) <= most and high < MOST_FRAMES:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _length(planner, middle) <= most else (low, middle)
    return low


def _length(planner, num_frames: int) -> int:
    batch = planner.make_batch(1, num_frames)
    return batch.num_video_tokens + batch.num_text_tokens


def logits_cost(planner) -> int:
    """Bytes that the peak would grow by under FSDP2 if logits were made of every position."""
    batch: Batch = replace(planner.batch, full_logits=True)
    (full,), (kept,) = (planner.estimates(each, only="fsdp2") for each in (batch, planner.batch))
    return full.total - kept.total
