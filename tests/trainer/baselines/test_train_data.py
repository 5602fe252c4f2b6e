"""What `python -m trainer.baselines.train` says of data and settings that do not fit; all on *synthetic* clips."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from fitness_aqa_dataset.prepare import prepare_release
from tests.trainer.baselines.end_to_end import run, training_of

SQUATS, PRESSES = Path("Squat/Labeled_Dataset"), Path("OHP/Labeled_Dataset")


@pytest.fixture
def data(release, tmp_path) -> Path:
    """A copy of the *synthetic* release that a test may damage."""
    return shutil.copytree(release, tmp_path / "release")


@pytest.fixture(scope="module")
def prepared(release, tmp_path_factory) -> Path:
    """What `python -m fitness_aqa_dataset prepare` makes of the *synthetic* release."""
    folder = tmp_path_factory.mktemp("prepared") / "data"
    prepare_release(release, folder)
    return folder


def damage_behind_the_header(clip: Path) -> None:
    content = bytearray(clip.read_bytes())
    start, end = content.find(b"mdat") + 4, content.find(b"moov") - 4
    first = start + (end - start) // 8
    content[first:end] = bytes(end - first)
    clip.write_bytes(content)


def weights_of(folder: Path) -> dict[str, torch.Tensor]:
    return {
        f"{path.parent.name}/{name}": value
        for path in sorted((folder / "models").glob("*/model.safetensors"))
        for name, value in load_file(path).items()
    }


def test_damaged_clips_are_named_and_training_without_them_is_possible(data, tmp_path):
    videos = data / SQUATS / "videos"
    (videos / "10001_1.mp4").write_bytes(b"no video")
    ended = run("train", *training_of("probe", data, tmp_path / "out"))
    assert ended.code == 1 and "Traceback" not in ended.stderr
    assert ended.stderr.splitlines()[-2:] == [
        "error: 1 clip cannot be read; mend them, or train without them by --on_bad_clip skip:",
        f"  squat/10001_1: {videos}/10001_1.mp4: not a video but text; unpack or download it again",
    ]
    damage_behind_the_header(videos / "10005_2.mp4")
    damage_behind_the_header(data / PRESSES / "videos" / "10004_2.mp4")  # one of the test
    ended = run("train", *training_of("probe", data, tmp_path / "out", on_bad_clip="skip")).succeeded()
    assert "skipped squat/10001_1: " in ended.stderr and "skipped squat/10005_2: " in ended.stderr
    facts = json.loads((tmp_path / "out" / "models" / "squat" / "train_results.json").read_text())
    assert facts["num_rows"] == 6  # of 8
    *others, last = [json.loads(line) for line in (tmp_path / "out" / "predictions.jsonl").read_text().splitlines()]
    assert [row["id"] for row in others] == ["squat/10003_1", "squat/10003_2", "overhead_press/10004_1"]
    assert all("error" not in row for row in others)
    assert "10004_2.mp4: not a video that FFmpeg can decode" in last["error"]
    assert (last["exercise"], last["errors"], last["scores"]) == (None, [], {})


def test_a_clip_that_is_damaged_behind_its_header_ends_the_run(data, tmp_path):
    clip = data / SQUATS / "videos" / "10005_2.mp4"
    whole = clip.read_bytes()
    damage_behind_the_header(clip)
    command = ["train", *training_of("probe", data, tmp_path / "out")]
    error = run(*command).error
    assert error.startswith("error: squat/10005_2: ") and "not a video that FFmpeg can decode" in error
    assert error.endswith("Mend it, or leave such ones out by --on_bad_clip skip.")
    assert list((tmp_path / "out").iterdir()) == []
    clip.write_bytes(whole)  # mended, the same command trains
    run(*command).succeeded()


def test_joints_that_are_brought_back_are_seen(data, tmp_path):
    joints = data / SQUATS / "joints" / "10005_2.npy"
    whole = joints.read_bytes()
    command = ["train", *training_of("gymetricpose", data, tmp_path / "out")]
    joints.write_bytes(whole[:500])
    assert "squat/10005_2: " in (error := run(*command).error) and "10005_2.npy: damaged: expected" in error
    joints.unlink()
    assert "10005_2.mp4: no joints lie beside this clip" in run(*command).error
    joints.write_bytes(whole)
    run(*command).succeeded()


@pytest.mark.parametrize("system", ["md", "probe"])
def test_prepared_data_gives_the_same_run(finished, release, prepared, tmp_path, system):
    if system == "md":
        whole = finished("md")
    else:
        whole = tmp_path / "whole"
        run("train", *training_of("probe", release, whole)).succeeded()
    run("train", *training_of(system, prepared, tmp_path / "out")).succeeded()
    assert (tmp_path / "out" / "predictions.jsonl").read_bytes() == (whole / "predictions.jsonl").read_bytes()
    one, other = weights_of(whole), weights_of(tmp_path / "out")
    assert one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_poses_of_prepared_data_need_a_pose_model(prepared, tmp_path):
    error = run("train", *training_of("gymetricpose", prepared, tmp_path / "out")).error
    assert error.startswith("error: squat/10001_1: 10001_1.mp4: no joints lie beside this clip")
    assert "Give `pose_model`, a folder or a name on the Hub (usyd-community/vitpose-base-simple)" in error
    (tmp_path / "empty").mkdir()
    none = training_of("gymetricpose", prepared, tmp_path / "out", pose_model=tmp_path / "empty", on_bad_clip="skip")
    assert f"error: {tmp_path}/empty: no ViTPose that can be loaded (" in run("train", *none).error
    assert list((tmp_path / "out").iterdir()) == []


def test_data_without_unlabelled_clips(data, tmp_path):
    for exercise in ("Squat", "OHP"):
        shutil.rmtree(data / exercise / "Unlabeled_Dataset")
    error = run("train", *training_of("md", data, tmp_path / "out")).error
    assert error.startswith("error: no unlabelled clips to learn from first (")
    assert error.endswith("Add them, or train without: `self_supervised: false`.")
    # what was not begun does not keep the mended command from beginning
    run("train", *training_of("md", data, tmp_path / "out", self_supervised=False)).succeeded()


@pytest.mark.parametrize(
    ("split", "file", "remedy"),
    [
        ("test", "test_keys.json", "which is answered at the end. Give data that has them."),
        (
            "validation",
            "val_keys.json",
            "which thresholds are fitted on. Give merge_validation true, and they stay at",
        ),
    ],
)
def test_data_without_a_split_that_is_needed(data, tmp_path, split, file, remedy):
    for exercise in (SQUATS, PRESSES):
        (data / exercise / "Splits" / file).write_text("[]")
    error = run("train", *training_of("probe", data, tmp_path / "out")).error
    assert error.startswith(f"error: {data}: no rows in the split {split} of video, {remedy}")
    assert list((tmp_path / "out").iterdir()) == []
    if split == "validation":
        run("train", *training_of("probe", data, tmp_path / "out", merge_validation=True)).succeeded()


def test_no_such_data(tmp_path):
    error = run("train", *training_of("md", tmp_path / "nowhere", tmp_path / "out")).error
    assert error.startswith(f"error: {tmp_path}/nowhere: no such folder; give the folder that holds Squat/ and OHP/")
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("system", "changes", "message"),
    [
        ("md", {"dataset_config": "lumbar"}, "dataset_config: md is trained on video, got 'lumbar'."),
        ("md", {"weights": "IMAGENET1K_V1"}, "weights: expected one of KINETICS400_V1, none, got 'IMAGENET1K_V1'."),
        (
            "cvcspc",
            {"weights": "IMAGENET1K_V2", "self_supervised": False},
            "weights: expected one of IMAGENET1K_V1, none, got 'IMAGENET1K_V2'.",
        ),
        ("probe", {"window_frames": 5}, "window_frames: at most num_frames (4) are needed, got 5."),
        ("probe", {"tower": "no/such/folder"}, "no/such/folder: no checkpoint that can be loaded ("),
        ("probe", {"resume_from_checkpoint": "x"}, "resume_from_checkpoint: a run goes on by itself from the last"),
        (
            "probe",
            {"nonsense": 3},
            "Some specified arguments are not used by the HfArgumentParser: ['--nonsense', '3']",
        ),
    ],
)
def test_settings_that_cannot_be(release, tmp_path, system, changes, message):
    error = run("train", *training_of(system, release, tmp_path / "out", **changes)).error
    assert error.startswith(f"error: {message}")
    assert [path for path in (tmp_path / "out").glob("*")] == []


def test_an_output_folder_that_cannot_be_one(release, data, tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    messages = {
        data: f"output_dir: {data} is what the run reads from. Give another folder.",
        file: f"output_dir: {file} cannot be a folder, for {file} is a file. Give another one.",
        file / "out": f"output_dir: {file}/out cannot be a folder, for {file} is a file. Give another one.",
    }
    for folder, message in messages.items():
        assert run("train", *training_of("probe", data, folder)).error == f"error: {message}"
    overwrite = training_of("probe", data, tmp_path, overwrite_output_dir=True)
    assert run("train", *overwrite).error.endswith("is what the run reads from. Give another folder.")
    assert file.read_text() == "mine" and not (data / "recipe.yaml").exists()


@pytest.mark.parametrize("name", ["models", "predictions.jsonl"])
def test_a_folder_that_holds_something_unknown(release, tmp_path, name):
    (tmp_path / name).mkdir()
    for overwrite in (False, True):
        error = run("train", *training_of("probe", release, tmp_path, overwrite_output_dir=overwrite)).error
        assert error == f"error: {tmp_path}: holds {name}, no recipe.yaml says of what. Give another folder."
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_folder_that_holds_another_kind_of_run(release, tmp_path):
    (tmp_path / "recipe.yaml").write_text("model_name_or_path: tiny\nbalancing: none\n")  # of trainer.sft
    error = run("train", *training_of("probe", release, tmp_path)).error
    assert error.startswith(f"error: {tmp_path}: holds a run with other settings: ")
    assert [path.name for path in tmp_path.iterdir()] == ["recipe.yaml"]


def test_a_damaged_checkpoint_is_named(finished, release, tmp_path):
    folder = shutil.copytree(finished("probe_all"), tmp_path / "run")
    model = folder / "models" / "all"
    for path in (folder / "predictions.jsonl", model / "trainer_state.json"):
        path.unlink()
    (checkpoint,) = model.glob("checkpoint-*")
    (checkpoint / "model.safetensors").write_bytes(b"cut")
    command = training_of("probe", release, folder, models="all", num_train_epochs=40)
    error = run("train", *command).error
    assert error.startswith(f"error: {checkpoint}/model.safetensors: damaged (")
    assert "--overwrite_output_dir to start anew." in error


def test_labels_that_change_while_a_run_is_stopped(finished, release, data, tmp_path):
    folder = shutil.copytree(finished("probe_all"), tmp_path / "run")
    for path in (folder / "predictions.jsonl", folder / "models" / "all" / "trainer_state.json"):
        path.unlink()
    labels = data / PRESSES / "Labels" / "error_knees.json"
    labels.write_text(json.dumps(dict.fromkeys(json.loads(labels.read_text()), [[0.5, 1.5]])))
    error = run("train", *training_of("probe", data, folder, models="all", num_train_epochs=40)).error
    assert error.startswith(f"error: {folder}/models/all: holds a run on other rows (fingerprint ")
