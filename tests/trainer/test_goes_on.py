"""Starting, going on, starting anew: what a second command does in a folder that is there."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch
import yaml
from safetensors.torch import load_file

from trainer.output_folder import clear, is_finished
from trainer.run_record import check_same_run

QUICK = {"max_steps": 4, "save_steps": 2, "logging_steps": 2, "bf16": False, "dataloader_num_workers": 0}


@pytest.fixture(scope="module")
def finished(make_recipe, release, fine_tune, tmp_path_factory):
    output_dir = tmp_path_factory.mktemp("finished") / "out"
    fine_tune(make_recipe(**QUICK), release, output_dir)
    return output_dir


def test_a_finished_run_is_left_alone(finished, make_recipe, release, fine_tune, capsys):
    before = {path: path.stat().st_mtime_ns for path in finished.rglob("*")}
    fine_tune(make_recipe(**QUICK), release, finished)
    assert "this run is finished. Give --overwrite_output_dir to start anew." in capsys.readouterr().out
    assert {path: path.stat().st_mtime_ns for path in finished.rglob("*")} == before


def test_other_settings_are_refused_and_nothing_is_lost(finished, make_recipe, release, fine_tune):
    with pytest.raises(
        ValueError, match=r"holds a run with other settings: learning_rate 0\.01 → 0\.02, num_frames 4 → 5"
    ) as error:
        fine_tune(make_recipe(**QUICK, learning_rate=2e-2, num_frames=5), release, finished)
    assert "--overwrite_output_dir to start anew" in str(error.value)
    assert is_finished(finished)


def test_how_a_run_is_watched_and_fed_may_change(finished):
    settings = yaml.safe_load((finished / "recipe.yaml").read_text())
    check_same_run(settings | {"logging_steps": 7, "dataloader_num_workers": 3, "save_total_limit": 9}, finished)


def test_the_recipe_beside_the_weights_starts_the_same_run_again(finished, tmp_path):
    recipe = yaml.safe_load((finished / "recipe.yaml").read_text())
    (tmp_path / "recipe.yaml").write_text(yaml.safe_dump(recipe | {"output_dir": str(tmp_path / "again")}))
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "trainer.sft", "--config", str(tmp_path / "recipe.yaml")]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert yaml.safe_load((tmp_path / "again" / "recipe.yaml").read_text()) == recipe | {
        "output_dir": str(tmp_path / "again")
    }
    one, other = (load_file(folder / "model.safetensors") for folder in (finished, tmp_path / "again"))
    assert max((one[name] - other[name]).abs().max().item() for name in one) < 1e-4  # other numbers of threads


def test_other_rows_than_at_the_start_are_refused(make_recipe, release, fine_tune, tmp_path):
    data = shutil.copytree(release, tmp_path / "release")
    recipe = make_recipe(**QUICK)
    fine_tune(recipe, data, tmp_path / "out")
    (tmp_path / "out" / "trainer_state.json").unlink()  # as if it had been killed before its end
    labels = data / "OHP/Labeled_Dataset/Labels/error_knees.json"
    changed = json.loads(labels.read_text())
    labels.write_text(json.dumps(dict.fromkeys(changed, [[0.5, 1.5]])))
    with pytest.raises(
        ValueError, match=r"out: holds a run on other rows \(fingerprint \w{16}, now \w{16}\): the data set"
    ):
        fine_tune(recipe, data, tmp_path / "out")


def test_a_run_never_writes_where_it_reads(make_recipe, release, tiny_base, fine_tune, tmp_path):
    base = shutil.copytree(tiny_base, tmp_path / "base")
    before = {path.name: path.read_bytes() for path in base.iterdir()}
    with pytest.raises(ValueError, match="output_dir: .*base is what the run reads from. Give another folder"):
        fine_tune(make_recipe(**QUICK, model_name_or_path=str(base), overwrite_output_dir=True), release, base)
    assert {path.name: path.read_bytes() for path in base.iterdir()} == before


def test_an_output_folder_that_is_a_file(make_recipe, release, fine_tune, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ValueError, match="output_dir: .*file/out cannot be a folder, for .*file is a file"):
        fine_tune(make_recipe(**QUICK), release, tmp_path / "file" / "out")
    assert (tmp_path / "file").read_text() == "mine"


def test_overwriting_starts_anew_and_keeps_what_is_not_of_the_run(make_recipe, release, fine_tune, tmp_path):
    fine_tune(make_recipe(**QUICK), release, tmp_path)
    (tmp_path / "predictions.jsonl").write_text("{}\n")
    before = load_file(tmp_path / "model.safetensors")
    fine_tune(make_recipe(**QUICK, learning_rate=2e-2, overwrite_output_dir=True), release, tmp_path)
    after = load_file(tmp_path / "model.safetensors")
    assert any(not torch.equal(before[name], after[name]) for name in before)
    assert (tmp_path / "predictions.jsonl").read_text() == "{}\n"
    assert [entry["step"] for entry in json.loads((tmp_path / "trainer_state.json").read_text())["log_history"]][
        :2
    ] == [2, 4]


def test_a_folder_that_is_no_runs_is_never_cleared(tmp_path):
    (tmp_path / "checkpoint-1").mkdir()
    (tmp_path / "model.safetensors").write_text("mine")
    clear(tmp_path)
    assert (tmp_path / "model.safetensors").read_text() == "mine"
    assert (tmp_path / "checkpoint-1").is_dir()


def test_old_checkpoints_are_removed(make_recipe, release, fine_tune, tmp_path):
    fine_tune(make_recipe(**QUICK | {"max_steps": 6, "save_total_limit": 2}), release, tmp_path)
    assert sorted(path.name for path in tmp_path.glob("checkpoint-*")) == ["checkpoint-4", "checkpoint-6"]
    assert not [path for path in tmp_path.iterdir() if path.name in (".saving", ".deleting")]


def test_a_worker_that_dies_is_said(make_recipe, release, tmp_path):
    recipe = make_recipe(
        **QUICK | {"max_steps": 5000, "logging_steps": 1, "save_steps": 5000, "dataloader_num_workers": 1}
    )
    command = [
        sys.executable,
        "-m",
        "trainer.sft",
        "--config",
        recipe,
        "--dataset_name",
        release,
        "--disable_tqdm",
        "true",
    ]
    command = list(map(str, [*command, "--output_dir", tmp_path / "out"]))
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], **output)
    while "'loss'" not in process.stdout.readline():
        assert process.poll() is None
    while not (workers := psutil.Process(process.pid).children()):  # between two epochs there is none
        assert process.poll() is None
    workers[-1].kill()
    lines = process.communicate(timeout=120)[0].strip().splitlines()
    assert process.returncode == 1
    (line,) = [line for line in lines if line.startswith("error: ")]
    assert "a worker of the data loader died (DataLoader worker (pid" in line
    assert "Lower dataloader_num_workers" in line


FULL_DISK = """
import os, sys
sys.path.insert(0, ".")
import torch
torch.set_num_threads(1)
from trainer.arguments import make_parser
from trainer.failures import TrainingFailure
from trainer.sft import main
try:
    main(*make_parser().parse_args_and_config(sys.argv[1:]))
except TrainingFailure as error:
    print(error)
    sys.exit(1)
"""


def test_a_full_disk_is_said_and_what_was_saved_stays(make_recipe, release, python, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1500k", "tmpfs", str(disk)], capture_output=True)
    if mounted.returncode:
        pytest.skip("a small disk cannot be mounted here; run as root to run this test")
    try:
        recipe = make_recipe(**QUICK | {"max_steps": 8})
        arguments = ["--config", recipe, "--dataset_name", release, "--output_dir", disk / "out", "--seed", 3]
        ended = python("-c", FULL_DISK, *arguments)
        assert ended.returncode == 1, ended.stderr
        last = ended.stdout.strip().splitlines()[-1]
        assert last.startswith(f"{disk}/out: the disk is full (") and "save_total_limit: 1" in last
        assert [path.name for path in (disk / "out").glob("checkpoint-*")] == ["checkpoint-2"]  # the whole one
    finally:
        subprocess.run(["umount", str(disk)], check=True)
