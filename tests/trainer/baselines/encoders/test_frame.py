import pytest
import torch
from torch import nn
from torchvision.models import resnet18

from trainer.baselines.encoders.frame import ClipOfFrames, FrameEncoder


def frames(num_frames: int = 3, size: int = 32) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (num_frames, 3, size, size), dtype=torch.uint8, generator=generator)


def test_the_published_width_is_torchvisions_network():
    network = resnet18().eval()
    network.fc = nn.Identity()
    torch.manual_seed(0)
    encoder = FrameEncoder().eval()
    assert {name: value.shape for name, value in encoder.state_dict().items()} == {
        name: value.shape for name, value in network.state_dict().items()
    }
    assert encoder.feature_size == 512
    network.load_state_dict(encoder.state_dict())
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])  # torchvision's own
    pixels = ((frames().permute(0, 2, 3, 1) / 255 - mean) / std).permute(0, 3, 1, 2)
    with torch.inference_mode():
        torch.testing.assert_close(encoder(frames()), network(pixels), atol=1e-5, rtol=1e-5)


def test_a_thinner_network_has_the_same_layers():
    encoder = FrameEncoder(16).eval()
    assert encoder.feature_size == 128
    with torch.inference_mode():
        features = encoder(frames())
    assert (features.shape, features.dtype) == ((3, 128), torch.float32)
    thin = encoder.state_dict()
    assert list(thin) == [name for name in resnet18().state_dict() if not name.startswith("fc.")]
    assert thin["conv1.weight"].shape == (16, 3, 7, 7)
    assert thin["layer4.1.conv2.weight"].shape == (128, 128, 3, 3)


class Brightness(nn.Module):
    """One feature of a frame `(N, 3, H, W)`: the value of its first pixel."""

    feature_size = 1

    def forward(self, pictures: torch.Tensor) -> torch.Tensor:
        return pictures[:, 0, 0, :1].float()


def test_a_clip_is_mean_and_maximum_over_time_of_three_neighbours():
    clip = ClipOfFrames(Brightness())
    assert clip.feature_size == 256
    nn.init.zeros_(clip.temporal.weight)
    nn.init.zeros_(clip.temporal.bias)
    with torch.no_grad():
        clip.temporal.weight[0, 0] = torch.tensor([1.0, 10.0, 100.0])  # of the frame before, the frame, the one behind
        clip.temporal.weight[1, 0] = torch.tensor([0.0, -1.0, 0.0])
        pictures = torch.tensor([1, 2, 3], dtype=torch.uint8).view(1, 3, 1, 1, 1).expand(1, 3, 3, 2, 2)
        features = clip(pictures)[0]
    # 0 + 10 + 200, 1 + 20 + 300 and 2 + 30 + 0
    assert features[0].item() == pytest.approx((210 + 321 + 32) / 3)
    assert features[128].item() == 321.0
    assert features[1].item() == features[129].item() == 0.0  # below 0 there is nothing


def test_frames_of_a_clip_are_read_one_by_one():
    torch.manual_seed(0)
    clip = ClipOfFrames(FrameEncoder(4)).eval()
    pictures = frames(6).view(2, 3, 3, 32, 32)
    with torch.inference_mode():
        both = clip(pictures)
        assert both.shape == (2, 256)
        torch.testing.assert_close(both[1:], clip(pictures[1:]), atol=1e-5, rtol=1e-4)
        assert not torch.allclose(both, clip(pictures.flip(1)), atol=1e-4)
