"""What `check` found, as lines for people and as an object for programs."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from ..problems import Problem, one_line


@dataclass
class Report:
    """
    Everything that is wrong with a release, and what is worth knowing about it.

    Args:
        release (`str`):
            The release as the user gave it; paths in lines begin with it.
        root (`Path`):
            The same, absolute and free of links.
        problems (`list[Problem]`):
            What must be mended.
        notes (`list[str]`):
            What is worth knowing; one line each.
        counts (`dict[str, int]`):
            Files looked into: `clips`, `unlabeled_clips`, `images`, `trajectories`.
    """

    release: str
    root: Path
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def lines(self) -> list[str]:
        """One line a problem, `path: what is wrong; what to do`, in the order of path, then one line a note."""
        problems = [problem.line(self._shown(problem.path)) for problem in self.problems]
        return problems + [one_line(f"note: {note}") for note in self.notes]

    def to_json(self) -> dict:
        """The same as an object: `release`, `problems` (kind, path, what, todo), `notes`, `counts`."""
        problems = [
            {"kind": each.kind, "path": self._shown(each.path), "what": each.what, "todo": each.todo}
            for each in self.problems
        ]
        return {"release": self.release, "problems": problems, "notes": self.notes, "counts": self.counts}

    def summary(self) -> str:
        """How many problems and files there are, in one line."""
        looked_at = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in self.counts.items() if count)
        number = f"{len(self.problems)} problem{'' if len(self.problems) == 1 else 's'}"
        return one_line(f"{self.release}: {number}{' in ' + looked_at if looked_at else ''}")

    def sort(self) -> None:
        """Put the problems in the order of path, and leave out what is there twice: tasks share folders."""
        once = {(each.path, each.what if each.kind != "missing" else ""): each for each in reversed(self.problems)}
        self.problems = sorted(once.values(), key=lambda each: (self._shown(each.path), each.what))

    def _shown(self, path: Path) -> str:
        inside = str(path).removeprefix(str(self.root)).removeprefix(os.sep)  # `relative_to` takes ten times as long
        return os.path.join(self.release, inside) if inside else self.release
