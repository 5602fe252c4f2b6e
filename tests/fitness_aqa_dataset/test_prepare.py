"""What `prepare` writes is read by plain `load_dataset` in a process that has none of our code."""

import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import datasets
import pyarrow.parquet as pq
import pytest
from datasets import load_dataset

from fitness_aqa_dataset import load_fitness_aqa, shards
from fitness_aqa_dataset.prepare import prepare_release

CONFIGS = ("video", "shallow_squat", "lumbar", "torso_angle", "unlabeled")

# Prints features and rows of every split of every data set asked for, loaded and streamed; media as name and hash.
READ = """
import hashlib, json, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("fitness_aqa_dataset", "trainer", "metrics", "model_card"):
            raise ImportError(name + " must not be needed")

sys.meta_path.insert(0, Blocked())
from datasets import Image, Video, load_dataset

def plain(rows):
    for column, feature in rows.features.items():
        if isinstance(feature, (Image, Video)):
            media, rows = column, rows.cast_column(column, type(feature)(decode=False))
    for row in rows:
        path, content = row[media]["path"], row[media]["bytes"]
        if content is None:
            content = open(path, "rb").read()
        yield row | {media: [path.rpartition("/")[2], hashlib.sha256(content).hexdigest()]}

answer = {}
for key, arguments in json.loads(sys.argv[1]).items():
    for streaming in (False, True):
        splits = load_dataset(**arguments, streaming=streaming)
        answer[f"{key} {streaming}"] = [
            {split: repr(rows.features) for split, rows in splits.items()},
            {split: list(plain(rows)) for split, rows in splits.items()},
        ]
only = load_dataset(**arguments, split="test" if "test" in splits else "train")
print(json.dumps(answer))
"""


def read_elsewhere(tmp_path: Path, requests: dict[str, dict]) -> dict:
    """Load in a fresh interpreter, in another folder, with an empty cache."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"} | {"HF_HOME": str(elsewhere)}
    command = [sys.executable, "-I", "-c", READ, json.dumps(requests)]
    process = subprocess.run(command, env=env, cwd=elsewhere, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def expected(release: Path, name: str) -> list:
    """Features and rows of `load_fitness_aqa`, as `read_elsewhere` prints them."""
    splits = load_fitness_aqa(release, name=name)
    media = "image" if "image" in splits["train"].features else "video"
    rows = {}
    for split, dataset in splits.items():
        undecoded = dataset.cast_column(media, type(dataset.features[media])(decode=False))
        rows[split] = [row | {media: file_of(Path(row[media]["path"]))} for row in undecoded]
    return json.loads(json.dumps([{split: repr(dataset.features) for split, dataset in splits.items()}, rows]))


def file_of(path: Path) -> list[str]:
    return [path.name, hashlib.sha256(path.read_bytes()).hexdigest()]


def assert_equal(got: list, wanted: list) -> None:
    assert got[0] == wanted[0]
    assert json.dumps(got[1], sort_keys=True) == json.dumps(wanted[1], sort_keys=True)  # as text NaN equals NaN


def files_under(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def beside(out: Path) -> list[str]:
    """What a run left beside its output."""
    return sorted(path.name for path in out.parent.iterdir() if "partial" in path.name)


def test_parquet_gives_the_same_rows_without_our_code(whole_release, tmp_path):
    out = prepare_release(whole_release, tmp_path / "out", progress=False)
    requests = {name: {"path": str(out), "name": name} for name in CONFIGS} | {"default": {"path": str(out)}}
    answer = read_elsewhere(tmp_path, requests)
    for name in CONFIGS:
        wanted = expected(whole_release, name)
        assert_equal(answer[f"{name} False"], wanted)
        assert_equal(answer[f"{name} True"], wanted)
    assert answer["default False"] == answer["video False"]
    assert answer["default True"] == answer["video True"]


def test_videofolder_gives_the_same_rows_without_our_code(whole_release, tmp_path):
    out = prepare_release(whole_release, tmp_path / "out", "videofolder", progress=False)
    requests = {name: {"path": str(out), "name": name} for name in ("video", "unlabeled")}
    for name in ("shallow_squat", "lumbar", "torso_angle"):
        requests[name] = {"path": "imagefolder", "data_dir": str(out / name)}
    requests["default"] = {"path": str(out)}
    answer = read_elsewhere(tmp_path, requests)
    for name in CONFIGS:
        wanted = expected(whole_release, name)
        assert_equal(answer[f"{name} False"], wanted)
        assert_equal(answer[f"{name} True"], wanted)
    assert answer["default False"] == answer["video False"]


def test_the_files(whole_release, tmp_path):
    (whole_release / "synthetic.json").write_text('{"synthetic": true, "seed": 3}')
    parquet = prepare_release(whole_release, tmp_path / "parquet", progress=False)
    assert files_under(parquet) == [
        "README.md",
        "lumbar/test-00000-of-00001.parquet",
        "lumbar/train-00000-of-00001.parquet",
        "shallow_squat/test-00000-of-00001.parquet",
        "shallow_squat/train-00000-of-00001.parquet",
        "shallow_squat/validation-00000-of-00001.parquet",
        "synthetic.json",
        "torso_angle/test-00000-of-00001.parquet",
        "torso_angle/train-00000-of-00001.parquet",
        "torso_angle/validation-00000-of-00001.parquet",
        "unlabeled/train-00000-of-00001.parquet",
        "video/test-00000-of-00001.parquet",
        "video/train-00000-of-00001.parquet",
        "video/validation-00000-of-00001.parquet",
    ]
    assert (parquet / "synthetic.json").read_text() == '{"synthetic": true, "seed": 3}'
    folder = prepare_release(
        whole_release, tmp_path / "folder", "videofolder", names=["video", "lumbar"], progress=False
    )
    assert files_under(folder) == [
        "README.md",
        "lumbar/test/barbell_row/41_1.jpg",
        "lumbar/test/metadata.parquet",
        "lumbar/train/barbell_row/40_1.jpg",
        "lumbar/train/barbell_row/40_2.jpg",
        "lumbar/train/metadata.parquet",
        "synthetic.json",
        "video/test/metadata.parquet",
        "video/test/overhead_press/22_1.mp4",
        "video/test/squat/12_1.mp4",
        "video/train/metadata.parquet",
        "video/train/overhead_press/20_1.mp4",
        "video/train/overhead_press/20_2.mp4",
        "video/train/squat/10_1.mp4",
        "video/train/squat/10_2.mp4",
        "video/validation/metadata.parquet",
        "video/validation/overhead_press/21_1.mp4",
        "video/validation/squat/11_1.mp4",
    ]
    clip = whole_release / "Squat/Labeled_Dataset/videos/10_2.mp4"
    copy = folder / "video/train/squat/10_2.mp4"
    assert copy.read_bytes() == clip.read_bytes()
    assert not copy.samefile(clip)
    assert beside(parquet) == []


def test_images_alone_are_an_imagefolder(whole_release, tmp_path):
    out = prepare_release(whole_release, tmp_path / "out", "videofolder", names=["lumbar"], progress=False)
    rows = load_dataset(str(out), split="train")
    assert rows["id"][:] == ["barbell_row/40_2", "barbell_row/40_1"]
    assert rows.features == load_fitness_aqa(whole_release, name="lumbar", split="train").features


def test_a_release_without_images_gives_the_clips_only(release, tmp_path):
    out = prepare_release(release, tmp_path / "made" / "out", progress=False)
    assert sorted(path.name for path in out.iterdir()) == ["README.md", "video"]


def test_merge_validation(release, tmp_path):
    out = prepare_release(release, tmp_path / "out", merge_validation=True, progress=False)
    dataset = load_dataset(str(out))
    assert dataset.num_rows == {"train": 6, "test": 2}
    assert dataset["train"]["id"][:] == load_fitness_aqa(release, merge_validation=True)["train"]["id"][:]


def test_shards_and_row_groups_are_cut_at_the_limits(release, tmp_path, monkeypatch):
    clips = release / "Squat/Labeled_Dataset/videos"
    limit_mb = ((clips / "10_2.mp4").stat().st_size + (clips / "10_1.mp4").stat().st_size) / 1e6
    out = prepare_release(release, tmp_path / "out", max_shard_mb=limit_mb, progress=False)
    shards_of_train = sorted((out / "video").glob("train-*"))
    ids = [pq.ParquetFile(path).read(["id"])["id"].to_pylist() for path in shards_of_train]
    assert ids[0] == ["squat/10_2", "squat/10_1"]  # exactly the limit
    assert sum(ids, []) == ["squat/10_2", "squat/10_1", "overhead_press/20_1", "overhead_press/20_2"]
    names = [path.name for path in shards_of_train]
    assert names == [f"train-{index:05d}-of-{len(names):05d}.parquet" for index in range(len(names))]
    assert load_dataset(str(out), split="train")["id"][:] == sum(ids, [])

    monkeypatch.setattr(shards, "ROW_GROUP_ROWS", 3)
    metadata = pq.read_metadata(
        prepare_release(release, tmp_path / "rows", progress=False) / "video/train-00000-of-00001.parquet"
    )
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [3, 1]
    monkeypatch.setattr(shards, "ROW_GROUP_BYTES", 1)  # every clip is larger than that
    metadata = pq.read_metadata(
        prepare_release(release, tmp_path / "bytes", progress=False) / "video/train-00000-of-00001.parquet"
    )
    assert [metadata.row_group(index).num_rows for index in range(metadata.num_row_groups)] == [1, 1, 1, 1]


def test_same_release_same_bytes(whole_release, tmp_path):
    first = prepare_release(whole_release, tmp_path / "first" / "out", progress=False)
    moved = whole_release.rename(tmp_path / "moved")
    second = prepare_release(moved, tmp_path / "second" / "out", progress=False)
    assert files_under(first) == files_under(second)
    for name in files_under(first):
        assert (first / name).read_bytes() == (second / name).read_bytes(), name


def test_files_of_the_current_folder_do_not_count(release, tmp_path, monkeypatch):
    clip = release / "Squat/Labeled_Dataset/videos/11_1.mp4"
    content = clip.read_bytes()
    monkeypatch.chdir(clip.parent)
    out = prepare_release(release, tmp_path / "out", progress=False)
    row = pq.ParquetFile(out / "video/validation-00000-of-00001.parquet").read(["video"])["video"][0].as_py()
    assert row == {"bytes": content, "path": "11_1.mp4"}


@pytest.mark.parametrize("format", ["parquet", "videofolder"])
def test_an_interrupted_run_goes_on(release, tmp_path, format):
    out = tmp_path / "out"
    settings = {"format": format, "max_shard_mb": 1e-6, "progress": False}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    clips = {key: (release / "Squat/Labeled_Dataset/videos" / f"{key}.mp4") for key in ("10_2", "10_1")}
    largest = release / "OHP/Labeled_Dataset/videos/20_1.mp4"  # comes third
    content = largest.read_bytes()
    largest.unlink()  # a link: writing through it would change the clips of other tests
    largest.write_bytes(content + bytes(200_000))
    with pytest.raises(OSError, match="too large"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, limits[1]))
        try:
            prepare_release(release, out, **settings)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not out.exists()
    (partial,) = out.parent.glob(".out.partial-*")
    there = {path.name: path.stat().st_ino for path in partial.rglob("*") if path.suffix != ".part" and path.is_file()}
    if format == "parquet":
        assert sorted(there) == ["train-00000-of-00004.parquet", "train-00001-of-00004.parquet"]
    else:
        assert sorted(there) == sorted(clip.name for clip in clips.values())
    prepare_release(release, out, **settings)
    after = {path.name: path.stat().st_ino for path in out.rglob("*")}
    assert there.items() <= after.items()
    assert not [name for name in after if name.endswith(".part")]
    assert beside(out) == []
    assert load_dataset(str(out)).num_rows == {"train": 4, "validation": 2, "test": 2}


def test_what_an_interrupted_run_over_something_else_left_goes(release, tmp_path):
    for name in (".out.partial-0123456789abcdef", ".outer.partial-0123456789abcdef"):
        (tmp_path / name / "video").mkdir(parents=True)
    prepare_release(release, tmp_path / "out", progress=False)
    assert beside(tmp_path / "out") == [".outer.partial-0123456789abcdef"]


@pytest.mark.parametrize("format", ["parquet", "videofolder"])
def test_a_clip_that_is_no_video(release, tmp_path, format):
    clip = release / "OHP/Labeled_Dataset/videos/22_1.mp4"
    clip.unlink()
    clip.write_text("this is no video")
    with pytest.raises(
        ValueError, match=r"clip overhead_press/22_1 \(.*22_1\.mp4\): not a video that FFmpeg"
    ) as error:
        prepare_release(release, tmp_path / "out", format, progress=False)
    assert "\n" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == []


@pytest.mark.parametrize(
    "name",
    [
        "Squat/Labeled_Dataset/videos/10_1.mp4",
        "BarbellRow/Labeled_Dataset/barbellrow_images_raw",
        "OHP/Unlabeled_Dataset/bar_trajectories_raw/60_1.json",
        "synthetic.json",
    ],
)
def test_links_that_leave_the_release_are_not_published(whole_release, tmp_path, name):
    secret, link = tmp_path / "secret", whole_release / name
    if link.exists():
        shutil.move(link, secret)
    link.symlink_to(secret)
    with pytest.raises(
        ValueError, match=r"a link to /.*secret.*, outside of the release; put the file itself there"
    ) as error:
        prepare_release(whole_release, tmp_path / "out", progress=False)
    assert str(error.value).startswith(str(link))
    assert sorted(path.name for path in tmp_path.iterdir() if "out" in path.name) == []


def test_links_inside_the_release_are_fine(release, tmp_path):
    link = release / "OHP/Labeled_Dataset/videos/22_1.mp4"
    link.unlink()
    link.symlink_to(release / "OHP/Labeled_Dataset/videos/21_1.mp4")
    out = prepare_release(release, tmp_path / "out", "videofolder", progress=False)
    assert not (out / "video/test/overhead_press/22_1.mp4").is_symlink()


def test_wrong_arguments(release, tmp_path, write_json):
    out = tmp_path / "out"
    with pytest.raises(FileExistsError, match="release: is there already; remove it or name another folder"):
        prepare_release(release, release)
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        prepare_release(tmp_path / "nowhere", out)
    with pytest.raises(ValueError, match="--format: one of parquet, videofolder is needed, got 'csv'"):
        prepare_release(release, out, "csv")
    names = "--names: some of video, shallow_squat, lumbar, torso_angle, unlabeled are needed, got 'audio'"
    with pytest.raises(ValueError, match=names):
        prepare_release(release, out, names=["video", "audio"])
    with pytest.raises(ValueError, match="max_shard_mb: more than 0 is needed, got 0"):
        prepare_release(release, out, max_shard_mb=0)
    with pytest.raises(FileNotFoundError, match="BarbellRow"):
        prepare_release(release, out, names=["lumbar"])
    for path in release.rglob("*_keys.json"):
        write_json(path, [])
    with pytest.raises(ValueError, match="release: no rows for video: its split files are empty; name other parts"):
        prepare_release(release, out)
    assert not out.exists() and beside(out) == []


def test_the_progress_bar_counts_clips(release, tmp_path, capsys):
    prepare_release(release, tmp_path / "out")
    assert "preparing video: 100%" in (shown := capsys.readouterr().err)
    assert "8/8" in shown and "clip/s" in shown
    prepare_release(release, tmp_path / "quiet", progress=False)
    assert capsys.readouterr().err == ""


def test_the_features_of_datasets_are_in_the_files(release, tmp_path):
    out = prepare_release(release, tmp_path / "out", progress=False)
    schema = pq.read_schema(out / "video/train-00000-of-00001.parquet")
    features = datasets.Features.from_arrow_schema(schema)
    assert features == load_fitness_aqa(release, split="train").features
