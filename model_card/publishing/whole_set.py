"""
The whole set to the Hub: data set, metrics, model and page, each card naming the others, in one collection.

The model's card names the commit of the data set, so the data set goes first.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path

from huggingface_hub import HfApi, constants
from huggingface_hub.utils import validate_repo_id

from fitness_aqa_dataset.hub.calls import call, find_repository
from fitness_aqa_dataset.hub.options import add_right_option, add_yes_option
from fitness_aqa_dataset.hub.parcel import Parcel
from fitness_aqa_dataset.hub.sending import Sent, ask, deliver, log_in, look, show
from fitness_aqa_dataset.prepared import read_prepared
from fitness_aqa_dataset.push import dataset_parcel
from metrics.push import METRICS, metric_parcel
from model_card.card import DatasetReference
from model_card.publishing.config import PIECES, PublishConfig, read_config, with_default_names
from model_card.publishing.model import figure_files, model_parcel, read_safely
from model_card.publishing.model_files import check_layout, model_files
from model_card.publishing.space import TITLE, space_parcel
from model_card.publishing.work_folder import work_folder
from model_card.run_files import Run
from model_card.space.files import space_files

TYPES = {"dataset": "dataset", "temporal_map": "space", "fitness_aqa": "space", "model": "model", "space": "space"}
DESCRIPTIONS = {
    "dataset": "the data set",
    "temporal_map": "temporal mAP as an evaluate metric",
    "fitness_aqa": "F1 and mAP of answers as an evaluate metric",
    "model": "the model",
    "space": "a page to try the model",
}


def publish(config: PublishConfig, *, right_to_publish: bool = False, yes: bool = False) -> dict[str, str]:
    """
    Send every piece. What is there already is not sent again, so an interrupted call goes on.

    Args:
        config ([`PublishConfig`]):
            From [`~model_card.publishing.config.read_config`].
        right_to_publish (`bool`, *optional*, defaults to `False`):
            That clips of a real release may be shown to everyone. Needed for them where the config says public.
        yes (`bool`, *optional*, defaults to `False`):
            Do not ask on the terminal before sending.

    Returns:
        `dict[str, str]`: Addresses by piece, and that of the collection.

    Raises:
        FileNotFoundError: If run or data set are not whole.
        ValueError: If something must not be sent; if the Hub refuses it; if the answer is not yes.
        ConnectionError: If the Hub cannot be reached.
    """
    run = read_safely(config.run, config.shorten_paths)
    config = with_default_names(config, read_prepared(config.dataset).is_synthetic, run.is_synthetic)
    for piece in PIECES:
        validate_repo_id(config.repo_id(piece))
    api = log_in()
    check_layout(run, config.layout, config.base_model)
    with work_folder(run.path) as work:
        dataset = find_repository(api, config.repo_id("dataset"), "dataset")
        parcels = make_parcels(config, run, work, dataset and dataset.sha)
        every = list(parcels.values())
        flags = {"public": config.public, "right_to_publish": right_to_publish, "revision_tag": config.tag}
        show(every, look(every, api, **flags), config.public)
        if not yes:
            ask(config.namespace)
        sent = send_all(api, config, run, parcels, flags)
    urls = {piece: one.url for piece, one in sent.items()}
    return urls | {"collection": collect(api, config)}


def make_parcels(config: PublishConfig, run: Run, work: Path, commit: str | None) -> dict[str, Parcel]:
    """What each repository gets; the model's card names the data set's commit, of now, where there is one."""
    files = model_files(run, config.layout, work, base_model=config.base_model, shorten=config.shorten_paths)
    files |= figure_files(run)
    parcels = {
        "dataset": dataset_parcel(read_prepared(config.dataset), config.repo_id("dataset"), related(config, "dataset"))
    }
    for name in METRICS:
        parcels[name] = metric_parcel(name, config.repo_id(name), related(config, name))
    parcels["model"] = _model_parcel(config, run, files, commit)
    settings = {"title": TITLE, "related": related(config, "space"), "synthetic": run.is_trained_on_synthetic}
    page = space_files(config.repo_id("space"), config.repo_id("model"), **settings)
    return parcels | {"space": space_parcel(config.repo_id("space"), page)}


def send_all(api: HfApi, config: PublishConfig, run: Run, parcels: dict[str, Parcel], flags: dict) -> dict[str, Sent]:
    """Deliver in the order of `PIECES`; `flags` are those of [`~fitness_aqa_dataset.hub.sending.deliver`]."""
    sent: dict[str, Sent] = {}
    for piece in PIECES:
        print(f"{DESCRIPTIONS[piece]}: {config.repo_id(piece)}", file=sys.stderr)
        parcel = parcels[piece]
        if piece == "model":
            with_revision = _model_parcel(config, run, {}, sent["dataset"].commit)
            parcel = replace(parcel, files=parcel.files | {"README.md": with_revision.files["README.md"]})
        sent[piece] = deliver(api, parcel, **flags)
    return sent


def related(config: PublishConfig, piece: str) -> list[tuple[str, str]]:
    """Links from one piece to the others."""
    folders = {"dataset": "datasets/", "space": "spaces/", "model": ""}
    return [
        (
            f"{DESCRIPTIONS[other]}: {config.repo_id(other)}",
            f"{constants.ENDPOINT}/{folders[TYPES[other]]}{config.repo_id(other)}",
        )
        for other in PIECES
        if other != piece
    ]


def collect(api: HfApi, config: PublishConfig) -> str:
    """
    Put every piece into one collection, made where it is missing.

    Returns:
        `str`: Address of the collection.
    """
    collection = call(
        lambda: api.create_collection(
            config.collection,
            namespace=config.namespace,
            description="A data set, metrics, a model and a page for feedback on exercises",
            private=not config.public,
            exists_ok=True,
        )
    )
    for piece in PIECES:
        item = (config.repo_id(piece), TYPES[piece])
        call(lambda: api.add_collection_item(collection.slug, *item, note=DESCRIPTIONS[piece], exists_ok=True))  # noqa: B023
    return f"{constants.ENDPOINT}/collections/{collection.slug}"


def _model_parcel(config: PublishConfig, run: Run, files: dict[str, Path | bytes], commit: str | None) -> Parcel:
    return model_parcel(
        run,
        config.repo_id("model"),
        files,
        layout=config.layout,
        base_model=config.base_model,
        dataset=DatasetReference(config.repo_id("dataset"), commit),
        related=related(config, "model"),
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Of `python -m model_card publish`."""
    parser.add_argument("config", metavar="CONFIG.yaml", help="what goes where: namespace, run, dataset, tag, …")
    add_right_option(parser)
    add_yes_option(parser)


def run(arguments: argparse.Namespace) -> None:
    """Publish, then print the addresses."""
    config = read_config(arguments.config)
    urls = publish(config, right_to_publish=arguments.right_to_publish, yes=arguments.yes)
    print("\n".join(urls.values()))
    if not config.public:
        print(
            f"the page reads a private model: give {urls['space']} a secret HF_TOKEN that may read it", file=sys.stderr
        )
