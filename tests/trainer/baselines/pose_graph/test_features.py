"""Lengths, angles and radial basis functions: by hand, and what they do not depend on."""

from math import exp, sqrt

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fitness_aqa_dataset.human36m import BONES
from trainer.baselines.pose_graph.features import angle_cosines, edge_lengths, edge_vectors, radial_basis
from trainer.baselines.pose_graph.graph import build_graph

SEEDS = st.integers(0, 10_000)
TURNS = st.floats(-3.1, 3.1)
XY, XZ, SPACE = 0, 1, 2
# Two joints, three frames: joint 0 stands still and then moves, joint 1 moves and then stands still.
BY_HAND = torch.tensor([[[[0, 0, 0], [3, 4, 0]], [[0, 0, 0], [3, 4, 2]], [[1, 0, 1], [3, 4, 2]]]], dtype=torch.float32)


def random_poses(seed: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 3, 17, 3, generator=generator, dtype=torch.float64)


def turned(poses: torch.Tensor, *angles_rad: float, axes: str) -> torch.Tensor:
    return poses @ torch.from_numpy(Rotation.from_euler(axes, angles_rad).as_matrix()).T


def cosines_of(poses: torch.Tensor) -> torch.Tensor:
    graph = build_graph(3, BONES)
    return angle_cosines(edge_vectors(poses, graph), graph)


def lengths_of(poses: torch.Tensor) -> torch.Tensor:
    return edge_lengths(edge_vectors(poses, build_graph(3, BONES)))


def test_lengths_by_hand():
    lengths = edge_lengths(edge_vectors(BY_HAND, build_graph(3, ((0, 1),))))
    one_way = [5, 0, 2, sqrt(29), sqrt(2), 0, sqrt(21)]
    assert lengths[0].tolist() == pytest.approx([length for length in one_way for _ in range(2)])


def test_cosines_by_hand():
    graph = build_graph(3, ((0, 1),))
    cosines = angle_cosines(edge_vectors(BY_HAND, graph), graph)[0]
    # of the ten angles, seven have an edge without length, or a right angle in all planes
    expected = [[0, 0, 0] for _ in range(10)]
    expected[4] = [0, 2 / sqrt(13), 2 / sqrt(29)]
    expected[7] = [3 / 5, 5 / sqrt(26), 5 / sqrt(58)]
    expected[8] = [-1 / sqrt(5), -3 / sqrt(10), -3 / sqrt(42)]
    torch.testing.assert_close(cosines, torch.tensor(expected))


def test_a_straight_limb_has_minus_one_and_a_folded_one_one():
    graph = build_graph(1, ((0, 1), (1, 2)))
    limbs = torch.tensor([[[[0.0, 0, 0], [1, 2, 3], [2, 4, 6]]], [[[0, 0, 0], [1, 2, 3], [0, 0, 0]]]])
    assert graph.angle_in.tolist() == [0]
    cosines = angle_cosines(edge_vectors(limbs, graph), graph)
    torch.testing.assert_close(cosines, torch.tensor([[[-1.0] * 3], [[1.0] * 3]]))


def test_joints_that_stand_still_have_finite_gradients():
    graph = build_graph(3, BONES)
    poses = torch.zeros(1, 3, 17, 3)
    poses[:, :, :, 2] = torch.arange(17.0)  # a line along z: nothing is left of it in the xy plane
    poses.requires_grad_()
    vectors = edge_vectors(poses, graph)
    cosines, lengths = angle_cosines(vectors, graph), edge_lengths(vectors)
    assert cosines[..., XY].abs().max() == 0
    (cosines.sum() + lengths.sum()).backward()
    assert poses.grad.isfinite().all()


@given(SEEDS, TURNS, TURNS, TURNS, st.floats(0.1, 10.0), st.floats(-5.0, 5.0))
def test_in_space_only_the_form_counts(seed, x_rad, y_rad, z_rad, scale, shift):
    poses = random_poses(seed)
    moved = turned(poses, x_rad, y_rad, z_rad, axes="xyz") * scale + torch.tensor([shift, -2 * shift, 1.0])
    torch.testing.assert_close(cosines_of(moved)[..., SPACE], cosines_of(poses)[..., SPACE])


@given(SEEDS, TURNS, st.floats(0.5, 10.0), st.sampled_from([(XY, "z"), (XZ, "y")]))
def test_in_a_plane_turns_in_that_plane_do_not_count(seed, turn_rad, scale, plane):
    number, axis = plane
    poses = random_poses(seed)
    moved = turned(poses, turn_rad, axes=axis) * scale + 1.0
    torch.testing.assert_close(cosines_of(moved)[..., number], cosines_of(poses)[..., number])


@given(SEEDS, st.floats(0.3, 1.2), st.sampled_from([(XY, "x"), (XY, "y"), (XZ, "x"), (XZ, "z")]))
def test_in_a_plane_turns_out_of_it_count(seed, turn_rad, plane):
    number, axis = plane
    poses = random_poses(seed)
    change = cosines_of(turned(poses, turn_rad, axes=axis)) - cosines_of(poses)
    assert change[..., number].abs().max() > 0.05


@given(SEEDS, TURNS, TURNS, TURNS, st.floats(1.5, 10.0))
def test_lengths_know_the_scale_only(seed, x_rad, y_rad, z_rad, scale):
    poses = random_poses(seed)
    moved = turned(poses, x_rad, y_rad, z_rad, axes="xyz") + 3.0
    torch.testing.assert_close(lengths_of(moved), lengths_of(poses))
    torch.testing.assert_close(lengths_of(moved * scale), lengths_of(poses) * scale)


def test_radial_basis_by_hand():
    basis = radial_basis(torch.tensor([[0.0, 1.5]]), 0.0, 4.0, num_centres=3)
    assert basis.shape == (1, 2, 3)
    # centres 0, 2 and 4, one standard deviation is 2
    assert basis[0, 0].tolist() == pytest.approx([1.0, exp(-0.5), exp(-2.0)])
    assert basis[0, 1].tolist() == pytest.approx([exp(-0.28125), exp(-0.03125), exp(-0.78125)])


def test_forty_centres_from_the_first_to_the_last():
    basis = radial_basis(torch.tensor([-1.0, 1.0]), -1.0, 1.0)
    assert basis.shape == (2, 40)
    assert basis[0, 0] == basis[1, 39] == 1
    assert basis[0, 1].item() == pytest.approx(exp(-0.5), rel=1e-4)


@given(st.floats(-1e6, 1e6, width=32))
def test_radial_basis_stays_in_range_and_normal(value):
    basis = radial_basis(torch.tensor(value), 0.0, 8.0)
    assert (basis <= 1).all() and (basis >= torch.finfo(torch.float32).tiny).all()
    if not -3 <= value <= 11:
        assert (basis < 1e-20).all()
