"""
The data path against the usual one, each pair in one run: sampling frames, balancing, checking, preparing.

    pip install -e '.[benchmarks]'
    python benchmarks/dataset.py [--clips 100] [--runs 3]

Everything on synthetic clips, enlarged to the width of the real ones; medians of the runs, ratios of pairs measured in
turn. Needs the `ffmpeg` command.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import datasets
import decord
import numpy as np
import PIL.Image
import torch
from torchcodec.encoders import VideoEncoder

from fitness_aqa_dataset import add_messages, dynamic_step, load_fitness_aqa, sample_frames
from fitness_aqa_dataset.synthetic import synthesize_release
from fitness_aqa_dataset.synthetic.clip import simulate_clip
from fitness_aqa_dataset.synthetic.drawing import draw_clip

NUM_FRAMES, SIZE = 32, (384, 384)
RELEASE_SIZE, RELEASE_FRAMES = (848, 480), 108  # height, width and length of a typical clip of the real release


def main() -> None:
    """Print one line a measurement."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--clips", type=int, default=100)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    datasets.disable_progress_bars()
    print(f"{os.cpu_count()} cores, {options.clips} synthetic clips, {options.runs} runs")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        datasets.config.HF_DATASETS_CACHE = folder / "cache"
        release = synthesize_release(folder / "release", options.clips, table2=True)
        enlarge_clips(release)
        compare_sampling(folder, 10 * options.runs)
        compare_balancing(release, folder, options.runs)
        time_commands(release, folder, options.clips, options.runs)


def enlarge_clips(release: Path) -> None:
    """Encode the simulated clips anew at the width of the real ones: what takes time is pixels."""
    for path in sorted(release.glob("*/*/videos/*.mp4")):
        enlarged = path.with_suffix(".large.mp4")
        scale = f"scale={RELEASE_SIZE[1]}:-2"
        subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf", scale, "-crf", "23", enlarged], check=True)
        enlarged.replace(path)


def compare_sampling(folder: Path, runs: int) -> None:
    """One clip of the real release's size into (32, 3, 384, 384), one thread: ours against decord and Pillow."""
    clip = simulate_clip(0, 0)
    times_s = np.arange(RELEASE_FRAMES) / 30
    frames = draw_clip(clip.body, clip.repetition, clip.scene, times_s, RELEASE_SIZE)
    path = str(folder / "clip.mp4")
    encoder = VideoEncoder(torch.from_numpy(np.ascontiguousarray(frames.transpose(0, 3, 1, 2))), frame_rate=30)
    encoder.to_file(path, codec="libx264", pixel_format="yuv420p", crf=23)
    ours, theirs = _in_turn(lambda: sample_frames(path, NUM_FRAMES, SIZE), lambda: _decord_and_pillow(path), runs)
    height, width = RELEASE_SIZE
    print(f"{RELEASE_FRAMES} frames of {width}x{height} -> {NUM_FRAMES} of {SIZE[1]}x{SIZE[0]}, one thread:")
    _print_pair("torchcodec, batched resize", ours, "decord, Pillow bicubic a frame", theirs)


def compare_balancing(release: Path, folder: Path, runs: int) -> None:
    """Load, balance by Dynamic-Step and write conversations, against writing every augmented clip as mp4."""
    train = load_fitness_aqa(release, split="train", merge_validation=True)
    rows = dynamic_step(train).cast_column("video", datasets.Video(decode=False))
    augmented = [row for row in rows if row["augmentation"]["name"] != "none"]
    counter = iter(range(runs + 1))

    def prepare() -> None:
        datasets.config.HF_DATASETS_CACHE = folder / f"cache{next(counter)}"  # nothing left over from the run before
        fresh = load_fitness_aqa(release, split="train", merge_validation=True)
        add_messages(dynamic_step(fresh))

    def encode() -> None:
        for index, row in enumerate(augmented):
            _encode_augmented(row["video"]["path"], row["augmentation"], folder / f"augmented{index}.mp4")

    ours, theirs = _in_turn(prepare, encode, runs, clock=time.process_time)
    written = sum(path.stat().st_size for path in folder.glob("augmented*.mp4"))
    print(f"Dynamic-Step, {len(train)} clips -> {len(rows)} rows, CPU time:")
    _print_pair("load, balance, conversations", ours, f"{len(augmented)} clips encoded with OpenCV", theirs)
    print(f"  bytes of video written: 0 against {written:,}")


def time_commands(release: Path, folder: Path, num_clips: int, runs: int) -> None:
    """`check` and `prepare` as whole commands, start of Python included."""
    for command in ("check", "prepare"):
        seconds = []
        for run in range(runs):
            arguments = [str(release)] + [str(folder / f"prepared{run}")] * (command == "prepare")
            cache = {"HF_DATASETS_CACHE": str(folder / f"cache_{command}{run}")}
            started = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "fitness_aqa_dataset", command, *arguments],
                check=True,
                env=os.environ | cache,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            seconds.append(time.perf_counter() - started)
        files = sum(1 for path in release.rglob("*") if path.suffix in (".mp4", ".jpg"))
        median = statistics.median(seconds)
        print(f"{command}: {median:.1f} s, {num_clips / median:.1f} labelled clips/s ({files / median:.1f} files/s)")


def _decord_and_pillow(path: str) -> np.ndarray:
    reader = decord.VideoReader(path, ctx=decord.cpu(0), num_threads=1)
    indices = np.linspace(0, len(reader) - 1, NUM_FRAMES).astype(int).tolist()
    frames = reader.get_batch(indices).asnumpy()
    return np.stack([PIL.Image.fromarray(frame).resize(SIZE[::-1], PIL.Image.BICUBIC) for frame in frames])


def _encode_augmented(source: str, augmentation: dict, target: Path) -> None:
    reader = cv2.VideoCapture(source)
    width, height = (int(reader.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    code = cv2.VideoWriter_fourcc(*"mp4v")
    writer = cv2.VideoWriter(str(target), code, reader.get(cv2.CAP_PROP_FPS), (width, height))
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), augmentation["angle"], 1.0)
    while True:
        there, frame = reader.read()
        if not there:
            break
        if augmentation["horizontal_flip"]:
            frame = cv2.flip(frame, 1)
        if augmentation["invert_colors"]:
            frame = cv2.bitwise_not(frame)
        if augmentation["angle"]:
            frame = cv2.warpAffine(frame, turn, (width, height))
        writer.write(frame)
    writer.release()


def _in_turn(
    one: Callable[[], object], other: Callable[[], object], runs: int, clock: Callable[[], float] = time.perf_counter
) -> tuple[list[float], list[float]]:
    """Seconds of both by turns, after one turn that does not count."""
    seconds = ([], [])
    for run in range(runs + 1):
        for function, its_seconds in zip((one, other), seconds, strict=True):
            started = clock()
            function()
            if run:
                its_seconds.append(clock() - started)
    return seconds


def _print_pair(name: str, seconds: list[float], other_name: str, other_seconds: list[float]) -> None:
    ratio = statistics.median(other / own for own, other in zip(seconds, other_seconds, strict=True))
    own, other = statistics.median(seconds), statistics.median(other_seconds)
    print(f"  {name} {own:.3f} s, {other_name} {other:.3f} s: {ratio:.1f} times faster")


if __name__ == "__main__":
    main()
