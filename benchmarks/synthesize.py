"""
Labelled clips per second of the simulated release, whole command from outside, imports and labels included.

The command draws the images and the unlabelled clips that go with them, too.

    python benchmarks/synthesize.py [--clips 300] [--runs 3]
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main() -> None:
    """Time the command `runs` times and print the median."""
    parser = argparse.ArgumentParser(description=__doc__.strip().splitlines()[0])
    parser.add_argument("--clips", type=int, default=300)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    seconds = []
    for seed in range(options.runs):
        with tempfile.TemporaryDirectory() as folder:
            command = [sys.executable, "-m", "fitness_aqa_dataset", "synthesize", str(Path(folder) / "release")]
            started = time.perf_counter()
            subprocess.run([*command, "--clips", str(options.clips), "--seed", str(seed)], check=True)
            seconds.append(time.perf_counter() - started)
    median = statistics.median(seconds)
    print(f"{os.cpu_count()} cores, {options.clips} synthetic clips, {options.runs} runs: median {median:.1f} s,")
    print(f"{options.clips / median:.1f} clips/s (slowest {options.clips / max(seconds):.1f})")


if __name__ == "__main__":
    main()
