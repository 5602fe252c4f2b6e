"""
Train one of the systems that the paper compares with, and answer the test clips.

    python -m trainer.baselines.train --config trainer/baselines/recipes/md.yaml --dataset_name RELEASE
    accelerate launch -m trainer.baselines.train --config … --output_dir OUT

The same command again goes on where it was stopped. OUT holds what `trainer.report` and `model_card` read:
predictions.jsonl with probabilities, references.jsonl, calibration.json, recipe.yaml, and a model a group in models/.
"""

import shutil
import sys
from contextlib import nullcontext
from pathlib import Path

import torch
import yaml
from accelerate import PartialState

from trainer.baselines.answers import settings_of_answers, write_answers, write_calibration
from trainer.baselines.arguments import BaselineArguments, BaselineTrainingArguments, make_parser
from trainer.baselines.image_answers import answer_images
from trainer.baselines.learning import train_groups
from trainer.baselines.reading_split import Asked, read_split
from trainer.baselines.run_folder import MODELS, PRETRAINING
from trainer.clip_check import choose_clips_to_skip
from trainer.failures import TrainingFailure, explained_failures
from trainer.output_folder import locked
from trainer.prediction.calibration import CALIBRATION
from trainer.prediction.inputs import list_data, write_references
from trainer.prediction.output import Output
from trainer.prediction.processes import leave_group, on_first
from trainer.prediction.settings_file import settings_path
from trainer.run_record import RECIPE, check_folders, check_same_run, settings_of, write_whole
from trainer.splits import load_split

PREDICTIONS, REFERENCES = "predictions.jsonl", "references.jsonl"


def main(args: BaselineArguments, training_args: BaselineTrainingArguments) -> None:
    """
    Train, or go on training; then answer validation and test clips.

    Args:
        args (`BaselineArguments`), training_args (`BaselineTrainingArguments`): Settings of the run.

    Raises:
        ValueError, FileNotFoundError: If data and settings do not fit each other, or the folder holds a run with other
            settings.
        SystemExit: With 143 after a SIGTERM, when a checkpoint has been saved.
    """
    output_dir, state = Path(training_args.output_dir), PartialState()
    check_folders(output_dir, training_args.overwrite_output_dir, args.dataset_name)
    check_run_known(output_dir)
    settings = settings_of(args, training_args)
    if not training_args.overwrite_output_dir:
        check_same_run(settings, output_dir)
        if (output_dir / PREDICTIONS).is_file():
            return say_finished(output_dir)
    with explained_failures(str(output_dir)), locked(output_dir) if state.is_main_process else nullcontext():
        skip_clips = choose_clips_to_skip(args.data_arguments())
        check_splits(args, skip_clips)
        if state.is_main_process:
            if training_args.overwrite_output_dir:
                clear(output_dir)
            write_whole(output_dir / RECIPE, yaml.safe_dump(settings, allow_unicode=True))
        state.wait_for_everyone()
        try:
            train_groups(args, training_args, output_dir, skip_clips)
        except (ValueError, OSError):
            if state.is_main_process and not has_models(output_dir):  # or it would refuse the command once mended
                (output_dir / RECIPE).unlink(missing_ok=True)
            raise
        if args.dataset_config != "video":
            return answer_images(args, output_dir)
        if not args.merge_validation:
            fit_decisions(output_dir, Asked(args.dataset_name, "validation", intervals=args.intervals))
        answer_split(output_dir, Asked(args.dataset_name, "test", intervals=args.intervals))


def has_models(output_dir: Path) -> bool:
    """Whether a training has begun here."""
    return any((output_dir / folder).exists() for folder in (MODELS, PRETRAINING))


def check_run_known(output_dir: Path) -> None:
    """Raise a ValueError where models or answers lie of which no recipe says what they are."""
    found = [name for name in (MODELS, PRETRAINING, PREDICTIONS) if (output_dir / name).exists()]
    if found and not (output_dir / RECIPE).is_file():
        raise ValueError(f"{output_dir}: holds {', '.join(found)}, no {RECIPE} says of what. Give another folder.")


def say_finished(output_dir: Path) -> None:
    """On the first process."""
    on_first(lambda: print(f"{output_dir}: finished. Give another folder to start anew."))


def check_splits(args: BaselineArguments, skip_clips: list[str] | None) -> None:
    """
    Refuse data that lacks what is asked for after the training.

    Args:
        args (`BaselineArguments`): Of the run.
        skip_clips (`list[str]`, *optional*): As for [`~trainer.splits.load_split`].

    Raises:
        ValueError: If there is nothing to answer, or to fit thresholds on.
    """
    needed = {"test": "which is answered at the end. Give data that has them."}
    if not args.merge_validation:
        needed["validation"] = "which thresholds are fitted on. Give merge_validation true, and they stay at 0.5."
    for split, why in needed.items():
        if not len(load_split(args.data_arguments(), split, skip_clips)):
            raise ValueError(f"{args.dataset_name}: no rows in the split {split} of {args.dataset_config}, {why}")


def clear(output_dir: Path) -> None:
    """Remove what runs wrote here, and nothing else. Without a run's recipe in it nothing is removed."""
    if not (output_dir / RECIPE).is_file():
        return
    for folder in (MODELS, PRETRAINING):
        shutil.rmtree(output_dir / folder, ignore_errors=True)
    predictions = output_dir / PREDICTIONS
    for path in (predictions, settings_path(predictions), output_dir / REFERENCES, output_dir / CALIBRATION):
        path.unlink(missing_ok=True)
    (output_dir / RECIPE).unlink()


def fit_decisions(output_dir: Path, asked: Asked) -> None:
    """
    Thresholds, probabilities and intervals from validation clips, unless that has been done.

    Args:
        output_dir (`Path`): Of the run, its models trained.
        asked ([`Asked`]): Which clips.
    """
    if (output_dir / CALIBRATION).is_file():
        return
    inputs = list_data(asked.data, asked.split, asked.limit)
    readings = read_split(output_dir, asked, inputs)
    settings = settings_of_answers(output_dir, asked, inputs)
    on_first(lambda: write_calibration(output_dir, readings, inputs, settings))


def answer_split(output_dir: Path, asked: Asked) -> None:
    """
    Predictions and references in the run's folder, unless they are there.

    Args:
        output_dir (`Path`): Of the run, its models trained.
        asked ([`Asked`]): Which clips.
    """
    output = Output(output_dir / PREDICTIONS)
    if output.path.is_file():
        return say_finished(output_dir)
    inputs = list_data(asked.data, asked.split, asked.limit)
    readings = read_split(output_dir, asked, inputs)
    settings = settings_of_answers(output_dir, asked, inputs)
    on_first(lambda: write_references(output_dir / REFERENCES, inputs))
    on_first(lambda: write_answers(output_dir, readings, output, settings, overwrite=True))
    on_first(lambda: print(f"written: {output.path} ({len(readings)} clips)"))


if __name__ == "__main__":
    try:
        parsed = make_parser().parse_args_and_config()
        main(*parsed)
        leave_group()
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on from the last checkpoint")
    except TrainingFailure as error:
        sys.exit(f"error: {error}")
    except (ValueError, OSError, ImportError, yaml.YAMLError) as error:  # met by every process alike, said by one
        message = " ".join(str(error).split()) if isinstance(error, yaml.YAMLError) else str(error).strip()
        state = PartialState(cpu=not torch.accelerator.is_available())
        sys.exit(f"error: {message}" if state.is_main_process else 1)
