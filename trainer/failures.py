"""What can fail in the middle of a training, as one message that says which setting to change."""

import errno
import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from safetensors import SafetensorError

NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
# safetensors says what the system says; torch only where in its own source a write failed.
FULL = "No space left|Disk quota|File too large|PytorchStreamWriter failed|unexpected pos"


class TrainingFailure(ValueError):
    """Something that failed on one process, perhaps not on the others."""


@contextmanager
def explained_failures(output_dir: str) -> Iterator[None]:
    """
    Turn failures that a setting can prevent into a message that names it; everything else goes on as it is.

    Args:
        output_dir (`str`):
            Where the run saves.

    Raises:
        TrainingFailure: If the disk is full, memory is short, or a data loader's worker died or met a bad row.
    """
    try:
        yield
    except (OSError, SafetensorError, RuntimeError, MemoryError, ValueError, KeyError) as error:
        message = explain(error, output_dir)
        if message is None:
            raise
        raise TrainingFailure(message) from error


def explain(error: BaseException, output_dir: str) -> str | None:
    """
    What to do about an error.

    Args:
        error (`BaseException`):
            Raised while training or saving.
        output_dir (`str`):
            Where the run saves.

    Returns:
        `str`: One line, or `None` if no setting prevents it.
    """
    text = str(error)
    first = text.strip().splitlines()[0] if text.strip() else type(error).__name__
    if getattr(error, "errno", None) in NO_SPACE or re.search(FULL, text):
        return (
            f"{output_dir}: the disk is full ({first}). Free space, or set save_total_limit: 1, save_only_model: true "
            "(without the optimizer's state a run cannot go on) or another output_dir. The same command goes on from "
            "the last whole checkpoint."
        )
    if isinstance(error, ValueError):  # a row's, with the worker's whole traceback before it
        return text.rpartition("ValueError: ")[2].strip() if text.startswith("Caught ValueError in") else None
    if isinstance(error, KeyError):
        return error.args[0].splitlines()[0] if "metric_for_best_model" in text else None
    if re.search("requires .* to be installed", text):  # a tracker of report_to
        return f"{first} Install it, or give another report_to."
    if is_dead_worker(error):
        return (
            f"a worker of the data loader died ({first}), most often for lack of memory. Lower "
            "dataloader_num_workers, dataloader_prefetch_factor or num_frames; with 0 workers the error itself shows. "
            "The same command goes on from the last whole checkpoint."
        )
    is_out_of_memory = isinstance(error, (torch.OutOfMemoryError, MemoryError))
    if is_out_of_memory or re.search("not enough memory|can't allocate memory", text):
        return (
            f"out of memory ({first}). Lower per_device_train_batch_size (raise gradient_accumulation_steps as much), "
            "set activation_checkpointing: true, lower num_frames, use_peft: true, or launch with "
            "trainer/accelerate/fsdp2_offload.yaml; `python -m trainer.plan` says what fits."
        )
    return None


def is_dead_worker(error: BaseException) -> bool:
    """Whether a data loader's worker died; of one that dies while it hands rows over only the connection is lost."""
    if "DataLoader worker (pid" in str(error):
        return True
    frames = traceback.extract_tb(error.__traceback__)
    return isinstance(error, ConnectionError) and any("torch/utils/data" in frame.filename for frame in frames)
