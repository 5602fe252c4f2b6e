"""
Score a file of predictions, or send the metrics to the Hub.

    python -m metrics predictions.jsonl references.jsonl --out scores/
    python -m metrics push NAMESPACE
"""

import argparse
import io
import json
import sys
from pathlib import Path

from metrics.files import read_clips, write_files
from metrics.fitness_aqa.table import format_table, summarize
from metrics.fitness_aqa.timeline import MAX_NUM_CLIPS, NUM_CLIPS, draw_timeline


def main(argv: list[str] | None = None) -> None:
    """
    Run one of the two; what a user can mend ends with one line on standard error and code 1.

    Args:
        argv (`list[str]`, *optional*):
            Command line without the program's name; by default that of the process.
    """
    argv = sys.argv[1:] if argv is None else argv
    try:
        if argv[:1] == ["push"]:
            _push(argv[1:])
        else:
            _score(argv)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")


def _push(argv: list[str]) -> None:
    from metrics import push  # scoring needs nothing of the Hub

    parser = argparse.ArgumentParser(prog="python -m metrics push", description="Send both metrics to the Hub.")
    push.add_arguments(parser)
    push.run(parser.parse_args(argv))


def _score(argv: list[str]) -> None:
    """Print the table and, with `--out`, write `scores.json` and `timeline.png`."""
    parser = argparse.ArgumentParser(
        prog="python -m metrics",
        description="Score answers about Fitness-AQA clips.",
        epilog="`python -m metrics push NAMESPACE` sends the metrics to the Hub.",
    )
    parser.add_argument("predictions", type=Path, help='rows {"id", "answer"} or {"id", "exercise", "errors"}')
    parser.add_argument("references", type=Path, help='rows {"id", "exercise", "errors"}')
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for scores.json and timeline.png")
    parser.add_argument("--iou-threshold", type=float, default=0.5, help="in (0, 1], default 0.5")
    parser.add_argument(
        "--timeline-clips",
        type=int,
        default=NUM_CLIPS,
        metavar="N",
        help=f"clips in the picture, evenly spaced where there are more: 1 to {MAX_NUM_CLIPS}, default {NUM_CLIPS}",
    )
    arguments = parser.parse_args(argv)
    predictions, references = read_clips(arguments.predictions, arguments.references)
    summary = summarize(list(predictions.values()), list(references.values()), arguments.iou_threshold)
    if arguments.out:
        scores = {**summary["scores"], "confusion": summary["confusion"]}
        png = io.BytesIO()
        draw_timeline(predictions, references, arguments.timeline_clips).savefig(png, format="png")
        contents = {"scores.json": f"{json.dumps(scores, indent=2)}\n".encode(), "timeline.png": png.getvalue()}
        write_files(arguments.out, contents)
    print(format_table(summary))
    if arguments.out:
        print(f"\nwritten to {arguments.out}: {', '.join(contents)}")


if __name__ == "__main__":
    main()
