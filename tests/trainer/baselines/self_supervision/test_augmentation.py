import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from trainer.baselines.self_supervision.augmentation import (
    MILD,
    NONE,
    STRONG,
    Augmentation,
    augment_frames,
    generator_of,
)


def noise(num_frames: int = 3, height: int = 20, width: int = 16) -> torch.Tensor:
    """The same picture in every frame."""
    generator = torch.Generator().manual_seed(0)
    picture = torch.randint(0, 256, (3, height, width), dtype=torch.uint8, generator=generator)
    return picture.expand(num_frames, -1, -1, -1).clone()


def draw(strength: Augmentation, seed: int = 0, frames: torch.Tensor | None = None) -> torch.Tensor:
    return augment_frames(noise() if frames is None else frames, np.random.default_rng(seed), strength)


def test_nothing_is_changed_without_strength():
    assert torch.equal(draw(NONE), noise())


def test_a_flip():
    always = Augmentation(flip=1.0, rotation_deg=0.0, translation=0.0, mask=0.0)
    assert torch.equal(draw(always), noise().flip(-1))
    half = Augmentation(flip=0.5, rotation_deg=0.0, translation=0.0, mask=0.0)
    flipped = [torch.equal(draw(half, seed), noise().flip(-1)) for seed in range(200)]
    assert 70 <= sum(flipped) <= 130


def test_a_box_is_grey_and_no_larger_than_said():
    frames = torch.zeros(2, 3, 40, 20, dtype=torch.uint8)
    shares = []
    for seed in range(50):
        masked = draw(Augmentation(flip=0.0, rotation_deg=0.0, translation=0.0, mask=0.5), seed, frames)
        assert set(masked.unique().tolist()) <= {0, 128}
        rows, columns = (masked[0, 0] == 128).any(1), (masked[0, 0] == 128).any(0)
        assert rows.sum() <= 20 and columns.sum() <= 10
        assert (masked == 128).float().mean() == pytest.approx(rows.sum() * columns.sum() / 800)  # one box
        shares.append((rows.float().mean().item(), columns.float().mean().item()))
    assert max(max(shares)) > 0.4
    assert not frames.any()  # what was given is left as it is


def middle_of_white(picture: torch.Tensor) -> tuple[float, float]:
    """Row and column."""
    rows, columns = torch.nonzero(picture > 200, as_tuple=True)
    return rows.double().mean().item(), columns.double().mean().item()


def test_a_shift_goes_every_way_and_no_farther_than_said():
    frames = torch.zeros(1, 3, 41, 81, dtype=torch.uint8)
    frames[..., 19:22, 39:42] = 255
    strength = Augmentation(flip=0.0, rotation_deg=0.0, translation=0.25, mask=0.0)
    places = [middle_of_white(draw(strength, seed, frames)[0, 0]) for seed in range(100)]
    rows, columns = np.array(places).T
    # a quarter of 41 rows and of 81 columns, to a pixel
    assert 9 <= rows.min() <= 13 and 27 <= rows.max() <= 31
    assert 19 <= columns.min() <= 24 and 56 <= columns.max() <= 61


def test_a_rotation_is_about_the_middle():
    frames = torch.zeros(1, 3, 41, 41, dtype=torch.uint8)
    frames[..., 19:22, 33:36] = 255
    strength = Augmentation(flip=0.0, rotation_deg=30.0, translation=0.0, mask=0.0)
    places = [middle_of_white(draw(strength, seed, frames)[0, 0]) for seed in range(100)]
    down, right = np.array(places).T - 20
    assert np.hypot(down, right) == pytest.approx(np.full(100, 14.0), abs=1)
    angles_deg = np.degrees(np.arctan2(down, right))
    # a pixel is four degrees here
    assert -34 <= angles_deg.min() <= -24 and 24 <= angles_deg.max() <= 34


@pytest.mark.parametrize("strength", [STRONG, MILD])
def test_all_frames_alike(strength):
    changed = draw(strength, seed=3)
    assert torch.equal(changed, changed[:1].expand_as(changed))
    assert not torch.equal(changed, noise())


def test_floats_are_changed_like_bytes():
    floats = draw(STRONG, 5, noise() / 255)
    assert floats.dtype == torch.float32
    assert (floats - draw(STRONG, 5) / 255).abs().max() < 0.01


@given(st.integers(0, 10**6), st.tuples(st.integers(1, 4), st.integers(1, 30), st.integers(1, 30)))
def test_shape_and_kind_stay(seed, sizes):
    frames = noise(*sizes)
    for strength in (STRONG, MILD, NONE):
        changed = draw(strength, seed, frames)
        assert changed.shape == frames.shape and changed.dtype == torch.uint8
    assert torch.equal(draw(STRONG, seed, frames), draw(STRONG, seed, frames))


def test_numbers_hang_on_the_key_alone():
    assert generator_of(1, "squat/1_1", 2).random() == generator_of(1, "squat/1_1", 2).random()
    assert generator_of(1, "squat/1_1", 2).random() != generator_of(1, "squat/1_1", 3).random()
