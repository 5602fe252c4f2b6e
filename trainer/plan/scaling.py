"""
One to 1,024 GPUs, simulated: torch's own `fully_shard` of the real model for each number of ranks, over a process
group that sends nothing, and the time model on the collectives that it issues.
"""

from dataclasses import replace

from .communication import hybrid_traffic, repeat_gathers, ring_traffic
from .memory import GB, fsdp2
from .report import table, wrap
from .step_time import step_time

NUM_RANKS = (1, 4, 16, 64, 256, 1024)
FEW_STEPS = 100  # an epoch of fewer optimizer steps is another training, not a faster one


def simulate(planner) -> list[dict]:
    """
    Plan the same recipe for every number of ranks.

    Args:
        planner ([`Planner`]): Of the recipe; as many GPUs a machine as its own cluster has.

    Returns:
        `list[dict]`: For each number of GPUs bytes of a rank's shard and of its peak, collectives, seconds, and
        `efficiency`: rows a second and GPU against one GPU computing alone.
    """
    question, settings = planner.question, planner.training_args
    per_machine = question.cluster.num_processes // question.cluster.num_machines
    speed = question.peak_tflops * 1e12 * question.mfu
    accumulation, clips = settings.gradient_accumulation_steps, settings.per_device_train_batch_size
    points = []
    for ranks in NUM_RANKS:
        step = planner.step("fsdp2", num_processes=ranks)
        cluster = replace(question.cluster, num_processes=ranks, num_machines=max(1, ranks // per_machine))
        memory = fsdp2(step, "fsdp2", settings, cluster, ranks, planner.num_trainable)
        collectives = repeat_gathers(step.collectives, accumulation)
        traffic = ring_traffic(collectives, ranks, cluster.num_machines, question.links)
        flops, rows_per_step = sum(step.flops.values()) * accumulation, ranks * clips * accumulation
        time = step_time(flops, traffic, planner.num_rows(), rows_per_step, ranks, speed)
        hybrid = hybrid_traffic(collectives, cluster, question.links)
        ideal_s = planner.num_rows() * time.compute_s / rows_per_step
        points.append(
            {
                "num_processes": ranks,
                "num_machines": cluster.num_machines,
                "shard": step.kept["parameters"] + step.kept["frozen parameters"],
                "peak": memory.total,
                "fits": memory.total <= question.cluster.gpu_memory_gb * GB,
                "num_collectives": traffic.num_collectives,
                "collective_bytes": sum(size for _, size in collectives),
                "compute_s": time.compute_s,
                "network_s": traffic.seconds,
                "hybrid_network_s": hybrid.seconds,
                "step_s": time.seconds,
                "steps_per_epoch": time.steps_per_epoch,
                "epoch_s": time.seconds * time.steps_per_epoch,
                "efficiency": ideal_s / (time.seconds * time.steps_per_epoch),
            }
        )
    return points


def format_scaling(points: list[dict]) -> str:
    """A table of [`simulate`] and where it stops, lines of at most 120 characters."""
    head = ["GPUs", "machines", "shard GB", "peak GB", "fits", "calls", "compute s", "network s", "hybrid s"]
    head += ["step s", "steps", "epoch min", "efficiency"]
    rows = [
        [str(point["num_processes"]), str(point["num_machines"]), f"{point['shard'] / GB:.3f}"]
        + [f"{point['peak'] / GB:.1f}", "yes" if point["fits"] else "NO", str(point["num_collectives"])]
        + [f"{point[name]:.2f}" for name in ("compute_s", "network_s", "hybrid_network_s", "step_s")]
        + [str(point["steps_per_epoch"]), f"{point['epoch_s'] / 60:.1f}", f"{point['efficiency']:.0%}"]
        for point in points
    ]
    notes = (
        "calls: collectives of a step. hybrid s: network seconds if sharded inside a machine only.\n"
        "Simulated: torch's fully_shard issued these collectives to ranks that do not exist."
    )
    return "\n".join([table(head, rows), wrap("\n".join([notes, *stops(points)]))])


def stops(points: list[dict]) -> list[str]:
    """
    Where scaling ends, and why.

    Args:
        points (`list[dict]`): Of [`simulate`].

    Returns:
        `list[str]`: A sentence about the network, one about the rows.
    """
    said = []
    slow = [point for point in points if point["network_s"] > point["compute_s"]]
    if slow:
        first = slow[0]
        said.append(
            f"From {first['num_processes']} GPUs on the network is the limit: {first['network_s']:.2f} s against "
            f"{first['compute_s']:.2f} s of computing ({first['hybrid_network_s']:.2f} s with hybrid sharding)."
        )
    else:
        last = points[-1]
        said.append(
            f"The network is never the limit: at {last['num_processes']} GPUs {last['network_s']:.2f} s can hide "
            f"behind {last['compute_s']:.2f} s of computing."
        )
    few = [point for point in points if point["steps_per_epoch"] < FEW_STEPS]
    if few:
        first = few[0]
        said.append(
            f"From {first['num_processes']} GPUs on the rows are the limit: an epoch is {first['steps_per_epoch']} "
            f"steps, fewer than {FEW_STEPS}; at {points[-1]['num_processes']} GPUs it is "
            f"{points[-1]['steps_per_epoch']} steps, at an efficiency of {points[-1]['efficiency']:.0%}."
        )
    return said
