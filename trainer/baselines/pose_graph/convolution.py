"""The edge-gated graph convolution that the graph and its line graph are updated with."""

import torch
from torch import nn

# Keeps the mean of messages finite where all gates are shut.
SHUT = 1e-6


class EdgeGatedConvolution(nn.Module):
    """
    Update nodes by the mean of their neighbours' messages, weighted by gates, and edges by what opened the gates.

    With nodes x and edges e from i to j (Bresson & Laurent, Residual Gated Graph ConvNets, 2017; with residuals and
    SiLU as in Choudhary & DeCost, ALIGNN, 2021):

        g_ij = A x_i + B x_j + C e_ij
        x_j  ← x_j + SiLU(norm(U x_j + Σ_i σ(g_ij) V x_i / Σ_i σ(g_ij)))
        e_ij ← e_ij + SiLU(norm(g_ij))

    The norm is a LayerNorm where ALIGNN has a BatchNorm: a clip's features then do not depend on the clips beside it,
    a batch may be small, and processes need not exchange statistics of clips.

    Clips of a batch share the graph and lie on the second axis, so that a node or an edge is one block of memory:
    summing messages takes a quarter of the time that it takes with clips on the first.

    Args:
        hidden_size (`int`):
            Features of a node and of an edge.
        updates_edges (`bool`, *optional*, defaults to `True`):
            Not needed by the last one, whose edges nobody reads.
    """

    def __init__(self, hidden_size: int, updates_edges: bool = True):
        super().__init__()
        self.gate_of_source = nn.Linear(hidden_size, hidden_size)
        self.gate_of_target = nn.Linear(hidden_size, hidden_size)
        self.gate_of_edge = nn.Linear(hidden_size, hidden_size)
        self.message = nn.Linear(hidden_size, hidden_size)
        self.own = nn.Linear(hidden_size, hidden_size)
        self.node_norm = nn.LayerNorm(hidden_size)
        self.edge_norm = nn.LayerNorm(hidden_size) if updates_edges else None
        self.activation = nn.SiLU()

    def forward(
        self, nodes: torch.Tensor, edges: torch.Tensor, source: torch.Tensor, target: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """
        Args:
            nodes (`torch.Tensor`):
                Shape (N, B, H), or (N, 1, H) where they are the same in all clips.
            edges (`torch.Tensor`):
                Shape (E, B, H).
            source, target (`torch.Tensor`):
                int64, shape (E,): where each edge begins and ends.

        Returns:
            `tuple[torch.Tensor, torch.Tensor]`: Nodes (N, B, H) and edges (E, B, H), the latter unchanged without
            `updates_edges`.
        """
        logits = self.gate_of_edge(edges)
        logits = logits + self.gate_of_source(nodes).index_select(0, source)
        logits = logits + self.gate_of_target(nodes).index_select(0, target)
        gates = logits.sigmoid()
        messages = gates * self.message(nodes).index_select(0, source)
        mean = _sum_at(messages, target, len(nodes)) / (_sum_at(gates, target, len(nodes)) + SHUT)
        nodes = nodes + self.activation(self.node_norm(self.own(nodes) + mean))
        if self.edge_norm is not None:
            edges = edges + self.activation(self.edge_norm(logits))
        return nodes, edges


def _sum_at(values: torch.Tensor, target: torch.Tensor, num_nodes: int) -> torch.Tensor:
    """Sums (N, B, H) of the values (E, B, H) of edges that end in each node."""
    return values.new_zeros(num_nodes, *values.shape[1:]).index_add_(0, target, values)
