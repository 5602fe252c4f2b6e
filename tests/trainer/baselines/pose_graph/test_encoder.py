"""The encoder: its size, what it depends on, and that it learns."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from fitness_aqa_dataset.human36m import JOINTS
from trainer.baselines.pose_graph.encoder import PoseGraphEncoder

KNEES = [JOINTS.index("right_knee"), JOINTS.index("left_knee")]


@pytest.fixture
def encoder() -> PoseGraphEncoder:
    """In float64: before any training, features of different clips differ by little."""
    torch.manual_seed(0)
    return PoseGraphEncoder(hidden_size=16, num_alternating=2, num_graph=1).eval().double()


def random_poses(num_clips: int, num_frames: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 0.3 * torch.randn(num_clips, num_frames, 17, 3, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize(("hidden_size", "expected"), [(128, 1_020_416), (64, 264_448)])
def test_number_of_parameters(hidden_size, expected):
    encoder = PoseGraphEncoder(hidden_size)
    assert encoder.feature_size == hidden_size
    assert sum(parameter.numel() for parameter in encoder.parameters()) == expected
    # one-hot of 17 joints; 2 kinds and 40 lengths; 3 × 40 cosines; each with bias and norm
    embeddings = (17 + 42 + 120) * hidden_size + 3 * 3 * hidden_size
    # twelve of five maps and two norms, without the norm of edges in the last of each graph
    convolutions = 12 * (5 * hidden_size * (hidden_size + 1) + 4 * hidden_size) - 2 * 2 * hidden_size
    assert embeddings + convolutions == expected


def test_every_parameter_is_used():
    encoder = PoseGraphEncoder(8)
    encoder(random_poses(2, 4).float()).square().sum().backward()
    assert all(parameter.grad.abs().sum() > 0 for parameter in encoder.parameters())


@pytest.mark.parametrize("num_frames", [1, 2, 16])
def test_any_number_of_frames(encoder, num_frames):
    features = encoder(random_poses(3, num_frames))
    assert features.shape == (3, 16) and features.isfinite().all()


def test_clips_of_a_batch_do_not_influence_one_another(encoder):
    poses = random_poses(4, 5)
    together = encoder(poses)
    torch.testing.assert_close(together[1:2], encoder(poses[1:2]), atol=1e-9, rtol=0)
    others = torch.cat([poses[1:2], random_poses(3, 5, seed=1)])
    torch.testing.assert_close(together[1], encoder(others)[0], atol=1e-9, rtol=0)
    assert (together[0] - together[1]).abs().max() > 1e-5


def test_where_the_body_stands_does_not_matter_and_which_way_it_faces_does(encoder):
    poses = random_poses(1, 5)
    features = encoder(poses)
    torch.testing.assert_close(encoder(poses + torch.tensor([2.0, -1.0, 0.5])), features, atol=1e-9, rtol=0)
    turned = poses[..., [2, 0, 1]]
    assert (encoder(turned) - features).abs().max() > 1e-5


def test_the_order_of_frames_matters(encoder):
    poses = random_poses(1, 5)
    assert (encoder(poses[:, [0, 2, 1, 3, 4]]) - encoder(poses)).abs().max() > 1e-5


def test_joints_in_one_place_give_finite_features(encoder):
    assert encoder(torch.zeros(1, 3, 17, 3, dtype=torch.float64)).isfinite().all()


@pytest.mark.parametrize("exercise", ["squat", "overhead_press"])
def test_the_graph_is_that_of_the_exercises(encoder, exercise):
    one = PoseGraphEncoder(hidden_size=16, num_alternating=2, num_graph=1, exercises=[exercise]).double()
    one.load_state_dict(encoder.state_dict())
    poses = random_poses(1, 2)
    assert (one(poses) - encoder(poses)).abs().max() > 1e-3


def test_half_precision_is_near(encoder):
    poses = random_poses(2, 4).float()
    encoder.float()
    with torch.autocast("cpu", torch.bfloat16):
        features = encoder(poses)
    torch.testing.assert_close(features.float(), encoder(poses), atol=0.05, rtol=0.02)


@pytest.mark.parametrize("shape", [(2, 4, 16, 3), (2, 4, 17, 2), (4, 17, 3)])
def test_other_shapes_are_refused(encoder, shape):
    with pytest.raises(ValueError, match=r"poses must have the shape \(clips, frames, 17, 3\), got \(\d, .*human36m"):
        encoder(torch.zeros(shape))


def test_it_learns_knees_near_from_knees_apart():
    torch.manual_seed(0)
    body = random_poses(1, 3).float()
    is_near = torch.arange(24) % 2
    poses = body + 0.02 * torch.randn(24, 3, 17, 3)
    poses[:, :, KNEES, 0] = torch.tensor([-1.0, 1.0]) * (0.5 - 0.35 * is_near[:, None, None])
    encoder, head = PoseGraphEncoder(16, 2, 1), torch.nn.Linear(16, 1)
    parameters = [*encoder.parameters(), *head.parameters()]
    before = [parameter.detach().clone() for parameter in encoder.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-2)
    losses = []
    for _ in range(40):
        loss = binary_cross_entropy_with_logits(head(encoder(poses[:16]))[:, 0], is_near[:16].float())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[0] > 0.5 and losses[-1] < 0.1
    assert all((new != old).any() for new, old in zip(encoder.parameters(), before, strict=True))
    assert ((head(encoder(poses[16:]))[:, 0] > 0) == is_near[16:].bool()).all()
