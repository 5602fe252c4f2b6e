"""Which frames each sub-sequence takes, by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.baselines.pose_graph.subsequences import strided_subsequences


def numbered(num_poses: int) -> np.ndarray:
    """Poses whose every coordinate is their number."""
    return np.broadcast_to(np.arange(num_poses, dtype=np.float32)[:, None, None], (num_poses, 17, 3))


@pytest.mark.parametrize(
    ("num_poses", "num_frames", "num_subsequences", "expected"),
    [
        # 0, 1.2, 2.4, 3.6, 4.8, 6 truncated, every third
        (7, 2, 3, [[0, 3], [1, 4], [2, 6]]),
        (5, 3, 1, [[0, 2, 4]]),
        # fewer frames than are asked for: 0, 1/3, 2/3, 1
        (2, 2, 2, [[0, 0], [0, 1]]),
        (1, 2, 2, [[0, 0], [0, 0]]),
        (9, 1, 3, [[0], [4], [8]]),
    ],
)
def test_by_hand(num_poses, num_frames, num_subsequences, expected):
    subsequences = strided_subsequences(numbered(num_poses), num_frames, num_subsequences)
    assert subsequences.shape == (num_subsequences, num_frames, 17, 3)
    assert subsequences.dtype == np.float32
    assert subsequences[:, :, 16, 2].tolist() == expected


def test_ten_of_a_long_clip():
    # 200 frames of 16 × 10 = 160 places: 199 / 159 apart
    subsequences = strided_subsequences(numbered(200), 16)[:, :, 0, 0]
    assert subsequences.shape == (10, 16)
    assert subsequences[0, :3].tolist() == [0, 12, 25]
    assert subsequences[9, -1] == 199


@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 10))
def test_each_goes_forward_and_together_they_cover_the_clip(num_poses, num_frames, num_subsequences):
    numbers = strided_subsequences(numbered(num_poses), num_frames, num_subsequences)[:, :, 0, 0]
    assert (np.diff(numbers, axis=1) >= 0).all()
    if num_frames * num_subsequences >= num_poses > 1:
        assert set(numbers.ravel()) == set(range(num_poses))


@pytest.mark.parametrize("sizes", [(0, 2, 2), (3, 0, 2), (3, 2, 0)])
def test_nothing_to_take_or_to_make(sizes):
    num_poses, num_frames, num_subsequences = sizes
    with pytest.raises(
        ValueError,
        match=f"cannot make {num_subsequences} sub-sequences of {num_frames} frames from {num_poses} poses: each",
    ):
        strided_subsequences(numbered(num_poses), num_frames, num_subsequences)
