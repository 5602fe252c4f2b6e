"""Accelerate's FSDP 2 on a machine without an accelerator, where `Accelerator` silently ignores it."""

from accelerate import Accelerator
from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType

_initialize = AcceleratorState.__init__


def _initialize_for_fsdp(self, *args, fsdp_plugin=None, **kwargs):
    _initialize(self, *args, fsdp_plugin=fsdp_plugin, **kwargs)
    if fsdp_plugin is not None:
        if self._mixed_precision != "no":
            fsdp_plugin.set_mixed_precision(self._mixed_precision)
        AcceleratorState._shared_state |= {"fsdp_plugin": fsdp_plugin, "distributed_type": DistributedType.FSDP}
        PartialState._shared_state["distributed_type"] = DistributedType.FSDP


def allow_fsdp_without_gpu() -> None:
    """
    From here on an `Accelerator` of this process does over gloo what it would do on GPUs, as its environment says.

    `AcceleratorState` does for CPUs what it does by itself for GPUs; the rest is Accelerate's own code. What this
    cannot show: NCCL, the memory of a GPU, the choice of the device.
    """
    AcceleratorState.__init__ = _initialize_for_fsdp


def fsdp_accelerator(mixed_precision: str = "no") -> Accelerator:
    """A new `Accelerator` whose `prepare` shards; needs `ACCELERATE_USE_FSDP` and the like in the environment."""
    allow_fsdp_without_gpu()
    AcceleratorState._reset_state(reset_partial_state=True)  # of an earlier one in this process
    accelerator = Accelerator(cpu=True, mixed_precision=mixed_precision)
    assert accelerator.is_fsdp2
    return accelerator
