"""
The raw release on disk, as its authors ship it and as unzipping leaves it, read into plain records.

Every check on the user's label and split files is here; whether a clip decodes is the builder's business.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

from .taxonomy import ERROR_LABELS, ERRORS, EXERCISES, RELEASE_FOLDER

SPLIT_FILES = {"train": "train_keys.json", "validation": "val_keys.json", "test": "test_keys.json"}


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


def read_release(data_dir: str | Path) -> list[ClipRecord]:
    """
    Read the labelled videos of a raw release. A release with one of the two exercises only is fine.

    Understands what unpacking does to the tree: `videos/videos/`, `labels/` and `splits/` in lower case, `__MACOSX`.

    Args:
        data_dir (`str` or `Path`):
            The folder that holds `Squat/` and `OHP/`.

    Returns:
        `list[ClipRecord]`: Every clip of every split, exercise by exercise, split by split, in the split files' order.
        Clips on disk that no split names are left out.

    Raises:
        FileNotFoundError: If the folder, a label file, a split file, or a clip is missing.
        ValueError: If the folder holds no release; if a JSON file is damaged or of the wrong shape; if an interval
            does not end after it starts; if an id is in two splits, or in a split but unlabelled.
    """
    root = Path(data_dir).expanduser().resolve()
    if not root.is_dir():
        raise FileNotFoundError(f"{data_dir}: no such folder. Give the folder that holds Squat/ and OHP/.")
    folders = {exercise: _find(root, RELEASE_FOLDER[exercise], "Labeled_Dataset") for exercise in EXERCISES}
    if not any(folders.values()):
        wanted = " or ".join(f"{RELEASE_FOLDER[exercise]}/Labeled_Dataset/" for exercise in EXERCISES)
        raise ValueError(
            f"{root}: no Fitness-AQA release here: looked for {wanted}, found neither. "
            f"Give the folder that holds them{_unpack_hint(root)}."
        )
    return [
        record
        for exercise, folder in folders.items()
        if folder is not None
        for record in _read_exercise(folder, exercise)
    ]


def _read_exercise(folder: Path, exercise: str) -> list[ClipRecord]:
    labels = {label: _read_labels(_require(folder, "Labels", f"error_{label}.json")) for label in ERRORS[exercise]}
    videos = _require(folder, "videos")
    videos = _find(videos, "videos") or videos
    records, split_of = [], {}
    for split, file_name in SPLIT_FILES.items():
        path = _require(folder, "Splits", file_name)
        for key in _read_keys(path):
            if key in split_of:
                raise ValueError(
                    f"{path}: id {key!r} is already in the split {split_of[key]!r}. An id belongs to one split, once: "
                    "remove it from one of them."
                )
            split_of[key] = split
            video = videos / f"{key}.mp4"
            errors = _errors_of(key, labels, path)
            records.append(ClipRecord(f"{exercise}/{key}", video, exercise, errors, split))
    _check_clips(records, videos)
    return records


def _errors_of(key: str, labels: dict[str, dict], split_file: Path) -> tuple[tuple[str, float, float], ...]:
    for label, intervals in labels.items():
        if key not in intervals:
            raise ValueError(
                f"{split_file}: id {key!r} has no entry in error_{label}.json. Add one there ([] where the error does "
                "not occur) or remove the id from the split."
            )
    errors = [(label, start, end) for label, intervals in labels.items() for start, end in intervals[key]]
    return tuple(sorted(errors, key=lambda error: (error[1], error[2], ERROR_LABELS.index(error[0]))))


def _check_clips(records: list[ClipRecord], videos: Path) -> None:
    missing = [record for record in records if not record.video.is_file()]
    if missing:
        raise FileNotFoundError(
            f"{missing[0].video}: no such clip, but id {missing[0].id!r} is in the split {missing[0].split!r} "
            f"({len(missing)} of {len(records)} clips are missing). Unpack the clips into {videos}"
            f"{_unpack_hint(videos.parent)}, or remove the ids from the split."
        )


def _read_labels(path: Path) -> dict[str, list[tuple[float, float]]]:
    labels = _read_json(path)
    if not isinstance(labels, dict):
        raise ValueError(
            f"{path}: expected an object {{id: [[start, end], …]}}, got {type(labels).__name__}. Restore the file."
        )
    for key, intervals in labels.items():
        if not isinstance(intervals, list):
            raise ValueError(
                f"{path}: id {key!r}: expected a list of [start, end] in seconds, got {intervals!r}. Correct it."
            )
    return {key: [_interval(path, key, pair) for pair in intervals] for key, intervals in labels.items()}


def _interval(path: Path, key: str, pair: object) -> tuple[float, float]:
    numbers = isinstance(pair, list) and len(pair) == 2 and all(type(time_s) in (int, float) for time_s in pair)
    if not numbers or not all(math.isfinite(time_s) for time_s in pair):
        raise ValueError(
            f"{path}: id {key!r}: expected [start, end], two numbers in seconds, got {pair!r}. Correct it."
        )
    start, end = pair
    if not 0 <= start < end:
        raise ValueError(
            f"{path}: id {key!r}: expected 0 <= start < end in seconds, got [{start}, {end}]. "
            "Correct the two times or remove the interval."
        )
    return float(start), float(end)


def _read_keys(path: Path) -> list[str]:
    keys = _read_json(path)
    # an id with path parts would reach outside the release
    wrong = [k for k in keys if not (isinstance(k, str) and k == Path(k).name)] if isinstance(keys, list) else [keys]
    if wrong:
        raise ValueError(
            f'{path}: expected a list of ids such as ["32939_2"], plain file names without .mp4, got {wrong[0]!r}. '
            "Correct it or restore the file."
        )
    return keys


def _read_json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8", errors="replace"))
    except json.JSONDecodeError as error:
        raise ValueError(
            f"{path}, line {error.lineno}: damaged JSON ({error.msg}). Mend the line or unpack the file again."
        ) from None


def _find(folder: Path, *names: str) -> Path | None:
    """The path under `folder`, upper and lower case alike, or nothing."""
    for name in names:
        entries = sorted(folder.iterdir()) if folder.is_dir() else []
        folder = next((entry for entry in entries if entry.name.casefold() == name.casefold()), None)
        if folder is None:
            return None
    return folder


def _require(folder: Path, *names: str) -> Path:
    path = _find(folder, *names)
    if path is None:
        raise FileNotFoundError(
            f"{folder.joinpath(*names)}: missing from the release. Unpack it again, complete{_unpack_hint(folder)}."
        )
    return path


def _unpack_hint(folder: Path) -> str:
    zips = sorted(path.name for path in folder.glob("*.zip"))
    return f" (not unpacked yet: {', '.join(zips)})" if zips else ""
