"""All parts of a release, read without opening a link that leaves it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..annotations import read_keys
from ..layout import CLIP_SUFFIXES, IMAGE_SUFFIXES, files_by_key, find, is_litter, require, zipped
from ..parts import Part, read_clips_part, read_images_part
from ..problems import Problem
from ..taxonomy import EXERCISES, IMAGE_TASKS, RELEASE_FOLDER
from .safety import Survey, fold

UNLABELED = ("videos", "bar_trajectories_raw")


@dataclass
class Release:
    """
    What lies in a release.

    Args:
        clip_parts, image_parts (`list[Part]`):
            The annotated parts that could be read.
        clips, images, unlabeled_clips (`list[Path]`):
            Every clip and image on disk, also those that no id leads to.
        unlabeled (`dict[str, tuple[dict[str, Path], dict[str, Path]]]`):
            By exercise: clips and bar trajectories without labels, each by key.
        problems (`list[Problem]`), notes (`list[str]`):
            About parts that are not there, or not read.
    """

    clip_parts: list[Part] = field(default_factory=list)
    image_parts: list[Part] = field(default_factory=list)
    clips: list[Path] = field(default_factory=list)
    images: list[Path] = field(default_factory=list)
    unlabeled_clips: list[Path] = field(default_factory=list)
    unlabeled: dict[str, tuple[dict[str, Path], dict[str, Path]]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def parts(self) -> list[Part]:
        """All annotated parts."""
        return self.clip_parts + self.image_parts

    def jobs(self, not_to_open: set[Path]) -> dict[Path, str]:
        """Every file to look into, and as what: `clip`, `image`, or the exercise of a bar trajectory."""
        jobs = dict.fromkeys(self.clips + self.unlabeled_clips, "clip") | dict.fromkeys(self.images, "image")
        for exercise, (_, trajectories) in self.unlabeled.items():
            jobs |= dict.fromkeys(trajectories.values(), exercise)
        return {path: kind for path, kind in jobs.items() if path not in not_to_open}

    def counts(self) -> dict[str, int]:
        """Number of files of each sort."""
        return {
            "clips": len(self.clips),
            "unlabeled_clips": len(self.unlabeled_clips),
            "images": len(self.images),
            "trajectories": sum(len(trajectories) for _, trajectories in self.unlabeled.values()),
        }


def read_all(root: Path, tree: Survey) -> Release:
    """
    Read every part of a release that is there.

    Args:
        root (`Path`):
            The release, absolute and free of links.
        tree (`Survey`):
            Tells which links leave it: what they stand for is not read.

    Returns:
        `Release`: Both exercises must be there; image tasks and unlabelled parts need not.
    """
    release = Release()
    outside = [_folded(path.relative_to(root).parts) for path in tree.outside]
    for exercise in EXERCISES:
        media, annotations = _clips_ways(exercise)
        if _is_inside([media], outside, exercise, release):
            if _is_inside(annotations, outside, f"{exercise} labels and splits", release):
                part = read_clips_part(root, exercise, tree.not_to_open)
            else:
                folder = find(root, RELEASE_FOLDER[exercise], "Labeled_Dataset", "videos")
                part = Part(exercise, files_by_key(folder, CLIP_SUFFIXES), folder)
            release.clip_parts.append(part)
            release.clips += _all_files(part.media_folder, CLIP_SUFFIXES)
    for name, task in IMAGE_TASKS.items():
        # the folder of one task lies among the clips' folders, those of the others stand alone
        wanted = task.folder if task.exercise == "squat" else task.folder[:1]
        if _is_inside(_images_ways(name), outside, name, release):
            if find(root, *wanted) is None and zipped(root, *wanted) is None:
                release.notes.append(f"{name}: not in this release")
                continue
            part = read_images_part(root, name, tree.not_to_open)
            release.image_parts.append(part)
            release.images += _all_files(part.media_folder, IMAGE_SUFFIXES)
    release.images = list(dict.fromkeys(release.images))
    not_a_split = find(root, "Squat", "Labeled_Dataset", "Splits", "traj_nan.json")
    if not_a_split and not_a_split.is_file() and not _leaves(not_a_split, root, tree.not_to_open):
        read_keys(not_a_split, release.problems)
    for exercise in EXERCISES:
        _read_unlabeled(root, exercise, outside, release)
    return release


def _leaves(path: Path, root: Path, not_to_open: set[Path]) -> bool:
    return path in not_to_open or not path.resolve().is_relative_to(root)


def _read_unlabeled(root: Path, exercise: str, outside: list[tuple[str, ...]], release: Release) -> None:
    folder = (RELEASE_FOLDER[exercise], "Unlabeled_Dataset")
    if not _is_inside([_folded((*folder, name)) for name in UNLABELED], outside, f"{exercise} unlabelled", release):
        return
    found = find(root, *folder)
    if archive := zipped(root, *folder):
        release.problems.append(Problem("missing", archive, "unlabelled clips still in a zip file", "unpack it there"))
        return
    if found is None:
        release.notes.append(f"{exercise}: no unlabelled clips in this release")
        return
    videos, trajectories = (require("folder", release.problems, found, name) for name in UNLABELED)
    release.unlabeled[exercise] = (files_by_key(videos, CLIP_SUFFIXES), files_by_key(trajectories, (".json",)))
    release.unlabeled_clips += _all_files(videos, CLIP_SUFFIXES)


def _is_inside(ways: list[tuple[str, ...]], outside: list[tuple[str, ...]], name: str, release: Release) -> bool:
    """Whether no link on the way to a part's files leaves the release; a note says so if one does."""
    if any(way[: len(link)] == link for way in ways for link in outside):
        release.notes.append(f"{name}: not read, for a link on the way to its files leaves the release")
        return False
    return True


def _clips_ways(exercise: str) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Where the clips lie, and the folders of the files about them."""
    folder = (RELEASE_FOLDER[exercise], "Labeled_Dataset")
    return _folded((*folder, "videos")), [_folded((*folder, name)) for name in ("Labels", "Splits")]


def _images_ways(name: str) -> list[tuple[str, ...]]:
    task = IMAGE_TASKS[name]
    return [_folded((*task.folder, *way)) for way in (task.images, task.labels[:-1], task.splits)]


def _folded(way: tuple[str, ...]) -> tuple[str, ...]:
    """A path's names without case; a folder inside one of its own name counts once."""
    names = [fold(name) for name in way]
    return tuple(name for index, name in enumerate(names) if index == 0 or name != names[index - 1])


def _all_files(folder: Path | None, suffixes: tuple[str, ...]) -> Iterator[Path]:
    """Every clip or image under a folder, at any depth, also several of one id."""
    for top, folders, names in os.walk(folder) if folder is not None else ():
        folders[:] = sorted(name for name in folders if not is_litter(name))
        for name in sorted(names):
            if os.path.splitext(name)[1].lower() in suffixes and not is_litter(name):
                yield Path(top, name)
