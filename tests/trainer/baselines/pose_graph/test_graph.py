"""The graph of joints and frames and its line graph, one of them written out by hand."""

from math import prod

import pytest
import torch

from fitness_aqa_dataset.human36m import BONES, JOINTS
from trainer.baselines.pose_graph.graph import build_graph, extra_edges

# Two joints, three frames. Nodes 0 and 1, 2 and 3, 4 and 5.
EDGES = [
    *((0, 1), (1, 0), (0, 2), (2, 0), (1, 3), (3, 1)),
    *((2, 3), (3, 2), (2, 4), (4, 2), (3, 5), (5, 3)),
    *((4, 5), (5, 4)),
]
IS_TEMPORAL = [0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0]
# By pairs of edges: the nodes that they lead through, and the number of their angle.
PATHS = {
    (0, 4): ((0, 1, 3), 0),
    (1, 2): ((1, 0, 2), 1),
    (2, 6): ((0, 2, 3), 2),
    (2, 8): ((0, 2, 4), 3),
    (3, 0): ((2, 0, 1), 1),
    (4, 7): ((1, 3, 2), 4),
    (4, 10): ((1, 3, 5), 5),
    (5, 1): ((3, 1, 0), 0),
    (6, 5): ((2, 3, 1), 4),
    (6, 10): ((2, 3, 5), 6),
    (7, 3): ((3, 2, 0), 2),
    (7, 8): ((3, 2, 4), 7),
    (8, 12): ((2, 4, 5), 8),
    (9, 3): ((4, 2, 0), 3),
    (9, 6): ((4, 2, 3), 7),
    (10, 13): ((3, 5, 4), 9),
    (11, 5): ((5, 3, 1), 5),
    (11, 7): ((5, 3, 2), 6),
    (12, 11): ((4, 5, 3), 9),
    (13, 9): ((5, 4, 2), 8),
}


def pairs(one: torch.Tensor, other: torch.Tensor) -> list[tuple[int, int]]:
    return list(zip(one.tolist(), other.tolist(), strict=True))


def test_two_joints_in_three_frames_by_hand():
    graph = build_graph(3, ((0, 1),))
    assert graph.joint.tolist() == [0, 1, 0, 1, 0, 1]
    assert pairs(graph.source, graph.target) == EDGES
    assert graph.is_temporal.tolist() == IS_TEMPORAL
    assert pairs(graph.edge_in, graph.edge_out) == list(PATHS)
    assert graph.angle.tolist() == [angle for _, angle in PATHS.values()]
    assert pairs(graph.angle_in, graph.angle_out) == [
        *((0, 4), (1, 2), (2, 6), (2, 8), (4, 7)),
        *((4, 10), (6, 10), (7, 8), (8, 12), (10, 13)),
    ]


@pytest.mark.parametrize("pair", PATHS)
def test_the_paths_written_by_hand_follow_the_edges(pair):
    path, _ = PATHS[pair]
    assert (EDGES[pair[0]], EDGES[pair[1]]) == (path[:2], path[1:])


def test_the_way_back_is_a_pair_with_the_same_angle():
    graph = build_graph(4, BONES)
    angle_of = dict(zip(pairs(graph.edge_in, graph.edge_out), graph.angle.tolist(), strict=True))
    # edges 2 k and 2 k + 1 are one another's reverse
    assert all(angle_of[edge_out ^ 1, edge_in ^ 1] == angle for (edge_in, edge_out), angle in angle_of.items())
    assert pairs(graph.source[0::2], graph.target[0::2]) == pairs(graph.target[1::2], graph.source[1::2])


def test_a_clip_of_the_usual_size():
    graph = build_graph(16, BONES, extra_edges(("squat", "overhead_press")))
    # 16 frames of 17 joints; 19 edges a frame and 17 to each of 15 next ones, both ways
    assert len(graph.joint) == 272
    assert len(graph.source) == 2 * (16 * 19 + 15 * 17) == 1118
    # a joint with d neighbours in its frame and t in time is passed by (d + t) (d + t - 1) pairs
    in_frame = [3, 2, 3, 2, 2, 3, 2, 2, 4, 2, 1, 2, 3, 1, 2, 3, 1]
    inner, outer = (sum(prod((d + t, d + t - 1)) for d in in_frame) for t in (2, 1))
    assert len(graph.edge_in) == 14 * inner + 2 * outer == 3684
    assert len(graph.angle_in) == 1842
    assert graph.angle.bincount().tolist() == [2] * 1842


def test_one_frame_has_no_temporal_edges():
    graph = build_graph(1, ((0, 1),))
    assert pairs(graph.source, graph.target) == [(0, 1), (1, 0)]
    assert graph.is_temporal.tolist() == [0, 0]
    assert graph.edge_in.dtype == torch.int64 and graph.edge_in.tolist() == []


@pytest.mark.parametrize(
    ("exercises", "expected"),
    [
        (("squat",), {("right_knee", "left_ankle"), ("left_knee", "right_ankle")}),
        (("overhead_press",), {("left_elbow", "right_elbow")}),
        (
            ("squat", "overhead_press"),
            {("right_knee", "left_ankle"), ("left_knee", "right_ankle"), ("left_elbow", "right_elbow")},
        ),
    ],
)
def test_edges_beside_the_skeleton(exercises, expected):
    edges = extra_edges(exercises)
    assert {(JOINTS[one], JOINTS[other]) for one, other in edges} == expected
    graph = build_graph(2, BONES, edges)
    assert set(edges) <= set(pairs(graph.source, graph.target))
    assert len(graph.source) == 2 * (2 * (16 + len(expected)) + 17)


def test_it_is_built_once():
    assert build_graph(5, BONES) is build_graph(5, BONES)
    assert build_graph(5, BONES) is not build_graph(6, BONES)


def test_no_frame():
    with pytest.raises(ValueError, match="a pose graph needs at least 1 frame, got `num_frames` 0"):
        build_graph(0, BONES)
