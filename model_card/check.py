"""
Find what is wrong with a card: of a model, a data set, a Space or a metric. The network is never used.

    python -m model_card check runs/demo runs/data metrics/temporal_map
"""

import argparse
import sys
from pathlib import Path

from model_card.checking.card_file import CardFile, read_card_file
from model_card.checking.data_files import check_data_files
from model_card.checking.header import check_header
from model_card.checking.links import check_links
from model_card.checking.results import check_results
from model_card.checking.text import check_text


def check_card(path: str | Path) -> list[str]:
    """
    Check a card.

    Args:
        path (`str` or `Path`):
            A folder with a `README.md`, or such a file; files that the card names are looked for beside it.

    Returns:
        `list[str]`: Its problems, in the order of their lines, each `FILE:LINE: what; expected what; how to mend`.

    Raises:
        FileNotFoundError: If there is no card.
        ValueError: If it is no UTF-8 text.
    """
    return check_file(path).problems


def check_file(path: str | Path) -> CardFile:
    """
    [`check_card`], with what has been counted.

    Returns:
        [`CardFile`]: `problems`, `num_links` and `num_results`.
    """
    card = read_card_file(Path(path))
    for check in (check_header, check_results, check_data_files, check_text, check_links):
        check(card)
    start = len(f"{card.path}:")
    card.problems.sort(key=lambda problem: int(problem[start:].partition(":")[0]))
    return card


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `python -m model_card check`."""
    parser.add_argument("paths", nargs="+", type=Path, metavar="DIR", help="folder with a README.md, or such a file")


def run(arguments: argparse.Namespace) -> None:
    """
    Check cards and print what is wrong.

    Args:
        arguments (`argparse.Namespace`):
            With `paths`.

    Raises:
        SystemExit: With code 1, if something is wrong, or a card is not there; the others are checked all the same.
    """
    is_wrong = False
    for path in arguments.paths:
        try:
            card = check_file(path)
        except (OSError, ValueError) as error:
            print(f"error: {error}", file=sys.stderr)
            is_wrong = True
            continue
        for problem in card.problems:
            print(problem)
        if not card.problems:
            print(f"{card.path}: nothing wrong ({card.num_links} links, {card.num_results} results)")
        is_wrong = is_wrong or bool(card.problems)
    if is_wrong:
        sys.exit(1)
