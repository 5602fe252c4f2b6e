"""One training with `transformers`' Trainer: whole checkpoints, the same rows at the same steps after a stop."""

import copy
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import SequentialSampler
from transformers import ProgressCallback, Trainer, set_seed

from trainer.baselines.arguments import BaselineTrainingArguments
from trainer.baselines.rows import EpochRows
from trainer.checkpoints import WholeCheckpoints, check_checkpoint, last_checkpoint, remove_leftovers
from trainer.failures import TrainingFailure
from trainer.output_folder import RESULTS, is_finished
from trainer.progress import ShortLog
from trainer.run_record import ROWS, check_same_rows, environment, write_whole
from trainer.stopping import EXIT_CODE, StopOnSigterm


class BaselineTrainer(WholeCheckpoints, Trainer):
    """Takes rows in the order that [`~trainer.baselines.rows.EpochRows`] gives them."""

    def _get_train_sampler(self, train_dataset=None) -> SequentialSampler:
        return SequentialSampler(self.train_dataset)

    def training_step(self, *args, **kwargs) -> torch.Tensor:
        """As in `transformers`, but a loss that is no number ends the training: nothing is saved of it."""
        loss = super().training_step(*args, **kwargs)
        if not loss.isfinite():
            raise TrainingFailure(
                f"the loss is {loss.item()} at step {self.state.global_step + 1}. Give a lower learning_rate, or bf16 "
                "false (torch's 3D convolutions in bfloat16 lose gradients on some processors)."
            )
        return loss


def train_model(
    model: nn.Module,
    make: Callable[[int, int], dict],
    num_rows: int,
    training_args: BaselineTrainingArguments,
    folder: Path,
    facts: dict,
    fingerprint: str,
) -> None:
    """
    Train from the last checkpoint or the start, and leave the model in a folder; a finished one is left alone.

    Args:
        model (`nn.Module`):
            Its `forward` gives `loss`.
        make (`Callable[[int, int], dict]`):
            The row of an index for an epoch.
        num_rows (`int`):
            Rows of an epoch.
        training_args (`BaselineTrainingArguments`):
            `num_train_epochs` or `max_steps` say how long.
        folder (`Path`):
            Where checkpoints and the model go.
        facts (`dict`):
            What else `train_results.json` says.
        fingerprint (`str`):
            Another one for other rows.

    Raises:
        ValueError: If there is no row, a checkpoint is damaged, or it is of a training on other rows or with more or
            fewer of them in a step.
        SystemExit: With 143 after a SIGTERM, when a checkpoint has been saved.
    """
    if is_finished(folder):
        return
    if not num_rows:
        raise ValueError(f"{folder.name}: no clips to learn from. Give data that has them.")
    args = copy.copy(training_args)
    args.output_dir = str(folder)
    rows_a_step = args.per_device_train_batch_size * args.gradient_accumulation_steps * args.world_size
    learnt = {"dataset_fingerprint": fingerprint, "rows_a_step": rows_a_step}
    check_same_rows(learnt, folder)
    num_epochs = math.ceil(args.max_steps * rows_a_step / num_rows if args.max_steps > 0 else args.num_train_epochs)
    args.num_train_epochs, args.remove_unused_columns = 1, False
    trainer = make_trainer(model, args, EpochRows(make, num_rows, max(num_epochs, 1), args.seed))
    stop = StopOnSigterm(trainer.accelerator)
    trainer.add_callback(stop)
    if trainer.is_world_process_zero():
        say_size(model, f"{folder}: {num_rows} rows, {num_epochs} epochs")
        remove_leftovers(folder)
        write_whole(folder / ROWS, json.dumps(learnt, indent=2) + "\n")
    checkpoint = last_checkpoint(folder) if folder.is_dir() else None
    check_checkpoint(checkpoint)
    result = trainer.train(resume_from_checkpoint=checkpoint)
    if stop.has_stopped:
        if trainer.is_world_process_zero():
            print(f"stopped by SIGTERM at step {trainer.state.global_step}; the same command goes on", flush=True)
        sys.exit(EXIT_CODE)
    leave(trainer, result.metrics | {"num_rows": num_rows, "num_epochs": num_epochs} | facts)


def make_trainer(model: nn.Module, args: BaselineTrainingArguments, rows: EpochRows) -> BaselineTrainer:
    """A trainer with a bar and short lines, its seed set."""
    set_seed(args.seed)
    trainer = BaselineTrainer(model=model, args=args, train_dataset=rows)
    trainer.remove_callback(ProgressCallback)
    if not args.disable_tqdm:
        trainer.add_callback(ShortLog)
    return trainer


def say_size(model: nn.Module, start: str) -> None:
    """One line about a training, with how many numbers it changes."""
    num_learnt = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
    print(f"{start}, {num_learnt:,} parameters", flush=True)


def leave(trainer: BaselineTrainer, facts: dict) -> None:
    """Save the trained model and what is known of its training, and let go of its memory."""
    num_parameters = sum(parameter.numel() for parameter in trainer.model.parameters())
    facts = facts | {"steps": trainer.state.global_step, "num_parameters": num_parameters}
    results = json.dumps(facts, indent=2) + "\n"
    distributed_type = trainer.accelerator.distributed_type.value
    trainer.save_final(
        {RESULTS: results.encode()}, environment(trainer.args, distributed_type, "every process has all of it")
    )
    trainer.accelerator.free_memory()
