import hashlib
import shutil

import numpy as np
import pytest
import torch
from datasets import Dataset, IterableDataset, Video

from fitness_aqa_dataset import load_fitness_aqa
from fitness_aqa_dataset.augmentation import (
    AUGMENTATION_FEATURE,
    AUGMENTATIONS,
    add_augmentation,
    augment_frames,
    make_augmentation,
    uniform,
)


def corner_marked() -> torch.Tensor:
    """Two frames of 20 rows and 30 columns, black but for a bright square at the top left."""
    frames = torch.zeros(2, 3, 20, 30, dtype=torch.uint8)
    frames[:, :, :4, :4] = 200
    return frames


def test_names_are_the_contract():
    assert AUGMENTATIONS == (
        "none",
        "horizontal_flip",
        "invert_colors",
        "rotation",
        "horizontal_flip+invert_colors",
        "horizontal_flip+rotation",
    )


@pytest.mark.parametrize(
    ("name", "flip", "invert", "rotates"),
    [
        ("none", False, False, False),
        ("horizontal_flip", True, False, False),
        ("invert_colors", False, True, False),
        ("rotation", False, False, True),
        ("horizontal_flip+invert_colors", True, True, False),
        ("horizontal_flip+rotation", True, False, True),
    ],
)
def test_each_name_sets_its_own_fields(name, flip, invert, rotates):
    augmentation = make_augmentation(name, "squat/1_1")
    assert augmentation["name"] == name
    assert (augmentation["horizontal_flip"], augmentation["invert_colors"]) == (flip, invert)
    assert 0 < augmentation["angle"] < 50 if rotates else augmentation["angle"] == 0.0


def test_a_clip_has_one_angle_and_copies_have_others():
    angle = make_augmentation("rotation", "squat/1_1", seed=3)["angle"]
    assert make_augmentation("horizontal_flip+rotation", "squat/1_1", seed=3)["angle"] == angle
    others = [
        make_augmentation("rotation", "squat/1_2", seed=3)["angle"],
        make_augmentation("rotation", "squat/1_1", seed=4)["angle"],
        make_augmentation("rotation", "squat/1_1", seed=3, copy=1)["angle"],
    ]
    assert len({angle, *others}) == 4


def test_angles_fill_their_range():
    angles = [
        make_augmentation("rotation", f"squat/{number}", angle_range=(-10, 30))["angle"] for number in range(500)
    ]
    assert -10 <= min(angles) < -9
    assert 29 < max(angles) < 30
    assert sum(angles) / 500 == pytest.approx(10, abs=2)


def test_no_such_augmentation():
    with pytest.raises(ValueError, match="no augmentation is called 'blur'. Choose among none, horizontal_flip"):
        make_augmentation("blur", "squat/1_1")


def test_angles_are_the_same_in_a_float32_column():
    angles = [make_augmentation("rotation", f"squat/{number}")["angle"] for number in range(100)]
    assert angles == [float(np.float32(angle)) for angle in angles]


@pytest.mark.parametrize("angle_range", [(20.0, 10.0), (float("nan"), 10.0), (0.0, float("inf"))])
def test_no_such_range_of_angles(angle_range):
    for rows in (Dataset.from_dict({"id": ["a"]}), IterableDataset.from_generator(lambda: iter([{"id": "a"}]))):
        with pytest.raises(
            ValueError, match="`angle_range` must be two finite angles in degrees, the lower first, got"
        ):
            add_augmentation(rows, "rotation", angle_range=angle_range)
    with pytest.raises(ValueError, match="`angle_range` must be two finite angles"):
        make_augmentation("none", "a", angle_range=angle_range)


def test_a_range_of_one_angle():
    assert make_augmentation("rotation", "a", angle_range=(15.0, 15.0))["angle"] == 15.0


def test_adding_an_augmentation_touches_no_video(release):
    dataset = load_fitness_aqa(release)
    shutil.rmtree(release)  # decoding any clip would fail now
    flipped = add_augmentation(dataset, "horizontal_flip")
    for split in dataset:
        assert flipped[split].features == dataset[split].features
        videos = [rows[split].cast_column("video", Video(decode=False))["video"][:] for rows in (flipped, dataset)]
        assert videos[0] == videos[1]
        flip = {"name": "horizontal_flip", "horizontal_flip": True, "invert_colors": False, "angle": 0.0}
        assert flipped[split]["augmentation"][:] == [flip] * dataset[split].num_rows


def test_one_angle_a_clip_whatever_the_order():
    rows = Dataset.from_dict({"id": [f"squat/{number}" for number in range(20)]})
    turned = add_augmentation(rows, "rotation", seed=3, angle_range=(-10, 10))
    assert turned.features["augmentation"] == AUGMENTATION_FEATURE
    angles = {row["id"]: row["augmentation"]["angle"] for row in turned}
    assert len(set(angles.values())) == 20
    assert all(-10 <= angle <= 10 for angle in angles.values())
    for row in add_augmentation(rows.shuffle(seed=1), "horizontal_flip+rotation", seed=3, angle_range=(-10, 10)):
        assert row["augmentation"]["angle"] == angles[row["id"]]
    assert add_augmentation(rows, "rotation", seed=4)["augmentation"][:] != turned["augmentation"][:]


def test_streaming_gives_the_same_augmentations(release):
    expected = add_augmentation(load_fitness_aqa(release, split="train"), "rotation", seed=2)
    streamed = add_augmentation(load_fitness_aqa(release, split="train", streaming=True), "rotation", seed=2)
    assert streamed.features == expected.features
    assert [row["augmentation"] for row in streamed] == expected["augmentation"][:]


def test_adding_no_such_augmentation():
    with pytest.raises(ValueError, match="no augmentation is called 'blur'"):
        add_augmentation(Dataset.from_dict({"id": ["a"]}), "blur")


@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_an_image_is_changed_like_the_frames_of_a_clip(name):
    frames, augmentation = corner_marked(), make_augmentation(name, "a")
    image = augment_frames(frames[0], augmentation)
    assert image.shape == (3, 20, 30)
    assert torch.equal(image, augment_frames(frames, augmentation)[0])


def test_flip_mirrors_left_and_right():
    frames = augment_frames(corner_marked(), make_augmentation("horizontal_flip", "a"))
    assert frames.dtype == torch.uint8
    assert frames[1, :, :4, -4:].eq(200).all()
    assert frames.sum() == 2 * 3 * 16 * 200


def test_inversion():
    frames = augment_frames(corner_marked(), make_augmentation("invert_colors", "a"))
    assert frames[0, :, :4, :4].eq(55).all()
    assert frames[1, :, 4:, :].eq(255).all()


def test_flip_with_inversion():
    frames = augment_frames(corner_marked(), make_augmentation("horizontal_flip+invert_colors", "a"))
    assert frames[0, :, :4, -4:].eq(55).all()
    assert frames[0, :, :, :26].eq(255).all()


def test_positive_angles_turn_counter_clockwise():
    frames = torch.zeros(1, 3, 41, 41, dtype=torch.uint8)
    frames[:, :, 20, 20:] = 255  # a hand pointing to the right
    turned = augment_frames(frames, {"horizontal_flip": False, "invert_colors": False, "angle": 90.0})
    assert turned.shape == frames.shape
    assert turned[0, 0, :21, 20].eq(255).all()  # now it points up
    assert turned[0, 0, 22:].eq(0).all()


def test_the_flip_comes_before_the_rotation():
    frames = torch.zeros(1, 3, 41, 41, dtype=torch.uint8)
    frames[:, :, 20, 20:] = 255
    turned = augment_frames(frames, {"horizontal_flip": True, "invert_colors": False, "angle": 90.0})
    assert turned[0, 0, 20:, 20].eq(255).all()  # to the left, then down


def test_none_changes_nothing():
    frames = corner_marked()
    assert torch.equal(augment_frames(frames, make_augmentation("none", "a")), frames)


def test_uniform_is_the_first_53_bits_of_sha256():
    digest = hashlib.sha256(b"0\x1fsquat/1_1\x1fangle\x1f0").hexdigest()
    assert uniform(0, "squat/1_1", "angle", 0) == int(digest[:16], 16) // 2048 / 2**53
    assert uniform(1, "1") != uniform(11, "")  # parts are kept apart
