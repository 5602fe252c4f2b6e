"""Processes that train together over gloo on this machine: sharding and loading for real, without a GPU."""

import os
import socket
import tempfile
import traceback
from pathlib import Path

import torch
import torch.distributed
import torch.multiprocessing


def run_processes(work, *arguments, num_processes: int = 2, env: dict[str, str] | None = None) -> list:
    """
    Run a function in processes of one gloo group.

    Args:
        work (`Callable`):
            A function of a module, called with the rank and `arguments`.
        arguments:
            What can be pickled.
        num_processes (`int`, *optional*, defaults to 2):
            All on this machine.
        env (`dict[str, str]`, *optional*):
            Environment variables to set first.

    Returns:
        `list`: What `work` returned, by rank; anything `torch.save` can write.
    """
    with socket.socket() as free, tempfile.TemporaryDirectory() as folder:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        options = (num_processes, port, env or {}, folder, work, arguments)
        torch.multiprocessing.spawn(_enter, options, nprocs=num_processes)
        return [torch.load(Path(folder) / f"{rank}.pt", weights_only=False) for rank in range(num_processes)]


def _enter(rank, num_processes, port, env, folder, work, arguments):
    os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(num_processes)}
    os.environ |= {"LOCAL_WORLD_SIZE": str(num_processes), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)} | env
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo")
    try:
        torch.save(work(rank, *arguments), Path(folder) / f"{rank}.pt")
        torch.distributed.barrier()
    except BaseException:
        traceback.print_exc()  # the other process only sees a closed connection
        raise
    finally:
        torch.distributed.destroy_process_group()
