"""One image, or one bar trajectory, looked at."""

import hashlib
import warnings
from mmap import ACCESS_READ, mmap
from pathlib import Path

import PIL.Image

from ..annotations import read_trajectory
from ..problems import Problem, one_line
from ..trajectories import read_bar_y
from .probe import MAX_PIXELS, Probe, open_file

FORMATS = ("JPEG", "PNG", "WEBP", "BMP")  # others of Pillow's start programs (EPS) or are no photographs
AGAIN = "unpack or download it again"


def probe_image(path: Path) -> Probe:
    """
    Look at one image, which is decoded whole.

    Args:
        path (`Path`):
            The file.

    Returns:
        `Probe`: With what is wrong, or with the fingerprint of its pixels.
    """
    with open_file(path) as file:
        try:
            data = mmap(file.fileno(), 0, access=ACCESS_READ)
        except ValueError:
            return _wrong(path, "empty (0 bytes)")
        try:
            with warnings.catch_warnings(action="ignore"), PIL.Image.open(file, formats=FORMATS) as image:
                if image.width * image.height > MAX_PIXELS:
                    return _wrong(path, f"an image of {image.width} × {image.height} pixels")
                if image.format in ("JPEG", "MPO") and data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
                    return _wrong(path, "truncated, the end of the image is missing")
                pixels = image.convert("RGB")
        except PIL.UnidentifiedImageError:
            return _wrong(path, "not an image")
        except PIL.Image.DecompressionBombError:
            return _wrong(path, f"an image of more than {2 * PIL.Image.MAX_IMAGE_PIXELS} pixels")
        except Exception as error:  # Pillow's readers raise what they come across: OSError, SyntaxError, struct.error
            return _wrong(path, f"an image that does not decode ({error})")
    content = hashlib.blake2b(f"{pixels.size}".encode(), digest_size=16)
    content.update(pixels.tobytes())
    return Probe(path, content=content.digest())


def probe_trajectory(path: Path, exercise: str) -> Probe:
    """
    Read one file of bar positions.

    Args:
        path (`Path`):
            The file.
        exercise (`str`):
            `squat` or `overhead_press`: which format it is.

    Returns:
        `Probe`: With what is wrong, or with the number of entries.
    """
    problems: list[Problem] = []
    entries = read_trajectory(path, problems)
    if entries is None:
        return Probe(path, problems[0])
    try:
        read_bar_y(path, exercise, len(entries))
    except ValueError as error:
        what, _, todo = str(error).removeprefix(f"{one_line(str(path))}: ").rpartition("; ")
        return Probe(path, Problem("trajectory", path, what, todo))
    return Probe(path, num_frames=len(entries))


def _wrong(path: Path, what: str) -> Probe:
    return Probe(path, Problem("image", path, what, AGAIN))
