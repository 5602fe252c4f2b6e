"""What looking into one file of a release gives, and how such a file is opened."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from ..problems import Problem

MAX_PIXELS = 2**26  # of a frame or an image: a file of a few bytes may claim enough of them to fill the memory
# JPEG, PNG, GIF, BMP, TIFF of either byte order
IMAGES = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")
# What text does not hold: control letters other than white space
NOT_TEXT = bytes(set(range(32)) - set(b"\t\n\f\r"))


@dataclass(frozen=True)
class Probe:
    """
    One file looked at.

    Args:
        path (`Path`):
            The file.
        problem (`Problem`, *optional*):
            The first thing wrong with it; then nothing else is known, unless it is rotation metadata.
        num_frames (`int`):
            Frames of a clip, entries of a trajectory.
        fps (`float`):
            Average frame rate of a clip.
        content (`bytes`):
            Fingerprint of the decoded picture or of three decoded frames: equal for copies, and for copies in another
            container.
    """

    path: Path
    problem: Problem | None = None
    num_frames: int = 0
    fps: float = 0.0
    content: bytes = b""

    @property
    def duration_s(self) -> float:
        """Length of a clip, in seconds, as rows have it."""
        return self.num_frames / self.fps


def open_file(path: Path) -> BinaryIO:
    """
    Open a file to read; a pipe neither blocks nor is opened a second time by its name.

    Raises:
        OSError: If it is no plain file or cannot be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "no plain file")
    return os.fdopen(descriptor, "rb")


def is_text(beginning: bytes) -> bool:
    """Whether a file's first bytes are text, as no video's are."""
    return len(beginning.translate(None, NOT_TEXT)) == len(beginning)


def is_image(beginning: bytes) -> bool:
    """Whether a file's first bytes are those of a still image, which FFmpeg would open as a video of one frame."""
    return beginning.startswith(IMAGES) or (beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP")
