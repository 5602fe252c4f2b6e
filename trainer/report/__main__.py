"""
Make a page of what `trainer.predict` or `trainer.baselines` wrote.

    python -m trainer.report runs/mine --out runs/mine/report
    python -m trainer.report runs/md runs/cvcspc runs/demo --out page
    python -m trainer.report feedback.jsonl --out feedback --overlay overlay.mp4
"""

import argparse
import sys
from pathlib import Path

from trainer.report.page import PAGE, check_folder, write_page
from trainer.report.run_files import Run, read_runs


def make_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer.report", description="Make a page of what `trainer.predict` wrote."
    )
    parser.add_argument(
        "runs", nargs="+", type=Path, metavar="RUN", help="predictions X.jsonl, or a folder with predictions.jsonl"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for index.html and figures/")
    parser.add_argument(
        "--max_clips", type=int, default=24, metavar="N", help="labelled clips to show, the worst first (default 24)"
    )
    parser.add_argument(
        "--no_controls",
        action="store_true",
        help="labelled runs: leave out the answers to blank, shuffled and paraphrased clips",
    )
    parser.add_argument(
        "--overlay",
        type=Path,
        metavar="MP4",
        help="own videos: also write the video with the errors drawn into it; a folder where the run has several",
    )
    return parser


def main(arguments: list[str] | None = None) -> None:
    """
    Command line: read the runs, make the page, write it.

    Args:
        arguments (`list[str]`, *optional*):
            Without the program's name; by default those of the process.
    """
    options = make_parser().parse_args(arguments)
    try:
        if options.max_clips < 1:
            raise ValueError(f"--max_clips: expected at least 1, got {options.max_clips}.")
        check_folder(options.out)
        runs = read_runs(options.runs)
        html, figures = _make_page(runs, options)
        write_page(options.out, html, figures)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        print("\nstopped; no page was written", file=sys.stderr)
        sys.exit(130)
    print(f"written: {options.out / PAGE}")


def _make_page(runs: list[Run], options: argparse.Namespace) -> tuple[str, dict[str, bytes]]:
    # Each kind of page loads libraries that the other does without, for seconds.
    if runs[0].is_labelled:
        if options.overlay:
            raise ValueError(
                f"--overlay: {runs[0].path} is about labelled clips; only a user's own videos are drawn into. "
                "Leave it out."
            )
        from trainer.report.labelled import labelled_page

        return labelled_page(runs, not options.no_controls, options.max_clips)
    from trainer.report.feedback import feedback_page

    return feedback_page(runs, options.overlay)


if __name__ == "__main__":
    main()
