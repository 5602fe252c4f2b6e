import hashlib
import json
import os
import shutil
from pathlib import Path

import pytest
from torchcodec.decoders import VideoDecoder

from fitness_aqa_dataset import load_fitness_aqa
from fitness_aqa_dataset.release import read_release
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
    assert {path.name for path in large.iterdir()} == {"Squat", "OHP", "synthetic.json"}
    for exercise, label_files in LABEL_FILES.items():
        folder = large / exercise / "Labeled_Dataset"
        assert {path.name for path in folder.iterdir()} == {"videos", "Labels", "Splits"}
        assert sorted(path.name for path in (folder / "Labels").iterdir()) == label_files
        names = {path.name for path in (folder / "Splits").iterdir()}
        assert names == {"train_keys.json", "val_keys.json", "test_keys.json"}
        videos = [path.name for path in (folder / "videos").iterdir()]
        assert len(videos) == 30
        assert all(name.endswith(".mp4") and not name.startswith(".") for name in videos)


def test_it_says_that_it_is_synthetic_and_what_made_it(large):
    made = read(large / "synthetic.json")
    assert made == {"synthetic": True, "num_clips": 60, "seed": 0, "look": "studio", "error_rate": 0.45}


@pytest.mark.parametrize("exercise", LABEL_FILES)
def test_every_clip_is_labelled_in_seconds_inside_the_clip(large, exercise):
    folder = large / exercise / "Labeled_Dataset"
    duration_s = {path.stem: VideoDecoder(path).metadata.num_frames / 30 for path in (folder / "videos").iterdir()}
    for name in LABEL_FILES[exercise]:
        labels = read(folder / "Labels" / name)
        assert labels.keys() == duration_s.keys()
        assert 4 <= sum(intervals != [] for intervals in labels.values()) <= 24  # 30 at 0.45: 13.5, deviation 2.7
        for key, intervals in labels.items():
            assert len(intervals) <= 1
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
    assert found == {(e, s) for e in ("squat", "overhead_press") for s in ("train", "validation", "test")}


def test_the_same_seed_gives_the_same_bytes(small, tmp_path):
    # another folder, another number of workers, and nothing else beside it
    again = synthesize_release(tmp_path / "again", 22, seed=3, num_workers=1)
    assert again == tmp_path / "again"
    assert hashes(again) == hashes(small)
    assert [path.name for path in tmp_path.iterdir() if path.name != "cache"] == ["again"]


def test_another_seed_gives_other_clips(small, large):
    names = hashes(small).keys() & hashes(large).keys()
    videos = [name for name in names if name.endswith(".mp4")]
    assert len(videos) == 22
    assert all(hashes(small)[name] != hashes(large)[name] for name in videos)


def test_an_interrupted_run_goes_on_where_it_stopped(small, tmp_path):
    partial = tmp_path / ".release.partial-22-3-studio-0.45"
    finished = sorted(small.rglob("*.mp4"))[::2]
    for path in finished:
        copy = partial / path.relative_to(small)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
        os.utime(copy, (1_000_000_000, 1_000_000_000))
    unfinished = next(path for path in small.rglob("*.mp4") if path not in finished).relative_to(small)
    (partial / unfinished).with_name(f".{unfinished.stem}.partial.mp4").write_bytes(b"killed while writing")
    release = synthesize_release(tmp_path / "release", 22, seed=3, num_workers=2)
    kept = [path for path in release.rglob("*.mp4") if path.stat().st_mtime == 1_000_000_000]
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
