"""Poses of clips without joints beside them, of networks that lie in folders."""

import shutil

import pytest
import torch
from datasets import Dataset, Features, Value, Video, load_from_disk

from tests.trainer.clip_rows import write_clip
from trainer.baselines.poses.lifting import LiftingConfig, LiftingNetwork
from trainer.baselines.poses.pose_finder import load_networks, poses_of
from trainer.baselines.samples import SampleForm, decode_rows


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """45 frames of noise."""
    return write_clip(tmp_path_factory.mktemp("clips") / "noise.mp4")


def save_lifter(folder, seed):
    """A lifting network of random weights."""
    torch.manual_seed(seed)
    LiftingNetwork(LiftingConfig(hidden_size=16)).save_pretrained(folder)
    load_networks.cache_clear()  # as in another process


def test_every_frame_has_a_pose(clip, random_vitpose, tmp_path):
    save_lifter(tmp_path / "lifter", seed=0)
    assert poses_of(str(clip), str(random_vitpose), str(tmp_path / "lifter")).shape == (45, 17, 3)


def test_poses_of_a_network_that_was_made_again_are_others(clip, random_vitpose, tmp_path):
    vitpose, lifter = tmp_path / "vitpose", tmp_path / "lifter"
    shutil.copytree(random_vitpose, vitpose)
    features = Features({"id": Value("string"), "video": Video(decode=False)})
    Dataset.from_list([{"id": "1", "video": str(clip)}], features=features).save_to_disk(tmp_path / "rows")
    rows = load_from_disk(tmp_path / "rows")  # of rows in memory nothing is kept
    form = SampleForm("poses", 4, 3, pose_model=str(vitpose), lifter=str(lifter))

    save_lifter(lifter, seed=0)
    first = decode_rows(rows, form)
    assert first[0]["problem"] is None and first[0]["shape"] == [3, 4, 17, 3]
    assert decode_rows(rows, form).cache_files == first.cache_files != []

    save_lifter(lifter, seed=1)
    other = decode_rows(rows, form)
    assert other.cache_files != first.cache_files and other[0]["sample"] != first[0]["sample"]

    (vitpose / "config.json").touch()
    assert decode_rows(rows, form).cache_files != other.cache_files


def test_networks_that_cannot_be_loaded_are_no_clips_problem(clip, random_vitpose, tmp_path):
    with pytest.raises(OSError, match="empty: no ViTPose that can be loaded"):
        load_networks(str(tmp_path / "empty"), str(tmp_path / "lifter"))
    assert not (tmp_path / "lifter").exists()
    (tmp_path / "lifter").mkdir()
    with pytest.raises(OSError, match="lifter: no lifting network that can be loaded"):
        load_networks(str(random_vitpose), str(tmp_path / "lifter"))
