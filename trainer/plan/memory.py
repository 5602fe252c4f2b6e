"""
Peak memory of a GPU under each file of `trainer/accelerate/`.

What lives when is taken from fake steps; what they do not run is added: the optimizer's states, DDP's buckets,
DeepSpeed's buffers. Read in Accelerate 1.15 (`utils/fsdp_utils.py`, `utils/dataclasses.py`) and torch 2.14:

- FSDP2 with mixed precision: what learns is float32 whatever the recipe's `dtype`, so parameters, gradients and both
  moments of Adam are 16 bytes a parameter, divided by the ranks; parameters are gathered and gradients reduced in
  bfloat16. Frozen parameters keep their dtype.
- FSDP2 with gradient accumulation: gradients wait unreduced, and so whole, on every GPU: 2 bytes a parameter.
- DDP keeps a second copy of all gradients in its buckets; Adam's states have the dtype of the weights.
- DeepSpeed is not run here. ZeRO-3: weights and gradients in bfloat16, master weights and two moments in float32, all
  divided by the ranks; of the gathered parameters up to `stage3_max_live_parameters` stay, and gradients are reduced
  by `reduce_bucket_size`, its defaults being 1e9 and 5e8.
"""

from collections import Counter
from dataclasses import dataclass, field

from .tracker import StepTracker

GB = 1e9
# Bytes of state for each byte of a parameter that learns; 8-bit Adam: two bytes a parameter, whatever its dtype.
OPTIMIZER_STATES = {"adamw_torch": 2.0, "adamw_torch_fused": 2.0, "sgd": 0.0}
EIGHT_BIT = ("adamw_8bit", "adamw_bnb_8bit", "paged_adamw_8bit")
ZERO3_LIVE_PARAMETERS, ZERO3_BUCKET, ZERO3_SUB_GROUP = 1_000_000_000, 500_000_000, 1_000_000_000
ACTIVATIONS = ("inputs", "tower", "projector", "newline", "language_model", "logits")
COLUMNS = ("parameters", "gradients", "optimizer", "buffers", "tower", "language_model", "logits", "context")


@dataclass(frozen=True)
class Cluster:
    """
    What the training runs on.

    Args:
        num_processes (`int`): GPUs of all machines, one process each, as Accelerate counts them.
        num_machines (`int`): Machines.
        gpu_memory_gb (`float`): Of one GPU, in 1e9 bytes.
        context_gb (`float`): What the CUDA context, NCCL and holes between tensors take of it.
    """

    num_processes: int
    num_machines: int
    gpu_memory_gb: float
    context_gb: float

    def __post_init__(self):
        if self.num_processes < 1 or self.num_machines < 1:
            raise ValueError(
                f"num_processes and num_machines must be at least 1, got {self.num_processes} and {self.num_machines}."
            )
        if self.num_processes % self.num_machines:
            raise ValueError(
                f"num_processes {self.num_processes} cannot be dealt out evenly to {self.num_machines} machines. It "
                "counts the GPUs of all machines, as Accelerate does."
            )
        if self.gpu_memory_gb <= self.context_gb:
            raise ValueError(f"gpu_memory_gb: more than the context's {self.context_gb} is needed.")


@dataclass
class Estimate:
    """
    Memory of one GPU under one file, in bytes.

    Args:
        name (`str`): The file, without `.yaml`.
        sizes (`dict[str, int]`): Bytes by `COLUMNS` at the fullest moment.
        host (`int`): Bytes on the host of one process.
        moment (`str`): `backward` or `optimizer step`: when the peak is.
    """

    name: str
    sizes: dict[str, int]
    host: int = 0
    moment: str = "backward"
    total: int = field(init=False)

    def __post_init__(self):
        self.total = sum(self.sizes.values())


def optimizer_bytes(optim: str, num_trainable: int, bytes_each: int) -> float:
    """
    Bytes of an optimizer's states.

    Args:
        optim (`str`): The recipe's `optim`.
        num_trainable (`int`): Parameters that learn.
        bytes_each (`int`): Of one of them.

    Returns:
        `float`: Bytes of all states together.

    Raises:
        ValueError: If the optimizer is not known here.
    """
    if optim in EIGHT_BIT:
        return 2 * num_trainable
    if optim not in OPTIMIZER_STATES:
        known = ", ".join([*OPTIMIZER_STATES, *EIGHT_BIT])
        raise ValueError(f"optim: the plan does not know the states of {optim!r}. Give one of {known}.")
    return OPTIMIZER_STATES[optim] * num_trainable * bytes_each


def ddp(step: StepTracker, num_trainable: int, settings, cluster: Cluster) -> Estimate:
    """Everything on every GPU."""
    parameters = step.kept
    gradient_bytes = parameters["gradients"]
    optimizer = optimizer_bytes(settings.optim, num_trainable, gradient_bytes // max(num_trainable, 1))
    buckets = gradient_bytes if cluster.num_processes > 1 else 0
    accumulating = settings.gradient_accumulation_steps > 1
    _, peak = step.peak({"gradients": 0} if accumulating else None)
    if accumulating:
        peak["gradients"] = gradient_bytes
    return _fullest("ddp", peak, parameters, optimizer, buckets, settings, cluster)


def fsdp2(step: StepTracker, name: str, settings, cluster: Cluster, shards: int, num_trainable: int) -> Estimate:
    """
    Sharded over `shards` ranks.

    Args:
        step ([`StepTracker`]): Of a step that was sharded over all of `cluster.num_processes`.
        name (`str`): `fsdp2`, `fsdp2_offload` or `multi_node`, which shards within a machine.
        settings: The recipe's `optim` and `gradient_accumulation_steps`.
        cluster ([`Cluster`]): The GPUs.
        shards (`int`): Ranks that a parameter is dealt out to.
        num_trainable (`int`): Parameters that learn.

    Returns:
        [`Estimate`]: Parameters, gradients and states on the host where `name` says so.
    """
    offload = name == "fsdp2_offload"
    scale = cluster.num_processes / shards
    weights = dict.fromkeys(("parameters", "frozen parameters", "gradients"), 0 if offload else scale)
    resident = Counter({part: size * scale for part, size in step.kept.items()})
    accumulating = settings.gradient_accumulation_steps > 1
    if accumulating:
        weights["gradients"] = 0
    _, peak = step.peak(weights)
    if accumulating:
        peak["gradients"] = 2 * num_trainable
    shard = num_trainable / shards
    optimizer = optimizer_bytes(settings.optim, shard, resident["gradients"] / shard if shard else 0)
    if not offload:
        return _fullest(name, peak, resident, optimizer, 0, settings, cluster)
    host = resident["parameters"] + resident["frozen parameters"] + resident["gradients"] + optimizer
    estimate = _fullest(name, peak, Counter(), 0, 0, settings, cluster)
    estimate.host = round(host)
    return estimate


def zero3(step: StepTracker, settings, cluster: Cluster, num_all: int, num_trainable: int) -> Estimate:
    """DeepSpeed ZeRO stage 3 without offload, see the head of this file; activations as under FSDP2."""
    ranks, each = cluster.num_processes, 2 if settings.bf16 else 4
    _, peak = step.peak(dict.fromkeys(("parameters", "frozen parameters", "gradients"), 0))
    peak |= {"parameters": each * num_all / ranks, "frozen parameters": 0, "gradients": each * num_trainable / ranks}
    peak["communication"] = each * (min(num_all, ZERO3_LIVE_PARAMETERS) + min(num_trainable, ZERO3_BUCKET))
    shard = num_trainable / ranks
    states = (4 * shard if settings.bf16 else 0) + optimizer_bytes(settings.optim, shard, 4)
    resident = Counter({part: peak[part] for part in ("parameters", "gradients")})
    estimate = _fullest("zero3", peak, resident, states, 0, settings, cluster)
    working = resident.total() + states + 4 * min(shard, ZERO3_SUB_GROUP) + cluster.context_gb * GB
    if working > estimate.total:  # gradients of a group of parameters, in float32
        sizes = estimate.sizes | dict.fromkeys(("tower", "language_model", "logits"), 0)
        sizes["buffers"] = round(4 * min(shard, ZERO3_SUB_GROUP))
        estimate = Estimate("zero3", sizes, moment="optimizer step")
    return estimate


def _fullest(name, peak, resident, optimizer, buckets, settings, cluster) -> Estimate:
    """The fuller of the backward pass and the optimizer's step, whose unfused Adam needs one more copy."""
    context = round(cluster.context_gb * GB)
    parameters = peak.get("parameters", 0) + peak.get("frozen parameters", 0)
    sizes = {
        "parameters": parameters,
        "gradients": peak.get("gradients", 0),
        "optimizer": optimizer,
        "buffers": buckets + peak.get("communication", 0),
        "tower": sum(peak.get(part, 0) for part in ("inputs", "tower", "projector")),
        "language_model": peak.get("language_model", 0),
        "logits": peak.get("logits", 0),
        "context": context,
    }
    scratch = resident["parameters"] if settings.optim == "adamw_torch" else 0
    step = dict.fromkeys(sizes, 0) | {
        "parameters": resident["parameters"] + resident["frozen parameters"],
        "gradients": resident["gradients"],
        "optimizer": optimizer,
        "buffers": buckets + scratch,
        "context": context,
    }
    rounded = [Estimate(name, {part: round(size) for part, size in moment.items()}) for moment in (sizes, step)]
    rounded[1].moment = "optimizer step"
    return max(rounded, key=lambda estimate: estimate.total)
