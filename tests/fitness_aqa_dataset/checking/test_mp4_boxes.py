import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness_aqa_dataset.checking.mp4_boxes import is_mp4, missing_bytes, read_header


def box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", len(body) + 8, kind) + body


def numbers(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def film(steps=((3, 10),), num_frames=3, offsets=(), edits=(), duration=30, extra=b"") -> bytes:
    """A file of one video track, its clock and the film's at 100 and 1000 ticks a second."""
    offset_table = box(b"ctts", numbers(0, len(offsets)), *(struct.pack(">Ii", *run) for run in offsets))
    stbl = box(
        b"stbl",
        box(b"stts", numbers(0, len(steps)), *(numbers(*run) for run in steps)),
        offset_table if offsets else b"",
        box(b"stsz", numbers(0, 0, num_frames)),
    )
    edit_list = box(b"edts", box(b"elst", numbers(0, len(edits)), *(struct.pack(">IiI", *e, 65536) for e in edits)))
    mdia = box(
        b"mdia",
        box(b"mdhd", numbers(0, 0, 0, 100, duration)),
        box(b"hdlr", numbers(0, 0), b"vide"),
        box(b"minf", stbl),
    )
    trak = box(b"trak", box(b"tkhd", numbers(0, 0, 0, 1, 0, 300)), edit_list if edits else b"", mdia)
    mvhd = box(b"mvhd", numbers(0, 0, 0, 1000, 300))
    return box(b"ftyp", b"isom") + box(b"moov", mvhd, trak, extra) + box(b"mdat", bytes(50))


def test_all_claims_of_a_track():
    header = read_header(film())
    assert (header.duration_s, header.fragmented, len(header.tracks)) == (0.3, False, 1)
    (track,) = header.tracks
    assert track.handler == b"vide"
    assert (track.duration_s, track.media_duration_s, track.end_s) == (0.3, 0.3, 0.3)
    assert (track.num_frames, track.tick_s, track.edits, track.delay_s) == (3, 0.01, [], 0.0)
    np.testing.assert_allclose(track.times_s, [0.0, 0.1, 0.2])


def test_frames_are_in_the_order_shown():
    (track,) = read_header(film(offsets=((1, 10), (1, 20), (1, 0)))).tracks
    np.testing.assert_allclose(track.times_s, [0.1, 0.2, 0.3])
    assert track.end_s == 0.3


def test_an_edit_list_has_a_delay_and_parts():
    (track,) = read_header(film(edits=((250, -1), (200, 10)))).tracks
    assert track.edits == [(0.1, 0.2)]
    assert track.delay_s == 0.25


def test_a_duration_left_open():
    (track,) = read_header(film(duration=0xFFFFFFFF)).tracks
    assert track.media_duration_s is None


def test_fragments():
    assert read_header(film(extra=box(b"mvex"))).fragmented


@pytest.mark.parametrize("num_frames", [2, 4, 2**32 - 1])
def test_tables_that_disagree_give_no_times(num_frames):
    (track,) = read_header(film(num_frames=num_frames)).tracks
    assert (track.num_frames, len(track.times_s)) == (num_frames, 0)


def test_a_table_of_more_frames_than_bytes_is_not_written_out():
    (track,) = read_header(film(steps=((2**32 - 1, 1),), num_frames=2**32 - 1)).tracks
    assert len(track.times_s) == 0


def test_no_header():
    assert read_header(box(b"ftyp", b"isom") + box(b"mdat")) is None


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda data: data.replace(b"mdhd", b"free"), "no mdhd"),
        (lambda data: data.replace(b"stts", b"free"), "no stts"),
        (lambda data: data.replace(numbers(1000, 300), numbers(0, 300)), "division by zero"),
    ],
)
def test_a_damaged_header(damage, message):
    with pytest.raises(ValueError, match=message):
        read_header(damage(film()))


def test_missing_bytes_are_counted():
    data = film()
    assert missing_bytes(data) == 0
    assert missing_bytes(data[:-1]) == 1
    assert missing_bytes(data[:-50]) == 50
    assert missing_bytes(data[:-51]) == 1  # of the box's own eight
    assert missing_bytes(data[:-57]) == 7
    assert missing_bytes(data[:-58]) == 0  # a whole number of boxes
    assert missing_bytes(data + bytes(20)) == 0  # zeros behind a file are no box
    assert missing_bytes(data + struct.pack(">I4sQ", 1, b"mdat", 1000) + bytes(84)) == 900
    assert (
        missing_bytes(data + struct.pack(">I4s", 0, b"mdat") + bytes(84)) == 0
    )  # reaches to the end, whatever that is


def test_what_begins_as_an_mp4():
    assert is_mp4(film())
    assert not is_mp4(b"\x1aE\xdf\xa3" + bytes(20))
    assert not is_mp4(b"")


@given(st.data())
def test_no_damage_makes_reading_fail_in_another_way(data):
    content = bytearray(film(offsets=((3, 5),), edits=((300, 0),)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = bytes(content[: data.draw(st.integers(0, len(content)))])
    assert missing_bytes(content) >= 0
    try:
        read_header(content)
    except ValueError:
        pass
