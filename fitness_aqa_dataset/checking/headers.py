"""The quick look at a clip: what its first bytes and its header say, no frame decoded."""

from mmap import ACCESS_READ, mmap
from os import fstat
from pathlib import Path

from torchcodec.decoders import VideoDecoder

from ..problems import Problem
from .mp4_boxes import Header, is_mp4, missing_bytes, read_header
from .probe import is_image, is_text

AGAIN = "unpack or download it again"
REMUX = "unpack it again, or write its header anew: ffmpeg -i old.mp4 -c copy new.mp4"


def check_header(path: Path, data: bytes | mmap) -> tuple[Problem | None, Header | None]:
    """
    Look at the boxes of a clip.

    Args:
        path (`Path`):
            What to call it in the problem.
        data (`bytes` or `mmap`):
            The whole file, at least one byte.

    Returns:
        `tuple[Problem | None, Header | None]`: The first thing that is wrong, or the header if it is an mp4 file.
    """
    if is_text(data[:512]):  # a playlist would make FFmpeg open other files
        return Problem("clip", path, "not a video but text", AGAIN), None
    if is_image(data[:16]):
        return Problem("clip", path, "not a video but a still image", AGAIN), None
    if not is_mp4(data):
        return None, None
    if missing := missing_bytes(data):
        return Problem("clip", path, f"truncated, at least {missing} bytes are missing at its end", AGAIN), None
    try:
        header = read_header(data)
    except ValueError as error:
        return Problem("clip", path, f"its header is damaged ({error})", REMUX), None
    pictures = [track for track in header.tracks if track.handler == b"vide"] if header else []
    if header and not pictures:
        return Problem("clip", path, "has no video stream", AGAIN), None
    for track in () if header and header.fragmented else pictures:
        if track.num_frames and not len(track.times_s):
            what = f"its header is wrong: its tables do not agree on the number of frames ({track.num_frames})"
            return Problem("clip", path, what, REMUX), None
    return None, header


def box_problem(path: Path, data: bytes | None = None) -> Problem | None:
    """
    What is wrong with a clip as far as its boxes tell, before FFmpeg may open it: a playlist would open other files.

    Args:
        path (`Path`):
            The file, or the name of `data`.
        data (`bytes`, *optional*):
            Its bytes, of a clip inside a Parquet file. Defaults to those of the file, of which no more is read than
            is looked at.

    Returns:
        `Problem`: The first, or `None`.
    """
    empty = Problem("clip", path, "empty (0 bytes)", AGAIN)
    if data is not None:
        return check_header(path, data)[0] if data else empty
    try:
        with path.open("rb") as file:
            if not fstat(file.fileno()).st_size:  # which cannot be mapped
                return empty
            with mmap(file.fileno(), 0, access=ACCESS_READ) as mapped:
                return check_header(path, mapped)[0]
    except OSError as error:
        return Problem("clip", path, f"cannot be read ({error.strerror})", AGAIN)


def header_problem(path: Path, data: bytes | None = None) -> Problem | None:
    """
    What is wrong with a clip as far as its header tells; a file that lies about its frames is not found here.

    Args:
        path (`Path`), data (`bytes`, *optional*):
            As for [`box_problem`].

    Returns:
        `Problem`: The first, or `None`.
    """
    if problem := box_problem(path, data):
        return problem
    try:
        VideoDecoder(data or str(path), num_ffmpeg_threads=1, seek_mode="exact")  # as rows are made
    except (RuntimeError, ValueError, TypeError, MemoryError):
        return Problem("clip", path, "not a video that FFmpeg can open", AGAIN)
    return None
