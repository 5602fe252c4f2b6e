"""SIGTERM saves a checkpoint and ends the training: a scheduler's time limit loses nothing."""

import signal

import torch
from transformers import TrainerCallback

EXIT_CODE = 128 + signal.SIGTERM


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
