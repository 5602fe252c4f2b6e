"""
The mean of what several runs say, such as MD+CVCSPC: a run of its own that holds no model.

    python -m trainer.baselines.combine runs/md runs/cvcspc --output_dir runs/md_cvcspc

Thresholds and intervals are fitted anew, to the mean probabilities of the validation clips.
"""

import argparse
import sys
from pathlib import Path

import torch
import yaml
from accelerate import PartialState

from trainer.baselines.reading_split import Asked
from trainer.baselines.run_folder import MEAN, RUNS, read_clip_recipe, read_recipe, state_of_run
from trainer.baselines.train import PREDICTIONS, answer_split, check_run_known, fit_decisions
from trainer.output_folder import locked
from trainer.prediction.calibration import read_calibration
from trainer.prediction.processes import leave_group
from trainer.prediction.settings_file import read_settings
from trainer.run_record import RECIPE, check_folders, write_whole


def combine(runs: list[Path], output_dir: Path) -> None:
    """
    Answer the test clips of the runs' data by the mean of their probabilities.

    Args:
        runs (`list[Path]`): Folders of finished runs, at least two.
        output_dir (`Path`): Folder of the combination; it goes on where it was stopped.

    Raises:
        ValueError, FileNotFoundError: If a run is missing, or they do not fit each other.
    """
    if len({run.resolve() for run in runs}) < 2:
        raise ValueError("give two or more different runs, of which the mean is taken.")
    check_folders(output_dir, False, *map(str, runs))
    check_run_known(output_dir)
    recipes = [read_clip_recipe(run) for run in runs]
    if means := [str(run) for run, recipe in zip(runs, recipes, strict=True) if recipe["system"] == MEAN]:
        raise ValueError(f"{means[0]}: is a mean itself. Give the runs that it is of.")
    for name in ("dataset_name", "num_frames", "models", "merge_validation", "intervals"):
        values = [recipe.get(name) for recipe in recipes]
        if len(set(map(str, values))) > 1 or values[0] is None:
            shown = ", ".join(f"{run} {value}" for run, value in zip(runs, values, strict=True))
            raise ValueError(f"{name} differs: {shown}. A mean is of runs with the same.")
    for run in runs:
        state_of_run(run)  # a FileNotFoundError where a model is missing
    first = recipes[0]
    recipe = {"system": MEAN, RUNS: [str(run) for run in runs], "dataset_name": first["dataset_name"]}
    with locked(output_dir):
        check_same(recipe, output_dir)
        write_whole(output_dir / RECIPE, yaml.safe_dump(recipe))
        check_unchanged(output_dir)
        if not first["merge_validation"]:
            fit_decisions(output_dir, Asked(first["dataset_name"], "validation", intervals=first["intervals"]))
        answer_split(output_dir, Asked(first["dataset_name"], "test", intervals=first["intervals"]))


def check_same(recipe: dict, output_dir: Path) -> None:
    """Raise a ValueError where a folder holds a run of something else."""
    if (output_dir / RECIPE).exists() and read_recipe(output_dir) != recipe:
        raise ValueError(f"{output_dir}: holds a run of something else. Give another --output_dir.")


def check_unchanged(output_dir: Path) -> None:
    """Raise a ValueError where runs were trained again since their mean was fitted or answered."""
    if calibration := read_calibration(output_dir):
        settings = calibration.settings
    elif (output_dir / PREDICTIONS).is_file():
        settings = read_settings(output_dir / PREDICTIONS)
    else:
        return
    if settings.get("model_state") != state_of_run(output_dir):
        raise ValueError(f"{output_dir}: is the mean of runs that have changed since. Give another --output_dir.")


def main(arguments: list[str] | None = None) -> None:
    """Command line: `error: …` and exit code 1 for what a user can mend."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer.baselines.combine",
        description="Answer by the mean probabilities of several runs of trainer.baselines.train.",
    )
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN", help="folders of finished runs")
    parser.add_argument("--output_dir", required=True, type=Path, help="folder of the combination")
    options = parser.parse_args(arguments)
    PartialState(cpu=not torch.accelerator.is_available())  # as in `predict`
    try:
        combine(options.runs, options.output_dir)
        leave_group()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on")


if __name__ == "__main__":
    main()
