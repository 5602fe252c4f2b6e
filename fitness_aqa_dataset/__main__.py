"""
Command line of the data set.

    python -m fitness_aqa_dataset synthesize OUT --clips 300 --seed 0
    python -m fitness_aqa_dataset check RELEASE
    python -m fitness_aqa_dataset preview RELEASE OUT.png
    python -m fitness_aqa_dataset prepare RELEASE OUT
    python -m fitness_aqa_dataset push OUT REPO
"""

import argparse
import json
import sys

# what a single command needs is imported in it: half of the time of a short command would be imports
from .hub.options import add_push_options, add_right_option, push_settings
from .rows import FEATURES
from .synthetic import synthesize_release
from .synthetic.scene import LOOKS


def main(arguments: list[str] | None = None) -> None:
    """Run one command; wrong use and wrong data end with one line on standard error and exit code 1 or 2."""
    parser = argparse.ArgumentParser(prog="python -m fitness_aqa_dataset", description=__doc__.splitlines()[1])
    commands = parser.add_subparsers(dest="command", required=True)
    for add in (_add_synthesize, _add_check, _add_preview, _add_prepare, _add_push):
        add(commands)
    options = parser.parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):  # names of files need not fit the terminal's alphabet
        stream.reconfigure(errors="backslashreplace")
    try:
        options.run(options)
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; the same command goes on where it stopped")


def _add_synthesize(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("synthesize", help="draw a simulated release in the authors' layout")
    parser.add_argument("out", help="folder to make")
    parser.add_argument("--clips", type=int, required=True, help="labelled clips, squats and presses together")
    parser.add_argument("--seed", type=int, default=0, help="same seed, same bytes (default 0)")
    parser.add_argument("--look", choices=LOOKS, default="studio", help="gym is harder to read (default studio)")
    parser.add_argument("--error-rate", type=float, default=0.45, help="probability of each error (default 0.45)")
    parser.add_argument(
        "--second-interval-rate",
        type=float,
        default=0.1,
        help="probability that an error comes twice in a clip (default 0.1)",
    )
    parser.add_argument("--table2", action="store_true", help="the paper's proportions of groups, not --error-rate")
    parser.set_defaults(run=_synthesize)


def _synthesize(options: argparse.Namespace) -> None:
    folder = synthesize_release(
        options.out,
        options.clips,
        options.seed,
        options.look,
        options.error_rate,
        second_interval_rate=options.second_interval_rate,
        table2=options.table2,
    )
    print(f"{folder}: {options.clips} synthetic clips")


def _add_check(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser(
        "check", help="list everything that is wrong with a release; exit code 1 if anything is"
    )
    parser.add_argument("release", help="folder that holds Squat/ and OHP/")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of lines")
    parser.set_defaults(run=_check)


def _check(options: argparse.Namespace) -> None:
    from .checking import check_release

    report = check_release(options.release)
    print(json.dumps(report.to_json(), indent=2) if options.json else "\n".join(report.lines()))
    print(report.summary(), file=sys.stderr)
    if report.problems:
        sys.exit(1)


def _add_preview(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("preview", help="draw a clip with its errors and augmentations, or the distribution")
    parser.add_argument("release", help="folder that holds Squat/ and OHP/")
    parser.add_argument("out", help="picture to write, ending in .png")
    parser.add_argument("--name", choices=FEATURES, default="video", help="part of the release (default video)")
    parser.add_argument("--id", help="which clip, such as squat/32939_2 (default: one with many errors)")
    parser.add_argument("--num-frames", type=int, default=8, help="frames of the clip (default 8)")
    parser.add_argument("--seed", type=int, default=0, help="decides the angle of rotations (default 0)")
    parser.add_argument("--distribution", action="store_true", help="a page about all labelled clips instead")
    parser.set_defaults(run=_preview)


def _preview(options: argparse.Namespace) -> None:
    from .preview import draw_distribution, draw_preview

    if options.distribution:
        out = draw_distribution(options.release, options.out)
    else:
        settings = {"name": options.name, "id": options.id, "num_frames": options.num_frames, "seed": options.seed}
        out = draw_preview(options.release, options.out, **settings)
    print(out)


def _add_prepare(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("prepare", help="write a release as files that plain load_dataset(OUT) reads")
    parser.add_argument("release", help="folder that holds Squat/ and OHP/")
    parser.add_argument("out", help="folder to make")
    parser.add_argument("--format", choices=("parquet", "videofolder"), default="parquet", help="(default parquet)")
    parser.add_argument("--names", nargs="+", choices=FEATURES, help="parts of the release (default: all it has)")
    parser.add_argument("--merge-validation", action="store_true", help="validation into train, as the paper does")
    parser.set_defaults(run=_prepare)


def _prepare(options: argparse.Namespace) -> None:
    from .prepare import prepare_release

    settings = {"format": options.format, "names": options.names, "merge_validation": options.merge_validation}
    print(prepare_release(options.release, options.out, **settings))


def _add_push(commands: argparse._SubParsersAction) -> None:
    parser = commands.add_parser("push", help="send a prepared folder and its card to the Hub, private unless told")
    parser.add_argument("out", help="folder that `prepare` made")
    parser.add_argument("repo", help="repository on the Hub, such as me/fitness-aqa")
    add_right_option(parser)
    add_push_options(parser)
    parser.set_defaults(run=_push)


def _push(options: argparse.Namespace) -> None:
    from .push import push_dataset

    right = options.right_to_publish
    print(push_dataset(options.out, options.repo, right_to_publish=right, **push_settings(options)))


if __name__ == "__main__":
    main()
