"""
What the header of an mp4 file claims, read without a decoder: decoders mend what they can and keep quiet about it.

Boxes and their fields as in ISO 14496-12 (sections 4.2 and 8). A box is a size, a type of four letters, and content;
the header's boxes hold other boxes: moov > trak > mdia > minf > stbl.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from mmap import mmap

import numpy as np

Buffer = bytes | mmap
Place = tuple[int, int]  # where a box's content starts and ends

FIRST_BOXES = {b"ftyp", b"styp", b"moov", b"mdat", b"free", b"skip", b"wide"}
UNKNOWN = (2**32 - 1, 2**64 - 1)  # all bits set: left open


@dataclass(frozen=True)
class Track:
    """
    One track's claims.

    Args:
        handler (`bytes`):
            `b"vide"` for pictures, `b"soun"` for sound.
        duration_s (`float`):
            Of what is shown, in seconds, or `None` if the header leaves it open.
        media_duration_s (`float`):
            Of what is stored, in seconds, or `None`.
        num_frames (`int`):
            Frames stored.
        times_s (`np.ndarray`):
            When each frame begins on the track's own clock, ascending, float64, shape `(num_frames,)`; shape `(0,)` if
            the tables name another number of frames than are stored.
        end_s (`float`):
            When the last frame stored ends, on the same clock, by the tables.
        tick_s (`float`):
            The clock's resolution.
        edits (`list[tuple[float, float]]`):
            Start on the clock and duration, in seconds, of each part that is shown; empty if all is.
        delay_s (`float`):
            How long nothing is shown before.
    """

    handler: bytes
    duration_s: float | None
    media_duration_s: float | None
    num_frames: int
    times_s: np.ndarray
    end_s: float
    tick_s: float
    edits: list[tuple[float, float]] = field(default_factory=list)
    delay_s: float = 0.0


@dataclass(frozen=True)
class Header:
    """Claims of a whole file: `duration_s` is `None` where left open, `fragmented` says that tables come piecewise."""

    duration_s: float | None
    fragmented: bool
    tracks: list[Track]


def is_mp4(data: Buffer) -> bool:
    """Whether a file begins as mp4 and QuickTime files do."""
    return bytes(data[4:8]) in FIRST_BOXES


def missing_bytes(data: Buffer) -> int:
    """How many bytes an mp4 file is too short for the last box it has begun; 0 if it is whole."""
    position, end = 0, len(data)
    while end - position >= 8:
        size, _, _ = _box_at(data, position, end)
        if size < 8:
            return 0  # no box: somebody has put other data behind the file
        position += size
    # a piece of a box's own header is left: seven bytes or fewer
    return position - end if position > end else (8 - (end - position)) % 8


def read_header(data: Buffer) -> Header | None:
    """
    Read the claims of an mp4 file's header.

    Args:
        data (`Buffer`):
            The whole file.

    Returns:
        `Header`: Or `None` if the file has none.

    Raises:
        ValueError: If a box is missing or too short for what it must hold.
    """
    moov = next(_boxes(data, 0, len(data), b"moov"), None)
    if moov is None:
        return None
    try:
        scale, duration = _duration(_content(data, moov, b"mvhd"))
        tracks = [_read_track(data, trak, scale) for trak in _boxes(data, *moov, b"trak")]
    except (struct.error, IndexError, ZeroDivisionError) as error:
        raise ValueError(str(error)) from None
    return Header(duration, next(_boxes(data, *moov, b"mvex"), None) is not None, tracks)


def _read_track(data: Buffer, trak: Place, movie_scale: int) -> Track:
    tkhd = _content(data, trak, b"tkhd")
    (duration,) = struct.unpack_from(">Q" if tkhd[0] else ">I", tkhd, 28 if tkhd[0] else 20)
    mdia = _place(data, trak, b"mdia")
    scale, media_duration_s = _duration(_content(data, mdia, b"mdhd"))
    stbl = _place(data, _place(data, mdia, b"minf"), b"stbl")
    (num_frames,) = struct.unpack_from(">I", _content(data, stbl, b"stsz", b"stz2"), 8)
    offsets = _content(data, stbl, b"ctts", optional=True)
    begins, end = _times(_content(data, stbl, b"stts"), offsets, num_frames, len(data))
    edts = next(_boxes(data, *trak, b"edts"), None)
    parts = _edits(_content(data, edts, b"elst", optional=True)) if edts else []
    return Track(
        handler=_content(data, mdia, b"hdlr")[8:12],
        duration_s=None if duration in UNKNOWN else duration / movie_scale,
        media_duration_s=media_duration_s,
        num_frames=num_frames,
        times_s=begins / scale,
        end_s=end / scale,
        tick_s=1 / scale,
        edits=[(start / scale, length / movie_scale) for start, length in parts if start != -1],
        delay_s=sum(length for start, length in parts if start == -1) / movie_scale,
    )


def _times(stts: bytes, ctts: bytes, num_frames: int, limit: int) -> tuple[np.ndarray, int]:
    """Begin of every frame in the order shown, and end of the last one stored, in ticks."""
    counts, steps = _runs(stts, ">u4")
    end = int(counts @ steps)  # int64: the tables hold 32 bits
    # a frame has at least a byte: a table for more of them would only fill the memory
    if counts.sum() != num_frames or num_frames > limit or not num_frames:
        return np.empty(0), end
    begins = np.concatenate([[0], np.cumsum(np.repeat(steps, counts))[:-1]])
    offset_counts, offsets = _runs(ctts, ">i4")
    if offset_counts.sum() == num_frames:
        begins = begins + np.repeat(offsets, offset_counts)
    return np.sort(begins).astype(np.float64), end


def _runs(table: bytes, value_type: str) -> tuple[np.ndarray, np.ndarray]:
    """The pairs (count, value) of a table that is written in runs, as two int64 arrays."""
    if not table:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    (num_runs,) = struct.unpack_from(">I", table, 4)
    runs = np.frombuffer(table[8 : 8 + 8 * num_runs], [("count", ">u4"), ("value", value_type)])
    return runs["count"].astype(np.int64), runs["value"].astype(np.int64)


def _edits(elst: bytes) -> list[tuple[int, int]]:
    """Start (in ticks of the track, -1 for none) and length (in ticks of the film) of every part of an edit list."""
    if not elst:
        return []
    (num_parts,) = struct.unpack_from(">I", elst, 4)
    layout = struct.Struct(">Qq4x" if elst[0] else ">Ii4x")
    parts = elst[8 : 8 + layout.size * num_parts]
    return [(start, length) for length, start in layout.iter_unpack(parts[: len(parts) // layout.size * layout.size])]


def _duration(box: bytes) -> tuple[int, float | None]:
    """Ticks a second, and duration in seconds, of an `mvhd` or `mdhd` box of version 0 or 1."""
    scale, duration = struct.unpack_from(">IQ" if box[0] else ">II", box, 20 if box[0] else 12)
    return scale, None if duration in UNKNOWN else duration / scale


def _content(data: Buffer, place: Place, *kinds: bytes, optional: bool = False) -> bytes:
    """The content of the box of one of these kinds; none if it is not there and need not be."""
    found = [box for kind in kinds for box in _boxes(data, *place, kind)]
    if not found and not optional:
        raise ValueError(f"no {kinds[0].decode()}")
    return bytes(data[slice(*found[0])]) if found else b""


def _place(data: Buffer, place: Place, kind: bytes) -> Place:
    for box in _boxes(data, *place, kind):
        return box
    raise ValueError(f"no {kind.decode()}")


def _boxes(data: Buffer, position: int, end: int, kind: bytes) -> Iterator[Place]:
    """Start and end of the content of every box of a kind between two positions."""
    while end - position >= 8:
        size, kind_here, header_size = _box_at(data, position, end)
        if size < 8:
            return
        if kind_here == kind:
            yield position + header_size, min(position + size, end)
        position += size


def _box_at(data: Buffer, position: int, end: int) -> tuple[int, bytes, int]:
    """Size with its header, kind, and size of the header; the size is below 8 where no box is."""
    size, kind = struct.unpack(">I4s", data[position : position + 8])
    if size == 0 and kind.isalnum():  # to the end of the file
        return end - position, kind, 8
    if size == 1 and end - position >= 16:
        (size,) = struct.unpack(">Q", data[position + 8 : position + 16])
        return (size if size >= 16 else 0), kind, 16
    return size, kind, 8
