"""
Runs of `trainer.sft` that are killed at random moments, and one that is not; used by `test_killed_runs.py`.

    python -m tests.trainer.killed_runs RECIPE RELEASE FOLDER NUM_KILLS SEED

Each run is a process of its own, forked when everything is imported, and dies by SIGKILL. Prints one JSON object.
"""

import json
import multiprocessing
import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from trainer.arguments import make_parser
from trainer.sft import main

NEEDED = {"model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth", "trainer_state.json", "config.json"}


def train(recipe: str, release: str, output_dir: Path) -> None:
    torch.set_num_threads(1)
    sys.stdout = sys.stderr = open(os.devnull, "w")
    main(
        *make_parser().parse_args_and_config(
            ["--config", recipe, "--dataset_name", release, "--output_dir", str(output_dir)]
        )
    )


def start(recipe: str, release: str, output_dir: Path) -> multiprocessing.Process:
    process = multiprocessing.get_context("fork").Process(target=train, args=(recipe, release, output_dir))
    process.start()
    return process


def incomplete(output_dir: Path) -> list[str]:
    """Checkpoints that lack a file or hold one that cannot be read."""
    bad = []
    for checkpoint in output_dir.glob("checkpoint-*"):
        try:
            json.loads((checkpoint / "trainer_state.json").read_text())
            assert NEEDED <= {path.name for path in checkpoint.iterdir()}
        except (OSError, ValueError, AssertionError):
            bad.append(checkpoint.name)
    return bad


def is_saving(output_dir: Path) -> bool:
    return (output_dir / ".saving").exists() or (output_dir / ".deleting").exists()


def steps_saved(output_dir: Path) -> int:
    return max((int(path.name.partition("-")[2]) for path in output_dir.glob("checkpoint-*")), default=0)


def kill_at_random(recipe: str, release: str, output_dir: Path, num_kills: int) -> dict:
    """
    Each kill comes up to four steps after the last, at any moment in between or while the run is starting; every other
    one waits until the run saves or removes a checkpoint.
    """
    facts = {"kills": 0, "while_saving": 0, "incomplete": [], "steps": []}
    while True:
        process = start(recipe, release, output_dir)
        num_steps = steps_saved(output_dir) + random.randint(0, 4)
        while process.is_alive() and steps_saved(output_dir) < num_steps:
            time.sleep(0.0005)
        time.sleep(random.uniform(0, 0.3))
        while process.is_alive() and facts["kills"] < num_kills:
            if is_saving(output_dir) or facts["kills"] % 2 == 0:
                time.sleep(random.uniform(0, 0.004))
                facts["while_saving"] += is_saving(output_dir)
                os.kill(process.pid, signal.SIGKILL)
                facts["kills"] += 1
                break
            time.sleep(0.0002)
        process.join()
        facts["incomplete"] += incomplete(output_dir)
        facts["steps"].append(steps_saved(output_dir))
        if process.exitcode == 0:
            return facts


if __name__ == "__main__":
    recipe, release, folder, num_kills, seed = sys.argv[1:]
    random.seed(int(seed))
    whole = start(recipe, release, Path(folder) / "whole")
    whole.join()
    assert whole.exitcode == 0, whole.exitcode
    facts = kill_at_random(recipe, release, Path(folder) / "killed", int(num_kills))
    print(json.dumps(facts))
