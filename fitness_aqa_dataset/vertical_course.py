"""
The vertical course of a lift, from pixels alone: how high what moves is, at each time. No labels, no model.

Dense optical flow between small grey frames says how fast each pixel goes up. The camera's own motion, the median over
the frame, is taken off; what is left is averaged with its own size as weight, so that the lifter and the bar count and
the still room does not; the sum over time is a height.

Shapes: T frames, H rows, W columns.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from datasets.utils import tqdm
from torchvision.transforms import v2

from .frame_chunks import CHUNK_FRAMES, frame_chunks
from .frames import Video, open_video

# Frames are small, and OpenCV's own threads would not survive the fork of `datasets`' processes.
cv2.setNumThreads(1)

# Flow needs small steps and few pixels: about 15 frames a second of about 100 x 100 pixels.
RATE_HZ, NUM_PIXELS = 15.0, 10_000
# Flow of this size, in frame heights a step (a thirtieth of a pixel), is noise.
NOISE = 3e-4
# Grey levels that a pixel's surroundings, a square so wide, must change by for its flow to count.
CHANGE, CHANGE_PIXELS = 1.0, 9
# Farneback's flow. DIS flow is faster, but where the wall is plain it follows the lifter, and the median is not still.
FLOW = {
    "pyr_scale": 0.5,
    "levels": 3,
    "winsize": 11,
    "iterations": 2,
    "poly_n": 5,
    "poly_sigma": 1.1,
    "flags": 0,
}


@dataclass(frozen=True)
class Motion:
    """
    The vertical course of what moves in a clip.

    Args:
        times_s (`numpy.ndarray`): On the clip's clock, in seconds, float64, shape (T,), evenly spaced.
        height (`numpy.ndarray`): Up is positive, in frame heights from where the clip begins, float64, shape (T,).
            A mean over limbs, body and bar: it turns where they turn, but is smaller than the bar's own way.
        duration_s (`float`): Length of the clip: its last frame is on screen until then.
    """

    times_s: np.ndarray
    height: np.ndarray
    duration_s: float


def vertical_motion(video: Video) -> Motion:
    """
    Follow what moves in a clip up and down. The exercise need not be known.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`):
            The clip, see [`~fitness_aqa_dataset.frames.open_video`].

    Returns:
        `Motion`: About 15 heights a second. Those of a still clip stay near 0.

    Raises:
        ValueError: If the clip cannot be opened or decoded.
    """
    decoder = open_video(video)
    fps, num_frames = decoder.metadata.average_fps, len(decoder)
    size = small_size(decoder.metadata.height, decoder.metadata.width)
    stride = max(1, round(fps / RATE_HZ))
    times_s, speeds, last = [], [np.zeros(1)], None
    num_chunks = -(-num_frames // (CHUNK_FRAMES * stride))
    chunks = frame_chunks(decoder, stride, size)
    bar = tqdm(chunks, desc="Following the motion", total=num_chunks, unit="chunk", delay=2, leave=False)
    for frames, its_times_s in bar:
        grey = v2.functional.rgb_to_grayscale(frames)[:, 0].numpy()
        speeds.append(upward_speed(grey if last is None else np.concatenate([last, grey])))
        times_s += its_times_s
        last = grey[-1:]
    return Motion(np.array(times_s), np.cumsum(np.concatenate(speeds)), num_frames / fps)


def upward_speed(frames: np.ndarray) -> np.ndarray:
    """
    How fast what moves goes up from each frame to the next.

    Args:
        frames (`numpy.ndarray`): Grey, uint8 in [0, 255], shape (T, H, W).

    Returns:
        `numpy.ndarray`: Frame heights a step, up is positive, float64, shape (T - 1,).
    """
    speeds = [_weighted_mean(_upward_flow(*pair)) for pair in zip(frames, frames[1:], strict=False)]
    return np.array(speeds, np.float64)


def small_size(height_px: int, width_px: int) -> tuple[int, int]:
    """Height and width of the frames that flow is computed of, in pixels; the aspect ratio stays."""
    scale = min(1.0, (NUM_PIXELS / (height_px * width_px)) ** 0.5)
    return max(1, round(height_px * scale)), max(1, round(width_px * scale))


def _upward_flow(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Frame heights that each pixel goes up, the camera's motion taken off, shape (H, W)."""
    down = cv2.calcOpticalFlowFarneback(before, after, None, **FLOW)[..., 1]
    upward = (np.median(down) - down) / len(before)
    # along a long straight edge flow is ambiguous, and may be large where nothing changes at all
    changes = cv2.blur(cv2.absdiff(before, after).astype(np.float32), (CHANGE_PIXELS, CHANGE_PIXELS))
    return np.where(changes >= CHANGE, upward, 0.0)


def _weighted_mean(flow: np.ndarray) -> float:
    weight = np.abs(flow)
    return float((flow * weight).sum() / (weight.sum() + NOISE * weight.size))
