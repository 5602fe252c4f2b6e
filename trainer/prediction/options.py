"""The command line of `trainer.predict`."""

import argparse
from pathlib import Path

from fitness_aqa_dataset.clip_reduction import REDUCTIONS
from fitness_aqa_dataset.conversations import STYLES
from trainer.prediction.calibration import CALIBRATION
from trainer.prediction.controls import CONTROLS

DECODES = ("free", "constrained", "score")
# Of the model's recipe, or else these.
DEFAULTS = {"num_frames": 32, "style": "sentence", "decimals": 2, "clip_reduction": "none", "overlap": 0}
GENERATION = {"num_beams": 1, "do_sample": False, "temperature": 1.0, "top_p": 1.0, "max_new_tokens": 128}


def parse_options(description: str, arguments: list[str] | None) -> argparse.Namespace:
    """
    Read the command line.

    Args:
        description (`str`): What the help says first.
        arguments (`list[str]`, *optional*): Defaults to those of the process.

    Returns:
        `argparse.Namespace`: What was not given is `None`.
    """
    parser = argparse.ArgumentParser(
        prog="python -m trainer.predict", description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    _add_clips(parser)
    _add_answers(parser)
    _add_run(parser)
    return parser.parse_args(arguments)


def _add_clips(parser: argparse.ArgumentParser) -> None:
    what = parser.add_argument_group("what is answered")
    what.add_argument("--model", required=True, help="folder or Hub id of the checkpoint, or of an adapter")
    what.add_argument("--data", help="raw release, folder that `prepare` made, or data set on the Hub")
    what.add_argument("--split", choices=("train", "validation", "test"), help="split of --data (default test)")
    what.add_argument(
        "--videos", nargs="+", metavar="PATH", help="video files, and folders of them, instead of --data"
    )
    what.add_argument(
        "--repetitions", choices=("auto", "off"), help="with --videos: one row a repetition (default auto)"
    )
    what.add_argument("--limit", type=int, help="only the first clips, for trying out")
    how = parser.add_argument_group(
        "how a clip is shown; without these as the model's recipe.yaml says, where it has one"
    )
    how.add_argument("--num_frames", type=int, help="frames sampled from each clip, window or phase (else 32)")
    how.add_argument("--clip_reduction", choices=REDUCTIONS, help="answer whole clips, windows or phases (else none)")
    how.add_argument("--overlap", type=int, help="frames that a window shares with the one before (else 0)")
    how.add_argument(
        "--control",
        choices=CONTROLS,
        default="none",
        help="grey frames, frames in random order, or the question in other words (default none)",
    )


def _add_answers(parser: argparse.ArgumentParser) -> None:
    say = parser.add_argument_group("how it is answered")
    say.add_argument(
        "--decode",
        choices=DECODES,
        default="score",
        help="free: generate. constrained: generate what the "
        "training texts can be. score: weigh all of those, with probabilities (default score)",
    )
    say.add_argument("--style", choices=STYLES, help="form of the answers (else the recipe's, else sentence)")
    say.add_argument("--decimals", type=int, help="digits after the point of a time (else the recipe's, else 2)")
    say.add_argument("--calibration", type=Path, help=f"with score: file instead of the model's {CALIBRATION}")
    say.add_argument("--no_calibration", action="store_true", help="with score: the model's own probabilities")
    generation = parser.add_argument_group("generation, with free or constrained")
    generation.add_argument("--num_beams", type=int, help="beams (default 1)")
    generation.add_argument("--do_sample", action="store_true", default=None, help="sample instead of the likeliest")
    generation.add_argument("--temperature", type=float, help="of sampling (default 1)")
    generation.add_argument("--top_p", type=float, help="share of probability that is sampled from (default 1)")
    generation.add_argument("--max_new_tokens", type=int, help="longest answer, with free (default 128)")
    generation.add_argument("--seed", type=int, help="of sampling and controls (default 0)")


def _add_run(parser: argparse.ArgumentParser) -> None:
    out = parser.add_argument_group("what is written; the same command goes on where it was stopped")
    out.add_argument("--output", required=True, type=Path, help="JSON lines to write, X.jsonl, and X.settings.json")
    out.add_argument("--overwrite", action="store_true", help="start anew and remove what an earlier run left there")
    out.add_argument("--references", type=Path, help="with --data: also write the experts' intervals, as JSON lines")
    run = parser.add_argument_group("how it runs")
    run.add_argument(
        "--batch_size",
        type=int,
        default=8,
        help="clips answered together (default 8); another one changes the last digits of scores",
    )
    run.add_argument(
        "--num_workers",
        type=int,
        help="processes that decode clips, for each that answers (default: the cores less one, 1 to 4); 0: none",
    )
    run.add_argument(
        "--dtype",
        choices=("auto", "float32", "bfloat16"),
        default="auto",
        help="of the weights (default auto: bfloat16 on a GPU that has it, else float32)",
    )


def check_options(options: argparse.Namespace) -> None:
    """
    Refuse values out of range and options that would do nothing.

    Args:
        options (`argparse.Namespace`): From [`parse_options`].

    Raises:
        ValueError: The first such option, and what to do.
    """
    if (options.data is None) == (options.videos is None):
        raise ValueError("give --data or --videos, one of the two.")
    _check_files(options)
    for name, least in (("limit", 1), ("num_frames", 1), ("overlap", 0), ("decimals", 0), ("num_beams", 1),
                        ("max_new_tokens", 1), ("seed", 0), ("batch_size", 1), ("num_workers", 0)):  # fmt: skip
        value = getattr(options, name)
        if value is not None and value < least:
            raise ValueError(f"--{name}: a whole number from {least} up is needed, got {value}.")
    if options.temperature is not None and not 0 < options.temperature < float("inf"):
        raise ValueError(f"--temperature: a number above 0 is needed, got {options.temperature}.")
    if options.top_p is not None and not 0 < options.top_p <= 1:
        raise ValueError(f"--top_p: a number above 0 and up to 1 is needed, got {options.top_p}.")
    generates, is_free = options.decode != "score", options.decode == "free"
    has_seed = options.do_sample or options.control in ("shuffled", "paraphrased")
    is_joined = options.clip_reduction in ("windows", "phases", None) or options.videos
    needs = (
        ("split", options.data, "--data"),
        ("references", options.data, "--data"),
        ("repetitions", options.videos, "--videos"),
        ("num_beams", generates, "--decode free or constrained"),
        ("do_sample", generates, "--decode free or constrained"),
        ("temperature", options.do_sample, "--do_sample"),
        ("top_p", options.do_sample, "--do_sample"),
        ("max_new_tokens", is_free, "--decode free"),
        ("seed", has_seed, "--do_sample or --control shuffled or paraphrased"),
        ("calibration", not generates, "--decode score"),
        ("no_calibration", not generates, "--decode score"),
        ("style", not is_free or is_joined, "--decode score or constrained, or answers that are joined"),
        ("decimals", not is_free or is_joined, "--decode score or constrained, or answers that are joined"),
    )
    for name, is_used, needed in needs:
        value = getattr(options, name)
        if value is not None and value is not False and not is_used:
            raise ValueError(f"--{name} does nothing without {needed}. Leave it out.")
    if options.calibration and options.no_calibration:
        raise ValueError("--calibration and --no_calibration: give one of the two.")


def _check_files(options: argparse.Namespace) -> None:
    """Refuse names under which one file would take the place of another: of a video, of answers, of settings."""
    for name in ("output", "references"):
        path = getattr(options, name)
        if path is not None and path.suffix != ".jsonl":
            raise ValueError(f"--{name} {path}: expected a file name that ends in .jsonl.")
        if path is not None and path.is_dir():
            raise ValueError(f"--{name} {path}: is a folder. Give the name of a file.")
    if options.references and options.references.resolve() == options.output.resolve():
        raise ValueError(f"--output and --references are both {options.output}. Give each a file of its own.")
