"""What can be wrong with a release, as data: one problem is one line that says where, what, and what to do."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Problem:
    """
    Something that is wrong with one file or folder of a release.

    Args:
        kind (`str`):
            What sort of problem, for programs: `missing`, `json`, `interval`, `label`, `id`, `split`, `clip`, `image`,
            `trajectory`, `duplicate`, `link` or `case`.
        path (`Path`):
            The file or folder, absolute.
        what (`str`):
            What is wrong with it, on one line.
        todo (`str`):
            How to mend it, on one line.
    """

    kind: str
    path: Path
    what: str
    todo: str

    def line(self, path: str | Path | None = None) -> str:
        """`path: what is wrong; what to do`, on one line whatever the file's name; `path` shortens the place."""
        return one_line(f"{path or self.path}: {self.what}; {self.todo}")

    def raise_(self, others: int = 0) -> None:
        """Raise `FileNotFoundError` for something missing, `ValueError` else, with the number of other problems."""
        more = f" ({others} more: `python -m fitness_aqa_dataset check` lists all)" if others else ""
        raise (FileNotFoundError if self.kind == "missing" else ValueError)(self.line() + more)


def one_line(text: str) -> str:
    """The text with every character that ends a line, moves the cursor or cannot be encoded written as an escape."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def shorten(value: object, limit: int = 120) -> str:
    """A value of the user's file as it goes into a message: never more than `limit` characters and an ellipsis."""
    text = repr(value)
    return text if len(text) <= limit else text[:limit] + "…"
