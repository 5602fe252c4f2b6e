"""
Send both metrics to the Hub, each as a Space that `evaluate.load` reads and that has a page of its own.

    python -m metrics push NAMESPACE
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from fitness_aqa_dataset.hub.options import add_push_options, push_settings
from fitness_aqa_dataset.hub.parcel import Parcel
from fitness_aqa_dataset.hub.sending import ask, deliver, log_in, look, show

FOLDER = Path(__file__).resolve().parent
METRICS = ("temporal_map", "fitness_aqa")


def push_metrics(
    namespace: str,
    *,
    public: bool = False,
    yes: bool = False,
    revision_tag: str | None = None,
) -> list[str]:
    """
    Send the folders of both metrics; what is there already is not sent again.

    Args:
        namespace (`str`):
            User or organisation on the Hub.
        public (`bool`, *optional*, defaults to `False`):
            Make new Spaces that everyone sees, or send to such. A private one is never made public.
        yes (`bool`, *optional*, defaults to `False`):
            Do not ask on the terminal before sending.
        revision_tag (`str`, *optional*):
            Name for the state after this push, such as `v1.0`.

    Returns:
        `list[str]`: Addresses of the Spaces.

    Raises:
        ValueError: If the namespace is none, there is no token or it is not accepted, a Space is public and `public`
            is not set or the other way round, the answer to the question is not yes, or the tag names an earlier push.
        ConnectionError: If the Hub cannot be reached.
    """
    if not namespace or "/" in namespace:
        raise ValueError(f"{namespace!r}: give a user or an organisation, such as `me`; the Spaces' names are added")
    api = log_in()
    parcels = [metric_parcel(name, f"{namespace}/{name}") for name in METRICS]
    show(parcels, look(parcels, api, public=public, revision_tag=revision_tag), public)
    if not yes:
        ask(namespace)
    return [deliver(api, parcel, public=public, revision_tag=revision_tag).url for parcel in parcels]


def metric_parcel(name: str, repo_id: str, related: Sequence[tuple[str, str]] = ()) -> Parcel:
    """
    A metric's folder as it goes to the Hub.

    Args:
        name (`str`):
            One of `METRICS`.
        repo_id (`str`):
            `user/name`.
        related (`Sequence[tuple[str, str]]`, *optional*):
            Text and address of links for the card.

    Returns:
        [`Parcel`]: Every file of the folder; in the card the metric has its name on the Hub.
    """
    paths = sorted(path for path in (FOLDER / name).rglob("*") if path.is_file() and path.suffix != ".pyc")
    files: dict[str, Path | bytes] = {path.relative_to(FOLDER / name).as_posix(): path for path in paths}
    files["README.md"] = metric_card(name, repo_id, related).encode()
    return Parcel(repo_id, "space", files, f"Send the metric {name}", replaces=("*.py", "*.txt", "*.md"))


def metric_card(name: str, repo_id: str, related: Sequence[tuple[str, str]] = ()) -> str:
    """The card of a metric's folder, about its place on the Hub; arguments as in [`metric_parcel`]."""
    text = (FOLDER / name / "README.md").read_text(encoding="utf-8")
    text = text.replace(f'evaluate.load("metrics/{name}")  # this folder', f'evaluate.load("{repo_id}")')
    if related:
        text += "\n".join(["", "## What belongs to it", "", *(f"- [{what}]({url})" for what, url in related), ""])
    return text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `python -m metrics push`."""
    parser.add_argument("namespace", help="user or organisation on the Hub")
    add_push_options(parser)


def run(arguments: argparse.Namespace) -> None:
    """Push, then print the addresses."""
    print("\n".join(push_metrics(arguments.namespace, **push_settings(arguments))))
