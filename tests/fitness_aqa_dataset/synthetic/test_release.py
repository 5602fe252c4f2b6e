import hashlib
import json
import math
import os
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from torchcodec.decoders import VideoDecoder

from fitness_aqa_dataset import load_fitness_aqa
from fitness_aqa_dataset.checking import check_release
from fitness_aqa_dataset.joint_files import read_joints
from fitness_aqa_dataset.release import read_images, read_release, read_unlabeled
from fitness_aqa_dataset.synthetic import synthesize_release

SPLITS = ("train", "val", "test")
LABEL_FILES = {
    "Squat": ["error_knees_forward.json", "error_knees_inward.json"],
    "OHP": ["error_elbows.json", "error_knees.json"],
}


def hashes(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def read(path: Path):
    return json.loads(path.read_text())


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    return synthesize_release(tmp_path_factory.mktemp("large") / "release", 60, num_workers=2)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """As small as it may be; another seed than `large`."""
    return synthesize_release(tmp_path_factory.mktemp("small") / "release", 22, seed=3, num_workers=2)


def test_the_tree_is_that_of_the_release(large):
    assert {path.name for path in large.iterdir()} == {"Squat", "OHP", "BarbellRow", "synthetic.json"}
    for exercise, label_files in LABEL_FILES.items():
        folder = large / exercise / "Labeled_Dataset"
        shallow = {"Shallow_Squat_Error_Dataset"} if exercise == "Squat" else set()
        assert {path.name for path in folder.iterdir()} == {"videos", "joints", "Labels", "Splits"} | shallow
        assert sorted(path.name for path in (folder / "Labels").iterdir()) == label_files
        names = {path.name for path in (folder / "Splits").iterdir()}
        nan = {"traj_nan.json"} if exercise == "Squat" else set()
        assert names == {"train_keys.json", "val_keys.json", "test_keys.json"} | nan
        videos = [path.name for path in (folder / "videos").iterdir()]
        assert len(videos) == 30
        assert all(name.endswith(".mp4") and not name.startswith(".") for name in videos)


def test_it_says_that_it_is_synthetic_and_what_made_it(large):
    made = read(large / "synthetic.json")
    clips = {"num_clips": 60, "seed": 0, "look": "studio", "error_rate": 0.45, "second_interval_rate": 0.1}
    assert made == {"synthetic": True, **clips, "table2": False}


TASKS = {
    "Squat/Labeled_Dataset/Shallow_Squat_Error_Dataset": [
        ("images/crops_unaligned", "labels_shallow_depth.json", "splits"),
    ],
    "BarbellRow/Labeled_Dataset": [
        ("barbellrow_images_raw", "Labels/labels_lumbar_error.json", "Splits/Splits_Lumbar_Error"),
        ("barbellrow_images_raw", "Labels/labels_torso_angle_error.json", "Splits/Splits_TorsoAngle_Error"),
    ],
}


@pytest.mark.parametrize(("folder", "task"), [(folder, task) for folder, tasks in TASKS.items() for task in tasks])
def test_image_tasks_have_labels_for_all_images_and_splits_for_most(large, folder, task):
    images, labels, splits = (large / folder / name for name in task)
    labels = read(labels)
    assert sorted(labels) == sorted(path.stem for path in images.iterdir())
    assert len(labels) == 30
    assert all(path.suffix == ".jpg" for path in images.iterdir())
    assert {path.stat().st_size for path in images.iterdir()} == {32768}
    assert set(labels.values()) == {0, 1}
    assert {path.name for path in splits.iterdir()} == {"train_ids.json", "val_ids.json", "test_ids.json"}
    keys = [read(splits / f"{split}_ids.json") for split in SPLITS]
    # 14 of the 15 sources, shared out as 10, 2 and 2
    assert [len(split) for split in keys] == [20, 4, 4]
    sources = [{key.split("_")[0] for key in split} for split in keys]
    assert sum(map(len, sources)) == len(set.union(*sources)) == 14
    assert set(sum(keys, [])) < set(labels)


def test_the_two_tasks_of_the_row_have_splits_of_their_own(large):
    folder = large / "BarbellRow" / "Labeled_Dataset"
    splits = [
        read(folder / "Splits" / name / "train_ids.json")
        for name in ("Splits_Lumbar_Error", "Splits_TorsoAngle_Error")
    ]
    assert splits[0] != splits[1]
    labels = [read(folder / "Labels" / f"labels_{name}_error.json") for name in ("lumbar", "torso_angle")]
    assert labels[0].keys() == labels[1].keys() and labels[0] != labels[1]


@pytest.mark.parametrize("exercise", LABEL_FILES)
def test_unlabelled_clips_are_of_other_sources_and_have_trajectories(large, exercise):
    folder = large / exercise / "Unlabeled_Dataset"
    videos = {path.stem: path for path in (folder / "videos").iterdir()}
    bars = {path.stem: read(path) for path in (folder / "bar_trajectories_raw").iterdir()}
    assert videos.keys() == bars.keys()
    assert len(videos) == 4  # eight of both, the least
    labelled = {path.stem.split("_")[0] for path in (large / exercise / "Labeled_Dataset" / "videos").iterdir()}
    assert not labelled & {key.split("_")[0] for key in videos}
    for key, path in videos.items():
        assert len(bars[key]) == VideoDecoder(path).metadata.num_frames


@pytest.mark.parametrize("part", ["Labeled_Dataset", "Unlabeled_Dataset"])
@pytest.mark.parametrize("exercise", LABEL_FILES)
def test_every_clip_has_its_joints_in_every_frame(large, exercise, part):
    folder = large / exercise / part
    videos = sorted((folder / "videos").iterdir())
    assert sorted(path.name for path in (folder / "joints").iterdir()) == [f"{path.stem}.npy" for path in videos]
    for path in videos:
        num_frames = VideoDecoder(path).metadata.num_frames
        joints = read_joints(path, num_frames)
        assert joints.shape == (num_frames, 17, 3)
        # in nothing but the clip's length does the size of the file differ
        assert (folder / "joints" / f"{path.stem}.npy").stat().st_size == 128 + num_frames * 17 * 3 * 4


def test_the_joints_of_an_exercise_are_its_own(large):
    """In every squat the hips go down by far, in no press."""
    for exercise in LABEL_FILES:
        for path in (large / exercise / "Labeled_Dataset" / "joints").iterdir():
            pelvis_z = np.load(path)[:, 0, 2]
            assert (np.ptp(pelvis_z) > 0.25) == (exercise == "Squat")


def test_the_squats_with_nan_are_named(large):
    folder = large / "Squat" / "Unlabeled_Dataset" / "bar_trajectories_raw"
    with_nan = [path.stem for path in folder.iterdir() if any(map(math.isnan, read(path)))]
    assert with_nan == read(large / "Squat" / "Labeled_Dataset" / "Splits" / "traj_nan.json")
    assert len(with_nan) == 1


def test_some_errors_come_twice(large, small):
    intervals = [
        value
        for root in (large, small)
        for path in root.rglob("error_*.json")
        for value in read(path).values()
        if len(value) > 1
    ]
    assert intervals
    assert all(second[0] - first[1] >= 0.299 for first, second in intervals)


@pytest.mark.parametrize("exercise", LABEL_FILES)
def test_every_clip_is_labelled_in_seconds_inside_the_clip(large, exercise):
    folder = large / exercise / "Labeled_Dataset"
    duration_s = {path.stem: VideoDecoder(path).metadata.num_frames / 30 for path in (folder / "videos").iterdir()}
    for name in LABEL_FILES[exercise]:
        labels = read(folder / "Labels" / name)
        assert labels.keys() == duration_s.keys()
        assert 4 <= sum(intervals != [] for intervals in labels.values()) <= 24  # 30 at 0.45: 13.5, deviation 2.7
        for key, intervals in labels.items():
            assert len(intervals) <= 2
            for start, end in intervals:
                assert 0.166 <= start < end <= duration_s[key]
                assert abs(start * 30 - round(start * 30)) < 0.02  # three decimals of a thirtieth


@pytest.mark.parametrize("exercise", LABEL_FILES)
def test_splits_share_no_source_and_are_about_70_15_15(large, exercise):
    folder = large / exercise / "Labeled_Dataset"
    splits = {split: read(folder / "Splits" / f"{split}_keys.json") for split in SPLITS}
    keys = [key for split in splits.values() for key in split]
    assert sorted(keys) == sorted(path.stem for path in (folder / "videos").iterdir())
    sources = [{key.split("_")[0] for key in split} for split in splits.values()]
    assert sum(map(len, sources)) == len(set.union(*sources)) == 15
    assert [len(split) for split in splits.values()] == [20, 6, 4]  # 10, 3 and 2 of the 15 sources


def test_every_file_has_one_size(large, small):
    assert {path.stat().st_size for root in (large, small) for path in root.rglob("*.mp4")} == {196608}


def test_our_own_reader_reads_it(large):
    dataset = load_fitness_aqa(large)
    assert {split: len(rows) for split, rows in dataset.items()} == {"train": 40, "validation": 12, "test": 8}
    row = dataset["test"][0]
    folder = large / "Squat" / "Labeled_Dataset"
    key = read(folder / "Splits" / "test_keys.json")[0]
    assert row["id"] == f"squat/{key}"
    assert row["fps"] == 30
    assert row["num_frames"] == VideoDecoder(folder / "videos" / f"{key}.mp4").metadata.num_frames
    for label in ("knees_forward", "knees_inward"):
        intervals = read(folder / "Labels" / f"error_{label}.json")[key]
        assert [[e["start"], e["end"]] for e in row["errors"] if e["label"] == label] == intervals


def test_the_least_release_fills_every_split_of_both_exercises(small):
    found = {(record.exercise, record.split) for record in read_release(small)}
    splits = {"train", "validation", "test"}
    assert found == {(e, s) for e in ("squat", "overhead_press") for s in splits}
    assert len(read_unlabeled(small)) == 8
    for task in ("shallow_squat", "lumbar", "torso_angle"):
        assert {record.split for record in read_images(small, task)} == splits


def test_our_own_check_finds_nothing_wrong(small):
    assert check_release(small).problems == []


def test_table2_gives_the_papers_proportions(tmp_path):
    release = synthesize_release(tmp_path / "release", 44, seed=1, table2=True, num_workers=2)
    counts = {}
    for exercise, names in LABEL_FILES.items():
        first, second = (read(release / exercise / "Labeled_Dataset" / "Labels" / name) for name in names)
        counts[exercise] = Counter((bool(first[key]), bool(second[key])) for key in first)
    # of 22: 12.46, 0.59, 2.54, 6.41 and 4.49, 6.31, 1.12, 10.08
    assert counts["Squat"] == {(True, False): 12, (False, True): 1, (True, True): 3, (False, False): 6}
    assert counts["OHP"] == {(True, False): 5, (False, True): 6, (True, True): 1, (False, False): 10}
    assert read(release / "synthetic.json")["table2"] is True


def test_the_same_seed_gives_the_same_bytes(small, tmp_path):
    # another folder, another number of workers, and nothing else beside it
    again = synthesize_release(tmp_path / "again", 22, seed=3, num_workers=1)
    assert again == tmp_path / "again"
    assert hashes(again) == hashes(small)
    assert [path.name for path in tmp_path.iterdir() if path.name != "cache"] == ["again"]


def test_another_seed_gives_other_clips(small, large):
    names = hashes(small).keys() & hashes(large).keys()
    media = [name for name in names if name.endswith((".mp4", ".npy", ".jpg"))]
    assert len(media) == 2 * (22 + 8) + 30 + 30
    assert all(hashes(small)[name] != hashes(large)[name] for name in media)


def test_an_interrupted_run_goes_on_where_it_stopped(small, tmp_path):
    partial = tmp_path / ".release.partial-22-3-studio-0.45-0.1-False"
    finished = sorted(path for ending in ("mp4", "npy", "jpg") for path in small.rglob(f"*.{ending}"))[::2]
    for path in finished:
        copy = partial / path.relative_to(small)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        os.utime(copy, (1_000_000_000, 1_000_000_000))
    unfinished = next(path for path in small.rglob("*.mp4") if path not in finished).relative_to(small)
    (partial / unfinished).with_name(f".{unfinished.stem}.partial.mp4").write_bytes(b"killed while writing")
    unfinished = next(path for path in small.rglob("*.npy") if path not in finished).relative_to(small)
    (partial / unfinished).with_name(f".{unfinished.stem}.partial.npy").write_bytes(b"killed while writing")
    release = synthesize_release(tmp_path / "release", 22, seed=3, num_workers=2)
    kept = [path for path in release.rglob("*.*") if path.stat().st_mtime == 1_000_000_000]
    assert sorted(path.relative_to(release) for path in kept) == [path.relative_to(small) for path in finished]
    assert hashes(release) == hashes(small)
    assert not partial.exists()


def test_a_folder_that_is_there_is_left_alone(small):
    before = hashes(small)
    with pytest.raises(FileExistsError, match=r"release: is there already; remove it or name another folder$"):
        synthesize_release(small, 22, seed=3)
    assert hashes(small) == before


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"num_clips": 21}, r"^--clips: at least 22 are needed to fill three splits of two exercises, got 21$"),
        ({"seed": -1}, r"^--seed: a whole number from 0 up is needed, got -1$"),
        ({"error_rate": 1.01}, r"^--error-rate: a share from 0 to 1 is needed, got 1\.01$"),
        ({"error_rate": -0.01}, r"^--error-rate: a share from 0 to 1 is needed, got -0\.01$"),
        ({"error_rate": float("nan")}, r"^--error-rate: a share from 0 to 1 is needed, got nan$"),
        (
            {"second_interval_rate": 1.01},
            r"^--second-interval-rate: a share from 0 to 1 is needed, got 1\.01$",
        ),
        (
            {"second_interval_rate": -0.01},
            r"^--second-interval-rate: a share from 0 to 1 is needed, got -0\.01$",
        ),
        ({"look": "beach"}, r"^--look: one of studio, gym is needed, got 'beach'$"),
    ],
)
def test_wrong_arguments_are_named_and_nothing_is_made(tmp_path, wrong, message):
    with pytest.raises(ValueError, match=message):
        synthesize_release(tmp_path / "out", **({"num_clips": 22} | wrong))
    assert not list(tmp_path.iterdir())


def test_without_ffmpeg_it_says_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match=r"^ffmpeg: not found; .*`apt-get install ffmpeg`$"):
        synthesize_release(tmp_path / "out", 22)
    assert not (tmp_path / "out").exists()
