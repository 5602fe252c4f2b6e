import json
import math
import shutil

import datasets
import pytest
from datasets import ClassLabel, Image, List, Value, Video, load_dataset

from fitness_aqa_dataset import load_fitness_aqa
from fitness_aqa_dataset.rows import DESCRIPTIONS, FEATURES

IDENTITY = {"name": "none", "horizontal_flip": False, "invert_colors": False, "angle": 0.0}
NAMES = ["video", "shallow_squat", "lumbar", "torso_angle", "unlabeled"]


def undecoded(dataset) -> list[dict]:
    for column, feature in (("video", Video(decode=False)), ("image", Image(decode=False))):
        if column in dataset.features:
            dataset = dataset.cast_column(column, feature)
    return list(dataset)


def as_text(dataset) -> str:
    """All rows; as text, because NaN is not equal to itself."""
    return json.dumps(undecoded(dataset), sort_keys=True)


def test_every_config_has_features_and_a_description():
    assert list(FEATURES) == list(DESCRIPTIONS) == NAMES


def test_rows_of_an_image_task(whole_release):
    dataset = load_fitness_aqa(whole_release, "lumbar")
    assert {split: dataset[split]["id"][:] for split in dataset} == {
        "train": ["barbell_row/40_2", "barbell_row/40_1"],
        "test": ["barbell_row/41_1"],  # its validation file is empty, and labels of 42_1 are in no split
    }
    path = whole_release.resolve() / "BarbellRow/Labeled_Dataset/barbellrow_images_raw/40_2.jpg"
    assert undecoded(dataset["train"])[0] == {
        "id": "barbell_row/40_2",
        "image": {"bytes": None, "path": str(path)},
        "task": "lumbar",
        "exercise": 0,
        "label": 1,
        "augmentation": IDENTITY,
    }
    assert dataset["train"].features["exercise"] == ClassLabel(names=["barbell_row"])
    assert dataset["train"].features["label"] == ClassLabel(names=["correct", "error"])
    assert dataset["train"][1]["image"].size == (24, 32)


def test_one_image_has_a_label_of_its_own_in_each_task(whole_release):
    lumbar, torso = (load_fitness_aqa(whole_release, name, "train") for name in ("lumbar", "torso_angle"))
    assert [(row["id"], row["label"]) for row in undecoded(lumbar)] == [
        ("barbell_row/40_2", 1),
        ("barbell_row/40_1", 0),
    ]
    assert [(row["id"], row["label"]) for row in undecoded(torso)] == [("barbell_row/40_1", 1)]


def test_shallow_squats_merge_validation_into_train(whole_release):
    dataset = load_fitness_aqa(whole_release, "shallow_squat", merge_validation=True)
    assert {split: dataset[split]["id"][:] for split in dataset} == {
        "train": ["squat/30_1", "squat/31_1"],
        "test": ["squat/32_1"],
    }
    assert dataset["train"].features["exercise"] == ClassLabel(names=["squat"])


def test_unlabelled_clips_come_with_the_height_of_the_bar(whole_release):
    dataset = load_fitness_aqa(whole_release, "unlabeled")
    assert list(dataset) == ["train"]
    assert dataset["train"].features["bar_y"] == List(Value("float32"))
    squat, press = undecoded(dataset["train"])
    assert (squat["id"], press["id"]) == ("squat/50_1", "overhead_press/60_1")
    assert squat["bar_y"][:2] == [100.0, 101.5]
    assert all(map(math.isnan, squat["bar_y"][2:44]))
    assert squat["bar_y"][44:] == [130.25]
    assert press["bar_y"][:59] == [15.0] * 59
    assert math.isnan(press["bar_y"][59])
    assert (press["duration"], press["fps"], press["num_frames"]) == (2.0, 30.0, 60)


@pytest.mark.parametrize("name", NAMES)
def test_all_ways_in_give_the_same_rows(whole_release, name):
    loaded = load_fitness_aqa(whole_release, name)
    by_name = load_dataset("fitness_aqa", name, data_dir=str(whole_release))
    streamed = load_fitness_aqa(whole_release, name, streaming=True)
    assert list(loaded) == list(by_name) == list(streamed)
    for split in loaded:
        rows = as_text(loaded[split])
        assert as_text(by_name[split]) == as_text(streamed[split]) == rows
        assert loaded[split].features == by_name[split].features == streamed[split].features


@pytest.mark.parametrize(
    ("name", "folder", "message"),
    [
        (
            "lumbar",
            "BarbellRow",
            "BarbellRow/Labeled_Dataset: no such folder, but the release needs it; unpack the rele",
        ),
        (
            "shallow_squat",
            "Squat/Labeled_Dataset/Shallow_Squat_Error_Dataset",
            "Shallow_Squat_Error_Dataset: no such f",
        ),
        ("torso_angle", "BarbellRow/Labeled_Dataset/barbellrow_images_raw", "barbellrow_images_raw: no such folder"),
    ],
)
def test_a_part_that_is_not_there(whole_release, name, folder, message):
    shutil.rmtree(whole_release / folder)
    with pytest.raises(FileNotFoundError, match=message):
        load_fitness_aqa(whole_release, name)


def test_no_unlabelled_part(release):
    with pytest.raises(
        ValueError, match="no unlabelled clips: looked into Squat/Unlabeled_Dataset/videos/ and OHP/Un"
    ):
        load_fitness_aqa(release, "unlabeled")
    (release / "Squat/Unlabeled_Dataset.zip").write_bytes(b"PK")
    with pytest.raises(
        FileNotFoundError, match=r"Squat/Unlabeled_Dataset\.zip: the unlabelled clips are still in this"
    ):
        load_fitness_aqa(release, "unlabeled")


def test_a_broken_trajectory_is_named(whole_release):
    (whole_release / "Squat/Unlabeled_Dataset/bar_trajectories_raw/50_1.json").write_text("[1, {}]")
    with pytest.raises(ValueError, match=r"50_1\.json: entry 1: expected the bar's y in pixels, or NaN, got \{\}"):
        load_fitness_aqa(whole_release, "unlabeled")


def test_a_clip_without_trajectory_has_not_a_number_everywhere(whole_release):
    shutil.rmtree(whole_release / "OHP/Unlabeled_Dataset/bar_trajectories_raw")
    rows = undecoded(load_fitness_aqa(whole_release, "unlabeled", "train"))
    assert len(rows[1]["bar_y"]) == 60
    assert all(map(math.isnan, rows[1]["bar_y"]))


def test_changed_images_are_noticed(whole_release):
    assert load_fitness_aqa(whole_release, "lumbar")["train"].num_rows == 2
    (whole_release / "BarbellRow/Labeled_Dataset/Splits/Splits_Lumbar_Error/train_ids.json").write_text('["40_1"]')
    assert load_fitness_aqa(whole_release, "lumbar")["train"].num_rows == 1
    assert isinstance(load_fitness_aqa(whole_release, "lumbar", "test", streaming=True), datasets.IterableDataset)
