"""SIGTERM saves and ends; on *synthetic* clips."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file

REPOSITORY = Path(__file__).parents[2]


def start(recipe, release, output_dir) -> subprocess.Popen:
    command = [sys.executable, "-m", "trainer.sft", "--config", recipe, "--dataset_name", release]
    command = [str(part) for part in (*command, "--output_dir", output_dir, "--seed", 3)]
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def test_sigterm_saves_a_checkpoint_and_the_same_command_goes_on(make_recipe, release, fine_tune, tmp_path):
    settings = {"max_steps": 60, "logging_steps": 1, "save_steps": 1000, "bf16": False, "dataloader_num_workers": 0}
    recipe, output_dir = make_recipe(**settings, disable_tqdm=True), tmp_path / "stopped"
    process = start(recipe, release, output_dir)
    while "'epoch': '0.5'" not in process.stdout.readline():  # step 4 of 8 in the first epoch
        assert process.poll() is None
    os.kill(process.pid, signal.SIGTERM)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 143, output
    (checkpoint,) = output_dir.glob("checkpoint-*")
    step = json.loads((checkpoint / "trainer_state.json").read_text())["global_step"]
    assert 4 <= step < 60
    assert f"stopped by SIGTERM after step {step} of 60, saved; the same command goes on from here" in output
    assert not (output_dir / "model.safetensors").exists()

    process = start(recipe, release, output_dir)
    output = process.communicate(timeout=240)[0]
    assert process.returncode == 0, output
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    fine_tune(recipe, release, tmp_path / "whole")
    torch.set_num_threads(num_threads)
    stopped, whole = (load_file(folder / "model.safetensors") for folder in (output_dir, tmp_path / "whole"))
    assert all(torch.equal(stopped[name], whole[name]) for name in whole)


TWO_PROCESSES = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]


def test_a_launcher_passes_sigterm_on_and_the_checkpoint_is_whole(make_recipe, release, tmp_path):
    settings = {"max_steps": 2000, "logging_steps": 1, "save_steps": 2000, "bf16": False, "disable_tqdm": True}
    recipe, output_dir = make_recipe(**settings, dataloader_num_workers=2), tmp_path / "stopped"
    command = [sys.executable, *TWO_PROCESSES, "--main_process_port", "0", "-m", "trainer.sft", "--config", recipe]
    command = [str(part) for part in (*command, "--dataset_name", release, "--output_dir", output_dir)]
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while "'loss'" not in process.stdout.readline():
        assert process.poll() is None
    os.kill(process.pid, signal.SIGTERM)
    output = process.communicate(timeout=120)[0]
    assert process.returncode == 1  # the launcher's own
    assert "stopped by SIGTERM after step" in output and "a worker of the data loader died" not in output
    (checkpoint,) = output_dir.glob("checkpoint-*")
    assert {"model.safetensors", "optimizer.pt", "rng_state_0.pth", "rng_state_1.pth", "trainer_state.json"} <= {
        path.name for path in checkpoint.iterdir()
    }


def test_sigterm_before_the_first_step_just_ends(make_recipe, release, tmp_path):
    process = start(make_recipe(), release, tmp_path / "out")
    time.sleep(1.0)
    os.kill(process.pid, signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode in (-signal.SIGTERM, 143)
    assert not list((tmp_path / "out").glob("checkpoint-*"))
