"""The paper's run at its real size: numbers that can be worked out on paper, and the fake step's."""

import json
from pathlib import Path

import pytest

from trainer.plan.shape import LLAVA_VIDEO_7B, load_config

SHAPES = Path(__file__).parents[2] / "data" / "llava_video_7b_state_dict_shapes.json"


@pytest.fixture(scope="module")
def estimates(paper):
    return {estimate.name: estimate for estimate in paper.estimates()}


def test_the_shape_is_that_of_the_published_checkpoint(paper):
    numbers = 0
    for shape in json.loads(SHAPES.read_text()).values():
        size = 1
        for side in shape:
            size *= side
        numbers += size
    assert paper.num_all == numbers == 8_030_348_832  # 8.03 B
    assert paper.num_trainable == 8_030_348_832 - 2 * 1152  # the norm that the tower's output does not go through
    assert {part: every for part, (_, every) in paper.parameters.items()} == {
        "newline": 3_584,
        "projector": 1152 * 3584 + 3584 + 3584 * 3584 + 3584,
        "tower": 397_747_744,
        "language_model": 7_615_616_512,  # Qwen2-7B
    }


def test_32_frames_are_6720_tokens(paper):
    assert paper.tokens["video"] == 6720
    assert 250 < paper.tokens["prompt"] < 330  # six tokens for each of 32 times
    assert 40 < paper.tokens["answer"] < 80
    config = load_config(LLAVA_VIDEO_7B)
    assert (config.mm_newline_position, config.mm_spatial_pool_mode, config.pooled_side) == ("grid", "bilinear", 14)


def test_sixteen_bytes_a_parameter_shared_by_four(estimates, paper):
    step = paper.step("fsdp2")
    states = step.kept["parameters"] + step.kept["gradients"] + estimates["fsdp2"].sizes["optimizer"]
    assert states == pytest.approx(32.12e9, rel=1e-3)  # 8.03e9 * 16 / 4
    sizes = estimates["zero3"].sizes
    assert sizes["parameters"] + sizes["gradients"] + sizes["optimizer"] == pytest.approx(32.12e9, rel=1e-3)
    assert estimates["fsdp2_offload"].host == pytest.approx(32.12e9, rel=1e-3)


def test_sharded_it_fits_without_offload_and_whole_it_does_not(estimates):
    assert 32.1e9 < estimates["fsdp2"].total < 45e9
    assert 32.1e9 < estimates["zero3"].total < 50e9
    assert estimates["ddp"].total > 16 * 8.03e9 + 32e9  # float32, and a second copy of the gradients in the buckets
    assert estimates["fsdp2_offload"].total < 16e9


def test_what_checkpointing_keeps(paper):
    saved = paper.step("fsdp2").saved
    length = sum(paper.tokens.values())
    # the input of every layer, bfloat16: 28 of (L, 3584), 26 of (32 * 729, 1152)
    assert saved["language_model"] == pytest.approx(28 * length * 3584 * 2, rel=0.1)
    assert saved["tower"] == pytest.approx(26 * 32 * 729 * 1152 * 2, rel=0.1)


def test_flops(paper):
    flops, length = paper.step("fsdp2").flops, sum(paper.tokens.values())
    layers = 28 * (2 * 3584 * 3584 + 2 * 3584 * 512 + 3 * 3584 * 18944)
    # forward, forward again (the last product of a layer is not needed), and backward, which is twice the forward
    assert flops["language_model"] == pytest.approx(2 * length * layers * 4, rel=0.08)
    causal = 28 * 2 * 28 * length * length * 128
    whole = 26 * 32 * 4 * 16 * 729 * 729 * 72
    assert flops["attention"] == pytest.approx((causal + whole) * (1 + 1 + 2.5), rel=0.01)
    assert 450e12 < sum(flops.values()) < 480e12


def test_collectives_are_those_of_57_units(paper):
    collectives = paper.step("fsdp2").collectives
    gathers = [size for kind, size in collectives if kind == "all-gather"]
    reductions = [size for kind, size in collectives if kind == "reduce-scatter"]
    # 26 + 28 layers, embedding, head, the rest; head and rest are not freed between forward and backward
    assert (len(gathers), len(reductions)) == (57 + 55, 57)
    assert sum(reductions) == pytest.approx(2 * 8.0303e9, rel=1e-3)  # bfloat16
    assert sum(gathers) == pytest.approx(2 * 2 * 8.0303e9 - 2 * 152064 * 3584, rel=1e-2)
