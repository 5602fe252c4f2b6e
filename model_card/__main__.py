"""
Write the model card and the figures of a finished run.

Usage:

    python -m model_card runs/demo
"""

import argparse
import sys

from model_card.card import write_card


def main(argv: list[str] | None = None) -> None:
    """
    Run the command line.

    Args:
        argv (`list[str]`, *optional*):
            Arguments without the program's name; those of the process by default.

    Raises:
        SystemExit: With one line on standard error and code 1, if the run is incomplete or damaged.
    """
    parser = argparse.ArgumentParser(prog="python -m model_card", description=__doc__.splitlines()[1])
    parser.add_argument("run_dir", metavar="RUN_DIR", help="folder of the run, such as runs/demo")
    args = parser.parse_args(argv)
    try:
        path = write_card(args.run_dir)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"wrote {path} and the pictures in {path.parent / 'figures'}")


if __name__ == "__main__":
    main()
