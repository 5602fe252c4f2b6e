"""What the conclusion says, for numbers typed by hand."""

from trainer.plan.report import conclusion, table, wrap
from trainer.plan.scaling import stops


def plan_of(totals, gpu_memory_gb=64):
    files = {}
    for name, total in totals.items():
        memory = {"optimizer": 20e9, "gradients": 10e9, "parameters": 10e9}
        files[name] = {"total": total, "fits": total <= gpu_memory_gb * 1e9, "memory": memory}
    return {"files": files, "recipe": {"gpu_memory_gb": gpu_memory_gb}}


def test_all_fit():
    plan = plan_of({"ddp": 50e9, "fsdp2": 30e9, "fsdp2_offload": 10e9, "zero3": 31e9})
    assert conclusion(plan) == "Without offload ddp, fsdp2 and zero3 fit in 64 GB."


def test_what_has_to_move():
    plan = plan_of({"ddp": 164e9, "fsdp2": 70e9, "fsdp2_offload": 10e9, "zero3": 90e9})
    assert conclusion(plan) == (
        "Without offload nothing fits in 64 GB. ddp is 100.0 GB over: it can offload nothing. "
        "fsdp2 is 6.0 GB over: the optimizer's states would have to go to the host. "
        "zero3 is 26.0 GB over: the optimizer's states and gradients would have to go to the host. "
        "fsdp2_offload, which puts parameters, gradients and optimizer states on the host, fits."
    )


def test_nothing_helps():
    plan = plan_of({"ddp": 164e9, "fsdp2": 170e9, "fsdp2_offload": 110e9, "zero3": 50e9})
    assert "zero3 fits in 64 GB" in conclusion(plan)
    assert "fsdp2 is 106.0 GB over: even with all states on the host it would not fit." in conclusion(plan)
    assert conclusion(plan).endswith("does not fit either: fewer frames or clips are needed.")


def test_long_lines_are_broken_at_blanks():
    lines = wrap("ends the network " * 20 + "\nsecond").splitlines()
    assert max(map(len, lines)) <= 120 and len(lines) == 4 and lines[-1] == "second"


def test_columns_are_aligned():
    assert table(["a", "long"], [["name", "1"]]).splitlines() == ["a     long", "----------", "name     1"]


def test_where_scaling_stops_and_why():
    point = {"compute_s": 2.0, "hybrid_network_s": 0.5, "steps_per_epoch": 400, "efficiency": 1.0}
    points = [
        point | {"num_processes": 4, "network_s": 1.0},
        point | {"num_processes": 64, "network_s": 2.5, "steps_per_epoch": 26, "efficiency": 0.75},
    ]
    network, rows = stops(points)
    assert network == (
        "From 64 GPUs on the network is the limit: 2.50 s against 2.00 s of computing (0.50 s with hybrid sharding)."
    )
    assert "From 64 GPUs on the rows are the limit: an epoch is 26 steps, fewer than 100" in rows
    (never,) = stops(points[:1])
    assert never == "The network is never the limit: at 4 GPUs 1.00 s can hide behind 2.00 s of computing."
