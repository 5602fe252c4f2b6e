import json
import struct
import zlib

import numpy as np
import PIL.Image
import pytest

from fitness_aqa_dataset.checking.pictures import probe_image, probe_trajectory


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "1.jpg"
    PIL.Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8)).save(path)
    return path


def test_a_sound_image_and_its_copy(photo, tmp_path):
    (tmp_path / "2.jpg").write_bytes(photo.read_bytes() + b"data that a telephone appends")
    probes = [probe_image(photo), probe_image(tmp_path / "2.jpg")]
    assert [probe.problem for probe in probes] == [None, None]
    assert probes[0].content == probes[1].content and len(probes[0].content) == 16


def test_another_image_has_another_content(photo, tmp_path):
    PIL.Image.open(photo).rotate(180).save(tmp_path / "2.jpg")
    assert probe_image(photo).content != probe_image(tmp_path / "2.jpg").content


@pytest.mark.parametrize("format", ["PNG", "WEBP", "BMP"])
def test_other_kinds_of_image_are_fine(photo, tmp_path, format):
    PIL.Image.open(photo).save(tmp_path / "2.jpg", format=format)
    assert probe_image(tmp_path / "2.jpg").problem is None


@pytest.mark.parametrize("missing", [2, 10, 1000])
def test_truncated(photo, missing):
    photo.write_bytes(photo.read_bytes()[:-missing])
    problem = probe_image(photo).problem
    assert (problem.kind, problem.what) == ("image", "truncated, the end of the image is missing")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "empty (0 bytes)"),
        (b"hello", "not an image"),
        (bytes(3000), "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "not an image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "an image that does not decode (Truncated File Read)"),
    ],
)
def test_no_image(photo, content, what):
    photo.write_bytes(content)
    assert probe_image(photo).problem.what == what


@pytest.mark.parametrize(
    ("width", "what"),
    [(10_000, "an image of 10000 × 10000 pixels"), (100_000, "an image of more than 178956970 pixels")],
)
def test_a_few_bytes_that_claim_to_be_a_huge_image(photo, width, what):
    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, width, 8, 2, 0, 0, 0))
    photo.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b""))
    assert probe_image(photo).problem.what == what


@pytest.mark.parametrize(
    ("exercise", "content", "num_frames", "what"),
    [
        ("squat", [1.0, None, 2], 3, None),
        ("squat", [], 0, None),
        ("overhead_press", [[[], [], []]], 1, None),
        ("squat", {"10_1": 1}, 0, "expected a list with one entry a frame, got {'10_1': 1}"),
        ("squat", [1.0, [2]], 0, "entry 1: expected the bar's y in pixels, or NaN, got [2]"),
        (
            "overhead_press",
            [5],
            0,
            "entry 0: expected three regions, each [] or [[x1, y1, x2, y2, confidence]], got 5",
        ),
    ],
)
def test_trajectories(tmp_path, exercise, content, num_frames, what):
    (tmp_path / "1.json").write_text(json.dumps(content))
    probe = probe_trajectory(tmp_path / "1.json", exercise)
    assert probe.num_frames == num_frames
    assert (probe.problem and probe.problem.what) == what
