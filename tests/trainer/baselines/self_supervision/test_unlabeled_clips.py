import os
import shutil
from pathlib import Path

import pytest

from fitness_aqa_dataset.prepare import prepare_release
from trainer.baselines.self_supervision.unlabeled_clips import load_unlabeled


@pytest.fixture
def copied(tmp_path, release) -> Path:
    """The *synthetic* release again, to damage."""
    return shutil.copytree(release, tmp_path / "release", copy_function=os.link)


def labelled_key(release: Path, split: str) -> str:
    keys = (release / "Squat" / "Labeled_Dataset" / "Splits" / f"{split}_keys.json").read_text()
    return keys.strip("[]\n ").split(",")[0].strip('" \n')


def rename_one(release: Path, key: str) -> str:
    """Give the first unlabelled squat another key; returns the old one."""
    folder = release / "Squat" / "Unlabeled_Dataset"
    clip = sorted((folder / "videos").iterdir())[0]
    old = clip.stem
    clip.rename(clip.with_name(f"{key}.mp4"))
    trajectory = folder / "bar_trajectories_raw" / f"{old}.json"
    trajectory.rename(trajectory.with_name(f"{key}.json"))
    return old


def test_all_unlabelled_clips(unlabeled_rows, simulated):
    assert set(unlabeled_rows["id"]) == set(simulated)
    assert len(simulated) == 8
    assert unlabeled_rows.column_names == ["id", "video", "exercise", "bar_y"]
    for row in unlabeled_rows:
        assert set(row["video"]) == {"bytes", "path"}  # undecoded
        assert len(row["bar_y"]) == len(simulated[row["id"]].times_s)


def test_those_of_one_exercise(release):
    rows = load_unlabeled(str(release), ["overhead_press"])
    assert len(rows) == 4
    assert all(id.startswith("overhead_press/") for id in rows["id"])


@pytest.mark.parametrize("split, num_rows", [("train", 8), ("val", 7), ("test", 7)])
def test_clips_labelled_for_validation_and_test_are_left_out(copied, split, num_rows):
    key = labelled_key(copied, split)
    old = rename_one(copied, key)
    ids = load_unlabeled(str(copied))["id"]
    assert len(ids) == num_rows
    assert f"squat/{old}" not in ids
    assert (f"squat/{key}" in ids) == (split == "train")


def test_a_labelled_clip_that_is_not_there(copied):
    key = labelled_key(copied, "test")
    (copied / "Squat" / "Labeled_Dataset" / "videos" / f"{key}.mp4").unlink()
    assert len(load_unlabeled(str(copied))) == 8


def test_a_prepared_folder(tmp_path, release):
    prepared = prepare_release(release, tmp_path / "prepared", names=["video", "unlabeled"], progress=False)
    rows = load_unlabeled(str(prepared), ["squat"])
    assert len(rows) == 4
    assert rows[0]["video"]["bytes"]


def test_data_without_an_unlabelled_part(tmp_path, copied):
    prepared = prepare_release(copied, tmp_path / "prepared", names=["video"], progress=False)
    for exercise in ("Squat", "OHP"):
        shutil.rmtree(copied / exercise / "Unlabeled_Dataset")
    for folder in (prepared, copied):
        with pytest.raises(ValueError, match="no unlabelled clips to learn from first.*`self_supervised: false`"):
            load_unlabeled(str(folder))


def test_data_without_those_of_the_exercise(copied):
    shutil.rmtree(copied / "OHP" / "Unlabeled_Dataset")
    with pytest.raises(ValueError, match="no unlabelled clips of overhead_press .*`self_supervised: false`"):
        load_unlabeled(str(copied), ["overhead_press"])
    assert len(load_unlabeled(str(copied))) == 4


def test_no_such_data(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        load_unlabeled(str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="no unlabelled clips to learn from first .*owner/name: no such folder"):
        load_unlabeled("owner/name")
