"""
Score a file of predictions.

    python -m metrics predictions.jsonl references.jsonl --out scores/
"""

import argparse
import json
import os
import sys
from pathlib import Path

from metrics.files import read_pairs
from metrics.fitness_aqa.scores import fitness_scores
from metrics.table import format_table


def main(argv: list[str] | None = None) -> None:
    """
    Print the table and, with `--out`, write `scores.json`.

    Args:
        argv (`list[str]`, *optional*):
            Command line without the program's name; by default that of the process.
    """
    parser = argparse.ArgumentParser(prog="python -m metrics", description="Score answers about Fitness-AQA clips.")
    parser.add_argument("predictions", type=Path, help='rows {"id", "answer"} or {"id", "exercise", "errors"}')
    parser.add_argument("references", type=Path, help='rows {"id", "exercise", "errors"}')
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for scores.json, made when missing")
    parser.add_argument("--iou-threshold", type=float, default=0.5, help="in (0, 1], default 0.5")
    arguments = parser.parse_args(argv)
    try:
        predictions, references = read_pairs(arguments.predictions, arguments.references)
        scores = fitness_scores(predictions, references, arguments.iou_threshold)
        if arguments.out:
            arguments.out.mkdir(parents=True, exist_ok=True)
            partial = arguments.out / "scores.json.partial"
            partial.write_text(json.dumps(scores, indent=2) + "\n")
            os.replace(partial, arguments.out / "scores.json")
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    print(format_table(scores))


if __name__ == "__main__":
    main()
