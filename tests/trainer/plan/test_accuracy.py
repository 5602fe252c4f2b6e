"""Planned peaks against measured ones: a real step of a small model, each allocation as torch.profiler records it."""

import pytest

from benchmarks.plan import CASES, measured_peak, planned_peak, small_config
from trainer.plan.fake_step import fake_mesh


@pytest.mark.parametrize("case", ["bf16 autocast", "float32, no checkpointing", "eager attention", "LoRA"])
def test_the_planned_peak_is_within_ten_percent(case):
    planned, measured = planned_peak(small_config(), **CASES[case]), measured_peak(small_config(), **CASES[case])
    print(f"{case}: planned {planned / 1e6:.1f} MB, measured {measured / 1e6:.1f} MB")
    assert planned == pytest.approx(measured, rel=0.1)


def test_sharded_over_two_ranks():
    # In one process: nothing is sent, but every buffer is made. `benchmarks.plan` has it with two processes over gloo.
    planned = planned_peak(small_config(), num_shards=2, bf16=True)
    with fake_mesh((2,)) as mesh:
        measured = measured_peak(small_config(), mesh=mesh, bf16=True)
    print(f"planned {planned / 1e6:.1f} MB, measured {measured / 1e6:.1f} MB")
    assert planned == pytest.approx(measured, rel=0.1)
