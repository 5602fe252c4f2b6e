"""
Answers for clips: which exercise, which errors, when, and how probable.

    python -m trainer.predict --model MODEL --data RELEASE --split test --output predictions.jsonl
    python -m trainer.predict --model MODEL --videos A.mp4 FOLDER --output predictions.jsonl
    accelerate launch --multi_gpu --num_processes 4 -m trainer.predict --model MODEL --data RELEASE --output FILE

The same command again goes on where it was stopped. A clip that cannot be read is a row with `error`.
"""

import argparse
import os
import sys
import time
from contextlib import ExitStack
from dataclasses import replace

import torch
from accelerate import PartialState
from torch.utils.data import DataLoader
from tqdm import tqdm

from trainer.loading import load_checkpoint
from trainer.prediction.answering import Answerer
from trainer.prediction.batches import Batches
from trainer.prediction.calibration import read_calibration
from trainer.prediction.inputs import Inputs, cut_repetitions, list_data, list_videos, write_references
from trainer.prediction.options import check_options, parse_options
from trainer.prediction.output import Output, locked
from trainer.prediction.processes import gathered, leave_group, on_each, on_first
from trainer.prediction.settings import settings_of

MOST_LISTED = 10
MOST_WORKERS = 4


def predict(options: argparse.Namespace) -> None:
    """
    Answer what is asked for and is not answered yet.

    Args:
        options (`argparse.Namespace`): From [`~trainer.prediction.options.parse_options`].

    Raises:
        ValueError: If options, model, data or what is there already do not fit each other.
    """
    check_options(options)
    state, output = PartialState(), Output(options.output)
    with ExitStack() as stack:
        settings = on_first(lambda: settings_of(options))
        inputs = list_inputs(options)
        settings |= {"input_state": inputs.state, "dtype": str(dtype_of(options, state.device)).removeprefix("torch.")}
        settings["synthetic"] = inputs.is_synthetic
        on_first(lambda: stack.enter_context(locked(options.output)) and None)
        if on_first(lambda: not options.overwrite and output.is_finished(settings)):
            on_first(lambda: write_references(options.references, inputs))
            return say(state, f"{options.output}: finished already. Give --overwrite to start anew.")
        if settings["repetitions"] == "auto":
            inputs = find_all_repetitions(inputs, state)
        answerer = on_each(lambda: load_answerer(options, settings, state))
        ids = [clip.id for clip in inputs.clips]
        done = on_first(lambda: output.begin(settings, ids, options.overwrite))
        # First: where the answers are, the references are too.
        on_first(lambda: write_references(options.references, inputs))
        batches = Batches(inputs.clips, inputs.rows, answerer.processor, settings)
        started = time.monotonic()
        answer_all(batches, answerer, output, done, options.num_workers, state)
        on_first(output.finish)
        if state.is_main_process:
            print_end(output, len(ids) - len(done), time.monotonic() - started)


def list_inputs(options: argparse.Namespace) -> Inputs:
    """What is to be answered."""

    def find() -> Inputs:
        if options.videos:
            return list_videos(options.videos, options.limit)
        return list_data(options.data, options.split or "test", options.limit)

    if PartialState().num_processes > 1:
        on_first(lambda: bool(find()))  # it fills the cache that the others read
    return on_each(find)


def find_all_repetitions(inputs: Inputs, state: PartialState) -> Inputs:
    """Every process looks for repetitions in its share of the files."""
    mine = list(enumerate(inputs.clips))[state.process_index :: state.num_processes]
    bar = tqdm(mine, desc="finding repetitions", unit="video", delay=2, disable=not state.is_main_process)
    found = gathered(on_each(lambda: [(place, cut_repetitions(clip)) for place, clip in bar]))
    return replace(inputs, clips=[clip for _, clips in sorted(found, key=lambda pair: pair[0]) for clip in clips])


def dtype_of(options: argparse.Namespace, device: torch.device) -> torch.dtype:
    """Of the weights."""
    if options.dtype == "auto":
        has_bfloat16 = device.type == "cuda" and torch.cuda.is_bf16_supported(including_emulation=False)
        return torch.bfloat16 if has_bfloat16 else torch.float32
    return getattr(torch, options.dtype)


def load_answerer(options: argparse.Namespace, settings: dict, state: PartialState) -> Answerer:
    """The model on this process's device, with its calibration."""
    calibration = read_calibration(options.model, settings["calibration"]) if settings["calibration"] else None
    if calibration and (warning := calibration.difference(settings)):
        say(state, f"warning: {warning}")
    model, processor = load_checkpoint(options.model, dtype=dtype_of(options, state.device))
    check_context(model.config, settings["num_frames"])
    return Answerer(model.to(state.device).eval(), processor, settings, calibration)


def check_context(config, num_frames: int) -> None:
    """Raise a ValueError where the frames alone are more tokens than the model can read; other models say it later."""
    most = config.get_text_config().max_position_embeddings
    if hasattr(config, "num_video_tokens") and config.num_video_tokens(num_frames) > most:
        raise ValueError(
            f"--num_frames {num_frames}: these are {config.num_video_tokens(num_frames)} tokens, and the model reads "
            f"{most}. Give fewer frames."
        )


def answer_all(
    batches: Batches, answerer: Answerer, output: Output, done: set[str], num_workers: int | None, state: PartialState
) -> None:
    """
    Answer every batch that has a row to come; after each round of one batch a process, the first one writes the rows.

    A batch of which some rows are there is answered whole, and only those that are not there are written: rows hang a
    little on what is in their batch.
    """
    todo = [index for index in range(len(batches)) if not done.issuperset(batches.ids(index))]
    mine = todo[state.process_index :: state.num_processes]
    workers = min(default_workers(state) if num_workers is None else num_workers, len(mine))
    loader = DataLoader(
        batches, batch_size=None, sampler=mine, num_workers=workers, prefetch_factor=2 if workers else None
    )
    decoded = iter(loader)
    bar = tqdm(
        total=len(batches.clips),
        initial=len(done),
        desc="answering",
        unit="clip",
        disable=not state.is_main_process,
    )
    with bar:
        for round in range(-(-len(todo) // state.num_processes)):
            has_batch = round < len(mine)
            rows = gathered(on_each(lambda: answerer.rows(next(decoded)) if has_batch else []))  # noqa: B023
            on_first(lambda: output.append(rows))  # noqa: B023
            bar.update(len(output.lines) - bar.n)


def default_workers(state: PartialState) -> int:
    """The cores that are there for each process that answers, less one for itself; 1 to `MOST_WORKERS`."""
    cores = len(os.sched_getaffinity(0)) // state.num_processes
    return min(max(cores - 1, 1), MOST_WORKERS)


def print_end(output: Output, num_answered: int, seconds: float) -> None:
    """How many, how fast, and which could not be read."""
    print(f"{num_answered} clips answered in {seconds:.0f} s ({num_answered / seconds:.1f} clips/s)")
    if bad := output.unreadable():
        listed = [f"{id}: {why}" for id, why in list(bad.items())[:MOST_LISTED]]
        more = [f"and {len(bad) - MOST_LISTED} more"] if len(bad) > MOST_LISTED else []
        print(
            f"{len(bad)} of {len(output.lines)} clips could not be read: " + "\n  ".join(["", *listed, *more]).strip()
        )


def say(state: PartialState, line: str) -> None:
    """Print on the first process."""
    if state.is_main_process:
        print(line)


def main(arguments: list[str] | None = None) -> None:
    """Command line: `error: …` and exit code 1 for what a user can mend."""
    options = parse_options(__doc__.strip(), arguments)
    PartialState(cpu=not torch.accelerator.is_available())  # without saying so, processes without a GPU would not meet
    try:
        predict(options)
        leave_group()
    except ValueError as error:
        sys.exit(f"error: {error}" if PartialState().is_main_process else 1)
    except KeyboardInterrupt:
        print(f"\nstopped; the same command goes on from {options.output}.partial", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
