"""Parcels to the Hub: checked, shown, asked for, then one commit a repository, and a tag."""

import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.utils import validate_repo_id
from tqdm import tqdm

from .calls import call, require_token, says_how_to_stop
from .contents import check_contents
from .difference import Difference, check_tag, find_difference
from .parcel import SPACE_SDK, Parcel, size_of
from .visibility import check_visibility

TAG = re.compile(r"(?!.*\.\.)[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Sent:
    """
    Args:
        url (`str`): Address of the repository.
        commit (`str`): Hash of its newest commit after the push.
    """

    url: str
    commit: str


def log_in() -> HfApi:
    """
    The client, where somebody is logged in.

    Raises:
        ValueError: If there is no token.
    """
    require_token()
    return HfApi()


def full_name(api: HfApi, repo_id: str) -> str:
    """
    `user/name` for `name`.

    Raises:
        ValueError: If the name is none that the Hub has, or the token is not accepted.
    """
    validate_repo_id(repo_id)
    return repo_id if "/" in repo_id else f"{call(api.whoami)['name']}/{repo_id}"


def send(
    api: HfApi,
    parcel: Parcel,
    *,
    public: bool,
    yes: bool,
    right_to_publish: bool = False,
    revision_tag: str | None = None,
) -> Sent:
    """
    Send one parcel in one commit: a reader sees all of it or nothing. What is there already is not sent again.

    Args:
        api (`HfApi`):
            From [`log_in`].
        parcel ([`Parcel`]):
            What goes where.
        public (`bool`):
            Make a new repository that everyone sees, or send to one. A private one is never made public.
        yes (`bool`):
            Do not ask on the terminal.
        right_to_publish (`bool`, *optional*, defaults to `False`):
            That clips of a real release in it may be shown to everyone.
        revision_tag (`str`, *optional*):
            Name for the state after this push, such as `v1.0`.

    Returns:
        [`Sent`]: Where it is now.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If something in it must not be sent, it may not be public, the Hub refuses it, or the answer to
            the question is not yes.
        ConnectionError: If the Hub does not answer.
    """
    flags = {"public": public, "right_to_publish": right_to_publish, "revision_tag": revision_tag}
    show([parcel], look([parcel], api, **flags), public)
    if not yes:
        ask(parcel.repo_id)
    return deliver(api, parcel, **flags)


def look(
    parcels: list[Parcel],
    api: HfApi,
    *,
    public: bool,
    right_to_publish: bool = False,
    revision_tag: str | None = None,
) -> list[Difference]:
    """
    Everything that can be wrong before anything is sent.

    Returns:
        `list[Difference]`: What each parcel would change.

    Raises:
        ValueError, FileNotFoundError, ConnectionError: As in [`send`].
    """
    if revision_tag is not None and (not TAG.fullmatch(revision_tag) or revision_tag == "main"):
        raise ValueError(
            f"{revision_tag!r}: no name for a state; give letters, digits, dots and hyphens, such as v1.0"
        )
    check_contents(parcels)
    are_new = [check_visibility(api, parcel, public, right_to_publish) for parcel in parcels]
    differences = [find_difference(api, parcel, is_new) for parcel, is_new in zip(parcels, are_new, strict=True)]
    for parcel, difference in zip(parcels, differences, strict=True):
        check_tag(parcel, revision_tag, difference)
    return differences


def show(parcels: list[Parcel], differences: list[Difference], public: bool) -> None:
    """Print on standard error what is sent where, folder by folder, with sizes, and what is removed."""
    for parcel, difference in zip(parcels, differences, strict=True):
        groups: dict[str, list[int]] = {}
        for name in difference.sent:
            groups.setdefault(name.partition("/")[0], []).append(size_of(parcel.files[name]))
        state = ("new, " if difference.is_new else "") + ("public: everyone will see it" if public else "private")
        kind = "" if parcel.repo_type == "dataset" else f"{parcel.repo_type} "
        lines = [f"to {kind}{parcel.repo_id} ({state}):"]
        lines += [f"  {name}: {_count(sizes)}, {sum(sizes) / 1e6:.2f} MB" for name, sizes in groups.items()]
        if difference.removed:
            some = ", ".join(difference.removed[:5]) + (" …" if len(difference.removed) > 5 else "")
            lines.append(f"  removed there: {_count(difference.removed)} of an earlier push: {some}")
        if difference.is_empty:
            lines.append("  all of it is there")
        print("\n".join(lines), file=sys.stderr)


def _count(files: Sequence) -> str:
    return "1 file" if len(files) == 1 else f"{len(files)} files"


def ask(what: str) -> None:
    """
    Wait for a yes on the terminal.

    Raises:
        ValueError: If the answer is another one.
    """
    print("send? [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline() if sys.stdin else ""  # closed where a script has closed it
    if answer.strip().lower() not in ("y", "yes"):
        raise ValueError(f"{what}: nothing was sent; answer y, or add --yes where nobody can answer")


def deliver(
    api: HfApi, parcel: Parcel, *, public: bool, right_to_publish: bool = False, revision_tag: str | None = None
) -> Sent:
    """[`send`] after the question: make the repository where it is missing, commit, tag."""
    repo_id, repo_type = parcel.repo_id, parcel.repo_type
    if check_visibility(api, parcel, public, right_to_publish):
        sdk = SPACE_SDK if repo_type == "space" else None
        call(lambda: api.create_repo(repo_id, repo_type=repo_type, private=not public, exist_ok=True, space_sdk=sdk))
        check_visibility(api, parcel, public, right_to_publish)  # an organisation may have its own default
    difference = find_difference(api, parcel, is_new=False)
    check_tag(parcel, revision_tag, difference)  # somebody may have set it meanwhile
    commit = difference.head if difference.is_empty else _commit(api, parcel, difference)
    if revision_tag is not None and revision_tag not in difference.tags:
        where = {"repo_type": repo_type, "revision": commit}
        call(lambda: api.create_tag(repo_id, tag=revision_tag, exist_ok=True, **where))
    return Sent(f"{constants.ENDPOINT}/{parcel.folder}{repo_id}", commit)


def _commit(api: HfApi, parcel: Parcel, difference: Difference) -> str:
    """Commit the files and remove those of an earlier push; the hash of the commit."""
    # made once: hashing reads every byte, and an operation remembers that its file has arrived
    bar = tqdm(difference.sent, desc="reading what to send", unit="file")
    operations = [CommitOperationAdd(name, parcel.files[name]) for name in bar]
    operations += [CommitOperationDelete(name) for name in difference.removed]
    with says_how_to_stop():
        commit = call(
            lambda: api.create_commit(
                parcel.repo_id, operations, commit_message=parcel.message, repo_type=parcel.repo_type
            )
        )
    return commit.oid
