"""The folder of a run: whether it is finished, and how it is cleared for a new start."""

import fcntl
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from trainer.checkpoints import ENVIRONMENT, FINISHED, remove_leftovers
from trainer.run_record import CONFIGURATION, RECIPE, ROWS

# The first of the two trainings of `two_step` lies in a folder of this name.
FIRST_STEP = "step_1"
TENSORBOARD = "tensorboard"
RESULTS = "train_results.json"
LOCK = ".lock"


def is_finished(output_dir: Path) -> bool:
    """Whether a run has written its final model here; its state comes last."""
    return (output_dir / FINISHED).is_file() and (output_dir / RESULTS).is_file()


@contextmanager
def locked(output_dir: Path) -> Iterator[None]:
    """
    Keep the folder for one run; the system lets go of it when the process ends, however.

    Raises:
        ValueError: If another run writes there.
    """
    output_dir.mkdir(parents=True, exist_ok=True)
    with (output_dir / LOCK).open("w") as lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # unlike flock's not held by workers of a killed run
        except OSError:
            raise ValueError(
                f"{output_dir}: another run is writing there. Wait for it, or give another folder."
            ) from None
        yield


def clear(output_dir: Path) -> None:
    """
    Remove what runs wrote here, and nothing else: a user may keep predictions in the folder.

    Args:
        output_dir (`Path`):
            Folder of a run, finished or not. Without a run's recipe in it nothing is removed.
    """
    if not (output_dir / RECIPE).is_file():
        return
    files = {CONFIGURATION, RESULTS, FINISHED, ROWS}
    try:
        files |= set(json.loads((output_dir / ENVIRONMENT).read_text())["files"])
    except (OSError, ValueError, KeyError):  # not finished: there are checkpoints only
        pass
    for folder in (*output_dir.glob(f"{PREFIX_CHECKPOINT_DIR}-*"), output_dir / FIRST_STEP, output_dir / TENSORBOARD):
        shutil.rmtree(folder, ignore_errors=True)
    remove_leftovers(output_dir)
    # Its state first: without it a half cleared folder is no finished run. The recipe last: with it, it is a run's.
    for name in (FINISHED, *sorted(files), ENVIRONMENT, RECIPE):
        (output_dir / name).unlink(missing_ok=True)
