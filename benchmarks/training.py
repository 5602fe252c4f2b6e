"""
A training step of this project against the plain way, on synthetic clips.

    python -m benchmarks.training                    a mid-size model with the real vocabulary, on a CPU
    python -m benchmarks.training --seven-billion    the 7B shape with random weights; needs a GPU

Both compute activations again on the way back, as the paper and the recipes do.
Plain is what a script without this project's code does: every frame of a clip decoded, pixels made in the process that
trains, logits of every position. Both take the same clips in the same order; loss and gradients have to agree. Kinds
of steps run by turns, each in a process of its own; memory is the peak of that process and what its worker adds.

What the logits cost hangs on the model: the head is 41 % of the mid-size one's parameters and 7 % of the 7B one's, and
so the gain here is not that at 7B. `python -m trainer.plan` says what all logits would cost there.
"""

import argparse
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import datasets
import torch
from torch.utils.data import DataLoader
from tqdm import tqdm
from transformers import logging

from benchmarks import training_seven_billion
from benchmarks.plain_training import decode_whole
from benchmarks.training_steps import (
    Sizes,
    make_config,
    make_processor,
    read_rows,
    take_turns,
    train_undisturbed,
)
from fitness_aqa_dataset import sample_frames
from fitness_aqa_dataset.synthetic import synthesize_release
from trainer.collator import ConversationCollator
from trainer.optimizer import module_of
from trainer.pixels import Normalization, normalization_of, normalize_pixels

NUM_CLIPS, NUM_DECODED, NUM_TRANSPORTED = 30, 10, 20
RELEASE_WIDTH, REAL_IMAGE_SIZE = 480, 384
TOLERANCE = 1e-4  # relative
KINDS = {
    "plain": "a plain script",
    "all logits": "ours, logits of every position",
    "TRL's fused head": "ours, TRL's fused head",
}


def main() -> None:
    """Read the command line and run one of the two."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__.strip().splitlines()[0])
    parser.add_argument("--runs", type=int, default=2, help="timed steps of each, after one to warm up (default 2)")
    parser.add_argument("--num-frames", type=int, default=32, help="frames of a clip (default 32)")
    parser.add_argument("--image-size", type=int, default=224, help="pixels along a side (default 224: 16x16 patches)")
    parser.add_argument("--steps", type=int, default=20, help="of the run whose waiting is looked at (default 20)")
    parser.add_argument(
        "--lora", action="store_true", help="train adapters, as recipes/lora.yaml; default is a full tuning"
    )
    parser.add_argument("--seven-billion", action="store_true", help="the 7B shape with random weights, on a GPU")
    parser.add_argument("--peak-tflops", type=float, default=989.0, help="bf16 peak of the GPU (default 989, an H100)")
    parser.add_argument("--tiny", action="store_true", help=argparse.SUPPRESS)  # --seven-billion, small, on a CPU
    options = parser.parse_args()
    if options.seven_billion and not (options.tiny or torch.cuda.is_available()):
        sys.exit("error: --seven-billion: a GPU is needed, this machine has none")
    name = torch.cuda.get_device_name() if options.seven_billion and not options.tiny else "CPU"
    print(f"device: {name}, {torch.get_num_threads()} threads; torch {torch.__version__}")
    if options.seven_billion:
        return training_seven_billion.measure(options)
    datasets.disable_progress_bars()
    logging.set_verbosity_error()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HF_DATASETS_CACHE"] = f"{folder}/cache"  # of the processes that this one starts
        datasets.config.HF_DATASETS_CACHE = Path(folder, "cache")
        release = synthesize_release(Path(folder, "release"), NUM_CLIPS)
        enlarge_clips(release)
        print(f"load average {os.getloadavg()[0]:.1f}")
        compare_steps(release, options)
        measure_waiting(release, options)
        compare_data(release, options)
        print(f"load average {os.getloadavg()[0]:.1f}")


def enlarge_clips(release: Path) -> None:
    """Encode the clips anew at the width of the real ones: what takes time is pixels."""
    for path in sorted(release.glob("*/Labeled_Dataset/videos/*.mp4")):
        enlarged = path.with_suffix(".large.mp4")
        scale = f"scale={RELEASE_WIDTH}:-2"
        subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf", scale, "-crf", "23", enlarged], check=True)
        enlarged.replace(path)


@contextmanager
def started(function: Callable, *arguments) -> Iterator[Connection]:
    """A process that runs a function, as this end of its pipe."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    process = spawn.Process(target=function, args=(theirs, *arguments))
    process.start()
    theirs.close()
    try:
        yield ours
    except EOFError:
        sys.exit(f"error: the process of {function.__name__} ended early; what it said is above")
    finally:
        ours.close()
        process.join()


def take_step(process: Connection) -> dict:
    """Have a process of [`take_turns`] take a step; what it tells of it."""
    process.send(True)
    return process.recv()


def compare_steps(release: Path, options: argparse.Namespace) -> None:
    """Every kind of step in turn with ours; print medians, and medians of the ratios of neighbours."""
    arguments = (release, Sizes(options.num_frames, options.image_size, options.lora))
    lines = []
    with started(take_turns, "ours", *arguments) as ours:
        about = ours.recv()
        print(f"{about['model']}; {options.num_frames} frames of {options.image_size} pixels, float32")
        for kind in tqdm(KINDS, desc="kinds of steps"):
            with started(take_turns, kind, *arguments) as other:
                before = other.recv()["before"]
                pairs = [(take_step(other), take_step(ours)) for _ in range(options.runs + 1)]
                other.send(False)
            if kind == "plain":
                first_loss = pairs[0][1]["loss"]
                lines.append(describe("ours", about["before"], [(own, own) for _, own in pairs], about["before"]))
            same = check_same(release.parent, kind, pairs[0][0]["loss"], first_loss)
            lines.append(f"{describe(KINDS[kind], before, pairs, about['before'])}  {same}")
        ours.send(False)
    print("a step, forward, backward and AdamW; x: times ours, of the steps taken in turn")
    print("\n".join(lines))


def describe(name: str, before: float, pairs: list[tuple[dict, dict]], own_before: float) -> str:
    """One line of another kind beside ours; the first pair warmed up."""
    timed = pairs[1:]
    clock, cpu = ([(other[key], own[key]) for other, own in timed] for key in ("seconds", "cpu_seconds"))
    rate = statistics.median(own["num_tokens"] / other["seconds"] for other, own in timed)
    peak, own_peak = timed[-1][0]["peak"], timed[-1][1]["peak"]
    added, own_added = peak - before, own_peak - own_before
    return (
        f"  {name:31}{median_and_ratio(clock)}, of CPU {median_and_ratio(cpu)}, {rate:4.0f} tokens/s, "
        f"peak {peak:5.2f} GB ({peak / own_peak:4.2f} x): {before:4.2f} before the first step, {added:5.2f} since "
        f"({added / own_added:4.2f} x), of it its worker {timed[-1][0]['worker']:4.2f}"
    )


def median_and_ratio(pairs: list[tuple[float, float]]) -> str:
    """Median seconds of the other way, and the median of its ratios to ours."""
    ratio = statistics.median(other / own for other, own in pairs)
    return f"{statistics.median(other for other, _ in pairs):6.2f} s ({ratio:4.2f} x)"


def check_same(folder: Path, kind: str, loss: float, own_loss: float) -> str:
    """Loss and gradients of the first step, ours and another kind's: the same within `TOLERANCE`."""
    own, other = (torch.load(folder / f"gradients of {name}.pt", mmap=True) for name in ("ours", kind))
    assert own.keys() == other.keys()
    squares = {}  # by part of the model: a large part would hide a small one
    for name, gradient in own.items():
        difference, size = squares.get(module_of(name), (0.0, 0.0))
        difference += (gradient - other[name]).norm().item() ** 2
        squares[module_of(name)] = difference, size + gradient.norm().item() ** 2
    error = max((difference / size) ** 0.5 for difference, size in squares.values())
    loss_error = abs(loss - own_loss) / own_loss
    assert max(error, loss_error) < TOLERANCE, f"{kind}: loss {loss_error:.1e}, gradients {error:.1e} from ours"
    return f"[loss within {loss_error:.0e} of ours, gradients {error:.0e}]"


def measure_waiting(release: Path, options: argparse.Namespace) -> None:
    """Share of a run's time that was spent waiting for data, from the trainer's own log."""
    every = max(options.steps // 5, 1)
    sizes = Sizes(options.num_frames, options.image_size, options.lora)
    with started(train_undisturbed, release, sizes, options.steps, every) as process:
        entries = process.recv()[1:]  # the first waits for the worker to start
    compute = [1 - entry["waiting_for_data"] for entry in entries]
    rate = statistics.median(entry["tokens_per_second"] for entry in entries)
    print(
        f"{options.steps} steps, one worker, logged every {every}: {statistics.mean(compute):.1%} of the time is "
        f"compute (lowest entry {min(compute):.1%}), {rate:.0f} tokens/s"
    )


def compare_data(release: Path, options: argparse.Namespace) -> None:
    """Decoding, and batches from a worker to the process that trains, at the real model's image size."""
    torch.set_num_threads(1)  # as in a worker
    num_frames = options.num_frames
    processor = make_processor(make_config(REAL_IMAGE_SIZE))
    rows = read_rows(release, num_frames).select(range(NUM_DECODED))
    paths = [row["video"]["path"] for row in rows]
    print(f"{len(paths)} clips of width {RELEASE_WIDTH}, {num_frames} frames to {REAL_IMAGE_SIZE} pixels, one thread:")
    whole, sampled = (
        [partial(decode, path) for path in paths]
        for decode in (decode_whole, partial(sample_frames, num_frames=num_frames))
    )
    print_pair("every frame decoded", whole, "sampled ones", sampled)
    float32, uint8 = (ConversationCollator(processor, num_frames, uint8_pixels=small) for small in (False, True))
    collated = [[partial(collator, [row]) for row in rows] for collator in (float32, uint8)]
    print_pair("a row into a batch of float32", collated[0], "uint8", collated[1])
    batches = [collator([rows[0]]) for collator in (float32, uint8)]
    sizes = [sum(tensor.nbytes for tensor in batch.values()) / 1e6 for batch in batches]
    # A copy each: what has been in shared memory once is not moved there again.
    settings = {"batch_size": None, "collate_fn": deepcopy, "num_workers": 1}
    loaders = [DataLoader([batch] * NUM_TRANSPORTED, **settings) for batch in batches]
    through = [[partial(carry, loader, normalization_of(processor))] * 3 for loader in loaders]
    name = f"{NUM_TRANSPORTED} batches out of a worker and normalised, float32 of {sizes[0]:.0f} MB each"
    print_pair(name, through[0], f"uint8 of {sizes[1]:.0f} MB", through[1])


def carry(loader: DataLoader, normalization: Normalization) -> None:
    """Have all batches come out of the worker and become floats."""
    for batch in loader:
        normalize_pixels(batch, normalization)  # a GPU would do it; float32 has come normalised


def print_pair(name: str, functions: list[Callable], own_name: str, own_functions: list[Callable]) -> None:
    """Medians of the other way and ours, called by turns, and the median of their ratios."""
    seconds = []
    for pair in zip(functions, own_functions, strict=True):
        times = [time.perf_counter()]
        for function in pair:
            function()
            times.append(time.perf_counter())
        seconds.append((times[1] - times[0], times[2] - times[1]))
    own = statistics.median(own for _, own in seconds)
    print(f"  {name} {median_and_ratio(seconds)}, {own_name} {own:.2f} s")


if __name__ == "__main__":
    main()
