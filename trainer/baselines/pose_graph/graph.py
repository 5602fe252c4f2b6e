"""
The graph of a clip: joints of every frame, what joins them, and the pairs of edges that enclose an angle.

The graph is the same for all clips of one length, so it is built once.
Shapes: N nodes, E directed edges, L pairs of edges (the edges of the line graph), A angles.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import torch

from fitness_aqa_dataset.human36m import JOINTS

Bone = tuple[int, int]


def _between(*names: tuple[str, str]) -> tuple[Bone, ...]:
    return tuple((JOINTS.index(one), JOINTS.index(other)) for one, other in names)


# What the skeleton leaves out and the errors of an exercise show in: knees against the feet, elbow against elbow.
EXTRA_EDGES = {
    "squat": _between(("right_knee", "left_ankle"), ("left_knee", "right_ankle")),
    "overhead_press": _between(("left_elbow", "right_elbow")),
}


@dataclass(frozen=True, eq=False)
class PoseGraph:
    """
    A graph over joints and frames with its line graph, as indices (int64).

    Args:
        joint (`torch.Tensor`): Joint of each node, (N,). Node `frame * joints + joint`.
        source, target (`torch.Tensor`): Nodes of each directed edge, (E,). Edges 2 k and 2 k + 1 are one another's
            reverse.
        is_temporal (`torch.Tensor`): 1 for edges to the same joint in the next or last frame, 0 within a frame, (E,).
        edge_in, edge_out (`torch.Tensor`): Pairs i → j, j → k with k ≠ i, (L,): the edges of the line graph.
        angle (`torch.Tensor`): Angle of each pair, (L,). Two pairs have the same: i → j → k and k → j → i.
        angle_in, angle_out (`torch.Tensor`): One of the two pairs of each angle, (A,).
    """

    joint: torch.Tensor
    source: torch.Tensor
    target: torch.Tensor
    is_temporal: torch.Tensor
    edge_in: torch.Tensor
    edge_out: torch.Tensor
    angle: torch.Tensor
    angle_in: torch.Tensor
    angle_out: torch.Tensor


def extra_edges(exercises: Iterable[str]) -> tuple[Bone, ...]:
    """The edges beside the skeleton that one model of these exercises needs, see [`EXTRA_EDGES`]."""
    return tuple(edge for exercise in exercises for edge in EXTRA_EDGES[exercise])


@lru_cache(maxsize=64)
def build_graph(
    num_frames: int,
    bones: tuple[Bone, ...],
    extra_edges: tuple[Bone, ...] = (),
    device: torch.device | str = "cpu",
) -> PoseGraph:
    """
    Join the joints of each frame by bones and extra edges, and each joint with itself in the next frame.

    Edges lead both ways. A pair that leads back, i → j → i, is no edge of the line graph: its angle is always 0
    (ALIGNN leaves it out too).

    Args:
        num_frames (`int`):
            Frames of the clip, at least 1.
        bones (`tuple[tuple[int, int], ...]`):
            Pairs of joints, each bone once. The highest index says how many joints there are.
        extra_edges (`tuple[tuple[int, int], ...]`, *optional*, defaults to `()`):
            More pairs of joints, not among the bones.
        device (`torch.device` or `str`, *optional*, defaults to `"cpu"`):
            Where the indices are to lie.

    Returns:
        [`PoseGraph`]: Edges frame by frame: within the frame, then to the next. The same object for the same
        arguments.

    Raises:
        ValueError: If there is no frame.
    """
    if num_frames < 1:
        raise ValueError(f"a pose graph needs at least 1 frame, got `num_frames` {num_frames}.")
    joints = 1 + max(max(bone) for bone in bones)
    edges, is_temporal = [], []
    for frame in range(num_frames):
        first = frame * joints
        within = [(first + one, first + other) for one, other in (*bones, *extra_edges)]
        # the last frame has no next one
        onward = [(node, node + joints) for node in range(first, first + joints)] if frame < num_frames - 1 else []
        for one, other in within + onward:
            edges += [(one, other), (other, one)]
        is_temporal += [0] * 2 * len(within) + [1] * 2 * len(onward)
    source, target = zip(*edges, strict=True)
    joint = [node % joints for node in range(num_frames * joints)]
    columns = (joint, source, target, is_temporal, *_line_graph(edges))
    return PoseGraph(*(torch.tensor(column, dtype=torch.int64, device=device) for column in columns))


def _line_graph(edges: list[tuple[int, int]]) -> tuple[list[int], ...]:
    """`edge_in`, `edge_out`, `angle`, `angle_in`, `angle_out` of [`PoseGraph`]."""
    edges_out_of: dict[int, list[int]] = {}
    for number, (source, _) in enumerate(edges):
        edges_out_of.setdefault(source, []).append(number)
    edges_in, edges_out, angles, angles_in, angles_out = [], [], [], [], []
    number_of: dict[tuple[int, int, int], int] = {}
    for edge_in, (start, node) in enumerate(edges):
        for edge_out in edges_out_of[node]:
            end = edges[edge_out][1]
            if end == start:
                continue
            sides = node, min(start, end), max(start, end)
            if sides not in number_of:
                number_of[sides] = len(number_of)
                angles_in.append(edge_in)
                angles_out.append(edge_out)
            edges_in.append(edge_in)
            edges_out.append(edge_out)
            angles.append(number_of[sides])
    return edges_in, edges_out, angles, angles_in, angles_out
