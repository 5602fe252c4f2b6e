"""
How well turning points and repetitions are found from pixels alone, and how long it takes. Synthetic clips only.

    python benchmarks/motion.py [--clips 300] [--sets 10] [--seed 7000] [--look studio]

A turning point is right within 0.15 s of the middle of the hold (the bottom of a squat, the lockout of a press). A set
is right if its repetitions are counted right and each cut lies in the true pause or within 0.15 s of it. Every clip is
an mp4 file; augmentations are applied to decoded frames.
"""

import argparse
import itertools
import statistics
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torchvision.transforms.v2.functional import rgb_to_grayscale
from tqdm import tqdm

from fitness_aqa_dataset.augmentation import augment_frames
from fitness_aqa_dataset.frames import open_video, sample_frames
from fitness_aqa_dataset.motion import phases_of, repetitions_of
from fitness_aqa_dataset.synthetic.clip import simulate_clip
from fitness_aqa_dataset.synthetic.sets import simulate_set, write_frames
from fitness_aqa_dataset.vertical_course import RATE_HZ, Motion, small_size, upward_speed, vertical_motion

TOLERANCE_S = 0.15
PLAIN = {"horizontal_flip": False, "invert_colors": False, "angle": 0.0}
AUGMENTATIONS = {
    "horizontal flip": PLAIN | {"horizontal_flip": True},
    "invert colors": PLAIN | {"invert_colors": True},
    "rotation +15": PLAIN | {"angle": 15.0},
    "rotation -15": PLAIN | {"angle": -15.0},
}
EXERCISES = ("squat", "overhead_press")
WAYS = {"squat": ["lowering", "lifting"], "overhead_press": ["lifting", "lowering"]}


def main() -> None:
    """Print two tables."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--clips", type=int, default=300, help="clips, half of each exercise (default 300)")
    parser.add_argument("--sets", type=int, default=10, help="sets of each exercise, length and kind (default 10)")
    parser.add_argument("--seed", type=int, default=7000)
    parser.add_argument("--look", default="studio", choices=["studio", "gym"])
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        print(f"synthetic clips, look {options.look}, seed {options.seed}")
        if options.clips:
            measure_turns(options.clips, options.seed, options.look, path)
        if options.sets:
            measure_sets(options.sets, options.seed, options.look, path)


def follow(frames: np.ndarray, path: Path) -> Motion:
    """Encode frames (T, H, W, 3), and follow the motion in the file."""
    write_frames(frames, path)
    return vertical_motion(path)


def follow_augmented(path: Path, augmentation: dict) -> Motion:
    """Follow the motion in a file whose decoded frames are augmented, as they are for training."""
    decoder = open_video(path)
    size = small_size(decoder.metadata.height, decoder.metadata.width)
    frames, times_s, duration_s = sample_frames(decoder, size=size, fps=RATE_HZ)
    grey = rgb_to_grayscale(augment_frames(frames, augmentation))[:, 0].numpy()
    height = np.cumsum(np.concatenate([[0.0], upward_speed(grey)]))
    return Motion(np.array(times_s), height, duration_s)


def measure_turns(num_clips: int, seed: int, look: str, path: Path) -> None:
    """Share of clips whose phases are right in number and name, and turn at the right time."""
    results = {(exercise, name): [] for exercise in EXERCISES for name in ("none", *AUGMENTATIONS)}
    milliseconds = []
    for index in tqdm(range(num_clips), desc="clips", unit="clip"):
        clip = simulate_clip(seed, index, look, second_interval_rate=0.1)
        rep = clip.repetition
        write_frames(clip.draw(clip.times_s), path)
        started = time.process_time()
        motions = {"none": vertical_motion(path)}
        milliseconds.append(1000 * (time.process_time() - started))
        motions |= {name: follow_augmented(path, augmentation) for name, augmentation in AUGMENTATIONS.items()}
        for name, motion in motions.items():
            phases = phases_of(motion)
            found = [phase.name for phase in phases] == WAYS[rep.exercise]
            error_s = abs(phases[0].end_s - (rep.start_s + rep.out_s + rep.hold_s / 2)) if found else np.inf
            results[rep.exercise, name].append((bool(rep.errors), error_s))
    print("| exercise | augmentation | clips | within 0.15 s | without errors | with errors | median error |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for (exercise, name), rows in results.items():
        shares = [
            np.mean([error_s <= TOLERANCE_S for has, error_s in rows if has in which])
            for which in ((False, True), (False,), (True,))
        ]
        shares = " | ".join(f"{share:.3f}" for share in shares)
        median_s = statistics.median(error_s for _, error_s in rows)
        print(f"| {exercise} | {name} | {len(rows)} | {shares} | {median_s:.3f} s |")
    print(f"CPU time a clip, decoding included: median {statistics.median(milliseconds):.0f} ms")


def measure_sets(num_sets: int, seed: int, look: str, path: Path) -> None:
    """Share of sets that are counted right, and cut at the right times."""
    print("| exercise | pauses | error rate | repetitions | sets | counted right | cut right |")
    print("|---|---|---|--:|--:|--:|--:|")
    pauses = {"0.5 to 1.5 s": (0.5, 1.5), "none": (0.0, 0.0)}
    kinds = list(itertools.product(EXERCISES, pauses, (0.0, 0.45), (1, 2, 3, 5, 10)))
    for exercise, pause, error_rate, count in tqdm(kinds, desc="sets", unit="kind"):
        outcomes = []
        for index in range(num_sets):
            number = 2 * index + EXERCISES.index(exercise)
            its_set = simulate_set(seed, number, count, pauses[pause], look, error_rate)
            motion = follow(its_set.draw(), path)
            outcomes.append(judge_set(repetitions_of(motion), its_set.pauses_s))
        counted, cut = np.mean(outcomes, axis=0)
        print(f"| {exercise} | {pause} | {error_rate} | {count} | {num_sets} | {counted:.2f} | {cut:.2f} |")


def judge_set(found: list[tuple[float, float]], pauses_s: list[tuple[float, float]]) -> tuple[bool, bool]:
    """Whether the repetitions are counted right, and also cut right."""
    counted = len(found) == len(pauses_s) + 1
    ends_s = [end_s for _, end_s in found[:-1]]
    near = [
        start_s - TOLERANCE_S <= cut_s <= end_s + TOLERANCE_S
        for cut_s, (start_s, end_s) in zip(ends_s, pauses_s, strict=False)
    ]
    return counted, counted and all(near)


if __name__ == "__main__":
    main()
