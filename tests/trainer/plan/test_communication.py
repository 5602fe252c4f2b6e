"""Bytes and seconds of rings, worked out by hand; hybrid sharding against what torch issues."""

from collections import Counter

import pytest

from trainer.plan.communication import Links, hybrid_traffic, repeat_gathers, ring_traffic
from trainer.plan.fake_step import Batch, trace_step
from trainer.plan.memory import Cluster
from trainer.plan.step_time import step_time

LINKS = Links(intra_gb_s=100, inter_gb_s=10, host_gb_s=20, latency_us=0)


def test_a_ring_of_four_on_one_machine_and_on_two():
    one = ring_traffic([("all-gather", 8e9), ("reduce-scatter", 4e9)], 4, 1, LINKS)
    assert (one.intra, one.inter, one.seconds) == (9e9, 0, 0.09)
    two = ring_traffic([("all-reduce", 8e9)], 4, 2, LINKS)
    assert (two.intra, two.inter, two.seconds) == (12e9, 8e9, 0.8)  # twice 3/4, twice 1/2; the network is slower


def test_hops_have_a_latency_and_one_gpu_sends_nothing():
    slow = Links(100, 10, 20, latency_us=10)
    assert ring_traffic([("all-gather", 0), ("all-reduce", 0)], 1001, 1, slow).seconds == pytest.approx(0.03)
    assert ring_traffic([("all-gather", 8e9)], 1, 1, slow).seconds == 0


def test_only_the_last_of_the_accumulated_steps_reduces():
    kinds = Counter(kind for kind, _ in repeat_gathers([("all-gather", 1), ("reduce-scatter", 1)], 8))
    assert kinds == {"all-gather": 8, "reduce-scatter": 1}


def test_hybrid_sharding_sends_gradients_only_from_machine_to_machine():
    collectives = [("all-gather", 8e9), ("all-gather", 8e9), ("reduce-scatter", 8e9)]
    cluster = Cluster(8, 2, 64, 2)
    hybrid, everywhere = hybrid_traffic(collectives, cluster, LINKS), ring_traffic(collectives, 8, 2, LINKS)
    assert (hybrid.intra, hybrid.inter) == (18e9, 8e9)
    assert everywhere.inter == 12e9


def test_torch_issues_what_hybrid_sharding_is_taken_for(make_planner):
    planner = make_planner()
    arguments = (planner.config, planner.training_args, planner.model_args, Batch(1, 4, 80, 20, 5), "fsdp2")
    whole, hybrid = (trace_step(*arguments, mesh_shape=shape).collectives for shape in ((4,), (2, 4)))
    assert [each for each in hybrid if each[0] != "all-reduce"] == whole
    shards = [size for kind, size in hybrid if kind == "all-reduce"]
    assert shards == [size / 4 for kind, size in whole if kind == "reduce-scatter"]


def test_the_slower_of_computing_and_network_is_the_step_and_the_host_comes_on_top():
    traffic = ring_traffic([("all-reduce", 8e9)], 4, 2, LINKS)
    timing = step_time(4e12, traffic, 100, 8, 4, 2e12)
    assert (timing.compute_s, timing.communication_s, timing.seconds) == (2.0, 0.8, 2.0)
    assert timing.steps_per_epoch == 13
    assert timing.epoch_hours == pytest.approx(13 * 2 / 3600)
    assert timing.gpu_hours == pytest.approx(4 * 13 * 2 / 3600)
    offloaded = step_time(1e12, traffic, 100, 8, 4, 2e12, offloaded=1e9, links=LINKS, processes_per_machine=2)
    assert offloaded.seconds == pytest.approx(0.8 + 12 / 20 + 28 * 2 / 100)
