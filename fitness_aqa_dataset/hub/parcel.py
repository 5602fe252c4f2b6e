"""What goes to one repository in one commit."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

# Gradio only: the one kind of Space that the project has.
SPACE_SDK = "gradio"


@dataclass(frozen=True)
class Parcel:
    """
    Args:
        repo_id (`str`):
            `user/name`.
        repo_type (`str`):
            `model`, `dataset` or `space`.
        files (`dict[str, Path | bytes]`):
            What is sent, by its path in the repository.
        message (`str`):
            Of the commit.
        replaces (`tuple[str, ...]`, *optional*):
            Patterns of files that a push of this kind sends, `folder/**` for all in a folder: those in the repository
            that match one and are not in `files` are removed. Others stay.
        shows_people (`str`, *optional*):
            What of it shows clips of a real release, whole or as pictures, as messages name it; `None`: nothing.
    """

    repo_id: str
    repo_type: str
    files: dict[str, Path | bytes]
    message: str
    replaces: tuple[str, ...] = ()
    shows_people: str | None = None

    def is_replaced(self, path: str) -> bool:
        """Whether a file that is in the repository was sent by an earlier push and is no longer there."""
        return path not in self.files and any(
            path.startswith(pattern[:-2])
            if pattern.endswith("/**")
            else pattern.count("/") == path.count("/") and fnmatchcase(path, pattern)
            for pattern in self.replaces
        )

    @property
    def folder(self) -> str:
        """Of the address: nothing for a model."""
        return "" if self.repo_type == "model" else f"{self.repo_type}s/"


def size_of(content: Path | bytes) -> int:
    """In bytes."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size
