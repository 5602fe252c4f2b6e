"""A prepared folder to the Hub, private unless told otherwise, in one commit: a reader sees all of it or nothing."""

import os
from collections.abc import Sequence
from pathlib import Path

from huggingface_hub.utils import validate_repo_id

from .data_card import make_data_card
from .hub.parcel import Parcel
from .hub.sending import full_name, log_in, send
from .hub.visibility import require_right
from .prepared import SYNTHETIC_MARKER, Prepared, read_prepared
from .rows import FEATURES

REPLACES = (SYNTHETIC_MARKER, *(f"{name}/**" for name in FEATURES))


def push_dataset(
    out_dir: str | Path,
    repo_id: str,
    public: bool = False,
    right_to_publish: bool = False,
    yes: bool = False,
    revision_tag: str | None = None,
) -> str:
    """
    Send a prepared folder and its data card to the Hub. What is there already is not sent again; rows of an earlier
    push that are no longer in the folder are removed, other files of the repository stay.

    Args:
        out_dir (`str` or `Path`):
            As [`~fitness_aqa_dataset.prepare.prepare_release`] left it. Its `README.md` is written anew.
        repo_id (`str`):
            `user/name`, or `name` for one's own.
        public (`bool`, *optional*, defaults to `False`):
            Make a new repository that everyone sees, or send to one. A private repository is never made public: its
            history would be seen too.
        right_to_publish (`bool`, *optional*, defaults to `False`):
            That the videos and images of a real release may be shown to everyone. Not needed for synthetic ones.
        yes (`bool`, *optional*, defaults to `False`):
            Do not ask on the terminal before sending.
        revision_tag (`str`, *optional*):
            Name for the state after this push, such as `v1.0`.

    Returns:
        `str`: Address of the repository.

    Raises:
        FileNotFoundError: If the folder or a file of it is missing.
        ValueError: If it is not a prepared folder; if a real release would become public without `right_to_publish`;
            if the repository is public and `public` is not set, or the other way round; if there is no token or it is
            not accepted; if the answer to the question is not yes; if `revision_tag` names an earlier push.
        ConnectionError: If the Hub cannot be reached, or does not come back within five tries.
    """
    prepared = read_prepared(out_dir)
    validate_repo_id(repo_id)
    if public:  # before a token is looked for
        require_right(shows_people(prepared), "to make them public", right_to_publish)
    api = log_in()
    parcel = dataset_parcel(prepared, full_name(api, repo_id))
    flags = {"public": public, "right_to_publish": right_to_publish, "yes": yes}
    return send(api, parcel, **flags, revision_tag=revision_tag).url


def shows_people(prepared: Prepared) -> str | None:
    """The folder, where its clips are not simulated."""
    return None if prepared.is_synthetic else str(prepared.path)


def dataset_parcel(prepared: Prepared, repo_id: str, related: Sequence[tuple[str, str]] = ()) -> Parcel:
    """
    What is sent; writes the card into the folder.

    Args:
        prepared ([`~fitness_aqa_dataset.prepared.Prepared`]):
            The folder.
        repo_id (`str`):
            `user/name`.
        related (`Sequence[tuple[str, str]]`, *optional*):
            Text and address of links for the card.

    Returns:
        [`Parcel`]: Card, mark of a synthetic release, rows.
    """
    part = prepared.path / "README.md.part"
    part.write_text(make_data_card(prepared.path, repo_id, related), encoding="utf-8")
    os.replace(part, prepared.path / "README.md")
    paths = [prepared.path / "README.md"]
    if prepared.is_synthetic:
        paths.append(prepared.path / SYNTHETIC_MARKER)
    for name, splits in prepared.splits.items():
        paths += [path for split in splits for path in prepared.files(name, split)]
    files = {path.relative_to(prepared.path).as_posix(): path for path in paths}
    return Parcel(repo_id, "dataset", files, "Send the data set", REPLACES, shows_people(prepared))
