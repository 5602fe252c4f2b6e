"""Where things lie in a raw release, whatever unpacking did to the tree: case, doubled folders, `__MACOSX`, zips."""

import os
from pathlib import Path

from .problems import Problem

CLIP_SUFFIXES = (".mp4",)
IMAGE_SUFFIXES = (".jpg", ".jpeg")


def find(folder: Path, *names: str) -> Path | None:
    """
    The path under `folder`, upper and lower case alike; a folder that holds one of its own name (`videos/videos`, as
    some programs unpack) is entered.

    Args:
        folder (`Path`):
            Where to start.
        names (`str`):
            Names of the folders on the way and of the file or folder wanted.

    Returns:
        `Path`: The file or folder, or `None` if it is not there.
    """
    for name in names:
        inside = _entry(folder, name)
        if inside is None and (doubled := _entry(folder, folder.name)) is not None:
            inside = _entry(doubled, name)
        if inside is None:
            return None
        folder = inside
    return folder


def require(kind: str, problems: list[Problem], folder: Path, *names: tuple[str, ...] | str) -> Path | None:
    """
    As [`find`], but what is missing becomes a problem.

    Args:
        kind (`str`):
            `"file"` or `"folder"`: what must be there.
        problems (`list[Problem]`):
            Gets one more if it is not.
        folder (`Path`):
            Where to start.
        names (`str` or `tuple[str, ...]`):
            Names on the way; a tuple gives several names for the same thing, the usual one first.

    Returns:
        `Path`: The file or folder, or `None`.
    """
    choices = [(name,) if isinstance(name, str) else name for name in names]
    for last in choices[-1]:
        path = find(folder, *(choice[0] for choice in choices[:-1]), last)
        if path is not None and (path.is_file() if kind == "file" else path.is_dir()):
            return path
    wanted = folder.joinpath(*(choice[0] for choice in choices))
    here = path if path is not None else wanted
    what = f"no such {kind}, but the release needs it" if path is None else f"expected a {kind}, found something else"
    zips = not_unpacked(wanted.parent) or not_unpacked(folder)
    todo = f"unpack {', '.join(zips)}" if zips else "unpack the release again, complete"
    problems.append(Problem("missing", here, what, todo))
    return None


def zipped(folder: Path, *names: str) -> Path | None:
    """The zip file that stands where `find` would meet one of the folders, `OHP.zip` for `OHP/…`; or nothing."""
    for name in names:
        inside = find(folder, name)
        if inside is None:
            return find(folder, f"{name}.zip")
        folder = inside
    return None


def files_by_key(folder: Path | None, suffixes: tuple[str, ...]) -> dict[str, Path]:
    """
    Every clip or image under a folder, at any depth, by its id: the file name without the ending.

    Args:
        folder (`Path`, *optional*):
            Where to look; `None` holds nothing. Linked folders inside it are not followed.
        suffixes (`tuple[str, ...]`):
            Endings of the files, lower case; the files' own case does not matter.

    Returns:
        `dict[str, Path]`: In the order of path. Of two files with one id the one nearer to the top counts.
    """
    files = {}
    for top, folders, names in os.walk(folder) if folder is not None else ():
        folders[:] = sorted(name for name in folders if not is_litter(name))
        for name in sorted(names):
            stem, suffix = os.path.splitext(name)
            if suffix.lower() in suffixes and not is_litter(name):
                files.setdefault(stem, Path(top, name))
    return files


def is_litter(name: str) -> bool:
    """Whether a name is what macOS puts into zips (`__MACOSX`, `._32939_2.mp4`), or hidden."""
    return name == "__MACOSX" or name.startswith(".")


def not_unpacked(folder: Path) -> list[str]:
    """Names of the zip files in a folder, or in the nearest folder above it that is there."""
    while not folder.is_dir():
        folder = folder.parent
    return sorted(path.name for path in folder.iterdir() if path.suffix.lower() == ".zip" and not is_litter(path.name))


def _entry(folder: Path, name: str) -> Path | None:
    """The entry of that name; the exact spelling goes before another case."""
    entries = sorted(folder.iterdir()) if folder.is_dir() else []
    alike = [entry for entry in entries if entry.name.casefold() == name.casefold()]
    return next((entry for entry in alike if entry.name == name), alike[0] if alike else None)
