"""
Bytes that a step sends, and how long that takes.

Collectives are rings, as NCCL makes them of large messages: to gather S bytes over W ranks every GPU receives
S (W - 1) / W, and of M machines each receives S (M - 1) / M through its network; W - 1 hops have a latency each. To
reduce and scatter is the same, to reduce for all is both.
"""

from dataclasses import dataclass

from .memory import Cluster
from .tracker import StepTracker

ROUNDS = {"all-gather": 1, "reduce-scatter": 1, "all-reduce": 2}


@dataclass(frozen=True)
class Links:
    """
    What is assumed of the machines.

    Args:
        intra_gb_s (`float`): Between the GPUs of a machine, each GPU, GB/s.
        inter_gb_s (`float`): Into one machine from the others, all its GPUs together, GB/s.
        host_gb_s (`float`): Between one GPU and its host's memory, GB/s.
        latency_us (`float`): Of one hop of a ring, microseconds.
    """

    intra_gb_s: float
    inter_gb_s: float
    host_gb_s: float
    latency_us: float


@dataclass(frozen=True)
class Traffic:
    """
    What one optimizer step sends.

    Args:
        intra (`float`): Bytes that a GPU receives in collectives.
        inter (`float`): Bytes that a machine receives from the others.
        num_collectives (`int`): How many.
        seconds (`float`): All of them one after the other.
    """

    intra: float
    inter: float
    num_collectives: int
    seconds: float


def ring_traffic(collectives: list[tuple[str, float]], num_ranks: int, num_machines: int, links: Links) -> Traffic:
    """
    Add up collectives.

    Args:
        collectives (`list[tuple[str, float]]`): Kind, one of `ROUNDS`, and bytes of the whole tensor.
        num_ranks (`int`): Ranks that take part, of all machines.
        num_machines (`int`): Machines that they are on.
        links ([`Links`]): Bandwidths and latency.

    Returns:
        [`Traffic`]: Of all of them.
    """
    rounds = [(ROUNDS[kind], size) for kind, size in collectives]
    intra = sum(number * size * (num_ranks - 1) / num_ranks for number, size in rounds)
    inter = sum(number * size * (num_machines - 1) / num_machines for number, size in rounds)
    hops = sum(number for number, _ in rounds) * (num_ranks - 1)
    transfer_s = max(intra / links.intra_gb_s, inter / links.inter_gb_s) / 1e9
    return Traffic(intra, inter, len(rounds), transfer_s + hops * links.latency_us / 1e6)


def repeat_gathers(collectives: list[tuple[str, float]], num_micro_steps: int) -> list[tuple[str, float]]:
    """Of a step with gradient accumulation: every part of it gathers, only the last one reduces."""
    gathers = [each for each in collectives if each[0] == "all-gather"]
    return collectives + gathers * (num_micro_steps - 1)


def hybrid_traffic(collectives: list[tuple[str, float]], cluster: Cluster, links: Links) -> Traffic:
    """
    Sharded inside each machine, copied between machines.

    Args:
        collectives (`list[tuple[str, float]]`): Of a step that is sharded over all ranks.
        cluster ([`Cluster`]): The GPUs.
        links ([`Links`]): Bandwidths and latency.

    Returns:
        [`Traffic`]: Gathering and reducing inside, and reducing the shards, all GPUs of a machine at once, outside.
    """
    inside = ring_traffic(collectives, cluster.num_processes // cluster.num_machines, 1, links)
    shards = [("all-reduce", size) for kind, size in collectives if kind == "reduce-scatter"]
    # The GPUs of a machine share its network: together they send what one ring of whole tensors would.
    outside = ring_traffic(shards, cluster.num_machines, cluster.num_machines, links)
    return Traffic(
        inside.intra,
        outside.inter,
        inside.num_collectives + outside.num_collectives,
        inside.seconds + outside.seconds,
    )


def traffic_of_files(
    sharded: StepTracker, gradient_bytes: float, num_all: int, num_trainable: int, accumulation: int, cluster, links
) -> dict[str, Traffic]:
    """
    Traffic of one optimizer step under each file.

    Args:
        sharded ([`StepTracker`]): A step under FSDP2.
        gradient_bytes (`float`): Of all gradients under DDP.
        num_all (`int`): Parameters.
        num_trainable (`int`): Parameters that learn.
        accumulation (`int`): Forward and backward passes of a step.
        cluster ([`Cluster`]): The GPUs.
        links ([`Links`]): Bandwidths and latency.

    Returns:
        `dict[str, Traffic]`: By file. DeepSpeed's is what its paper says: parameters twice, gradients once, bfloat16.
    """
    ranks, machines = cluster.num_processes, cluster.num_machines
    collectives = repeat_gathers(sharded.collectives, accumulation)
    zero3 = [("all-gather", 2 * num_all)] * 2 * accumulation + [("reduce-scatter", 2 * num_trainable)]
    sharding = ring_traffic(collectives, ranks, machines, links)
    traffic = {
        "ddp": ring_traffic([("all-reduce", gradient_bytes)], ranks, machines, links),
        "fsdp2": sharding,
        "fsdp2_offload": sharding,
        "zero3": ring_traffic(zero3, ranks, machines, links),
    }
    if machines > 1:
        traffic["multi_node"] = hybrid_traffic(collectives, cluster, links)
    return traffic
