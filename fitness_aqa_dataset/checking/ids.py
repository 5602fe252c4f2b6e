"""Everything wrong with the ids of one part, one line for each damage: its consequences are left out."""

import os
from collections.abc import Iterator
from pathlib import Path

from ..layout import CLIP_SUFFIXES, IMAGE_SUFFIXES
from ..parts import Part
from ..problems import Problem
from ..taxonomy import IMAGE_TASKS
from .safety import fold


def part_problems(part: Part, not_to_open: set[Path]) -> list[Problem]:
    """
    What is wrong with the annotations of a part, and with what they say about the files on disk.

    Args:
        part (`Part`):
            As it was read.
        not_to_open (`set[Path]`):
            Paths that have a problem of their own.

    Returns:
        `list[Problem]`: Those that reading found, without those that follow from others, and those that keep no row
        from being made: labels without a clip, and ids spelled in two ways.
    """
    clashes = _case_clashes(part)
    spelled_twice = {key for keys in clashes.values() for key in keys}
    nowhere = _neither_labelled_nor_there(part) - spelled_twice
    folders = {path.stem: path for path in _folders_named_as_media(part)}
    dropped_paths = {_media_path(part, key) for key in spelled_twice | nowhere | set(folders)} | not_to_open
    dropped_ids = {f"id {key!r}" for key in spelled_twice | nowhere | _mistaken_keys(part)}
    found = [
        problem
        for problem in part.problems
        if problem.path not in dropped_paths
        and not (" has no entry in " in problem.what and problem.what.partition(" has no ")[0] in dropped_ids)
    ]
    found += _clash_problems(part, clashes)
    found += _nowhere_problems(part, nowhere)
    found += [
        Problem(_kind(part), path, f"a folder, no {_kind(part)}", "unpack it again") for path in folders.values()
    ]
    return found + list(_labelled_but_absent(part, spelled_twice | set(folders)))


def _kind(part: Part) -> str:
    return "image" if part.name in IMAGE_TASKS else "clip"


def _suffix(part: Part) -> str:
    return IMAGE_SUFFIXES[0] if part.name in IMAGE_TASKS else CLIP_SUFFIXES[0]


def _media_path(part: Part, key: str) -> Path:
    """Where the clip or image of an id would lie."""
    return (part.media_folder or Path()) / f"{key}{_suffix(part)}"


def _case_clashes(part: Part) -> dict[str, list[str]]:
    """Ids that annotations and files spell in more than one way, by what they have in common."""
    spellings: dict[str, dict[str, None]] = {}
    for keys in (part.media, *part.labels.values(), *part.splits.values()):
        for key in keys:
            spellings.setdefault(fold(key), {})[key] = None
    return {folded: list(keys) for folded, keys in spellings.items() if len(keys) > 1}


def _clash_problems(part: Part, clashes: dict[str, list[str]]) -> Iterator[Problem]:
    for first, *others in clashes.values():
        for key in others:
            for path, keys in _annotations(part):
                if key in keys:  # files that clash on disk are the survey's
                    what = f"id {key!r} differs from {first!r} only in upper and lower case"
                    yield Problem("case", path, what, "spell it in one way, as the file on disk")
                    break


def _annotations(part: Part) -> list[tuple[Path, dict | set]]:
    """Every label and split file that could be read, with its ids."""
    labels = [(part.label_files[error], labels) for error, labels in part.labels.items()]
    return labels + [(part.split_files[split], set(keys)) for split, keys in part.splits.items()]


def _neither_labelled_nor_there(part: Part) -> set[str]:
    if part.media_folder is None or not part.labels or not part.media:
        return set()
    keys = {key for keys in part.splits.values() for key in keys if key not in part.media}
    return {key for key in keys if not any(key in labels for labels in part.labels.values())}


def _nowhere_problems(part: Part, keys: set[str]) -> Iterator[Problem]:
    for split, its_keys in part.splits.items():
        for key in its_keys:
            if key in keys:
                what = f"id {key!r} is neither labelled nor is its {_kind(part)} there"
                yield Problem("split", part.split_files[split], what, "remove it from the split or restore both")
                keys = keys - {key}


def _mistaken_keys(part: Part) -> set[str]:
    """Ids whose entry in a label file is there but wrong, in its value or in the id's own form."""
    files = set(part.label_files.values())
    mistaken = set()
    for problem in part.problems:
        if problem.path in files and problem.kind == "label" and ": expected 0 or 1" in problem.what:
            mistaken.add(problem.what.partition(": expected")[0].removeprefix("id ").strip("'\""))
        elif problem.path in files and problem.kind == "id":
            name = problem.what.rpartition(" got ")[2].strip("'\"")
            mistaken.add(os.path.splitext(name.replace("\\", "/").rpartition("/")[2])[0])
    return mistaken


def _folders_named_as_media(part: Part) -> list[Path]:
    """Folders named as a clip that hold no clip of that name, as a program that unpacks badly leaves them."""
    found = []
    for top, folders, _ in os.walk(part.media_folder) if part.media_folder else ():
        for name in folders:
            stem, ending = os.path.splitext(name)
            if (
                ending.lower() == _suffix(part)
                and stem not in part.media
                and not os.path.islink(os.path.join(top, name))
            ):
                found.append(Path(top, name))
    return found


def _labelled_but_absent(part: Part, reported: set[str]) -> Iterator[Problem]:
    none_there = any(problem.path == part.media_folder for problem in part.problems)
    if part.media_folder is None or none_there:
        return
    known = {key for keys in part.splits.values() for key in keys} | reported | set(part.media)
    files = {}
    for error, labels in part.labels.items():
        for key in labels:
            if key not in known:
                files.setdefault(key, []).append(part.label_files[error].name)
    for key, names in files.items():
        what = f"no such {_kind(part)}, but its id {key!r} is labelled in {' and '.join(names)}"
        yield Problem("missing", _media_path(part, key), what, f"put the {_kind(part)} there or remove the label")
