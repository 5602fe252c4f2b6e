"""
Answers of a trained baseline for the clips of a split, in the rows of `trainer.predict`.

    python -m trainer.baselines.predict --model RUN --data RELEASE --split test --output predictions.jsonl
    accelerate launch --num_processes 4 -m trainer.baselines.predict --model RUN --data RELEASE --output FILE

RUN is the folder of a run of `trainer.baselines.train` or `trainer.baselines.combine`.
"""

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

import torch
from accelerate import PartialState

from trainer.baselines.answers import settings_of_answers, write_answers
from trainer.baselines.reading_split import Asked, read_split
from trainer.baselines.run_folder import MEAN, RUNS, read_clip_recipe, read_decisions
from trainer.prediction.inputs import list_data, write_references
from trainer.prediction.output import Output, locked
from trainer.prediction.processes import leave_group, on_each, on_first

CONTROLS = ("none", "blank", "shuffled")


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer.baselines.predict",
        description=__doc__.strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", required=True, type=Path, help="folder of the run")
    parser.add_argument(
        "--data", required=True, help="raw release, folder that `prepare` made, or data set on the Hub"
    )
    parser.add_argument(
        "--split", choices=("train", "validation", "test"), default="test", help="of the data (default test)"
    )
    parser.add_argument("--limit", type=int, help="only the first clips, for trying out")
    parser.add_argument(
        "--control",
        choices=CONTROLS,
        default="none",
        help="blank: grey frames, or all joints in one place. shuffled: frames in random order (default none)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the random order (default 0)")
    parser.add_argument("--no_intervals", action="store_true", help="name errors without saying when")
    parser.add_argument("--no_calibration", action="store_true", help="the models' own probabilities, thresholds 0.5")
    parser.add_argument("--batch_size", type=int, default=8, help="clips read together (default 8)")
    parser.add_argument("--output", required=True, type=Path, help="JSON lines to write, X.jsonl, and X.settings.json")
    parser.add_argument("--references", type=Path, help="also write the experts' intervals, as JSON lines")
    parser.add_argument("--overwrite", action="store_true", help="start anew and remove what is there")
    return parser


def predict(options: argparse.Namespace) -> None:
    """
    Answer the clips, unless they are answered.

    Args:
        options (`argparse.Namespace`): From [`make_parser`].

    Raises:
        ValueError, FileNotFoundError: If run, data or what is there already do not fit each other.
    """
    for name, least in (("limit", 1), ("batch_size", 1), ("seed", 0)):
        value = getattr(options, name)
        if value is not None and value < least:
            raise ValueError(f"--{name}: a whole number from {least} up is needed, got {value}.")
    state, output = PartialState(), Output(options.output)
    asked = Asked(
        options.data,
        options.split,
        options.limit,
        options.control,
        options.seed,
        options.batch_size,
        has_intervals(options.model) and not options.no_intervals,
    )
    with locked(options.output) if state.is_main_process else nullcontext():
        inputs = on_each(lambda: list_data(asked.data, asked.split, asked.limit))
        settings = on_first(
            lambda: settings_of_answers(options.model, asked, inputs, use_calibration=not options.no_calibration)
        )
        on_first(lambda: read_decisions(options.model, asked.intervals, not options.no_calibration))  # damaged?
        if on_first(lambda: not options.overwrite and output.is_finished(settings)):
            said = f"{output.path}: finished already. Give --overwrite to start anew."
        else:
            readings = on_each(lambda: read_split(options.model, asked, inputs))
            on_first(lambda: write_answers(options.model, readings, output, settings, options.overwrite))
            said = f"written: {output.path} ({len(readings)} clips)"
        on_first(lambda: write_references(options.references, inputs))
        on_first(lambda: print(said))


def has_intervals(folder: Path) -> bool:
    """Whether a run was told to say when errors happen."""
    recipe = read_clip_recipe(folder)
    if recipe["system"] == MEAN:
        return all(has_intervals(Path(run)) for run in recipe[RUNS])
    return recipe["intervals"]


def main(arguments: list[str] | None = None) -> None:
    """Command line: `error: …` and exit code 1 for what a user can mend."""
    options = make_parser().parse_args(arguments)
    PartialState(cpu=not torch.accelerator.is_available())  # without saying so, processes without a GPU would not meet
    try:
        predict(options)
        leave_group()
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}" if PartialState().is_main_process else 1)
    except KeyboardInterrupt:
        print(f"\nstopped; nothing of {options.output} was written", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
