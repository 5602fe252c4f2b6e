"""
What poses give the graph: lengths of edges, angles between them, and both as radial basis functions.

Shapes: B clips, T frames, J joints, 3 coordinates x, y, z; E, A as in `graph`.
"""

import torch
from torch.nn.functional import normalize

from trainer.baselines.pose_graph.graph import PoseGraph

NUM_CENTRES = 40
# An edge shorter than this, in torso lengths, has no direction: rounding moves a joint that stands still by as much.
STILL = 1e-5
# exp of less gives denormal numbers, which take a processor ten times as long; nothing sees a difference from 0.
LOWEST_EXPONENT = -50.0
# Coordinates that the cosines are taken in: the xy plane, the xz plane, space.
PLANES = ([0, 1], [0, 2], [0, 1, 2])


def radial_basis(values: torch.Tensor, lowest: float, highest: float, num_centres: int = NUM_CENTRES) -> torch.Tensor:
    """
    Values as Gaussians around evenly placed centres, each as wide (one standard deviation) as centres are apart.

    Args:
        values (`torch.Tensor`):
            float32, any shape. Far outside `[lowest, highest]` all functions are 0.
        lowest, highest (`float`):
            The first and the last centre.
        num_centres (`int`, *optional*, defaults to `40`):
            At least 2. Gallardo et al. have 40, from 0 to 8 for lengths and from -1 to 1 for cosines; their width is
            not known to us, this one is SchNet's (Schütt et al. 2017).

    Returns:
        `torch.Tensor`: float32 in [0, 1], shape `(*values.shape, num_centres)`.
    """
    centres = torch.linspace(lowest, highest, num_centres, device=values.device)
    distances = (values[..., None] - centres) * ((num_centres - 1) / (highest - lowest))
    return distances.square().mul(-0.5).clamp_min(LOWEST_EXPONENT).exp()


def edge_vectors(poses: torch.Tensor, graph: PoseGraph) -> torch.Tensor:
    """
    The way from each edge's source to its target.

    Args:
        poses (`torch.Tensor`):
            float32, shape (B, T, J, 3), in torso lengths.
        graph ([`PoseGraph`]):
            Of T frames and J joints.

    Returns:
        `torch.Tensor`: float32, shape (B, E, 3), in torso lengths.
    """
    nodes = poses.flatten(1, 2)
    return nodes.index_select(1, graph.target) - nodes.index_select(1, graph.source)


def edge_lengths(vectors: torch.Tensor) -> torch.Tensor:
    """Lengths (B, E), in torso lengths, of [`edge_vectors`] (B, E, 3). The gradient of a length of 0 is 0."""
    return torch.linalg.vector_norm(vectors, dim=-1)


def angle_cosines(vectors: torch.Tensor, graph: PoseGraph) -> torch.Tensor:
    """
    Cosines of the angles at the joints that two edges share; a straight limb has -1, as in ALIGNN.

    Args:
        vectors (`torch.Tensor`):
            [`edge_vectors`], float32, shape (B, E, 3), in torso lengths.
        graph ([`PoseGraph`]):
            Whose edges they are.

    Returns:
        `torch.Tensor`: float32 in [-1, 1], shape (B, A, 3): in the xy plane, in the xz plane, in space. 0 where an
        edge, or what is left of it in the plane, has no length, as of a joint that stands still; gradients stay
        finite there.
    """
    cosines = []
    for axes in PLANES:
        directions = normalize(vectors[..., axes], dim=-1, eps=STILL)
        # the first edge leads to the joint, the angle is taken away from it
        to_joint, from_joint = (directions.index_select(1, edge) for edge in (graph.angle_in, graph.angle_out))
        cosines.append(-(to_joint * from_joint).sum(-1))
    return torch.stack(cosines, dim=-1)
