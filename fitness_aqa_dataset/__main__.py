"""
Command line of the data set.

    python -m fitness_aqa_dataset synthesize OUT --clips 300 --seed 0
"""

import argparse
import sys

from .synthetic import synthesize_release
from .synthetic.scene import LOOKS


def main(arguments: list[str] | None = None) -> None:
    """Run one command; wrong use and wrong data end with one line on standard error and exit code 1 or 2."""
    parser = argparse.ArgumentParser(prog="python -m fitness_aqa_dataset", description=__doc__.splitlines()[1])
    commands = parser.add_subparsers(dest="command", required=True)
    synthesize = commands.add_parser("synthesize", help="draw a simulated release in the authors' layout")
    synthesize.add_argument("out", help="folder to make")
    synthesize.add_argument("--clips", type=int, required=True, help="number of clips, squats and presses together")
    synthesize.add_argument("--seed", type=int, default=0, help="same seed, same bytes (default 0)")
    synthesize.add_argument("--look", choices=LOOKS, default="studio", help="gym is harder to read (default studio)")
    synthesize.add_argument("--error-rate", type=float, default=0.45, help="probability of each error (default 0.45)")
    options = parser.parse_args(arguments)
    try:
        folder = synthesize_release(options.out, options.clips, options.seed, options.look, options.error_rate)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"{folder}: {options.clips} synthetic clips")


if __name__ == "__main__":
    main()
