"""
The raw release on disk, as its authors ship it and as unzipping leaves it, read into plain records.

Whether a clip or an image decodes is the business of the builder, and of `check`.
"""

from pathlib import Path

from .layout import CLIP_SUFFIXES, files_by_key, find, not_unpacked, zipped
from .parts import Part, read_clips_part, read_images_part
from .problems import Problem
from .records import ClipRecord, ImageRecord, UnlabeledRecord
from .taxonomy import ERROR_LABELS, EXERCISES, IMAGE_TASKS, RELEASE_FOLDER


def release_root(data_dir: str | Path) -> Path:
    """
    The folder of a release, absolute.

    Raises:
        FileNotFoundError: If there is no such folder.
        ValueError: If none of the release's folders is in it.
    """
    root = Path(data_dir).expanduser().resolve()
    if problem := wrong_root(root):
        raise (ValueError if root.is_dir() else FileNotFoundError)(problem.line())
    return root


def wrong_root(root: Path) -> Problem | None:
    """What is wrong with a folder that holds none of the release's own, or is not there; else nothing."""
    names = [*RELEASE_FOLDER.values(), "BarbellRow"]
    if not root.is_dir():
        return Problem("missing", root, "no such folder", "give the folder that holds Squat/ and OHP/")
    if any(find(root, name) for name in names):
        return None
    zips = not_unpacked(root)
    todo = f"unpack {', '.join(zips)}" if zips else "give the folder that holds them"
    return Problem("missing", root, f"no Fitness-AQA release here, neither {'/, nor '.join(names)}/", todo)


def read_release(data_dir: str | Path, skip_missing_clips: bool = False) -> list[ClipRecord]:
    """
    Read the labelled videos of a raw release. A release with one of the two exercises only is fine.

    Understands what unpacking does to the tree: see [`~fitness_aqa_dataset.layout.find`].

    Args:
        data_dir (`str` or `Path`):
            The folder that holds `Squat/` and `OHP/`.
        skip_missing_clips (`bool`, *optional*, defaults to `False`):
            Leave out clips that are in a split and not on disk, as long as there are others.

    Returns:
        `list[ClipRecord]`: Every clip of every split, exercise by exercise, split by split, in the split files' order.
        Clips on disk that no split names are left out.

    Raises:
        FileNotFoundError: If the folder, a label file, a split file, or a clip is missing.
        ValueError: If the folder holds no release; if a JSON file is damaged or of the wrong shape; if an interval
            does not end after it starts; if an id is in two splits, twice in one, or in a split but unlabelled. The
            message says how many other problems there are.
    """
    root = release_root(data_dir)
    folders = {exercise: (RELEASE_FOLDER[exercise], "Labeled_Dataset") for exercise in EXERCISES}
    present = [exercise for exercise, folder in folders.items() if find(root, *folder) or zipped(root, *folder)]
    parts = [read_clips_part(root, exercise) for exercise in present or EXERCISES]
    if skip_missing_clips:
        for part in parts:
            part.problems[:] = [problem for problem in part.problems if not _is_missing_clip(part, problem)]
    return [
        ClipRecord(f"{part.name}/{key}", part.media[key], part.name, _errors_of(part, key), split)
        for part in _without_problems(parts)
        for split, keys in part.splits.items()
        for key in keys
        if key in part.media
    ]


def read_images(data_dir: str | Path, task: str) -> list[ImageRecord]:
    """
    Read the labelled images of one task of a raw release.

    Args:
        data_dir (`str` or `Path`):
            The folder that holds `Squat/` and `BarbellRow/`.
        task (`str`):
            `shallow_squat`, `lumbar` or `torso_angle`.

    Returns:
        `list[ImageRecord]`: Every image of every split, in the split files' order.

    Raises:
        FileNotFoundError, ValueError: As [`read_release`]; a label must be 0 or 1.
    """
    (part,) = _without_problems([read_images_part(release_root(data_dir), task)])
    exercise = IMAGE_TASKS[task].exercise
    return [
        ImageRecord(f"{exercise}/{key}", part.media[key], task, part.labels[task][key], split)
        for split, keys in part.splits.items()
        for key in keys
    ]


def read_unlabeled(data_dir: str | Path) -> list[UnlabeledRecord]:
    """
    Read the unlabelled clips of a raw release. A release with those of one exercise only is fine.

    Args:
        data_dir (`str` or `Path`):
            The folder that holds `Squat/` and `OHP/`.

    Returns:
        `list[UnlabeledRecord]`: Every clip on disk, exercise by exercise, in the order of key.

    Raises:
        FileNotFoundError: If the folder is missing, or clips are still in a zip file.
        ValueError: If the folder holds no release, or one without unlabelled clips.
    """
    root = release_root(data_dir)
    records = []
    for exercise in EXERCISES:
        if archive := zipped(root, RELEASE_FOLDER[exercise], "Unlabeled_Dataset"):
            raise FileNotFoundError(f"{archive}: the unlabelled clips are still in this zip file; unpack it there")
        videos, trajectories = unlabeled_files(root, exercise)
        records += [
            UnlabeledRecord(f"{exercise}/{key}", videos[key], exercise, trajectories.get(key))
            for key in sorted(videos)
        ]
    if not records:
        folders = " and ".join(f"{RELEASE_FOLDER[exercise]}/Unlabeled_Dataset/videos/" for exercise in EXERCISES)
        zips = not_unpacked(root / RELEASE_FOLDER[EXERCISES[0]] / "Unlabeled_Dataset")
        todo = f"unpack {', '.join(zips)}" if zips else "unpack the release's unlabelled part there"
        raise ValueError(f"{root}: no unlabelled clips: looked into {folders}; {todo}")
    return records


def unlabeled_files(root: Path, exercise: str) -> tuple[dict[str, Path], dict[str, Path]]:
    """Clips and bar trajectory files of the unlabelled part of one exercise, each by key; empty if it is not there."""
    folder = (RELEASE_FOLDER[exercise], "Unlabeled_Dataset")
    videos, trajectories = find(root, *folder, "videos"), find(root, *folder, "bar_trajectories_raw")
    return files_by_key(videos, CLIP_SUFFIXES), files_by_key(trajectories, (".json",))


def find_missing_clips(data_dir: str | Path) -> dict[str, Problem]:
    """The labelled clips that are in a split and not on disk, by id: those that `skip_missing_clips` leaves out."""
    root = release_root(data_dir)
    parts = [read_clips_part(root, exercise) for exercise in EXERCISES]
    return {
        f"{part.name}/{problem.path.stem}": problem
        for part in parts
        for problem in part.problems
        if _is_missing_clip(part, problem)
    }


def _is_missing_clip(part: Part, problem: Problem) -> bool:
    return problem.kind == "missing" and problem.path.parent == part.media_folder


def _without_problems(parts: list[Part]) -> list[Part]:
    problems = [problem for part in parts for problem in part.problems]
    if problems:
        problems[0].raise_(others=len(problems) - 1)
    return parts


def _errors_of(part: Part, key: str) -> tuple[tuple[str, float, float], ...]:
    errors = [(label, start, end) for label, intervals in part.labels.items() for start, end in intervals[key]]
    return tuple(sorted(errors, key=lambda error: (error[1], error[2], ERROR_LABELS.index(error[0]))))
