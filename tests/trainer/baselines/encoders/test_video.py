import torch
from torch import nn
from torchvision.models.video import r2plus1d_18

from trainer.baselines.encoders.video import VideoEncoder


def clips(num_clips: int = 2, num_frames: int = 4, size: int = 32) -> torch.Tensor:
    shape = (num_clips, num_frames, 3, size, size)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def test_the_published_width_is_torchvisions_network():
    network = r2plus1d_18().eval()
    network.fc = nn.Identity()
    torch.manual_seed(0)
    encoder = VideoEncoder().eval()
    assert {name: value.shape for name, value in encoder.state_dict().items()} == {
        name: value.shape for name, value in network.state_dict().items()
    }
    assert encoder.feature_size == 512
    network.load_state_dict(encoder.state_dict())
    # torchvision's own normalisation, its colours before its frames
    mean = torch.tensor([0.43216, 0.394666, 0.37645])
    std = torch.tensor([0.22803, 0.22145, 0.216989])
    pixels = ((clips().permute(0, 1, 3, 4, 2) / 255 - mean) / std).permute(0, 4, 1, 2, 3)
    with torch.inference_mode():
        torch.testing.assert_close(encoder(clips()), network(pixels), atol=1e-5, rtol=1e-5)


def test_a_thinner_network_has_the_same_layers():
    encoder = VideoEncoder(16).eval()
    assert encoder.feature_size == 128
    with torch.inference_mode():
        features = encoder(clips())
    assert (features.shape, features.dtype) == ((2, 128), torch.float32)
    thin = encoder.state_dict()
    assert list(thin) == [name for name in r2plus1d_18().state_dict() if not name.startswith("fc.")]
    assert thin["stem.3.weight"].shape == (16, 45, 3, 1, 1)
    # 16 x 16 x 27 / (16 x 9 + 3 x 16) = 36 channels between the two parts of a convolution
    assert thin["layer1.0.conv1.0.0.weight"].shape == (36, 16, 1, 3, 3)
    assert thin["layer1.0.conv1.0.3.weight"].shape == (16, 36, 3, 1, 1)
    assert thin["layer4.1.conv2.0.3.weight"].shape == (128, 288, 3, 1, 1)  # eight times 16 and 36


def test_the_order_of_frames_matters_and_a_single_frame_can_be_read():
    encoder = VideoEncoder(4).eval()
    with torch.inference_mode():
        assert not torch.allclose(encoder(clips()), encoder(clips().flip(1)), atol=1e-4)
        assert encoder(clips(num_frames=1)).shape == (2, 32)
