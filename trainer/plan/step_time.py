"""Seconds of a step and hours of an epoch, from counted FLOPs and bytes and from stated speeds."""

import math
from dataclasses import dataclass

from .communication import Links, Traffic

# Adam on the host reads and writes about 28 bytes a parameter; all processes of a machine share its memory.
HOST_ADAM_BYTES, HOST_MEMORY_GB_S = 28, 100.0
HOST_TRANSFER_BYTES = 12  # float32 shards up for the forward and the backward pass, float32 gradients down

# Rows by `balancing` of the release's 1,379 squats and 1,921 presses (train and validation). Dynamic-Step makes
# four groups of 781 squats and four of 880 presses of them; Two-Step trains on all, then on eight groups of 74.
NUM_ROWS = {
    "none": 1379 + 1921,
    "dynamic_step": 4 * 781 + 4 * 880,
    "paper_code_dynamic_step": 5790,
    "two_step": 1379 + 1921 + 8 * 74,
}


@dataclass(frozen=True)
class StepTime:
    """
    Seconds of one optimizer step, and what follows for an epoch.

    Args:
        compute_s (`float`): FLOPs over the share of the peak that is reached.
        communication_s (`float`): Collectives; they overlap with computing.
        offload_s (`float`): Transfers to the host and Adam there, which do not.
        steps_per_epoch (`int`): Optimizer steps.
        num_processes (`int`): GPUs.
    """

    compute_s: float
    communication_s: float
    offload_s: float
    steps_per_epoch: int
    num_processes: int

    @property
    def seconds(self) -> float:
        """`float`: Of one step."""
        return max(self.compute_s, self.communication_s) + self.offload_s

    @property
    def epoch_hours(self) -> float:
        """`float`: Of one epoch."""
        return self.seconds * self.steps_per_epoch / 3600

    @property
    def gpu_hours(self) -> float:
        """`float`: Of one epoch, all GPUs."""
        return self.epoch_hours * self.num_processes


def step_time(
    flops: float,
    traffic: Traffic,
    num_rows: int,
    rows_per_step: int,
    num_processes: int,
    flops_per_s: float,
    offloaded: float = 0,
    links: Links | None = None,
    processes_per_machine: int = 1,
) -> StepTime:
    """
    Time of a step.

    Args:
        flops (`float`): Of one GPU in one optimizer step.
        traffic ([`Traffic`]): Of the step.
        num_rows (`int`): Of an epoch.
        rows_per_step (`int`): That all GPUs together take.
        num_processes (`int`): GPUs.
        flops_per_s (`float`): Reached by one GPU.
        offloaded (`float`, *optional*, defaults to 0): Parameters of one GPU whose states lie on the host.
        links ([`Links`], *optional*): Speed of the way to the host, where something is offloaded.
        processes_per_machine (`int`, *optional*, defaults to 1): They share the host's memory.

    Returns:
        [`StepTime`]: Parts of the step, and the number of steps.
    """
    offload_s = 0.0
    if offloaded:
        transfer_s = HOST_TRANSFER_BYTES * offloaded / links.host_gb_s / 1e9
        offload_s = transfer_s + HOST_ADAM_BYTES * offloaded * processes_per_machine / HOST_MEMORY_GB_S / 1e9
    steps = math.ceil(num_rows / rows_per_step)
    return StepTime(flops / flops_per_s, traffic.seconds, offload_s, steps, num_processes)
