"""The flags of commands that push."""

import argparse

RIGHT_FLAG = "--i-have-the-right-to-publish"
SHORTEN_FLAG = "--shorten-paths"


def add_push_options(parser: argparse.ArgumentParser) -> None:
    """
    Add what every command that sends one piece has: `--public`, `--revision-tag` and `--yes`.

    Args:
        parser (`argparse.ArgumentParser`):
            Of the command.
    """
    parser.add_argument("--public", action="store_true", help="let everyone see it; private by default")
    parser.add_argument("--revision-tag", help="name for the state after this push, such as v1.0")
    add_yes_option(parser)


def push_settings(options: argparse.Namespace) -> dict:
    """What [`add_push_options`] has read, as keyword arguments."""
    return {name: getattr(options, name) for name in ("public", "yes", "revision_tag")}


def add_right_option(parser: argparse.ArgumentParser) -> None:
    """Add the flag of commands that can show clips of a real release to everyone."""
    parser.add_argument(
        RIGHT_FLAG,
        dest="right_to_publish",
        action="store_true",
        help="needed to show clips of a real release to everyone: they belong to their authors",
    )


def add_yes_option(parser: argparse.ArgumentParser) -> None:
    """Add `--yes`."""
    parser.add_argument("--yes", action="store_true", help="do not ask before sending")
