"""What the release says about one clip or image, before anything is opened."""

import hashlib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ClipRecord:
    """
    One annotated clip of the release.

    Args:
        id (`str`):
            Exercise and the release's own key: `squat/32939_2`.
        video (`Path`):
            The clip's file, absolute.
        exercise (`str`):
            `squat` or `overhead_press`.
        errors (`tuple[tuple[str, float, float], ...]`):
            Label, start and end in seconds of every annotated interval, in the order of start, end, label.
        split (`str`):
            `train`, `validation` or `test`.
    """

    id: str
    video: Path
    exercise: str
    errors: tuple[tuple[str, float, float], ...]
    split: str


@dataclass(frozen=True)
class ImageRecord:
    """
    One annotated image of the release.

    Args:
        id (`str`):
            Exercise and the release's own key: `barbell_row/60123_1`.
        image (`Path`):
            The image's file, absolute.
        task (`str`):
            `shallow_squat`, `lumbar` or `torso_angle`.
        label (`int`):
            0 (correct) or 1 (error).
        split (`str`):
            `train`, `validation` or `test`.
    """

    id: str
    image: Path
    task: str
    label: int
    split: str


@dataclass(frozen=True)
class UnlabeledRecord:
    """
    One clip without annotations.

    Args:
        id (`str`):
            Exercise and the release's own key: `squat/32939_2`.
        video (`Path`):
            The clip's file, absolute.
        exercise (`str`):
            `squat` or `overhead_press`.
        trajectory (`Path`, *optional*):
            The file with the bar's positions, if the release has one.
        split (`str`):
            `train`: the unlabelled part is not split.
    """

    id: str
    video: Path
    exercise: str
    trajectory: Path | None
    split: str = "train"


Record = ClipRecord | ImageRecord | UnlabeledRecord


def fingerprint(records: list[Record]) -> str:
    """A name for the content of a release: every record, every file's size and time of change (its bytes are many)."""
    digest = hashlib.sha256()
    for record in records:
        for path in (value for value in vars(record).values() if isinstance(value, Path)):
            stat = path.stat()
            digest.update(repr((stat.st_size, stat.st_mtime_ns)).encode())
        digest.update(repr(record).encode())
    return digest.hexdigest()[:16]
