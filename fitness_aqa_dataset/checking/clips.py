"""One clip looked at: whether its header tells the truth and its frames decode, and how to know it again."""

import hashlib
import re
from mmap import ACCESS_COPY, mmap
from pathlib import Path

import numpy as np
import torch
from torchcodec.decoders import VideoDecoder

from ..problems import Problem
from .headers import AGAIN, REMUX, check_header
from .mp4_boxes import Header, Track
from .probe import MAX_PIXELS, Probe, open_file

REENCODE = "encode it anew: ffmpeg -i old.mp4 -vf fps=30 new.mp4"
UPRIGHT = "encode it anew, which turns the pixels: ffmpeg -i old.mp4 new.mp4"
# In usual frames: how far from its even place a frame may begin (rows compute times from a constant rate), and how
# much longer or shorter than usual one may last. Rounded times and cuts without encoding stay below both.
MAX_DRIFT, MAX_STRETCH = 0.4, 0.5


def probe_clip(path: Path) -> Probe:
    """
    Look at one clip; three of its frames are decoded.

    Args:
        path (`Path`):
            The file.

    Returns:
        `Probe`: With the first thing that is wrong, or with frames, length and fingerprint.
    """
    with open_file(path) as file:
        try:
            data = mmap(file.fileno(), 0, access=ACCESS_COPY)
        except ValueError:
            return _wrong(path, "empty (0 bytes)", AGAIN)
    problem, header = check_header(path, data)
    return Probe(path, problem) if problem else _probe_frames(path, data, header)


def _probe_frames(path: Path, data: mmap, header: Header | None) -> Probe:
    try:
        decoder = VideoDecoder(torch.frombuffer(data, dtype=torch.uint8), num_ffmpeg_threads=1, seek_mode="exact")
        num_frames, size = len(decoder), (decoder.metadata.width or 0) * (decoder.metadata.height or 0)
    except (RuntimeError, ValueError, TypeError, MemoryError) as error:
        if "stream" in str(error):  # sound only
            return _wrong(path, "has no video stream", AGAIN)
        return _wrong(path, f"not a video that FFmpeg can open ({_reason(error)})", AGAIN)
    if num_frames == 0:
        return _wrong(path, "a video without frames", AGAIN)
    if size > MAX_PIXELS:
        return _wrong(path, f"frames of {size / 1e6:.0f} million pixels", "scale it down")
    begin_s, end_s = decoder.metadata.begin_stream_seconds, decoder.metadata.end_stream_seconds
    track = _track_of(header, decoder.stream_index)
    if track and (lie := _lie(header, track, num_frames, end_s - begin_s)):
        return _wrong(path, lie, REMUX)
    indices = [0, num_frames // 2, num_frames - 1]
    try:
        frames = decoder.get_frames_at(indices)
    except (RuntimeError, IndexError, MemoryError) as error:
        return _wrong(path, f"its frames cannot be decoded ({_reason(error)})", AGAIN)
    fps = decoder.metadata.average_fps
    expected_s = begin_s + np.array(indices) / fps
    if uneven := _uneven(track, frames.pts_seconds.numpy() - expected_s, 1 / fps):
        return _wrong(path, f"variable frame rate, {uneven}", REENCODE)
    content = hashlib.blake2b(f"{num_frames} {tuple(frames.data.shape)}".encode(), digest_size=16)
    content.update(frames.data.contiguous().numpy())
    turned = None
    if decoder.metadata.rotation:
        what = f"rotation metadata ({decoder.metadata.rotation:.0f}°), which many readers ignore"
        turned = Problem("clip", path, what, UPRIGHT)
    return Probe(path, turned, num_frames=num_frames, fps=fps, content=content.digest())


def _track_of(header: Header | None, stream_index: int) -> Track | None:
    """The claims about the stream decoded, if the header makes them in one piece."""
    if header is None or header.fragmented or stream_index >= len(header.tracks):
        return None
    track = header.tracks[stream_index]
    return track if track.handler == b"vide" else None


def _lie(header: Header, track: Track, num_frames: int, duration_s: float) -> str | None:
    """The first claim of the header that is not true by more than a frame and a bit."""
    steps_s = np.diff(track.times_s)
    frame_s = steps_s.max() if len(steps_s) else duration_s
    tolerance_s = 1.5 * frame_s + 2 * track.tick_s + 0.002  # films count in milliseconds, rounded up
    shown, last_s = track.times_s, track.times_s[-1] + frame_s
    expected_s, length_s, start_s = last_s - shown[0], 0.0, 0.0
    if len(track.edits) == 1:
        start_s, length_s = track.edits[0]
        shown = shown[(shown > start_s - 2 * track.tick_s) & (shown < start_s + length_s - 2 * track.tick_s)]
        expected_s = min(start_s + length_s, last_s) - max(start_s, track.times_s[0])
    shown_s = track.delay_s + (sum(length_s for _, length_s in track.edits) or track.end_s)
    longest_s = max((other.duration_s or 0.0 for other in header.tracks), default=0.0)
    if len(track.edits) < 2 and abs(len(shown) - num_frames) > len(track.edits):
        return f"its header is wrong: it says {len(shown)} frames, the file holds {num_frames}"
    for name, says_s, is_s in (
        ("the frames", expected_s if len(track.edits) < 2 else None, duration_s),
        ("the stream", track.media_duration_s, track.end_s),
        ("the track", track.duration_s, shown_s),
        ("the part to show", length_s, min(length_s, last_s - start_s)),
        ("the film", header.duration_s, longest_s),
    ):
        if says_s is not None and abs(says_s - is_s) > tolerance_s:
            return f"its header is wrong: it says that {name} last {says_s:.3f} s, it is {is_s:.3f} s"
    return None


def _uneven(track: Track | None, late_s: np.ndarray, frame_s: float) -> str | None:
    """How unevenly frames come: by the tables, or else by the three frames decoded."""
    if track is None:
        return None if np.abs(late_s).max() <= frame_s else f"a frame comes {1000 * np.abs(late_s).max():.0f} ms off"
    steps_s = np.diff(track.times_s)  # without the last frame's own length, which is often odd
    if not len(steps_s):
        return None
    usual_s = float(np.median(steps_s))
    even_s = np.linspace(track.times_s[0], track.times_s[-1], len(track.times_s))
    drift_s, stretch_s = np.abs(track.times_s - even_s).max(), np.abs(steps_s - usual_s).max()
    if drift_s <= MAX_DRIFT * usual_s and stretch_s <= MAX_STRETCH * usual_s:
        return None
    return f"frames last from {1000 * steps_s.min():.0f} to {1000 * steps_s.max():.0f} ms"


def _wrong(path: Path, what: str, todo: str) -> Probe:
    return Probe(path, Problem("clip", path, what, todo))


def _reason(error: Exception) -> str:
    # torchcodec puts the place in its C++ source before the reason, and advice to its own developers after it
    return re.sub(r"^.*\.cpp:\d+, ", "", str(error)).strip().splitlines()[0].strip(" .")
