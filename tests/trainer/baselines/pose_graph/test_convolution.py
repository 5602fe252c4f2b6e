"""The edge-gated convolution, with weights that a hand can follow."""

import pytest
import torch
from torch import nn

from trainer.baselines.pose_graph.convolution import EdgeGatedConvolution

# Nodes 0 and 1 both lead to node 2.
SOURCE, TARGET = torch.tensor([0, 1]), torch.tensor([2, 2])
# Two features, normalised, are -1 and 1; SiLU makes these of them.
LOW, HIGH = -0.26894, 0.73106


def convolution(**identities: bool) -> EdgeGatedConvolution:
    """One of two features whose linear maps are 0, those named are the identity."""
    module = EdgeGatedConvolution(2)
    for name, child in module.named_children():
        if isinstance(child, nn.Linear):
            nn.init.zeros_(child.bias)
            nn.init.eye_(child.weight) if name in identities else nn.init.zeros_(child.weight)
    return module


def column(*rows: tuple[float, float]) -> torch.Tensor:
    """Rows of a graph as a batch of one clip."""
    return torch.tensor(rows).float()[:, None]


def test_half_open_gates_give_the_mean_of_neighbours():
    nodes = column((1, 3), (3, 9), (5, 5))
    edges = column((7, 7), (8, 8))
    new_nodes, new_edges = convolution(message=True)(nodes, edges, SOURCE, TARGET)
    # node 2 gets (2, 6); nodes that no edge leads to stay
    torch.testing.assert_close(new_nodes, column((1, 3), (3, 9), (5 + LOW, 5 + HIGH)), atol=1e-4, rtol=0)
    torch.testing.assert_close(new_edges, edges)


def test_edges_open_and_shut_gates():
    nodes = column((9, 1), (1, 9), (0, 0))
    edges = column((30, 20), (-20, -30))
    new_nodes, new_edges = convolution(message=True, gate_of_edge=True)(nodes, edges, SOURCE, TARGET)
    torch.testing.assert_close(new_nodes[2], torch.tensor([[HIGH, LOW]]), atol=1e-4, rtol=0)
    torch.testing.assert_close(new_edges, column((30 + HIGH, 20 + LOW), (-20 + HIGH, -30 + LOW)), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["gate_of_source", "gate_of_target"])
def test_nodes_open_and_shut_gates(name):
    nodes = column((30, 20), (-20, -30), (40, 10))
    _, edges = convolution(**{name: True})(nodes, column((0, 0), (0, 0)), SOURCE, TARGET)
    torch.testing.assert_close(edges, column((HIGH, LOW), (HIGH, LOW)), atol=1e-4, rtol=0)


def test_a_node_reads_itself():
    nodes, _ = convolution(own=True)(column((1, 2), (2, 1), (0, 0)), column((0, 0), (0, 0)), SOURCE, TARGET)
    torch.testing.assert_close(nodes, column((1 + LOW, 2 + HIGH), (2 + HIGH, 1 + LOW), (0, 0)), atol=1e-4, rtol=0)


def test_nodes_that_all_clips_share():
    torch.manual_seed(0)
    module = EdgeGatedConvolution(4)
    nodes, edges = torch.randn(3, 1, 4), torch.randn(2, 5, 4)
    shared = module(nodes, edges, SOURCE, TARGET)
    copied = module(nodes.expand(-1, 5, -1), edges, SOURCE, TARGET)
    torch.testing.assert_close(shared, copied)
    assert shared[0].shape == (3, 5, 4)


def test_the_last_leaves_edges_alone():
    module = EdgeGatedConvolution(4, updates_edges=False)
    edges = torch.randn(2, 1, 4)
    assert module(torch.randn(3, 1, 4), edges, SOURCE, TARGET)[1] is edges
    # five maps of 4 × 4 and 4, one norm of 4 and 4
    assert sum(parameter.numel() for parameter in module.parameters()) == 108
