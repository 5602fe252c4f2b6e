"""SIGTERM saves a checkpoint and ends the training: a scheduler's time limit loses nothing."""

import signal
from collections.abc import Callable

import torch
from transformers import TrainerCallback

# What a shell says of a process that SIGTERM ended: the training is not finished, and what follows must not start.
EXIT_CODE = 128 + signal.SIGTERM


class KeepWorking:
    """
    Lets workers of a data loader live through SIGTERM, which launchers send to the whole group of processes: without
    its workers the training could not end its step.

    Args:
        init (`Callable`): What else a worker does when it starts; called with its number.
    """

    def __init__(self, init: Callable[[int], None]):
        self.init = init

    def __call__(self, worker: int) -> None:
        """In the worker, when it starts; torch has set its own handlers by then."""
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        self.init(worker)


class StopOnSigterm(TrainerCallback):
    """
    At the end of the step in which a process got SIGTERM, all processes save and stop.

    Args:
        accelerator (`Accelerator`): Tells the processes of each other.
    """

    def __init__(self, accelerator):
        self.accelerator = accelerator
        self.is_asked = self.has_stopped = False
        self._previous = None

    def on_train_begin(self, args, state, control, **kwargs):
        self._previous = signal.signal(signal.SIGTERM, self._ask)

    def _ask(self, signum, frame):
        self.is_asked = True

    def on_step_end(self, args, state, control, **kwargs):
        is_asked = self.is_asked
        if args.world_size > 1:  # the signal reaches processes at different steps
            flag = torch.tensor(float(is_asked), device=args.device)
            is_asked = bool(self.accelerator.reduce(flag, "sum"))
        if is_asked and state.global_step < state.max_steps:
            self.has_stopped = True
            control.should_save = control.should_training_stop = True

    def on_train_end(self, args, state, control, **kwargs):
        signal.signal(signal.SIGTERM, self._previous)
