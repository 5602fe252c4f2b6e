"""The visitors' files while they wait for an answer; nothing of them stays."""

import time
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread

# What Gradio has forgotten (an upload that broke off, one that was never asked about) is removed after so long.
OLDEST_S = 3600


class Uploads:
    """
    Which visitor has put in which file.

    Gradio keeps equal files once, under a name made of their content: a file that two visitors have put in is deleted
    when the second of them has been answered.

    Args:
        folder (`Path`):
            Where Gradio puts uploads; nothing else lies there.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self.waiting: dict[str, Path] = {}
        self.lock = Lock()

    def put(self, session: str, path: str | None) -> None:
        """A visitor has another file than before, or none: the one before is deleted."""
        with self.lock:
            before = self.waiting.pop(session, None)
            if path:
                self.waiting[session] = Path(path)
            self._delete(before)

    def done(self, session: str, path: str | None) -> None:
        """A visitor has been answered: that file is deleted, a new one that was put in meanwhile is not."""
        with self.lock:
            if path and self.waiting.get(session) == Path(path):
                del self.waiting[session]
            self._delete(path and Path(path))

    def sweep(self) -> None:
        """Delete what has lain there for too long."""
        oldest = time.time() - OLDEST_S
        for file in list(self.folder.rglob("*")):
            with suppress(FileNotFoundError):  # Gradio's own clean-up may come first
                if file.is_file() and file.stat().st_mtime < oldest:
                    _remove(file)

    def keep_sweeping(self) -> None:
        """[`sweep`](Uploads.sweep) again and again, beside what else this process does."""

        def sweep() -> None:
            while True:
                time.sleep(OLDEST_S / 10)
                self.sweep()

        Thread(target=sweep, daemon=True).start()

    def _delete(self, path: Path | None) -> None:
        if path and path not in self.waiting.values():
            _remove(path)


def _remove(path: Path) -> None:
    """A file, and the folder that Gradio made for it."""
    path.unlink(missing_ok=True)
    with suppress(OSError):  # holds another file
        path.parent.rmdir()
