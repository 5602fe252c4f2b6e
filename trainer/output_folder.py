"""The folder of a run: whether it is finished, and how it is cleared for a new start."""

import json
import shutil
from contextlib import AbstractContextManager
from pathlib import Path

from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from trainer import locking
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


def locked(output_dir: Path) -> AbstractContextManager[None]:
    """
    Keep the folder for one run, see [`~trainer.locking.locked`].

    Raises:
        ValueError: If another run writes there.
    """
    taken = f"{output_dir}: another run is writing there. Wait for it, or give another folder."
    return locking.locked(output_dir / LOCK, taken)


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
