import json
import os
import shutil

import datasets
import pytest
from datasets import load_dataset
from datasets.exceptions import DatasetGenerationError
from datasets.packaged_modules import _PACKAGED_DATASETS_MODULES
from torchcodec.decoders import VideoDecoder

from fitness_aqa_dataset import load_fitness_aqa

IDENTITY = {"name": "none", "horizontal_flip": False, "invert_colors": False, "angle": 0.0}


def rows(dataset) -> list[dict]:
    return list(dataset.cast_column("video", datasets.Video(decode=False)))


def test_splits_and_rows(release):
    dataset = load_fitness_aqa(release)
    assert {split: dataset[split]["id"][:] for split in dataset} == {
        "train": ["squat/10_2", "squat/10_1", "overhead_press/20_1", "overhead_press/20_2"],
        "validation": ["squat/11_1", "overhead_press/21_1"],
        "test": ["squat/12_1", "overhead_press/22_1"],
    }
    video = release.resolve() / "Squat/Labeled_Dataset/videos/10_2.mp4"
    assert rows(dataset["train"])[0] == {
        "id": "squat/10_2",
        "video": {"bytes": None, "path": str(video)},
        "exercise": 0,
        "errors": [
            {"label": "knees_forward", "start": 0.25, "end": 0.5},
            {"label": "knees_inward", "start": 0.25, "end": 1.0},
            {"label": "knees_forward", "start": 1.5, "end": 1.75},
        ],
        "duration": 2.0,
        "fps": 30.0,
        "num_frames": 60,
        "augmentation": IDENTITY,
    }
    assert rows(dataset["test"])[1]["errors"] == []


def test_features_are_the_documented_ones(release):
    features = load_fitness_aqa(release, split="test").features
    assert features == datasets.Features(
        {
            "id": datasets.Value("string"),
            "video": datasets.Video(),
            "exercise": datasets.ClassLabel(names=["squat", "overhead_press"]),
            "errors": datasets.List(
                {
                    "label": datasets.Value("string"),
                    "start": datasets.Value("float64"),
                    "end": datasets.Value("float64"),
                }
            ),
            "duration": datasets.Value("float32"),
            "fps": datasets.Value("float32"),
            "num_frames": datasets.Value("int32"),
            "augmentation": {
                "name": datasets.Value("string"),
                "horizontal_flip": datasets.Value("bool"),
                "invert_colors": datasets.Value("bool"),
                "angle": datasets.Value("float32"),
            },
        }
    )


def test_the_video_decodes_on_access(release):
    video = load_fitness_aqa(release, split="validation")[0]["video"]
    assert isinstance(video, VideoDecoder)
    assert len(video) == 30


def test_streaming_gives_the_same_rows(release):
    dataset = load_fitness_aqa(release)
    streamed = load_fitness_aqa(release, streaming=True)
    assert list(streamed) == ["train", "validation", "test"]
    for split in dataset:
        assert rows(streamed[split]) == rows(dataset[split])
    one = load_fitness_aqa(release, split="test", streaming=True)
    assert isinstance(one, datasets.IterableDataset)


def test_merge_validation_puts_it_into_train(release):
    dataset = load_fitness_aqa(release, merge_validation=True)
    assert list(dataset) == ["train", "test"]
    assert sorted(dataset["train"]["id"]) == [
        "overhead_press/20_1",
        "overhead_press/20_2",
        "overhead_press/21_1",
        "squat/10_1",
        "squat/10_2",
        "squat/11_1",
    ]
    assert list(load_fitness_aqa(release)) == ["train", "validation", "test"]


def test_an_empty_split_is_left_out(release, write_json):
    shutil.rmtree(release / "OHP")
    write_json(release / "Squat/Labeled_Dataset/Splits/val_keys.json", [])
    dataset = load_fitness_aqa(release)
    assert dataset.num_rows == {"train": 2, "test": 1}


def test_load_dataset_by_name_gives_the_same_rows(release):
    dataset = load_dataset("fitness_aqa", "video", data_dir=str(release))
    expected = load_fitness_aqa(release)
    assert list(dataset) == list(expected)
    for split in expected:
        assert dataset[split].features == expected[split].features
        assert rows(dataset[split]) == rows(expected[split])


def test_the_private_table_of_datasets_is_where_it_was():
    message = (
        "datasets has moved its private table of packaged modules: "
        "find another way for load_dataset('fitness_aqa') and adapt fitness_aqa_dataset/builder.py"
    )
    assert _PACKAGED_DATASETS_MODULES["fitness_aqa"] == ("fitness_aqa_dataset.builder", "1.0.0"), message
    module, content_hash = _PACKAGED_DATASETS_MODULES["csv"]
    assert isinstance(module, str) and isinstance(content_hash, str), message


def test_the_cache_is_used_again(release):
    first = load_fitness_aqa(release, split="train")
    again = load_fitness_aqa(release, split="train")
    assert again.cache_files == first.cache_files
    assert again._fingerprint == first._fingerprint


def test_the_cache_notices_changed_labels(release, write_json):
    before = load_fitness_aqa(release, split="validation")
    path = release / "Squat/Labeled_Dataset/Labels/error_knees_forward.json"
    write_json(path, json.loads(path.read_text()) | {"11_1": [[0.125, 0.5]]})
    after = load_fitness_aqa(release, split="validation")
    assert before[0]["errors"] == []
    assert after[0]["errors"] == [{"label": "knees_forward", "start": 0.125, "end": 0.5}]
    assert after._fingerprint != before._fingerprint  # nor may a cached .map of the old rows be taken


def test_the_cache_notices_changed_clips(release, write_clip):
    clip = release / "Squat/Labeled_Dataset/videos/11_1.mp4"
    assert load_fitness_aqa(release, split="validation")[0]["num_frames"] == 30
    clip.unlink()  # a link: writing through it would change the clips of other tests
    write_clip(clip, 40)
    assert load_fitness_aqa(release, split="validation")[0]["num_frames"] == 40


def test_the_cache_notices_a_clip_of_the_same_size(release):
    first = load_fitness_aqa(release, split="train")
    clip = release / "Squat/Labeled_Dataset/videos/10_1.mp4"
    stat = clip.stat()
    os.utime(clip, ns=(stat.st_atime_ns, stat.st_mtime_ns + 1))
    assert load_fitness_aqa(release, split="train").cache_files != first.cache_files


def test_a_relative_path_outlives_a_change_of_directory(release, tmp_path, monkeypatch):
    monkeypatch.chdir(release.parent)
    dataset = load_fitness_aqa("release", split="validation")
    monkeypatch.chdir(os.sep)
    assert len(dataset[0]["video"]) == 30


@pytest.mark.parametrize("streaming", [False, True])
def test_a_clip_that_is_no_video_names_id_and_path(release, streaming):
    clip = release / "Squat/Labeled_Dataset/videos/11_1.mp4"
    clip.unlink()
    clip.write_text("this is no video")
    with pytest.raises(
        ValueError, match=r"clip squat/11_1 \(.*videos/11_1\.mp4\): not a video that FFmpeg can decode .*unpack"
    ) as error:
        list(load_fitness_aqa(release, split="validation", streaming=streaming))
    assert not isinstance(error.value, DatasetGenerationError)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("num_proc", [None, 2])
def test_load_dataset_raises_the_same_error(release, num_proc):
    clip = release / "Squat/Labeled_Dataset/videos/11_1.mp4"
    clip.unlink()
    clip.write_text("this is no video")
    with pytest.raises(ValueError, match=r"clip squat/11_1 \(.*not a video that FFmpeg can decode"):
        load_dataset("fitness_aqa", "video", data_dir=str(release), num_proc=num_proc)


def test_a_wrong_release_is_told_before_anything_is_made(tmp_path):
    with pytest.raises(ValueError, match="no Fitness-AQA release here"):
        load_fitness_aqa(tmp_path)
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        load_fitness_aqa(tmp_path / "nowhere")


def test_no_such_config(release):
    names = r"\['video', 'shallow_squat', 'lumbar', 'torso_angle', 'unlabeled'\]"
    with pytest.raises(ValueError, match=rf"'audio' not found. Available: {names}"):
        load_fitness_aqa(release, name="audio")
