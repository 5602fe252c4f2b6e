import pytest
import torch

from trainer.baselines.self_supervision.loss import triplet_loss

# On the unit circle: d(a,p) = √2, d(a,n) = 2, d(p,n) = √2.
ANCHOR, POSITIVE, NEGATIVE = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), torch.tensor([[-1.0, 0.0]])


def test_the_papers_form():
    # −log(e^−1.41421 / (e^−1.41421 + e^−2)) = log(1 + e^−0.58579) = log 1.55667
    assert triplet_loss(ANCHOR, POSITIVE, NEGATIVE).item() == pytest.approx(0.44255, abs=1e-5)
    assert triplet_loss(ANCHOR, POSITIVE, NEGATIVE, "paper").item() == pytest.approx(0.44255, abs=1e-5)


def test_the_released_codes_form():
    # −log(e^−2 / (e^−2 + e^−4 + e^−2)) = log(2 + e^−2) = log 2.13534
    assert triplet_loss(ANCHOR, POSITIVE, NEGATIVE, "released_code").item() == pytest.approx(0.75863, abs=1e-5)


def test_embeddings_are_normalised():
    loss = triplet_loss(3 * ANCHOR, 0.5 * POSITIVE, 100 * NEGATIVE)
    assert loss.item() == pytest.approx(0.44255, abs=1e-5)


def test_the_mean_over_triplets():
    # anchor and positive swapped with the negative: d(a,p) = 2, d(a,n) = √2: log(1 + e^0.58579) = log 2.79641
    anchors = torch.cat([ANCHOR, ANCHOR])
    loss = triplet_loss(anchors, torch.cat([POSITIVE, NEGATIVE]), torch.cat([NEGATIVE, POSITIVE]))
    assert loss.item() == pytest.approx((0.44255 + 1.02833) / 2, abs=1e-5)


@pytest.mark.parametrize("form, expected", [("paper", 0.69315), ("released_code", 1.09861)])  # log 2, log 3
def test_equal_embeddings(form, expected):
    branches = [torch.ones(2, 3, requires_grad=True) for _ in range(3)]
    loss = triplet_loss(*branches, form)
    loss.backward()
    assert loss.item() == pytest.approx(expected, abs=1e-5)
    assert all(branch.grad.abs().max() == 0 for branch in branches)


@pytest.mark.parametrize("form", ["paper", "released_code"])
def test_a_step_down_the_gradient_brings_the_positive_nearer(form):
    generator = torch.Generator().manual_seed(0)
    branches = [torch.randn(4, 8, generator=generator, requires_grad=True) for _ in range(3)]
    loss = triplet_loss(*branches, form)
    loss.backward()
    moved = [branch.detach() - 0.1 * branch.grad for branch in branches]
    assert triplet_loss(*moved, form) < loss


def test_half_precision_is_compared_in_single():
    branches = [branch.bfloat16() for branch in (ANCHOR, POSITIVE, NEGATIVE)]
    assert triplet_loss(*branches).dtype == torch.float32


def test_an_unknown_form():
    with pytest.raises(ValueError, match="expected one of paper, released_code, got 'squared'"):
        triplet_loss(ANCHOR, POSITIVE, NEGATIVE, "squared")
