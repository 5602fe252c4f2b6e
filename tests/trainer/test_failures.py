import errno

import pytest
import torch
from safetensors import SafetensorError
from torch.utils.data import DataLoader, Dataset

from trainer.failures import TrainingFailure, explain, explained_failures


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        SafetensorError("I/O error: No space left on device (os error 28)"),
        RuntimeError("[enforce fail at inline_container.cc:862] . PytorchStreamWriter failed writing file data/3"),
        RuntimeError("[enforce fail at inline_container.cc:664] . unexpected pos 64 vs 0"),
    ],
)
def test_a_full_disk(error):
    message = explain(error, "runs/mine")
    assert message.startswith("runs/mine: the disk is full (")
    for setting in ("save_total_limit: 1", "save_only_model: true", "output_dir", "last whole checkpoint"):
        assert setting in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.\nSee documentation"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:114] DefaultCPUAllocator: can't allocate memory: you tried"),
        MemoryError(),
    ],
)
def test_out_of_memory(error):
    message = explain(error, "runs/mine")
    assert message.startswith("out of memory (")
    for setting in ("per_device_train_batch_size", "activation_checkpointing: true", "num_frames", "use_peft: true"):
        assert setting in message
    assert "trainer.plan" in message
    assert "\n" not in message


def test_a_worker_that_died():
    error = RuntimeError("DataLoader worker (pid 4711) is killed by signal: Killed. ")
    message = explain(error, "runs/mine")
    assert message.startswith(
        "a worker of the data loader died (DataLoader worker (pid 4711) is killed by signal: Killed."
    )
    for setting in ("dataloader_num_workers", "dataloader_prefetch_factor", "num_frames"):
        assert setting in message


class LostRows(Dataset):
    """Rows that come over a connection which breaks, as a worker's does that dies while it hands them over."""

    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise ConnectionResetError(errno.ECONNRESET, "Connection reset by peer")


def test_a_worker_that_hung_up():
    with pytest.raises(TrainingFailure, match=r"^a worker of the data loader died \(\[Errno 104\] Connection reset"):
        with explained_failures("runs/mine"):
            next(iter(DataLoader(LostRows())))


def test_another_connection_that_broke_is_no_workers():
    with pytest.raises(ConnectionResetError), explained_failures("runs/mine"):
        LostRows()[0]


def test_a_row_that_a_worker_could_not_read_is_said_without_its_traceback():
    error = ValueError(
        "Caught ValueError in DataLoader worker process 0.\nOriginal Traceback (most recent call last):\n"
        "  File \"fetch.py\", line 55, in fetch\nValueError: row 'squat/1_1': a.mp4: not a video. Unpack it again.\n"
    )
    assert explain(error, "runs/mine") == "row 'squat/1_1': a.mp4: not a video. Unpack it again."


@pytest.mark.parametrize(
    "error", [ValueError("freeze: nothing"), OSError(errno.ENOENT, "no such file"), RuntimeError("x")]
)
def test_other_errors_stay_as_they_are(error):
    assert explain(error, "runs/mine") is None
    with pytest.raises(type(error)) as raised, explained_failures("runs/mine"):
        raise error
    assert raised.value is error


def test_what_is_explained_is_a_failure_of_the_training():
    with pytest.raises(TrainingFailure, match="runs/mine: the disk is full"), explained_failures("runs/mine"):
        raise OSError(errno.ENOSPC, "No space left on device")
