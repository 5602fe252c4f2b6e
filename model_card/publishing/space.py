"""The page to try a model to the Hub, as a Space; private unless told otherwise."""

import argparse
from pathlib import Path

from fitness_aqa_dataset.hub.calls import find_repository
from fitness_aqa_dataset.hub.options import add_push_options, push_settings
from fitness_aqa_dataset.hub.parcel import Parcel
from fitness_aqa_dataset.hub.sending import full_name, log_in, send
from model_card.space.files import space_files

DEMO_MODEL = "runs/demo/model"
TITLE = "Exercise feedback"


def push_space(
    repo_id: str,
    model: str | Path = DEMO_MODEL,
    *,
    title: str = TITLE,
    public: bool = False,
    yes: bool = False,
    revision_tag: str | None = None,
) -> str:
    """
    Send the page in one commit. What is there already is not sent again.

    Args:
        repo_id (`str`):
            `user/name`, or `name` for one's own.
        model (`str` or `Path`, *optional*, defaults to `"runs/demo/model"`):
            A folder, whose model becomes part of the Space, or a model on the Hub, which the Space loads.
        title (`str`, *optional*, defaults to `"Exercise feedback"`):
            Of the page.
        public, yes, revision_tag:
            As in [`~fitness_aqa_dataset.push.push_dataset`]. The clips that a Space brings are simulated.

    Returns:
        `str`: Address of the Space.

    Raises:
        FileNotFoundError: If there is no such model.
        ValueError: If something in it must not be sent; if the Hub refuses it; if the answer is not yes.
        ConnectionError: If the Hub cannot be reached.
    """
    api = log_in()
    repo_id = full_name(api, repo_id)
    if not Path(model).is_dir() and ("/" not in str(model) or not find_repository(api, str(model), "model")):
        raise FileNotFoundError(
            f"--model {model}: no such folder, and no such model on the Hub; `make demo` makes one"
        )
    parcel = space_parcel(repo_id, space_files(repo_id, model, title=title))
    return send(api, parcel, public=public, yes=yes, revision_tag=revision_tag).url


def space_parcel(repo_id: str, files: dict[str, Path | bytes]) -> Parcel:
    """What [`~model_card.space.files.space_files`] gives, for the Hub; what an earlier push brought is replaced."""
    sources = ("fitness_aqa_dataset/**", "trainer/**", "metrics/**", "model_card/**")
    return Parcel(repo_id, "space", files, "Send the page", (*sources, "examples/**", "model/**"))


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `python -m model_card space`."""
    parser.add_argument("repo", metavar="REPO", help="Space on the Hub, such as me/exercise-feedback")
    parser.add_argument(
        "--model",
        default=DEMO_MODEL,
        help=f"folder of a model, which goes with the Space, or name of one on the Hub (default {DEMO_MODEL})",
    )
    parser.add_argument("--title", default=TITLE, help=f"of the page (default {TITLE!r})")
    add_push_options(parser)


def run(arguments: argparse.Namespace) -> None:
    """Push, then print the address."""
    print(push_space(arguments.repo, arguments.model, title=arguments.title, **push_settings(arguments)))
