"""Accelerate's FSDP 2 on a machine without an accelerator, where `Accelerator` silently ignores it."""

from accelerate import Accelerator
from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType, FullyShardedDataParallelPlugin


def fsdp_accelerator(mixed_precision: str = "no") -> Accelerator:
    """
    An `Accelerator` whose `prepare` shards over gloo, its FSDP settings read from the environment as always.

    All that is done for it is what `AcceleratorState` does where it finds a GPU. What this cannot show: NCCL, memory
    of a GPU, and the choice of the device.
    """
    AcceleratorState._reset_state(reset_partial_state=True)  # of an earlier one in this process
    accelerator = Accelerator(cpu=True, mixed_precision=mixed_precision)
    plugin = FullyShardedDataParallelPlugin()
    if mixed_precision != "no":
        plugin.set_mixed_precision(mixed_precision)
    PartialState._shared_state["distributed_type"] = accelerator.state.distributed_type = DistributedType.FSDP
    accelerator.state.fsdp_plugin = plugin
    assert accelerator.is_fsdp2
    return accelerator
