"""Targets, weights and the order of rows, typed by hand; what is drawn hangs on seed, row and epoch alone."""

import numpy as np
import pytest
import torch
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset.taxonomy import ERRORS
from trainer.baselines.rows import ClipRows, EpochRows, error_targets, exercise_names, pos_weights
from trainer.baselines.samples import SampleForm, decode_rows

NAN = float("nan")
CLIPS = (
    ("squat", ("knees_inward",)),
    ("overhead_press", ("knees", "elbows", "knees")),
    ("squat", ()),
    ("overhead_press", ("elbows",)),
)


@pytest.fixture
def rows(labelled_rows) -> Dataset:
    return labelled_rows(*CLIPS)


def test_exercises(rows):
    assert exercise_names(rows) == ["squat", "overhead_press", "squat", "overhead_press"]


def test_targets_of_all_errors(rows):
    labels = ("knees_forward", "knees_inward", "elbows", "knees")
    targets = error_targets(rows, labels, ERRORS)
    assert targets.dtype == np.float32
    expected = [[0, 1, NAN, NAN], [NAN, NAN, 1, 1], [0, 0, NAN, NAN], [NAN, NAN, 1, 0]]
    assert np.array_equal(targets, expected, equal_nan=True)


def test_targets_of_one_error(rows):
    assert np.array_equal(error_targets(rows, ("knees",), ERRORS), [[NAN], [1], [NAN], [0]], equal_nan=True)
    assert error_targets(rows.select([]), ("knees", "elbows"), ERRORS).shape == (0, 2)


def test_targets_of_pictures(picture_rows):
    targets = error_targets(picture_rows, ("shallow_squat",), ERRORS)
    assert targets.shape == (len(picture_rows), 1)
    assert targets[:, 0].tolist() == picture_rows["label"][:]
    assert set(targets[:, 0].tolist()) == {0.0, 1.0}


def test_weights_are_clips_without_over_clips_with():
    targets = np.array([[1, NAN, 0, 1], [0, NAN, 0, 1], [0, 1, 0, NAN], [0, 0, NAN, 1]], np.float32)
    # three to one; one to one; none with it, none without it: nothing to weigh
    assert pos_weights(targets) == [3.0, 1.0, 1.0, 1.0]
    assert pos_weights(np.full((2, 1), NAN)) == [1.0]
    assert pos_weights(np.array([[1], [1], [0]])) == [0.5]


def indices_of(rows: EpochRows) -> list[tuple[int, int]]:
    return [rows[place] for place in range(len(rows))]


@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 2**31 - 1))
def test_every_row_once_an_epoch(num_rows, num_epochs, seed):
    rows = EpochRows(lambda index, epoch: (index, epoch), num_rows, num_epochs, seed)
    assert len(rows) == num_rows * num_epochs
    made = indices_of(rows)
    for epoch in range(num_epochs):
        part = made[epoch * num_rows : (epoch + 1) * num_rows]
        assert sorted(part) == [(index, epoch) for index in range(num_rows)]


def test_the_order_hangs_on_seed_and_epoch():
    def order(seed, num_epochs):
        return indices_of(EpochRows(lambda index, epoch: index, 20, num_epochs, seed))

    assert order(3, 2) == order(3, 2)
    assert order(3, 3)[:40] == order(3, 2)  # more epochs do not change those before
    assert order(3, 2)[:20] != order(3, 2)[20:]
    assert order(4, 1) != order(3, 1)
    assert order(4, 1) != order(3, 2)[20:]  # the next seed is not the next epoch


@pytest.fixture(scope="module")
def decoded_clips(train_rows):
    """The decoded rows of a few *synthetic* clips, by kind of sample."""
    some = train_rows.select([0, 1, 8, 9])  # two of each exercise
    return {
        "md": decode_rows(some, SampleForm("frames", 4, 32)),
        "gymetricpose": decode_rows(some, SampleForm("poses", 4, 3, lifter="none is needed")),
    }


@pytest.fixture(scope="module")
def make_clips(decoded_clips, small_config):
    def make(system: str, seed: int = 0, augment: bool = True, **settings) -> ClipRows:
        rows = decoded_clips[system]
        config = small_config(system, **settings)
        return ClipRows(rows, error_targets(rows, tuple(config.labels), ERRORS), config, seed, augment)

    return make


def stored(rows: Dataset, index: int) -> np.ndarray:
    kind = np.float32 if len(rows[index]["shape"]) == 4 and rows[index]["shape"][-1] == 3 else np.uint8
    return np.frombuffer(rows[index]["sample"], kind).reshape(rows[index]["shape"])


def test_frames_as_they_are(make_clips, decoded_clips):
    clips = make_clips("md", augment=False)
    assert len(clips) == 4
    made = clips(2, epoch=0)
    assert set(made) == {"inputs", "is_error", "is_press"}
    assert made["inputs"].dtype == torch.uint8
    assert np.array_equal(made["inputs"].numpy(), stored(decoded_clips["md"], 2)[None])  # one sub-sequence
    assert made["is_press"].item() == 1.0
    assert clips(0, epoch=0)["is_press"].item() == 0.0
    assert made["is_error"].isnan().tolist() == [True, True, False, False]


def test_a_model_that_is_told_the_exercise_does_not_learn_it(make_clips):
    made = make_clips("md", labels=["elbows", "knees"], tells_exercise=False)(2, epoch=0)
    assert set(made) == {"inputs", "is_error"}
    assert made["is_error"].shape == (2,)


def test_frames_change_with_the_epoch(make_clips, decoded_clips):
    clips = make_clips("md")
    epochs = [clips(0, epoch)["inputs"] for epoch in range(4)]
    assert all(frames.shape == (1, 4, 3, 32, 32) and frames.dtype == torch.uint8 for frames in epochs)
    assert len({frames.numpy().tobytes() for frames in epochs}) == 4
    assert torch.equal(make_clips("md")(0, 2)["inputs"], epochs[2])
    assert not torch.equal(make_clips("md", seed=1)(0, 2)["inputs"], epochs[2])


def test_all_frames_of_a_clip_change_alike(make_clips, decoded_clips):
    # the first and the last frame of a clip made of one frame stay alike
    row = decoded_clips["md"][0]
    frame = stored(decoded_clips["md"], 0)[:1]
    still = Dataset.from_list([row | {"sample": np.repeat(frame, 4, axis=0).tobytes()}], decoded_clips["md"].features)
    clips = make_clips("md")
    clips.rows = still
    made = clips(0, epoch=1)["inputs"][0]
    assert all(torch.equal(made[0], other) for other in made)
    assert not np.array_equal(made[0].numpy(), frame[0])


def test_what_is_drawn_hangs_on_the_rows_id(make_clips):
    clips = make_clips("gymetricpose")
    turned = make_clips("gymetricpose")
    turned.rows, turned.is_press = clips.rows.select([3, 2, 1, 0]), clips.is_press[::-1]
    for epoch in range(3):
        for index in range(4):
            assert torch.equal(clips(index, epoch)["inputs"], turned(3 - index, epoch)["inputs"])


def test_one_sub_sequence_an_epoch(make_clips, decoded_clips):
    clips = make_clips("gymetricpose")
    drawn = set()
    for epoch in range(12):
        inputs = clips(0, epoch)["inputs"]
        assert (inputs.shape, inputs.dtype) == ((1, 4, 17, 3), torch.float32)
        parts = stored(decoded_clips["gymetricpose"], 0)
        (found,) = [k for k in range(3) if np.array_equal(parts[k], inputs[0].numpy())]
        drawn.add(found)
        assert torch.equal(make_clips("gymetricpose")(0, epoch)["inputs"], inputs)
    assert drawn == {0, 1, 2}


@settings(max_examples=5)
@given(st.integers(0, 1000))
def test_poses_are_never_augmented(make_clips, decoded_clips, epoch):
    inputs = make_clips("gymetricpose", augment=True)(1, epoch)["inputs"][0].numpy()
    assert any(np.array_equal(part, inputs) for part in stored(decoded_clips["gymetricpose"], 1))


def test_pictures(picture_rows, small_config):
    decoded = decode_rows(picture_rows.select(range(2)), SampleForm("frames", 0, 32))
    config = small_config("cvcspc", labels=["shallow_squat"], tells_exercise=False, is_image=True)
    targets = error_targets(decoded, ("shallow_squat",), ERRORS)
    as_it_is = ClipRows(decoded, targets, config, seed=0, augment=False)(1, epoch=0)
    assert set(as_it_is) == {"inputs", "is_error"}
    assert as_it_is["is_error"].tolist() == [picture_rows[1]["label"]]
    picture = np.frombuffer(decoded[1]["sample"], np.uint8).reshape(3, 32, 32)
    assert np.array_equal(as_it_is["inputs"].numpy(), picture[None])
    changed = ClipRows(decoded, targets, config, seed=0, augment=True)(1, epoch=0)["inputs"]
    assert changed.shape == (1, 3, 32, 32)
    assert not torch.equal(changed, as_it_is["inputs"])
