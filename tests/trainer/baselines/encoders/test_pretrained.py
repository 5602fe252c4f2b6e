"""torchvision's weights, where they are and where they are not; nothing here reaches the network."""

import logging

import pytest
import torch
from torch import nn
from torchvision.models import ResNet18_Weights, resnet18

from trainer.baselines.encoders.frame import FrameEncoder
from trainer.baselines.encoders.pretrained import load_pretrained
from trainer.baselines.encoders.video import VideoEncoder


@pytest.fixture(autouse=True)
def no_network(tmp_path, monkeypatch):
    """A cache of its own, and a proxy that is not there, so that a machine with a network has none either."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


@pytest.mark.parametrize(("encoder", "weights"), [(FrameEncoder, "IMAGENET1K_V1"), (VideoEncoder, "KINETICS400_V1")])
def test_without_a_network_the_log_says_that_weights_are_random(caplog, encoder, weights):
    with caplog.at_level(logging.WARNING):
        network = encoder(64, weights)
    (line,) = [record.message for record in caplog.records if "weights" in record.message]
    assert line.startswith(f"{encoder.__name__}: no weights {weights} (<urlopen error ")
    assert line.endswith("); starts from random weights")
    assert all(value.isfinite().all() for value in network.state_dict().values())
    assert not hasattr(network, "started_from")


def test_weights_that_are_there_are_taken(tmp_path, caplog):
    torch.manual_seed(0)
    state = resnet18().state_dict()
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    torch.save(state, folder / "resnet18-f37072fd.pth")  # where torchvision keeps what it has downloaded
    with caplog.at_level(logging.WARNING):
        torch.manual_seed(1)
        encoder = FrameEncoder(64, "IMAGENET1K_V1")
    assert encoder.started_from == "IMAGENET1K_V1"
    network = encoder.state_dict()
    assert set(state) - set(network) == {"fc.weight", "fc.bias"}
    assert all(torch.equal(value, state[name]) for name, value in network.items())
    assert [record.message for record in caplog.records] == ["FrameEncoder: starts from IMAGENET1K_V1"]


def test_without_weights_there_is_nothing_to_say(caplog):
    network = nn.Linear(1, 1)
    before = network.weight.item()
    with caplog.at_level(logging.WARNING):
        load_pretrained(network, ResNet18_Weights, "none", 64)
        load_pretrained(network, ResNet18_Weights, "none", 16)
    assert network.weight.item() == before
    assert caplog.records == []


@pytest.mark.parametrize(
    ("encoder", "known", "name"),
    [
        (FrameEncoder, "IMAGENET1K_V1", "KINETICS400_V1"),
        (VideoEncoder, "KINETICS400_V1", "IMAGENET1K_V1"),
        (FrameEncoder, "IMAGENET1K_V1", ""),
    ],
)
def test_unknown_weights(encoder, known, name):
    with pytest.raises(ValueError) as error:
        encoder(64, name)
    assert str(error.value) == f"weights: expected one of {known}, none, got {name!r}."


def test_weights_are_for_the_published_width():
    with pytest.raises(ValueError) as error:
        FrameEncoder(32, "IMAGENET1K_V1")
    assert str(error.value) == "weights: IMAGENET1K_V1 are for width 64, got width 32. Give weights: none."
