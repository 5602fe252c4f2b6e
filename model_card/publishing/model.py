"""A run's model to the Hub with its card, its pictures, and the code that runs it; private unless told otherwise."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub import HfApi

from fitness_aqa_dataset.hub.calls import find_repository
from fitness_aqa_dataset.hub.contents import check_contents
from fitness_aqa_dataset.hub.machine_paths import shorten_paths
from fitness_aqa_dataset.hub.options import SHORTEN_FLAG, add_push_options, add_right_option, push_settings
from fitness_aqa_dataset.hub.parcel import Parcel
from fitness_aqa_dataset.hub.sending import full_name, log_in, send
from model_card.card import DatasetReference, make_card, write_figures
from model_card.publishing.model_files import LAYOUTS, REPLACES, check_layout, model_files, own_files
from model_card.publishing.work_folder import work_folder
from model_card.run_files import Run, find_model_dir, read_run
from trainer.baselines.run_folder import is_baseline_run
from trainer.prediction.inputs import VIDEO_SUFFIXES

CARD_LAYOUT = {None: None, "adapter-only": "adapter", "merged": "transformers", "original-layout": "original"}


def push_model(
    run_dir: str | Path,
    repo_id: str,
    *,
    layout: str | None = None,
    base_model: str | None = None,
    dataset: str | None = None,
    shorten: bool = False,
    public: bool = False,
    right_to_publish: bool = False,
    yes: bool = False,
    revision_tag: str | None = None,
) -> str:
    """
    Send a run's model, card and pictures in one commit. What is there already is not sent again.

    Args:
        run_dir (`str` or `Path`):
            A finished run, see [`~model_card.run_files.read_run`]. Its figures are drawn anew.
        repo_id (`str`):
            `user/name`, or `name` for one's own.
        layout (`str`, *optional*):
            `adapter-only`, `merged` or `original-layout`, see [`~model_card.publishing.model_files.model_files`].
        base_model (`str`, *optional*):
            Name of the base on the Hub, where the run names a folder.
        dataset (`str`, *optional*):
            Name on the Hub of the data set that the scores are of, for the card.
        shorten (`bool`, *optional*, defaults to `False`):
            Of paths of one machine in configuration files send the last part only.
        public, right_to_publish, yes, revision_tag:
            As in [`~fitness_aqa_dataset.push.push_dataset`]; a run on real clips has pictures of them.

    Returns:
        `str`: Address of the repository.

    Raises:
        FileNotFoundError: If the run is not whole.
        ValueError: If its figures do not come from its files; if something in it must not be sent; if the Hub refuses
            it; if the answer to the question is not yes.
        ConnectionError: If the Hub cannot be reached.
    """
    run = read_safely(run_dir, shorten)
    check_layout(run, layout, base_model)
    api = log_in()
    repo_id = full_name(api, repo_id)
    reference = find_dataset(api, dataset) if dataset else None
    with work_folder(run.path) as work:
        files = model_files(run, layout, work, base_model=base_model, shorten=shorten)
        files |= figure_files(run)
        parcel = model_parcel(run, repo_id, files, layout=layout, base_model=base_model, dataset=reference)
        flags = {"public": public, "right_to_publish": right_to_publish, "yes": yes}
        return send(api, parcel, **flags, revision_tag=revision_tag).url


def read_safely(run_dir: str | Path, shorten: bool) -> Run:
    """
    Read a run, after a look for what must not be sent: a pickle is never opened, and is named before anything else.

    Raises:
        FileNotFoundError, ValueError: As in [`push_model`].
    """
    files = own_files(find_model_dir(run_dir))
    if shorten:
        files = {name: shorten_paths(name, content) for name, content in files.items()}
    check_contents([Parcel("", "model", files, "")])
    return read_run(run_dir)


def figure_files(run: Run) -> dict[str, Path | bytes]:
    """Draw the pictures of a run's card; by path in the repository."""
    return {f"figures/{path.name}": path for path in write_figures(run)}


def find_dataset(api: HfApi, repo_id: str) -> DatasetReference:
    """
    A data set on the Hub and its newest commit.

    Raises:
        ValueError: If there is none of that name.
    """
    repository = find_repository(api, repo_id, "dataset")
    if repository is None:
        raise ValueError(f"--dataset {repo_id}: no such data set on the Hub; push it first, or leave --dataset out")
    return DatasetReference(repo_id, repository.sha)


def model_parcel(
    run: Run,
    repo_id: str,
    files: dict[str, Path | bytes],
    *,
    layout: str | None = None,
    base_model: str | None = None,
    dataset: DatasetReference | None = None,
    related: Sequence[tuple[str, str]] = (),
) -> Parcel:
    """
    What is sent.

    Args:
        run ([`Run`]):
            The run.
        repo_id (`str`):
            `user/name`.
        files (`dict[str, Path | bytes]`):
            From [`~model_card.publishing.model_files.model_files`] and [`figure_files`].
        layout, base_model:
            As in [`push_model`].
        dataset ([`DatasetReference`], *optional*):
            What the scores are of.
        related (`Sequence[tuple[str, str]]`, *optional*):
            Text and address of links for the card.

    Returns:
        [`Parcel`]: Model, figures, card.
    """
    settings = {"base_model": base_model, "dataset": dataset, "related": related, "layout": CARD_LAYOUT[layout]}
    card = make_card(run, repo_id=repo_id, **settings).content
    videos = [name for name in files if name.lower().endswith(VIDEO_SUFFIXES)]
    shows_people = str(run.path / "figures" / "timeline.png") if not run.is_synthetic else None
    if videos:  # nobody knows who is in them
        shows_people = str(run.model_dir / videos[0])
    return Parcel(repo_id, "model", files | {"README.md": card.encode()}, "Send the model", REPLACES, shows_people)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `python -m model_card push`."""
    parser.add_argument("run_dir", metavar="RUN", help="folder of a finished run, such as runs/demo")
    parser.add_argument("repo", metavar="REPO", help="repository on the Hub, such as me/my-model")
    layouts = parser.add_mutually_exclusive_group()
    for layout, text in LAYOUTS.items():
        layouts.add_argument(f"--{layout}", dest="layout", action="store_const", const=layout, help=text)
    parser.add_argument("--base-model", metavar="OWNER/NAME", help="the base on the Hub, where the run names a folder")
    parser.add_argument("--dataset", metavar="OWNER/NAME", help="the data set on the Hub that the scores are of")
    parser.add_argument(
        SHORTEN_FLAG, dest="shorten", action="store_true", help="of paths in configurations send the last part only"
    )
    add_right_option(parser)
    add_push_options(parser)


def run(arguments: argparse.Namespace) -> None:
    """Push, then print the address; of a baseline what [`~model_card.publishing.baseline.push_baseline`] sends."""
    if is_baseline_run(arguments.run_dir):
        return _run_baseline(arguments)
    names = ("layout", "base_model", "dataset", "shorten", "right_to_publish")
    settings = {name: getattr(arguments, name) for name in names}
    print(push_model(arguments.run_dir, arguments.repo, **settings, **push_settings(arguments)))


def _run_baseline(arguments: argparse.Namespace) -> None:
    from model_card.publishing.baseline import push_baseline  # it takes from this module, too

    for name, flag in (("layout", f"--{arguments.layout}"), ("base_model", "--base-model")):
        if getattr(arguments, name):
            raise ValueError(f"{arguments.run_dir}: is a run of a baseline, which has one form; leave out {flag}")
    settings = {name: getattr(arguments, name) for name in ("dataset", "shorten", "right_to_publish")}
    print(push_baseline(arguments.run_dir, arguments.repo, **settings, **push_settings(arguments)))
