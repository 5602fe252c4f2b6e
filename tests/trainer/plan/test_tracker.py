"""Real tensors under the tracker, with sizes typed by hand."""

import torch
from torch import nn

from trainer.plan.tracker import StepTracker

KB = 1000


def test_peak_is_the_fullest_moment_and_parts_add_up():
    with StepTracker() as tracker:
        tracker.part = "tower"
        first = torch.zeros(250)  # 1 kB
        tracker.part = "logits"
        second = torch.zeros(500)
        del first
        third = torch.zeros(100)
        del second, third
    assert tracker.peak() == (3 * KB, {"tower": 1 * KB, "logits": 2 * KB})
    assert tracker.live() == {}


def test_views_are_counted_once_and_weights_scale_parts():
    with StepTracker() as tracker:
        weight = torch.zeros(250)
        tracker.watch([weight], "parameters")
        kept = [weight.view(25, 10), weight[5:], torch.zeros(1000)]
        assert tracker.live() == {"parameters": 1 * KB, "inputs": 4 * KB}
    assert tracker.peak({"parameters": 0.5})[0] == 4.5 * KB
    assert tracker.peak({"inputs": 0})[0] == 1 * KB
    del kept


def test_a_resized_storage_is_followed():
    with StepTracker() as tracker:
        tensor = torch.zeros(250)
        tensor.untyped_storage().resize_(0)
        assert tracker.live()["inputs"] == 0
        tensor.untyped_storage().resize_(3000)
    assert tracker.peak()[0] == 3 * KB
    assert torch.UntypedStorage.resize_ is tracker._resize  # left as it was


def test_flops_of_products_and_of_attention():
    query, key = torch.zeros(1, 4, 10, 8), torch.zeros(1, 4, 10, 8)
    with StepTracker() as tracker:
        tracker.part = "tower"
        nn.functional.linear(torch.zeros(3, 5), torch.zeros(7, 5))
        nn.functional.scaled_dot_product_attention(query, key, key)
        assert tracker.flops == {"tower": 2 * 3 * 5 * 7, "attention": 4 * 4 * 10 * 10 * 8}
        nn.functional.scaled_dot_product_attention(query, key, key, is_causal=True)
    assert tracker.flops["attention"] == 4 * 4 * 10 * 10 * 8 * 1.5
