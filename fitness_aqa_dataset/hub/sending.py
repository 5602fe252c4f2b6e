"""Parcels to the Hub: checked, shown, asked for, then one commit a repository, and a tag."""

import sys
from dataclasses import dataclass

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants
from huggingface_hub.utils import validate_repo_id
from tqdm import tqdm

from .calls import call, require_token
from .contents import check_contents
from .parcel import SPACE_SDK, Parcel, size_of
from .visibility import check_visibility


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
    api: HfApi, parcel: Parcel, *, public: bool, right_to_publish: bool, yes: bool, revision_tag: str | None = None
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
        right_to_publish (`bool`):
            That clips of a real release in it may be shown to everyone.
        yes (`bool`):
            Do not ask on the terminal.
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
    is_new = look([parcel], api, public, right_to_publish)
    show([parcel], is_new, public)
    if not yes:
        ask(parcel.repo_id)
    return deliver(api, parcel, public=public, right_to_publish=right_to_publish, revision_tag=revision_tag)


def look(parcels: list[Parcel], api: HfApi, public: bool, right_to_publish: bool) -> list[bool]:
    """
    Everything that can be wrong before anything is sent.

    Returns:
        `list[bool]`: For each parcel, whether its repository is still to be made.

    Raises:
        ValueError, FileNotFoundError, ConnectionError: As in [`send`].
    """
    check_contents(parcels)
    return [check_visibility(api, parcel, public, right_to_publish) for parcel in parcels]


def show(parcels: list[Parcel], is_new: list[bool], public: bool) -> None:
    """Print on standard error what goes where, folder by folder, with sizes."""
    for parcel, new in zip(parcels, is_new, strict=True):
        groups: dict[str, list[int]] = {}
        for name, content in parcel.files.items():
            groups.setdefault(name.partition("/")[0], []).append(size_of(content))
        state = ("new, " if new else "") + ("public: everyone will see it" if public else "private")
        kind = "" if parcel.repo_type == "dataset" else f"{parcel.repo_type} "
        print(f"to {kind}{parcel.repo_id} ({state}):", file=sys.stderr)
        for name, sizes in groups.items():
            num_files = "1 file" if len(sizes) == 1 else f"{len(sizes)} files"
            print(f"  {name}: {num_files}, {sum(sizes) / 1e6:.2f} MB", file=sys.stderr)


def ask(what: str) -> None:
    """
    Wait for a yes on the terminal.

    Raises:
        ValueError: If the answer is another one.
    """
    print("send? [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if answer.strip().lower() not in ("y", "yes"):
        raise ValueError(f"{what}: nothing was sent; answer y, or add --yes where nobody can answer")


def deliver(
    api: HfApi, parcel: Parcel, *, public: bool, right_to_publish: bool, revision_tag: str | None = None
) -> Sent:
    """[`send`] after the question: make the repository where it is missing, commit, tag."""
    repo_id, repo_type = parcel.repo_id, parcel.repo_type
    if check_visibility(api, parcel, public, right_to_publish):
        sdk = SPACE_SDK if repo_type == "space" else None
        call(lambda: api.create_repo(repo_id, repo_type=repo_type, private=not public, exist_ok=True, space_sdk=sdk))
        check_visibility(api, parcel, public, right_to_publish)  # an organisation may have its own default
    commit = _commit(api, parcel)
    if revision_tag is not None:
        _tag(api, parcel, revision_tag, commit)
    return Sent(f"{constants.ENDPOINT}/{parcel.folder}{repo_id}", commit)


def _commit(api: HfApi, parcel: Parcel) -> str:
    """Commit the files and remove those of an earlier push; the hash of the commit."""
    # made once: hashing reads every byte, and an operation remembers that its file has arrived
    bar = tqdm(parcel.files.items(), desc="reading what to send", unit="file")
    operations = [CommitOperationAdd(name, content) for name, content in bar]
    there = call(lambda: api.list_repo_files(parcel.repo_id, repo_type=parcel.repo_type))
    operations += [CommitOperationDelete(name) for name in there if parcel.is_replaced(name)]
    commit = call(
        lambda: api.create_commit(
            parcel.repo_id, operations, commit_message=parcel.message, repo_type=parcel.repo_type
        )
    )
    return commit.oid


def _tag(api: HfApi, parcel: Parcel, tag: str, commit: str) -> None:
    repo_id, repo_type = parcel.repo_id, parcel.repo_type
    tags = {ref.name: ref.target_commit for ref in call(lambda: api.list_repo_refs(repo_id, repo_type=repo_type)).tags}
    if tags.get(tag, commit) != commit:
        raise ValueError(f"{repo_id}: all is sent, but the tag {tag} names an earlier push; choose another")
    if tag not in tags:
        call(lambda: api.create_tag(repo_id, tag=tag, revision=commit, repo_type=repo_type))
