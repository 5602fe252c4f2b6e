"""Estimates of the small model: what changes them, and in which direction."""

import pytest

from trainer.plan.memory import Cluster, optimizer_bytes


@pytest.fixture(scope="module")
def totals(make_planner):
    def of(*arguments, **changes):
        planner = make_planner(*arguments, "--context_gb", "0", **changes)
        return {estimate.name: estimate for estimate in planner.estimates()}

    return of


def test_more_frames_clips_and_kept_activations_need_more(totals):
    least = totals()
    for changes in ({"num_frames": 16}, {"per_device_train_batch_size": 2}, {"activation_checkpointing": False}):
        more = totals(**changes)
        for name in least:
            assert more[name].total > least[name].total


def test_more_gpus_need_less_each_and_frozen_parts_less(totals):
    four, eight, frozen = totals(), totals("--num_processes", 8), totals(freeze=["language_model"])
    assert eight["fsdp2"].sizes["optimizer"] == pytest.approx(four["fsdp2"].sizes["optimizer"] / 2, rel=0.01)
    assert eight["ddp"].total == four["ddp"].total
    for name in ("ddp", "fsdp2", "zero3"):
        assert frozen[name].sizes["optimizer"] < four[name].sizes["optimizer"]


def test_several_machines_shard_within_one(totals):
    found = totals("--num_processes", 8, "--num_machines", 2)
    assert found["multi_node"].sizes["optimizer"] == pytest.approx(2 * found["fsdp2"].sizes["optimizer"])
    assert "multi_node" not in totals()


def test_gradients_wait_whole_on_every_gpu_while_they_are_accumulated(totals, make_planner):
    num_trainable = make_planner().num_trainable
    assert totals(gradient_accumulation_steps=2)["fsdp2"].sizes["gradients"] == 2 * num_trainable


def test_dtype_decides_adams_states_under_ddp_and_not_under_fsdp2(totals, make_planner):
    num_trainable = make_planner().num_trainable
    for dtype, size in (("float32", 4), ("bfloat16", 2)):
        found = totals(dtype=dtype)
        assert found["ddp"].sizes["optimizer"] == 2 * size * num_trainable
        assert found["fsdp2"].sizes["optimizer"] == pytest.approx(2 * 4 * num_trainable / 4, rel=0.01)


def test_states_by_optimizer():
    assert optimizer_bytes("adamw_torch_fused", 10, 4) == 80
    assert optimizer_bytes("adamw_bnb_8bit", 10, 4) == 20
    assert optimizer_bytes("sgd", 10, 4) == 0
    with pytest.raises(
        ValueError, match="optim: the plan does not know the states of 'lomo'. Give one of adamw_torch"
    ):
        optimizer_bytes("lomo", 10, 4)


def test_unfused_adam_needs_a_copy_in_its_step(totals):
    fused, unfused = totals(optim="adamw_torch_fused"), totals(optim="adamw_torch")
    assert unfused["fsdp2"].total >= fused["fsdp2"].total


@pytest.mark.parametrize(
    "sizes, message",
    [
        ((0, 1, 64, 2), "num_processes and num_machines must be at least 1, got 0 and 1"),
        ((6, 4, 64, 2), "num_processes 6 cannot be dealt out evenly to 4 machines"),
        ((4, 1, 2, 2), "gpu_memory_gb: more than the context's 2 is needed"),
    ],
)
def test_clusters_that_cannot_be(sizes, message):
    with pytest.raises(ValueError, match=message):
        Cluster(*sizes)
