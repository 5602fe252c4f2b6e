"""Work that all processes of a run do together, so that what fails on one ends all of them with one message."""

from collections.abc import Callable
from typing import TypeVar

import torch
from accelerate import PartialState
from accelerate.utils import broadcast_object_list, gather_object

from trainer.failures import is_dead_worker

Result = TypeVar("Result")


def on_each(work: Callable[[], Result]) -> Result:
    """
    Do something on every process.

    Args:
        work (`Callable`): Called without arguments.

    Returns:
        What it gave on this process.

    Raises:
        ValueError: On all processes, if it failed on one of them; the message is the first one's.
    """
    result, message = _attempt(work)
    messages = gather_object([message]) if PartialState().num_processes > 1 else [message]
    for found in filter(None, messages):
        raise ValueError(found)
    return result


def on_first(work: Callable[[], Result]) -> Result:
    """
    Do something on the first process only.

    Args:
        work (`Callable`): Called without arguments; gives what can be pickled.

    Returns:
        What it gave, on every process.

    Raises:
        ValueError: On all processes, if it failed.
    """
    state = PartialState()
    outcome = [_attempt(work) if state.is_main_process else None]
    if state.num_processes > 1:
        broadcast_object_list(outcome)
    result, message = outcome[0]
    if message:
        raise ValueError(message)
    return result


def gathered(items: list) -> list:
    """The lists of all processes, one behind the other."""
    return gather_object(items) if PartialState().num_processes > 1 else items


def leave_group() -> None:
    """
    The end of a command that several processes ran. Threads of their group that are left while Python ends can abort
    the process (`terminate called without an active exception`), although everything was written.
    """
    PartialState().destroy_process_group()


def _attempt(work: Callable[[], Result]) -> tuple[Result | None, str | None]:
    """A result, or what to say of a failure that a user can mend; any other ends the process and with it the run."""
    try:
        return work(), None
    except (ValueError, OSError, MemoryError, RuntimeError) as error:
        message = explain(error)
        if message is None:
            raise
        return None, message


def explain(error: Exception) -> str | None:
    """
    What to do about a failure.

    Args:
        error (`Exception`): Raised while answering.

    Returns:
        `str`: One line, or `None` if it is nothing that a user can mend.
    """
    text = str(error).strip()
    first = text.splitlines()[0] if text else type(error).__name__
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)) or "not enough memory" in text:
        return f"out of memory ({first}). Lower --batch_size or --num_frames; the same command goes on."
    if is_dead_worker(error):
        return (
            f"a worker that decodes clips died ({first}), most often for lack of memory. Lower --num_workers, "
            "--batch_size or --num_frames; the same command goes on."
        )
    return text if isinstance(error, (ValueError, OSError)) else None
