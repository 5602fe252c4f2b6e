"""
From poses to one vector a clip: convolutions on the graph of joints and on its line graph, then the mean over nodes.

Shapes: B clips, T frames, 17 joints, H hidden features; N, E, L, A as in `graph`.
"""

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn.functional import one_hot

from fitness_aqa_dataset.human36m import BONES, JOINTS
from fitness_aqa_dataset.taxonomy import EXERCISES
from trainer.baselines.pose_graph.convolution import EdgeGatedConvolution
from trainer.baselines.pose_graph.features import (
    NUM_CENTRES,
    PLANES,
    angle_cosines,
    edge_lengths,
    edge_vectors,
    radial_basis,
)
from trainer.baselines.pose_graph.graph import build_graph, extra_edges

# The paper has lengths from 0 to 8, in a unit that is not known to us. Joints that are joined are up to two torso
# lengths apart (the elbows of a press), so a quarter of a torso makes the most of that range.
UNITS_PER_TORSO = 4.0
LONGEST = 8.0


class PoseGraphEncoder(nn.Module):
    """
    The network of GYMetricPose (Gallardo et al., CBMS 2024) without its last layer.

    Joints are told apart by a one-hot vector, edges by spatial or temporal and by length, pairs of edges by the
    cosines of their angle in two planes and in space. `num_alternating` times the line graph is updated and then the
    graph, `num_graph` more times the graph alone.

    There are 1 020 416 parameters with 128 hidden features and 264 448 with 64. The paper gives about 164 thousand for
    its base form, without code: twelve convolutions of five H × H matrices, each with its own weights, are 983 040
    with 128 hidden features, so it must have fewer convolutions, share weights or be narrower (two convolutions with
    128 have 163 840, eight with 64 as many).

    Args:
        hidden_size (`int`, *optional*, defaults to `128`):
            H; 64 in the paper's small form.
        num_alternating (`int`, *optional*, defaults to `4`):
            Updates of both graphs, at least 1.
        num_graph (`int`, *optional*, defaults to `4`):
            Updates of the graph alone, after them.
        exercises (`Sequence[str]`, *optional*, defaults to both):
            Whose extra edges the graph has, see `graph.EXTRA_EDGES`.

    Attributes:
        feature_size (`int`): H.
    """

    def __init__(
        self,
        hidden_size: int = 128,
        num_alternating: int = 4,
        num_graph: int = 4,
        exercises: Sequence[str] = EXERCISES,
    ):
        super().__init__()
        self.feature_size = hidden_size
        self.extra_edges = extra_edges(exercises)
        self.embed_joints = _embedding(len(JOINTS), hidden_size)
        self.embed_edges = _embedding(2 + NUM_CENTRES, hidden_size)
        self.embed_angles = _embedding(len(PLANES) * NUM_CENTRES, hidden_size)
        # nobody reads the pairs after the last update of the line graph, nor the edges after the last of the graph
        self.on_line_graph = nn.ModuleList(
            EdgeGatedConvolution(hidden_size, updates_edges=left > 0) for left in reversed(range(num_alternating))
        )
        self.on_graph = nn.ModuleList(
            EdgeGatedConvolution(hidden_size, updates_edges=left > 0)
            for left in reversed(range(num_alternating + num_graph))
        )

    def forward(self, poses: torch.Tensor) -> torch.Tensor:
        """
        Args:
            poses (`torch.Tensor`):
                float32, shape (B, T, 17, 3), in torso lengths (pelvis to thorax), joints in Human3.6M's order. T may
                differ between calls. Where the body stands does not matter, which way it faces does.

        Returns:
            `torch.Tensor`: Shape (B, H).

        Raises:
            ValueError: If the shape is another.
        """
        if poses.ndim != 4 or poses.shape[2:] != (len(JOINTS), 3):
            raise ValueError(
                f"poses must have the shape (clips, frames, {len(JOINTS)}, 3), got {tuple(poses.shape)}. "
                "Give the joints of Human3.6M, see `fitness_aqa_dataset.human36m`."
            )
        graph = build_graph(poses.shape[1], BONES, self.extra_edges, poses.device)
        vectors = edge_vectors(poses, graph)
        lengths = radial_basis(edge_lengths(vectors).T * UNITS_PER_TORSO, 0.0, LONGEST)
        kinds = one_hot(graph.is_temporal, 2).to(lengths)[:, None].expand(-1, len(poses), -1)
        cosines = radial_basis(angle_cosines(vectors, graph).transpose(0, 1), -1.0, 1.0).flatten(-2)

        # as yet the same in all clips, so one column is enough
        nodes = self.embed_joints(one_hot(graph.joint, len(JOINTS)).to(lengths))[:, None]
        edges = self.embed_edges(torch.cat([kinds, lengths], dim=-1))
        pairs = self.embed_angles(cosines).index_select(0, graph.angle)
        for number, on_graph in enumerate(self.on_graph):
            if number < len(self.on_line_graph):
                # the graph's edges are the line graph's nodes
                edges, pairs = self.on_line_graph[number](edges, pairs, graph.edge_in, graph.edge_out)
            nodes, edges = on_graph(nodes, edges, graph.source, graph.target)
        return nodes.mean(0)


def _embedding(num_inputs: int, hidden_size: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(num_inputs, hidden_size), nn.LayerNorm(hidden_size), nn.SiLU())
