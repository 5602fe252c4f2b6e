"""A folder for what is made for a push only, such as a merged model."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

START = ".push-"


@contextmanager
def work_folder(run_dir: Path) -> Iterator[Path]:
    """
    Make an empty folder in a run's folder, where there is room for a model, and remove it in the end.

    Args:
        run_dir (`Path`):
            The run's folder. What a push that was killed has left there is removed.

    Yields:
        `Path`: The folder.
    """
    for left in run_dir.glob(f"{START}*-*"):
        pid = left.name[len(START) :].partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    with TemporaryDirectory(prefix=f"{START}{os.getpid()}-", dir=run_dir) as folder:
        yield Path(folder)
