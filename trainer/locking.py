"""One run at a time: a file that the system lets go of when the process ends, however."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def locked(lock_path: Path, taken: str) -> Iterator[None]:
    """
    Hold a lock file; it is removed at the end.

    Args:
        lock_path (`Path`): The file. Its folder is made.
        taken (`str`): What to say where another process holds it.

    Raises:
        ValueError: If another process holds it.
        OSError: If the folder cannot be made or written.
    """
    lock_path.parent.mkdir(parents=True, exist_ok=True)
    with lock_path.open("w") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # unlike flock's not held by workers of a killed run
            is_current = os.fstat(lock.fileno()).st_ino == lock_path.stat().st_ino
        except OSError:  # held by another, or by another that has just ended and removed it
            is_current = False
        if not is_current:
            raise ValueError(taken)
        try:
            yield
        finally:
            lock_path.unlink(missing_ok=True)
