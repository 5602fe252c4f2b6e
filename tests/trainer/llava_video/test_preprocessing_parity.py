"""
Pixel values beside Pillow's own bicubic resize, as the original preprocesses: how far they may be apart is typed here.
"""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from trainer.llava_video import LlavaVideoVideoProcessor


def noise(rng, height, width):
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def black_and_white(rng, height, width):
    """Every channel of every pixel 0 or 255: bicubic overshoots everywhere."""
    return (rng.integers(0, 2, (height, width, 3)) * 255).astype(np.uint8)


def gradient(rng, height, width):
    rows, columns = np.mgrid[:height, :width]
    return np.stack([rows * 255 // height, columns * 255 // width, (rows + columns) % 256], axis=-1).astype(np.uint8)


def scene(rng, height, width):
    """Soft blobs with grain, and a white and a black box."""
    blobs = Image.fromarray(noise(rng, height // 8 + 2, width // 8 + 2)).resize((width, height), Image.BILINEAR)
    frame = np.asarray(blobs) + rng.integers(-6, 7, (height, width, 3))
    frame[height // 4 : height // 2, width // 4 : width // 2] = 255
    frame[height // 2 : height * 3 // 4, width // 3 : width // 2] = 0
    return frame.clip(0, 255).astype(np.uint8)


def grey_levels_apart(frames, size):
    """Largest difference over all frames; equal pixel values are at most 1e-4 apart after the way back to levels."""
    pixels = LlavaVideoVideoProcessor(size=size)(np.stack(frames), return_tensors="pt")["pixel_values_videos"][0]
    levels = pixels.permute(0, 2, 3, 1).double().numpy() * 127.5 + 127.5
    expected = [np.asarray(Image.fromarray(frame).resize((size, size), Image.BICUBIC), np.float64) for frame in frames]
    return np.abs(levels - np.stack(expected)).max()


@pytest.mark.parametrize("draw", [noise, black_and_white, gradient, scene])
@pytest.mark.parametrize("height_width", [(640, 480), (480, 854), (300, 170), (60, 80), (384, 600), (384, 384)])
def test_pixels_are_pillows(draw, height_width):
    frames = [draw(np.random.default_rng(seed), *height_width) for seed in range(2)]
    assert grey_levels_apart(frames, 384) < 1e-4


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 200), st.integers(1, 200), st.sampled_from([14, 70, 98, 112]), st.integers(0, 2**32 - 1))
def test_pixels_are_pillows_at_any_size(height, width, size, seed):
    assert grey_levels_apart([black_and_white(np.random.default_rng(seed), height, width)], size) < 1e-4


def test_a_wide_frame_is_squeezed_and_not_cropped():
    frame = np.zeros((20, 80, 3), dtype=np.uint8)
    frame[:, :40] = (255, 0, 0)
    frame[:, 40:] = (0, 0, 255)
    pixels = LlavaVideoVideoProcessor(size=40)(frame[None], return_tensors="pt")["pixel_values_videos"][0, 0]
    assert pixels[:, 20, 5].tolist() == [1.0, -1.0, -1.0]  # red on the left, RGB
    assert pixels[:, 20, 35].tolist() == [-1.0, -1.0, 1.0]


def test_the_scale_is_that_of_the_original():
    frames = torch.tensor([0, 51, 102, 204, 255], dtype=torch.uint8)[:, None, None, None].expand(5, 3, 14, 14)
    pixels = LlavaVideoVideoProcessor(size=14)(frames, return_tensors="pt")["pixel_values_videos"]
    assert pixels.dtype == torch.float32
    # (level / 255 - 0.5) / 0.5
    torch.testing.assert_close(pixels[0, :, 0, 0, 0], torch.tensor([-1.0, -0.6, -0.2, 0.6, 1.0]))


def test_one_thread_and_several_give_the_same():
    frames, before = torch.from_numpy(np.stack([noise(np.random.default_rng(0), 50, 40)] * 3)), torch.get_num_threads()
    results = []
    for num_threads in (1, 3):
        torch.set_num_threads(num_threads)
        try:
            results.append(LlavaVideoVideoProcessor(size=28)(frames, return_tensors="pt")["pixel_values_videos"])
        finally:
            torch.set_num_threads(before)
    assert torch.equal(*results)
