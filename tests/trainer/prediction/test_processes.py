"""What fails on one process ends all of them, with one message."""

import pytest
import torch
from torch.utils.data import DataLoader

from tests.trainer.gloo import run_processes
from tests.trainer.test_failures import LostRows
from trainer.prediction.processes import explain, gathered, leave_group, on_each, on_first


def share(rank):
    from accelerate import PartialState

    PartialState(cpu=True)
    return on_each(lambda: rank), on_first(lambda: f"from {rank}"), gathered([rank])


def fail(rank, work, failing):
    from accelerate import PartialState

    PartialState(cpu=True)

    def attempt():
        if rank == failing:
            raise FileNotFoundError(f"no file on {rank}")

    try:
        {"on_each": on_each, "on_first": on_first}[work](attempt)
    except ValueError as error:
        return str(error)


def test_a_group_is_left(tmp_path):
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/group", rank=0, world_size=1)
    leave_group()
    assert not torch.distributed.is_initialized()
    leave_group()  # where there is none


def test_results_are_shared():
    assert run_processes(share) == [(0, "from 0", [0, 1]), (1, "from 0", [0, 1])]


@pytest.mark.parametrize(("work", "failing"), [("on_each", 0), ("on_each", 1), ("on_first", 0)])
def test_a_failure_is_everybodys(work, failing):
    assert run_processes(fail, work, failing) == [f"no file on {failing}"] * 2


def test_one_process_needs_no_group():
    assert (on_each(lambda: 1), on_first(lambda: 2), gathered([3])) == (1, 2, [3])
    with pytest.raises(ValueError, match="bad clip"):
        on_each(lambda: (_ for _ in ()).throw(ValueError("bad clip")))
    with pytest.raises(ZeroDivisionError):  # our own mistake: not hidden
        on_each(lambda: 1 // 0)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("what: mend it"), "what: mend it"),
        (OSError("no space"), "no space"),
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried\nmore"),
            "out of memory (CUDA out of memory. Tried). Lower --batch_size or --num_frames; the same command goes on.",
        ),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried"),
            "out of memory ([enforce fail] DefaultCPUAllocator: not enough memory: you tried). "
            "Lower --batch_size or --num_frames; the same command goes on.",
        ),
        (
            RuntimeError("DataLoader worker (pid 12) is killed by signal: Killed. "),
            "a worker that decodes clips died (DataLoader worker (pid 12) is killed by signal: Killed.), most often "
            "for lack of memory. Lower --num_workers, --batch_size or --num_frames; the same command goes on.",
        ),
        (RuntimeError("shapes differ"), None),
    ],
)
def test_failures_say_what_to_do(error, message):
    assert explain(error) == message


def test_a_worker_that_hung_up():
    with pytest.raises(ValueError, match=r"^a worker that decodes clips died \(\[Errno 104\] Connection reset"):
        on_each(lambda: next(iter(DataLoader(LostRows()))))
