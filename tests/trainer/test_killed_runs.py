"""A run that is killed goes on as if nothing had happened; every run here is on *synthetic* clips."""

import json

import pytest
import torch
from safetensors.torch import load_file


@pytest.mark.parametrize("seed", [0])
def test_ten_kills_at_random_moments_change_nothing(make_recipe, release, python, tmp_path, seed):
    recipe = make_recipe(
        max_steps=50,
        logging_steps=1,
        save_steps=1,
        save_total_limit=2,
        vary_by_epoch=["wording", "augmentation"],
        style="sentence",
        bf16=False,
    )
    ended = python("-m", "tests.trainer.killed_runs", recipe, release, tmp_path, 10, seed, timeout=400)
    assert ended.returncode == 0, ended.stderr[-2000:]
    facts = json.loads(ended.stdout.splitlines()[-1])
    assert facts["kills"] == 10
    assert facts["while_saving"] >= 2
    assert facts["incomplete"] == []
    whole, killed = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "killed"))
    assert whole.keys() == killed.keys()
    assert all(torch.equal(whole[name], killed[name]) for name in whole)  # bit for bit
    logs = [
        json.loads((tmp_path / name / "trainer_state.json").read_text())["log_history"] for name in ("whole", "killed")
    ]
    losses = [[entry["loss"] for entry in log if "loss" in entry] for log in logs]
    assert losses[0] == losses[1] and len(losses[0]) == 50
    assert not (tmp_path / "killed" / ".saving").exists()
