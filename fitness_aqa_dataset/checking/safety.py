"""What a release holds apart from plain files and folders, found without opening or following any of it."""

import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..layout import is_litter
from ..problems import Problem, shorten


@dataclass(frozen=True)
class Survey:
    """
    The tree as it lies on disk.

    Args:
        problems (`list[Problem]`):
            Links that leave the release, lead nowhere or in circles; pipes, devices; names that differ by case only.
        not_to_open (`set[Path]`):
            Paths that must not be opened: all of the above but the last.
        outside (`set[Path]`):
            Those of them that are links out of the release.
    """

    problems: list[Problem] = field(default_factory=list)
    not_to_open: set[Path] = field(default_factory=set)
    outside: set[Path] = field(default_factory=set)


def survey(root: Path) -> Survey:
    """
    Walk through a release without following links.

    Args:
        root (`Path`):
            The release, absolute and free of links.

    Returns:
        `Survey`: What is unsafe or ambiguous in it.
    """
    found = Survey()
    for folder, entries in _walk(root, found.problems):
        for entry in entries:
            _look_at(entry, root, found)
        found.problems.extend(_case_clashes(folder, [entry.name for entry in entries]))
    return found


def fold(name: str) -> str:
    """A name as file systems see it that do not tell upper from lower case, nor two ways to write an accent."""
    return unicodedata.normalize("NFC", name).casefold()


def _walk(root: Path, problems: list[Problem]) -> Iterator[tuple[Path, list[os.DirEntry]]]:
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(folder) as scan:
                entries = sorted((entry for entry in scan if not is_litter(entry.name)), key=lambda entry: entry.name)
        except OSError as error:
            problems.append(Problem("missing", folder, f"cannot be read ({error.strerror})", "allow reading it"))
            continue
        folders += [Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False)]
        yield folder, entries


def _look_at(entry: os.DirEntry, root: Path, found: Survey) -> None:
    path = Path(entry.path)
    if entry.is_symlink():
        what, outside = _wrong_with_link(path, root)
        if outside:
            found.outside.add(path)
    else:
        mode = entry.stat(follow_symlinks=False).st_mode
        what = None if stat.S_ISREG(mode) or stat.S_ISDIR(mode) else "a pipe, a device or a socket, no file"
    if what is not None:
        found.not_to_open.add(path)
        found.problems.append(Problem("link", path, what, "put the file itself there or remove it"))


def _wrong_with_link(path: Path, root: Path) -> tuple[str | None, bool]:
    """What is wrong with a link, if anything, and whether it leaves the release."""
    target = Path(os.path.realpath(path))
    if not target.is_relative_to(root):
        return f"a link that leaves the release, to {shorten(os.readlink(path))}", True
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return f"a link to nothing, {shorten(os.readlink(path))} is not there", False
    except OSError:
        return "a link that leads in a circle", False
    if path.is_relative_to(target):
        return "a link that leads in a circle, to a folder that it lies in", False
    plain = stat.S_ISREG(mode) or stat.S_ISDIR(mode)
    return None if plain else "a link to a pipe, a device or a socket", False


def _case_clashes(folder: Path, names: list[str]) -> Iterator[Problem]:
    first = {}
    for name in names:
        other = first.setdefault(fold(name), name)
        if other != name:
            what = f"its name differs from {other!r} beside it only in upper and lower case"
            yield Problem("case", folder / name, what, "rename or remove one of the two")
