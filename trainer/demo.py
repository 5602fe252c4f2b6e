"""
The whole job on a simulated release, one command after the other; `make demo` calls it.

    python -m trainer.demo [--seed 0]

Each step is a command of its own and is printed before it runs. A step that is done is not done again: an interrupted
demo goes on, a finished one prints its table. Another seed, or a changed recipe or base, starts anew.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

RECIPE = Path("trainer/recipes/demo.yaml")
ACCELERATE = Path("trainer/accelerate/cpu.yaml")
BASE = Path("trainer/demo_base/checkpoint")
NUM_CLIPS = 1000


def steps(run: Path, seed: int) -> list[tuple[str, Path, list[str]]]:
    """
    The demo's steps.

    Args:
        run (`pathlib.Path`): Folder of the run.
        seed (`int`): Seed of release and training.

    Returns:
        `list[tuple[str, Path, list[str]]]`: What it is, the file or folder that is there when it is done, the command.
    """
    release, model = run / "release", run / "model"
    recipe = yaml.safe_load(RECIPE.read_text())
    # One interval an error: the paper's answers name one, and two merged into a long one would be hit by any constant.
    synthesize = ["-m", "fitness_aqa_dataset", "synthesize", "--second-interval-rate", 0]
    predict = ["-m", "trainer.predict", "--data", release, "--split", "test"]
    as_trained = [part for name in ("num_frames", "style", "decimals") for part in (f"--{name}", recipe[name])]
    # --quiet: a wrong input ends with the one line of trainer.sft, not with the launcher's own traceback.
    launch = ["-m", "accelerate.commands.launch", "--quiet", "--config_file", ACCELERATE]
    launch += ["--num_cpu_threads_per_process", os.cpu_count()]
    train = ["-m", "trainer.sft", "--config", RECIPE, "--dataset_name", release, "--output_dir", model, "--seed", seed]
    before, after, references = run / "predictions_before.jsonl", run / "predictions.jsonl", run / "references.jsonl"
    report = run / "report"
    blank = run / "controls" / "predictions.blank.jsonl"  # made for the report
    pairs = [f"before={before}", f"after={after}", f"blank={blank}"]
    commands = [
        (
            "draw a simulated release",
            release,
            [*synthesize, release, "--clips", NUM_CLIPS, "--seed", seed],
        ),
        ("answers of the base", before, [*predict, "--model", BASE, *as_trained, "--output", before]),
        ("fine-tune", model / "trainer_state.json", [*launch, *train]),
        (
            "probabilities and thresholds from the validation clips",
            model / "calibration.json",
            ["-m", "trainer.calibrate", "--model", model, "--data", release],
        ),
        (
            "answers of the fine-tuned model",
            after,
            [*predict, "--model", model, "--output", after, "--references", references],
        ),
        ("report, with controls", report / "index.html", ["-m", "trainer.report", run, "--out", report]),
        ("score", run / "scores.json", ["-m", "trainer.score", references, *pairs, "--output", run / "scores.json"]),
        ("card and pictures", run / "README.md", ["-m", "model_card", run]),
    ]
    return [(title, done, [sys.executable, *map(str, command)]) for title, done, command in commands]


def start_run(run: Path, seed: int) -> None:
    """
    Make the run's folder; clear one that was made with another seed, recipe or base.

    Args:
        run (`pathlib.Path`): Folder of the run.
        seed (`int`): Seed of release and training.

    Raises:
        FileNotFoundError: If recipe or base are not there.
        ValueError: If the folder holds something else than a run.
    """
    made_from = {"seed": seed, "num_clips": NUM_CLIPS}
    for path in (RECIPE, BASE / "model.safetensors"):
        if not path.exists():
            raise FileNotFoundError(f"{path}: not found; start the demo in the root of the repository")
        made_from[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    record = run / "demo.json"
    if record.exists():
        if json.loads(record.read_text()) == made_from:
            return
        print(f"{run}: made with another seed, recipe or base; starting anew")
        # The record stays to the last: without it a half cleared folder would not be known as a run's.
        for path in run.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path != record:
                path.unlink()
    elif run.exists() and any(run.iterdir()):
        raise ValueError(f"{run}: holds other files than a run of the demo; empty it or name another folder by --run")
    run.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(made_from, indent=2))


def main(arguments: list[str] | None = None) -> None:
    """Run the steps that are missing, then print the table and where to look."""
    parser = argparse.ArgumentParser(prog="python -m trainer.demo", description=__doc__.strip().splitlines()[0])
    parser.add_argument("--seed", type=int, default=0, help="seed of release and training (default 0)")
    parser.add_argument("--run", type=Path, default=Path("runs/demo"), help="folder of the run (default runs/demo)")
    options = parser.parse_args(arguments)
    if options.seed < 0:
        sys.exit(f"error: --seed: a whole number from 0 up is needed, got {options.seed}")
    try:
        start_run(options.run, options.seed)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    started = time.monotonic()
    todo = steps(options.run, options.seed)
    for number, (title, done, command) in enumerate(todo, start=1):
        if done.exists():
            continue
        print(f"\n[{number}/{len(todo)}] {title}\n  python {' '.join(command[1:])}", flush=True)
        code = subprocess.run(command).returncode
        if code != 0:
            sys.exit(f"error: step {number} ({title}) ended with exit code {code}; `make demo` goes on from here")
    from model_card.table import print_table  # after the steps: a finished demo needs nothing else

    print()
    print_table(json.loads((options.run / "scores.json").read_text()))
    print(f"\nLook at {options.run}/report/index.html, {options.run}/README.md and {options.run}/predictions.jsonl")
    print(f"({time.monotonic() - started:.0f} s)")


if __name__ == "__main__":
    main()
