import pytest
import torch
from torch import nn

from trainer.baselines.self_supervision.triplet_model import TripletModel


class MeanColours(nn.Module):
    """An encoder of three features: the mean of each colour, weighed."""

    feature_size = 3

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(3))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        assert frames.dtype == torch.uint8
        return frames.float().mean(dim=(-2, -1)) / 255 * self.weight


def frames(*colours: tuple[int, int, int]) -> torch.Tensor:
    return torch.tensor(colours, dtype=torch.uint8)[:, :, None, None].expand(-1, -1, 4, 4)


def test_the_loss_is_that_of_the_heads_embeddings():
    model = TripletModel(MeanColours())
    with torch.no_grad():  # embeddings are the features, and zeros
        for layer in (model.head[0], model.head[2]):
            layer.weight.zero_()
            layer.weight[:3] = torch.eye(3)
            layer.bias.zero_()
    out = model(frames((255, 0, 0)), frames((255, 0, 0)), frames((0, 255, 0)))
    assert out["embeddings"].shape == (3, 1, 128)
    assert out["embeddings"][:, 0, :3].tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    # d(a,p) = 0, d(a,n) = √2: log(1 + e^−1.41421) = log 1.24312
    assert out["loss"].item() == pytest.approx(0.21762, abs=1e-5)
    model.form = "released_code"
    # d² = 0, 2, 2: log(1 + 2 e^−2) = log 1.27067
    assert model(frames((255, 0, 0)), frames((255, 0, 0)), frames((0, 255, 0)))["loss"].item() == pytest.approx(
        0.23955, abs=1e-5
    )


def test_the_encoder_and_the_head_learn():
    torch.manual_seed(0)
    model = TripletModel(MeanColours(), form="released_code")
    before = {name: value.clone() for name, value in model.state_dict().items()}
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    batch = frames((255, 9, 0), (20, 0, 80)), frames((200, 0, 9), (0, 7, 90)), frames((0, 255, 0), (99, 0, 0))
    losses = []
    for _ in range(30):
        loss = model(*batch)["loss"]
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert losses[-1] < losses[0]
    assert all(not torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_an_unknown_form_is_named():
    model = TripletModel(MeanColours(), form="cubed")
    with pytest.raises(ValueError, match="got 'cubed'"):
        model(*[frames((1, 2, 3))] * 3)
