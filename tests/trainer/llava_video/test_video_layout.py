"""Pooling, newlines and SlowFast on tensors made by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainer.llava_video.configuration_llava_video import NEWLINE_POSITIONS, POOL_MODES
from trainer.llava_video.video_layout import lay_out, lay_out_slow_fast, pool_patches, real_frames

SIZE = 48
NEWLINE, FASTER = -1.0, -2.0


def numbers(*values, shape):
    """Features whose every component is the given number."""
    return torch.tensor(values, dtype=torch.float32).view(*shape, 1).expand(*shape, SIZE)


@pytest.mark.parametrize(
    ("pool_mode", "stride", "expected"),
    [  # of the patches 0 1 2 / 3 4 5 / 6 7 8; bilinear by 2 reads at 0.25 and 1.75 of either axis, by 3 at 1
        ("bilinear", 2, [[1.0, 2.5], [5.5, 7.0]]),
        ("bilinear", 3, [[4.0]]),
        ("average", 2, [[2.0]]),
        ("average", 3, [[4.0]]),
        ("max", 2, [[4.0]]),
        ("max", 3, [[8.0]]),
        ("max", 1, [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0], [6.0, 7.0, 8.0]]),
    ],
)
def test_pooling_of_an_odd_grid(pool_mode, stride, expected):
    pooled = pool_patches(numbers(*range(9), shape=(1, 9)), 3, pool_mode, stride)
    assert pooled.shape == (1, len(expected), len(expected), SIZE)
    assert torch.allclose(pooled[0, :, :, 7], torch.tensor(expected))


def test_bilinear_pooling_of_five_by_five():
    # Three of five: read at 1/3, 2 and 11/3 of either axis; the value of a patch is 5 * row + column.
    pooled = pool_patches(numbers(*range(25), shape=(1, 25)), 5, "bilinear", 2)[0, :, :, 0]
    expected = torch.tensor([[2.0, 11 / 3, 16 / 3], [31 / 3, 12.0, 41 / 3], [56 / 3, 61 / 3, 22.0]])
    assert torch.allclose(pooled, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("newline_position", "expected"),
    [
        ("grid", [1, 2, -1, 3, 4, -1, 5, 6, -1, 7, 8, -1]),
        ("frame", [1, 2, 3, 4, -1, 5, 6, 7, 8, -1]),
        ("one_token", [1, 2, 3, 4, 5, 6, 7, 8, -1]),
        ("no_token", [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_newlines_of_two_frames(newline_position, expected):
    pooled, newline = numbers(*range(1, 9), shape=(2, 2, 2)), torch.full((SIZE,), NEWLINE)
    (video,) = lay_out(pooled, newline, newline_position, [2])
    assert video[:, 0].tolist() == expected
    assert video[:, 47].tolist() == expected


@pytest.mark.parametrize(
    ("newline_position", "expected"),
    [
        ("grid", [[1, -1, 2, -1], [3, -1]]),
        ("frame", [[1, -1, 2, -1], [3, -1]]),
        ("one_token", [[1, 2, -1], [3, -1]]),
        ("no_token", [[1, 2], [3]]),
    ],
)
def test_newlines_of_two_videos_of_other_lengths(newline_position, expected):
    pooled, newline = numbers(1, 2, 3, shape=(3, 1, 1)), torch.full((SIZE,), NEWLINE)
    videos = lay_out(pooled, newline, newline_position, [2, 1])
    assert [video[:, 0].tolist() for video in videos] == expected


def test_slowfast_of_two_videos():
    slow = numbers(*range(20), shape=(5, 2, 2))  # frame t: 4t 4t+1 / 4t+2 4t+3
    fast = numbers(100, 101, 102, 103, 104, shape=(5, 1, 1))
    newline, faster = torch.full((SIZE,), NEWLINE), torch.full((SIZE,), FASTER)
    videos = lay_out_slow_fast(slow, fast, newline, faster, 2, [3, 2])
    assert videos[0][:, 0].tolist() == [0, 1, -1, 2, 3, -1, -2, 101, -1, -2, 8, 9, -1, 10, 11, -1, -2]
    # The first frame of a video is slow, wherever it stands in the batch.
    assert videos[1][:, 0].tolist() == [12, 13, -1, 14, 15, -1, -2, 104, -1, -2]


def test_slowfast_pools_by_twice_the_stride(make_model):
    model = make_model(add_faster_video=True, faster_token_stride=2).model
    model.config.vision_config.image_size = 42  # 3x3 patches
    model.multi_modal_projector = torch.nn.Identity()
    model.image_newline.data.fill_(NEWLINE)
    model.faster_token.data.fill_(FASTER)
    embeddings = model.embed_frames(numbers(*range(18), shape=(2, 9)), [2])
    assert embeddings.shape == (1, model.config.num_video_tokens(2), SIZE)
    assert embeddings[0, :, 0].tolist() == [1, 2.5, -1, 5.5, 7, -1, -2, 13, -1, -2]


def test_only_slowfast_has_a_faster_token(make_model):
    assert "model.faster_token" not in make_model().state_dict()
    token = make_model(add_faster_video=True).model.faster_token
    assert token.shape == (48,) and token.requires_grad
    assert 0.05 < token.std() < 0.3  # drawn like the newline, with 1/sqrt(48)


@given(
    num_frames=st.lists(st.integers(1, 4), min_size=1, max_size=3),
    side=st.integers(2, 9),
    stride=st.integers(1, 2),
    pool_mode=st.sampled_from(POOL_MODES),
    newline_position=st.sampled_from(NEWLINE_POSITIONS),
)
def test_as_many_embeddings_as_counted(shared_model, num_frames, side, stride, pool_mode, newline_position):
    config = shared_model.config
    config.vision_config.image_size = 14 * side
    config.mm_spatial_pool_stride, config.mm_spatial_pool_mode = stride, pool_mode
    config.mm_newline_position = newline_position
    videos = shared_model.model.embed_frames(torch.zeros(sum(num_frames), side * side, 32), num_frames)
    assert [tuple(video.shape) for video in videos] == [(config.num_video_tokens(n), 48) for n in num_frames]


def test_padding_frames_are_left_out():
    videos = torch.arange(6.0).view(2, 3, 1, 1, 1).expand(2, 3, 3, 4, 4)
    frames, counts = real_frames(videos, torch.tensor([1, 3]), 4)
    assert (frames[:, 0, 0, 0].tolist(), counts) == ([0, 3, 4, 5], [1, 3])
    from_list, counts = real_frames([videos[0, :1], videos[1]], None, 4)
    assert (from_list[:, 2, 3, 3].tolist(), counts) == ([0, 3, 4, 5], [1, 3])


@pytest.mark.parametrize("num_frames", [[3], [0, 3], [3, 4], [3, 3, 3]])
def test_impossible_numbers_of_frames_are_refused(num_frames):
    with pytest.raises(ValueError, match=r"num_frames must be one number for each video, from 1 to .*\[3, 3\], got"):
        real_frames(torch.zeros(2, 3, 3, 4, 4), num_frames, 4)


@pytest.mark.parametrize("shape", [(1, 3, 4, 4), (1, 2, 1, 4, 4), (1, 2, 4, 4, 4), (1, 2, 3, 4, 5), (1, 2, 3, 5, 4)])
def test_other_shapes_of_frames_are_refused(shape):
    with pytest.raises(ValueError, match=r"must have the shape \(videos, frames, 3, 4, 4\), got \(1, "):
        real_frames(torch.zeros(shape), None, 4)


def test_other_shapes_in_a_list_are_refused():
    with pytest.raises(ValueError, match=r"must have the shape \(frames, 3, 4, 4\), got \(2, 1, 4, 4\)"):
        real_frames([torch.zeros(1, 3, 4, 4), torch.zeros(2, 1, 4, 4)], None, 4)
