"""
Score several sets of answers against the same references, through `evaluate.load`.

    python -m trainer.score references.jsonl after=predictions.jsonl [before=…] --output scores.json
"""

import argparse
import json
import os
import sys
from pathlib import Path

# The metrics are folders of this repository: nothing is to be asked of the network.
os.environ.setdefault("HF_UPDATE_DOWNLOAD_COUNTS", "0")

import evaluate

from metrics.files import read_pairs, scored_segments

METRICS = Path(__file__).parent.parent / "metrics"


def score(predictions_file: Path, references_file: Path) -> tuple[dict, dict]:
    """
    Scores of one set of answers.

    Args:
        predictions_file (`pathlib.Path`): JSON lines with `id` and `answer` (or `exercise` and `errors`).
        references_file (`pathlib.Path`): JSON lines with `id`, `exercise` and `errors`.

    Returns:
        `tuple[dict, dict]`: What `metrics/fitness_aqa` and what `metrics/temporal_map` compute.

    Raises:
        ValueError: If a file is damaged or the ids do not match.
    """
    predictions, references = read_pairs(predictions_file, references_file)
    of_task = evaluate.load(str(METRICS / "fitness_aqa")).compute(predictions=predictions, references=references)
    segments = evaluate.load(str(METRICS / "temporal_map")).compute(
        predictions=scored_segments(predictions), references=[reference["errors"] for reference in references]
    )
    return of_task, segments


def main(arguments: list[str] | None = None) -> None:
    """Command line: score every named set of answers and write one file, whole or not at all."""
    parser = argparse.ArgumentParser(prog="python -m trainer.score", description=__doc__.strip().splitlines()[0])
    parser.add_argument("references", type=Path, help="JSON lines with id, exercise and errors")
    parser.add_argument("answers", nargs="+", metavar="NAME=FILE", help="a name and its predictions")
    parser.add_argument("--output", type=Path, required=True, help="scores.json to write")
    options = parser.parse_args(arguments)
    scores, of_segments = {}, {}
    try:
        for answers in options.answers:
            name, separator, file = answers.partition("=")
            if not separator:
                raise ValueError(f"{answers}: expected NAME=FILE, for example after=predictions.jsonl")
            scores[name], of_segments[name] = score(Path(file), options.references)
        partial = options.output.with_name(f".{options.output.name}.partial")
        partial.write_text(json.dumps({**scores, "temporal_map": of_segments}, indent=2) + "\n")
        partial.replace(options.output)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
