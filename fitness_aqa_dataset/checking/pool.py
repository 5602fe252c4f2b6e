"""Work on untrusted files in processes of its own: one that dies or never ends costs its file, not the run."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool


def run_all(
    function: Callable, jobs: list, num_workers: int | None = None, limit_s: float = 120.0, preload: str | None = None
) -> Iterator[tuple[object, object, bool]]:
    """
    Call a function for every job, in any order.

    Args:
        function (`Callable`):
            Takes one job; must be importable in another process, as its jobs and results must be picklable.
        jobs (`list`):
            What to do.
        num_workers (`int`, *optional*):
            Processes. Defaults to the number of cores.
        limit_s (`float`, *optional*, defaults to 120):
            Seconds that one job may take before its process is ended.
        preload (`str`, *optional*):
            Module to import once for all processes.

    Yields:
        `tuple[object, object, bool]`: The job, what the function returned, and whether the job was done: `False` if it
        ended its process or was not done in time.

    Raises:
        RuntimeError: If no process can be started, as from a script that calls this while it is imported.
    """
    num_workers = num_workers or os.cpu_count()
    with _pool(1, preload) as pool:
        try:
            pool.submit(os.getpid).result()
        except BrokenProcessPool:
            raise RuntimeError(
                'no worker process can be started; in a script, put the call under `if __name__ == "__main__":`'
            ) from None
    waiting = list(reversed(jobs))
    while waiting:
        suspects = []
        with _pool(min(num_workers, len(waiting)), preload) as pool:
            for job, result, done in _run_until_broken(pool, function, waiting, 2 * num_workers, limit_s):
                if done:
                    yield job, result, True
                else:
                    suspects.append(job)
        # one of them broke the pool: each again in a process of its own tells which
        for job in suspects:
            with _pool(1, preload) as pool:
                try:
                    yield job, pool.submit(_limited, function, job, limit_s).result(), True
                except BrokenProcessPool:
                    yield job, None, False


def _run_until_broken(
    pool: ProcessPoolExecutor, function: Callable, waiting: list, num_at_once: int, limit_s: float
) -> Iterator[tuple[object, object, bool]]:
    """Takes jobs from the end of `waiting`, few at a time, so that a broken pool leaves few suspects."""
    running, broken = {}, False
    while running or (waiting and not broken):
        while waiting and not broken and len(running) < num_at_once:
            try:
                running[pool.submit(_limited, function, waiting[-1], limit_s)] = waiting[-1]
                waiting.pop()
            except BrokenProcessPool:
                broken = True
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            job = running.pop(future)
            if isinstance(future.exception(), BrokenProcessPool):
                broken = True
                yield job, None, False
            else:
                yield job, future.result(), True


def _pool(num_workers: int, preload: str | None) -> ProcessPoolExecutor:
    # a plain fork would copy the locks of threads that the caller's libraries run
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([preload] if preload else [])
    # an interrupt goes to the whole group: the caller alone answers it
    return ProcessPoolExecutor(num_workers, context, signal.signal, (signal.SIGINT, signal.SIG_IGN))


def _limited(function: Callable, job: object, limit_s: float) -> object:
    """Call the function; the alarm ends the process, for nothing gentler ends a decoder's loop."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        return function(job)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
