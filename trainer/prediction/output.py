"""The file of predictions: it grows as X.partial, is gone on with after a stop, and is X only when it is whole."""

import hashlib
import json
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path

from trainer import locking
from trainer.prediction.settings_file import settings_path
from trainer.run_record import write_whole

# What may change when a file is gone on with. Another batch size changes the last digits of scores, nothing else.
MAY_CHANGE = {"batch_size", "synthetic", "synthetic_model", "rows", "rows_state"}
# Settings that are checksums, and what is said when they differ.
STATES = {"model_state": "the model's files", "input_state": "the clips", "calibration_state": "the calibration"}


def locked(path: Path) -> AbstractContextManager[None]:
    """
    Keep an output for one run, see [`~trainer.locking.locked`].

    Args:
        path (`Path`): The output. Its folder is made.

    Raises:
        ValueError: If another run writes it.
        OSError: If the folder cannot be made or written.
    """
    taken = f"{path}: another run is writing it. Wait for it, or give another --output."
    return locking.locked(path.with_name(f".{path.name}.lock"), taken)


class Output:
    """
    A file of predictions and the settings beside it. For the first process only, under [`locked`].

    Args:
        path (`Path`): Where it lies once it is whole.
    """

    def __init__(self, path: Path):
        self.path = path
        self.partial = path.with_name(f"{path.name}.partial")
        self.settings_path = settings_path(path)
        self.lines: dict[str, bytes] = {}

    def is_finished(self, settings: dict) -> bool:
        """
        Whether the file is there and whole.

        Args:
            settings (`dict`): Those of this run.

        Returns:
            `bool`: `False` also where a part of it is there that can be gone on with.

        Raises:
            ValueError: If what is there was made with other settings, nobody knows with which, or a row was changed.
        """
        found = [path for path in (self.path, self.partial) if path.exists()]
        if not found:
            return False
        mend = "Give another --output, or --overwrite to start anew."
        if not found[0].is_file():
            raise ValueError(f"{found[0]}: is no file. Give another --output.")
        try:
            before = json.loads(self.settings_path.read_text())
            rows_before = before["rows"]
        except (OSError, ValueError, TypeError, KeyError):
            raise ValueError(
                f"{found[0]}: is there already, and no {self.settings_path.name} says what it was made with. {mend}"
            ) from None
        if differing := _differences(before, json.loads(json.dumps(settings))):
            raise ValueError(f"{found[0]}: begun with other settings: {', '.join(differing)}. {mend}")
        if not self.path.exists():
            return False
        lines = _whole_lines(self.path)
        if fingerprint(lines) != rows_before:
            return False
        content = b"".join(lines.values())
        if before.get("rows_state", state_of_rows(content)) != state_of_rows(content):
            raise ValueError(f"{self.path}: its rows were changed since they were written. {mend}")
        return content == self.path.read_bytes()

    def begin(self, settings: dict, ids: list[str], overwrite: bool) -> set[str]:
        """
        Open the file for rows that are missing.

        Args:
            settings (`dict`): Those of this run, written before the first row.
            ids (`list[str]`): Of all rows, in their order.
            overwrite (`bool`): Whether what is there is removed.

        Returns:
            `set[str]`: Ids of the rows that are there.

        Raises:
            OSError: If it cannot be written.
        """
        self.ids = ids
        if overwrite:
            for path in (self.path, self.partial, self.settings_path):
                path.unlink(missing_ok=True)
        found = [_whole_lines(path) for path in (self.partial, self.path) if path.exists()]
        known = set(ids)
        self.lines = {id: line for lines in found for id, line in lines.items() if id in known}
        self.settings = settings | {"rows": fingerprint(ids)}
        self._write_settings()
        self._write_partial()  # without a torn line, or one twice
        self.path.unlink(missing_ok=True)
        self.file = self.partial.open("ab")
        return set(self.lines)

    def append(self, rows: Iterable[dict]) -> None:
        """Add rows, whole lines; those that are there already stay as they are."""
        new = {row["id"]: (json.dumps(row) + "\n").encode() for row in rows if row["id"] not in self.lines}
        self.file.write(b"".join(new.values()))
        self.file.flush()
        self.lines |= new

    def finish(self) -> None:
        """Give the file its name, its rows in the order of the input, and its settings the checksum of its bytes."""
        self.file.close()
        if list(self.lines) != self.ids:  # lines were missing in the middle
            self.lines = {id: self.lines[id] for id in self.ids}
            self._write_partial()
        # Before the name: what has it has a checksum. Stopped in between, the same command writes both again.
        self.settings["rows_state"] = state_of_rows(b"".join(self.lines.values()))
        self._write_settings()
        self.partial.replace(self.path)

    def unreadable(self) -> dict[str, str]:
        """Why clips could not be read, by id."""
        rows = map(json.loads, self.lines.values())
        return {row["id"]: row["error"] for row in rows if "error" in row}

    def _write_settings(self) -> None:
        write_whole(self.settings_path, json.dumps(self.settings, indent=2) + "\n")

    def _write_partial(self) -> None:
        rewritten = self.partial.with_name(f".{self.partial.name}")
        rewritten.write_bytes(b"".join(self.lines.values()))
        rewritten.replace(self.partial)


def fingerprint(ids: Iterable[str]) -> dict:
    """Number and checksum of ids in their order."""
    ids = list(ids)
    return {"count": len(ids), "ids": checksum(ids)}


def state_of_rows(content: bytes) -> str:
    """Checksum of a finished file's bytes, `rows_state` of its settings."""
    return hashlib.sha256(content).hexdigest()[:16]


def checksum(content: object) -> str:
    """A short name for plain values."""
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]


def _whole_lines(path: Path) -> dict[str, bytes]:
    """Lines by id, the first of each, without those that are torn."""
    lines: dict[str, bytes] = {}
    for line in path.read_bytes().splitlines(keepends=True):
        try:
            id = json.loads(line)["id"]
        except (ValueError, TypeError, KeyError):
            continue
        if line.endswith(b"\n") and isinstance(id, str):
            lines.setdefault(id, line)
    return lines


def _differences(before: dict, now: dict) -> list[str]:
    names = [name for name in {**now, **before} if name not in MAY_CHANGE and before.get(name) != now.get(name)]
    said = [f"{name} {before.get(name)} → {now.get(name)}" for name in names if name not in STATES]
    # Another model has other files: it is said once.
    return said or [
        f"{STATES[name]} have changed" if name != "calibration_state" else f"{STATES[name]} has changed"
        for name in names
    ]
