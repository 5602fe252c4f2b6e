"""
The annotated parts of a release (the clips of an exercise, the images of a task), each read whole with everything that
is wrong about it, so that a reader can stop at it and `check` can list it.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from .annotations import read_binary_labels, read_intervals, read_keys
from .layout import CLIP_SUFFIXES, IMAGE_SUFFIXES, files_by_key, not_unpacked, require
from .problems import Problem
from .taxonomy import ERRORS, IMAGE_TASKS, RELEASE_FOLDER

# The release calls them keys beside clips and ids beside images; copies of it mix the two.
SPLIT_FILES = {
    split: (f"{name}_keys.json", f"{name}_ids.json")
    for split, name in {"train": "train", "validation": "val", "test": "test"}.items()
}


@dataclass(frozen=True)
class Part:
    """
    One folder of annotations: the clips of an exercise, or the images of a task.

    Args:
        name (`str`):
            `squat`, `overhead_press`, `shallow_squat`, `lumbar` or `torso_angle`.
        media (`dict[str, Path]`):
            Every clip or image on disk by its key.
        media_folder (`Path`):
            Where they lie, or `None` if the folder is missing.
        label_files (`dict[str, Path]`), labels (`dict[str, dict]`):
            By error: the file, and its intervals or binary labels by key. What cannot be read is left out.
        split_files (`dict[str, Path]`), splits (`dict[str, list[str]]`):
            By split: the file and its keys. What cannot be read is left out.
        problems (`list[Problem]`):
            Everything that keeps the rows from being made.
    """

    name: str
    media: dict[str, Path]
    media_folder: Path | None
    label_files: dict[str, Path] = field(default_factory=dict)
    labels: dict[str, dict] = field(default_factory=dict)
    split_files: dict[str, Path] = field(default_factory=dict)
    splits: dict[str, list[str]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_clips_part(root: Path, exercise: str, not_to_open: Collection[Path] = ()) -> Part:
    """
    Read the labelled clips of one exercise with everything that is wrong about them; raises nothing.

    Args:
        root (`Path`):
            The release, absolute.
        exercise (`str`):
            `squat` or `overhead_press`.
        not_to_open (`Collection[Path]`, *optional*):
            Label and split files to leave unread, as if they could not be.

    Returns:
        `Part`: What could be read, and `problems`.
    """
    problems = []
    folder = require("folder", problems, root, RELEASE_FOLDER[exercise], "Labeled_Dataset")
    if folder is None:
        return Part(exercise, {}, None, problems=problems)
    media_folder = require("folder", problems, folder, "videos")
    part = Part(exercise, files_by_key(media_folder, CLIP_SUFFIXES), media_folder, problems=problems)
    labels_folder = require("folder", problems, folder, "Labels")
    for label in ERRORS[exercise] if labels_folder else ():
        path = require("file", problems, labels_folder, f"error_{label}.json")
        if path and path not in not_to_open:
            part.label_files[label] = path
            if (intervals := read_intervals(path, problems)) is not None:
                part.labels[label] = intervals
    _read_splits(part, require("folder", problems, folder, "Splits"), not_to_open)
    _check_keys(part)
    return part


def read_images_part(root: Path, name: str, not_to_open: Collection[Path] = ()) -> Part:
    """Read the labelled images of one task (`shallow_squat`, …), otherwise as [`read_clips_part`]."""
    problems = []
    task = IMAGE_TASKS[name]
    folder = require("folder", problems, root, *task.folder)
    if folder is None:
        return Part(name, {}, None, problems=problems)
    media_folder = require("folder", problems, folder, *task.images)
    part = Part(name, files_by_key(media_folder, IMAGE_SUFFIXES), media_folder, problems=problems)
    path = require("file", problems, folder, *task.labels)
    if path and path not in not_to_open:
        part.label_files[name] = path
        if (labels := read_binary_labels(path, problems)) is not None:
            part.labels[name] = labels
    _read_splits(part, require("folder", problems, folder, *task.splits), not_to_open)
    _check_keys(part)
    return part


def _read_splits(part: Part, folder: Path | None, not_to_open: Collection[Path]) -> None:
    for split, names in SPLIT_FILES.items() if folder else ():
        path = require("file", part.problems, folder, names)
        if path and path not in not_to_open:
            part.split_files[split] = path
            if (keys := read_keys(path, part.problems)) is not None:
                part.splits[split] = keys


def _check_keys(part: Part) -> None:
    """An id of a split must be in that split only, be labelled, and have its clip or image."""
    first_split = {}
    for split, keys in part.splits.items():
        for key in keys:
            if first_split.setdefault(key, split) != split:
                what = f"id {key!r} is in the split {first_split[key]!r} too"
                part.problems.append(Problem("split", part.split_files[split], what, "remove it from one of the two"))
    for key, split in first_split.items():
        unlabelled = [part.label_files[error].name for error, labels in part.labels.items() if key not in labels]
        if unlabelled:
            what = f"id {key!r} has no entry in {' and '.join(unlabelled)}"
            todo = f"add one there ({'0 or 1' if part.name in IMAGE_TASKS else '[] where the error does not occur'})"
            part.problems.append(
                Problem("label", part.split_files[split], what, f"{todo} or remove the id from the split")
            )
    if part.media_folder is not None:
        part.problems.extend(_missing_media(part, first_split))


def _missing_media(part: Part, split_of: dict[str, str]) -> list[Problem]:
    thing, suffix = ("image", ".jpg") if part.name in IMAGE_TASKS else ("clip", ".mp4")
    missing = [key for key in split_of if key not in part.media]
    zips = not_unpacked(part.media_folder)
    todo = f"unpack {', '.join(zips)}" if zips else f"put the {thing} there"
    if len(missing) == len(split_of) > 1:
        return [
            Problem("missing", part.media_folder, f"none of the {len(missing)} {thing}s of the splits is here", todo)
        ]
    return [
        Problem(
            "missing",
            part.media_folder / f"{key}{suffix}",
            f"no such {thing}, but its id is in the split {split_of[key]!r}",
            f"{todo}, or remove the id from the split",
        )
        for key in missing
    ]
