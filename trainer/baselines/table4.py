"""
The whole Table 4 on simulated releases, one command after the other; `make table4` calls it.

    python -m trainer.baselines.table4 [--seeds 0 1 2] [--run runs/table4] [--output docs/table4_synthetic.md]

For each seed a release is drawn, every system is trained on it, and the tiny LLaVA-Video of the demo is fine-tuned on
it. Each step is a command of its own and is printed before it runs; a step that is done is not done again.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import yaml

from metrics.files import write_files
from trainer import demo

RECIPES = Path("trainer/baselines/recipes/small")
# Names of runs, their recipes, and what else they are told.
TRAINED = (
    ("probe", "probe", []),
    ("probe_all", "probe", ["--models", "all"]),
    ("gymetricpose", "gymetricpose", []),
    ("cvcspc", "cvcspc", []),
    ("md", "md", []),
)
# The same without self-supervision and with as many frames seen: their epochs more stand for the other's 50 unlabelled
# clips an exercise (CVCSPC 6 epochs x 16 triplets x 3 frames, MD 4 x 48), of 350 x 8 labelled frames an epoch.
UNAIDED = (
    ("cvcspc_random", "cvcspc", ["--self_supervised", "false", "--num_train_epochs", "19"]),
    ("md_random", "md", ["--self_supervised", "false", "--num_train_epochs", "19"]),
)
MEAN, FINE_TUNED = "md_cvcspc", "llava_video"
PREDICTIONS = "predictions.jsonl"
Step = tuple[str, Path, list[str]]


def steps(run: Path, seed: int, with_unaided: bool = True) -> list[Step]:
    """
    The steps of one seed, without the fine-tuned model.

    Args:
        run (`Path`): Folder of this seed.
        seed (`int`): Of release and trainings.
        with_unaided (`bool`, *optional*, defaults to `True`): Whether runs without self-supervision are among them.

    Returns:
        `list[Step]`: What it is, the file or folder that is there when it is done, the command.
    """
    draw, *_ = demo.steps(run / FINE_TUNED, seed)
    release = draw[1]
    train = [sys.executable, "-m", "trainer.baselines.train", "--dataset_name", str(release), "--seed", str(seed)]
    trained = [
        (
            f"train {name}",
            run / name / PREDICTIONS,
            [*train, "--config", str(RECIPES / f"{recipe}.yaml"), "--output_dir", str(run / name), *more],
        )
        for name, recipe, more in TRAINED + UNAIDED * with_unaided
    ]
    combine = [sys.executable, "-m", "trainer.baselines.combine", str(run / "md"), str(run / "cvcspc")]
    mean = ("mean of md and cvcspc", run / MEAN / PREDICTIONS, [*combine, "--output_dir", str(run / MEAN)])
    return [draw, *trained, mean]


def fine_tuning_steps(run: Path, seed: int) -> list[Step]:
    """The demo's steps on the same release that lead to answers; arguments of [`steps`]."""
    folder = run / FINE_TUNED
    needed = (folder / "model" / "trainer_state.json", folder / "model" / "calibration.json", folder / PREDICTIONS)
    return [step for step in demo.steps(folder, seed) if step[1] in needed]


def check_recipes(run: Path) -> None:
    """
    Note which recipes the runs of a seed are made from.

    Args:
        run (`Path`): Folder of this seed.

    Raises:
        ValueError: If a run lies there that was made from another recipe: its row would be another system's.
    """
    record = run / "recipes.json"
    noted = json.loads(record.read_text()) if record.exists() else {}
    of_runs = {
        name: yaml.safe_load((RECIPES / f"{recipe}.yaml").read_text()) | {"more": more}
        for name, recipe, more in TRAINED + UNAIDED
    }
    changed = [name for name in of_runs if (run / name).exists() and noted.get(name) != of_runs[name]]
    if changed:
        folders = ", ".join(str(run / name) for name in changed)
        raise ValueError(
            f"{folders}: not made from the recipes of now. Remove this and {run / MEAN}, or give another --run."
        )
    if noted != of_runs:
        write_files(run, {record.name: (json.dumps(of_runs, indent=2) + "\n").encode()})


def do(todo: list[Step], name: str) -> None:
    """
    Run the steps that are missing.

    Args:
        todo (`list[Step]`): In their order.
        name (`str`): What they are part of.

    Raises:
        ValueError: If one fails.
    """
    for number, (title, done, command) in enumerate(todo, start=1):
        if done.exists():
            continue
        print(f"\n[{name}, {number}/{len(todo)}] {title}\n  python {' '.join(command[1:])}", flush=True)
        started = time.monotonic()
        if code := subprocess.run(command).returncode:
            raise ValueError(f"{name}, step {number} ({title}) ended with exit code {code}; the same command goes on.")
        print(f"({time.monotonic() - started:.0f} s)", flush=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the steps of every seed, then write the table."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer.baselines.table4", description="Table 4 on simulated releases."
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2], help="of releases and trainings (0 1 2)")
    parser.add_argument(
        "--fine_tuned_seeds", type=int, nargs="*", help="seeds with a fine-tuned LLaVA-Video too (by default all)"
    )
    parser.add_argument(
        "--unaided_seeds", type=int, nargs="*", help="seeds with runs without self-supervision too (by default all)"
    )
    parser.add_argument("--run", type=Path, default=Path("runs/table4"), help="folder of all runs")
    parser.add_argument(
        "--output", type=Path, default=Path("docs/table4_synthetic.md"), help="file to write, and a picture"
    )
    options = parser.parse_args(arguments)
    try:
        if min(options.seeds) < 0 or len(set(options.seeds)) < len(options.seeds):
            raise ValueError(f"--seeds: different whole numbers from 0 up are needed, got {options.seeds}.")
        unaided, fine_tuned = (_some_of(options, name) for name in ("unaided_seeds", "fine_tuned_seeds"))
        for seed in options.seeds:
            run = options.run / f"seed_{seed}"
            demo.start_run(run / FINE_TUNED, seed)
            check_recipes(run)
            do(steps(run, seed, seed in unaided), f"seed {seed}")
        for seed in fine_tuned:
            do(fine_tuning_steps(options.run / f"seed_{seed}", seed), f"seed {seed}, fine-tuning")
        from trainer.baselines.table4_document import make_document  # after the steps: it loads libraries for seconds

        picture = options.output.with_suffix(".png").name
        document, png = make_document(options.run, options.seeds, picture)
        write_files(options.output.parent, {picture: png, options.output.name: document.encode()})
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("\nstopped; the same command goes on")
    print(f"written: {options.output}")


def _some_of(options: argparse.Namespace, name: str) -> list[int]:
    """Seeds that an option names, by default all of them."""
    named = getattr(options, name)
    if named is not None and not set(named) <= set(options.seeds):
        raise ValueError(f"--{name}: expected some of the seeds {options.seeds}, got {named}.")
    return options.seeds if named is None else named


if __name__ == "__main__":
    main()
