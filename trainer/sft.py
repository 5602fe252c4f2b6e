"""
Fine-tune a video-language model on Fitness-AQA conversations with TRL's SFTTrainer.

    accelerate launch -m trainer.sft --config trainer/recipes/demo.yaml --dataset_name RELEASE --output_dir OUT

The same command again goes on from the last checkpoint in OUT. The final model lies in OUT itself.
"""

import copy
import json
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import yaml
from accelerate import PartialState
from transformers import TrainerCallback, TrainerState, set_seed
from trl import ModelConfig

from trainer.arguments import DataArguments, TrainingArguments, make_parser
from trainer.build import build_trainer, load_model
from trainer.checkpoints import FINISHED, SAVING, check_checkpoint, finish, last_checkpoint, remove_leftovers
from trainer.clip_check import choose_clips_to_skip
from trainer.curves import draw_curves
from trainer.failures import TrainingFailure, explained_failures
from trainer.help import print_help
from trainer.optimizer import parameter_table
from trainer.output_folder import FIRST_STEP, RESULTS, clear, is_finished, locked
from trainer.prediction.processes import leave_group
from trainer.rows import fingerprint_rows
from trainer.run_record import (
    CONFIGURATION,
    RECIPE,
    ROWS,
    check_folders,
    check_same_rows,
    check_same_run,
    environment,
    settings_of,
    write_whole,
)
from trainer.sft_trainer import VideoSFTTrainer
from trainer.sharding import describe_sharding
from trainer.splits import is_synthetic_data
from trainer.stopping import EXIT_CODE, StopOnSigterm


def main(data_args: DataArguments, training_args: TrainingArguments, model_args: ModelConfig) -> None:
    """
    Train, or go on training; leave model, processor, curves, results and configuration in `output_dir`.

    Args:
        data_args (`DataArguments`), training_args (`TrainingArguments`), model_args (`ModelConfig`):
            Settings of the run.

    Raises:
        ValueError, FileNotFoundError: If data, model or settings do not fit each other, or the folder holds a run
            with other settings.
        TrainingFailure: If the disk is full, memory is short or a worker died.
        SystemExit: With 143 after a SIGTERM, when a checkpoint has been saved.
    """
    output_dir = Path(training_args.output_dir)
    overwrite = training_args.overwrite_output_dir
    check_folders(output_dir, overwrite, model_args.model_name_or_path, data_args.dataset_name)
    settings = settings_of(data_args, training_args, model_args)
    state = PartialState()
    if not overwrite:
        check_same_run(settings, output_dir)
        if is_finished(output_dir):
            if state.is_main_process:
                print(f"{output_dir}: this run is finished. Give --overwrite_output_dir to start anew.")
            return

    def begin() -> None:
        """Once model and data are known to be right: a mistyped name costs no earlier run, and none of its own."""
        if state.is_main_process:
            if overwrite:
                clear(output_dir)
            remove_leftovers(output_dir)
            write_whole(output_dir / RECIPE, yaml.safe_dump(settings, allow_unicode=True))
        state.wait_for_everyone()

    with explained_failures(training_args.output_dir), locked(output_dir) if state.is_main_process else nullcontext():
        if not training_args.train:
            return write_untrained(training_args, model_args, settings, begin)
        skip_clips = choose_clips_to_skip(data_args)
        if data_args.balancing != "two_step":
            return train_phase(data_args, training_args, model_args, settings, 0, skip_clips, begin)
        first_dir = output_dir / FIRST_STEP
        if overwrite or not is_finished(first_dir):
            first_args = copy.copy(training_args)
            first_args.output_dir = str(first_dir)
            train_phase(data_args, first_args, model_args, settings, 0, skip_clips, begin)
        model_args = copy.copy(model_args)
        model_args.model_name_or_path = str(first_dir)
        training_args.model_settings = None  # the first step's model has them
        train_phase(data_args, training_args, model_args, settings, 1, skip_clips, lambda: None)


def train_phase(
    data_args: DataArguments,
    training_args: TrainingArguments,
    model_args: ModelConfig,
    settings: dict,
    phase: int,
    skip_clips: list[str] | None,
    begin: Callable[[], None],
) -> None:
    """One training, from its last checkpoint or the start to its final model; see [`main`]."""
    set_seed(training_args.seed)
    output_dir = Path(training_args.output_dir)
    trainer = build_trainer(data_args, training_args, model_args, phase, skip_clips)
    begin()
    rows = {
        "dataset_fingerprint": fingerprint_rows(trainer.train_dataset.select(range(trainer.num_rows))),
        "rows_a_step": trainer.get_total_train_batch_size(training_args),
    }
    check_same_rows(rows, output_dir)
    if trainer.is_world_process_zero():
        write_whole(output_dir / ROWS, json.dumps(rows, indent=2) + "\n")
    checkpoint = last_checkpoint(output_dir)
    if not (trainer.is_fsdp_enabled or trainer.is_deepspeed_enabled):
        check_checkpoint(checkpoint)
    stop, found = StopOnSigterm(trainer.accelerator), _SayWhatRuns(trainer)
    trainer.add_callback(stop)
    trainer.add_callback(found)
    result = trainer.train(resume_from_checkpoint=checkpoint)
    if stop.has_stopped:
        if trainer.is_world_process_zero():
            step = f"step {trainer.state.global_step} of {trainer.state.max_steps}"
            print(f"stopped by SIGTERM after {step}, saved; the same command goes on from here", flush=True)
        sys.exit(EXIT_CODE)
    if not trainer.state.global_step:
        raise ValueError(
            "no step was taken: num_train_epochs, max_steps or dataloader_drop_last leave none. Change them, or give "
            "--train false to write the model as it is."
        )
    save(trainer, result.metrics, settings, found.sharding, rows, skip_clips)
    trainer.accelerator.free_memory()


def save(
    trainer: VideoSFTTrainer,
    metrics: dict,
    settings: dict,
    sharding: str,
    rows: dict,
    skip_clips: list[str] | None,
) -> None:
    """Write the final model with everything that says what it was made from."""
    distributed_type = trainer.accelerator.distributed_type.value
    facts = environment(trainer.args, distributed_type, sharding)
    facts |= {"num_rows": trainer.num_rows, **rows}
    results = metrics | {
        "steps": trainer.state.global_step,
        "num_rows": trainer.num_rows,
        "synthetic": is_synthetic_data(settings["dataset_name"]),
        "skipped_clips": skip_clips or [],
        "num_rows_skipped_while_training": trainer.num_skipped,
        "distributed_type": distributed_type,
        "sharding": sharding,
    }
    configuration = settings | {name: facts[name] for name in ("distributed_type", "num_processes", "num_rows")}
    folder, data = Path(trainer.args.output_dir).resolve().name, settings["dataset_name"]
    synthetic = " (synthetic clips)" if results["synthetic"] else ""
    title = f"{folder}: {trainer.state.global_step} steps on {Path(data).name}{synthetic}, {facts['device']}"
    trainer.save_final(
        {
            CONFIGURATION: yaml.safe_dump(configuration, allow_unicode=True).encode(),
            RESULTS: json.dumps(results, indent=2).encode(),
            "curves.png": draw_curves(trainer.state.log_history, title),
        },
        facts,
    )


def write_untrained(
    training_args: TrainingArguments, model_args: ModelConfig, settings: dict, begin: Callable[[], None]
) -> None:
    """`--train false`: the model as it is, in our layout and with the settings asked for."""
    if not PartialState().is_main_process:
        return begin()
    model, processor = load_model(training_args, model_args)
    begin()
    output_dir = Path(training_args.output_dir)
    for part in (model, processor):
        part.save_pretrained(output_dir / SAVING)
    TrainerState().save_to_json(str(output_dir / SAVING / FINISHED))
    contents = {
        CONFIGURATION: yaml.safe_dump(settings, allow_unicode=True).encode(),
        RESULTS: json.dumps({"steps": 0}, indent=2).encode(),
    }
    finish(output_dir, contents, environment(training_args, PartialState().distributed_type.value, "not trained"))


class _SayWhatRuns(TrainerCallback):
    """Before the first step: what learns, on how many processes, and how the model was found to be sharded."""

    def __init__(self, trainer: VideoSFTTrainer):
        self.trainer, self.sharding = trainer, ""

    def on_train_begin(self, args, state, control, **kwargs):
        self.sharding = describe_sharding(self.trainer.model_wrapped)
        if state.is_world_process_zero:
            kind = self.trainer.accelerator.distributed_type.value
            print(parameter_table(self.trainer.model, args))
            print(f"{args.world_size} processes, distributed_type {kind}: {self.sharding}")
            print(f"{self.trainer.num_rows} rows, steps {state.global_step} to {state.max_steps}", flush=True)


if __name__ == "__main__":
    try:
        if {"--help", "-h", "--help_all"} & set(sys.argv[1:]):
            print_help(__doc__, everything="--help_all" in sys.argv)
        else:
            main(*make_parser().parse_args_and_config())
            leave_group()
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on from the last checkpoint")
    except TrainingFailure as error:
        sys.exit(f"error: {error}")
    except (ValueError, OSError, ImportError, yaml.YAMLError) as error:  # met by every process alike, said by one
        message = " ".join(str(error).split()) if isinstance(error, yaml.YAMLError) else str(error).strip()
        sys.exit(f"error: {message}" if PartialState().is_main_process else 1)
