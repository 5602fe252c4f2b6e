"""A prepared folder to the Hub, private unless told otherwise, in one commit: a reader sees all of it or nothing."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, HTTPError
from huggingface_hub.utils import validate_repo_id
from tqdm import tqdm

from .data_card import make_data_card
from .prepared import SYNTHETIC_MARKER, Prepared, read_prepared
from .rows import FEATURES

# A server that restarts is back within seconds, and the commit call is the one that the client does not repeat itself.
WAITS_S = (1, 2, 4, 8)

LOGIN = "log in with `hf auth login`, or set HF_TOKEN to a token that may write"
RIGHT_FLAG = "--i-have-the-right-to-publish"
TERMS = "the clips and images of a real release are given on request, for non-commercial use"


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
        ConnectionError: If the Hub cannot be reached, or does not come back within five tries in 15 seconds.
    """
    prepared = read_prepared(out_dir)
    validate_repo_id(repo_id)
    if public:
        _require_right(prepared, right_to_publish, "to make them public")
    if get_token() is None:
        raise ValueError(f"no token for the Hub: {LOGIN}")
    api = HfApi()
    if "/" not in repo_id:
        repo_id = f"{_call(api.whoami)['name']}/{repo_id}"
    is_new = _check_visibility(api, repo_id, prepared, public, right_to_publish)
    files = _files(prepared, repo_id)
    _show(files, repo_id, is_new, public)
    if not yes:
        _ask(repo_id)
    if is_new:
        _call(lambda: api.create_repo(repo_id, repo_type="dataset", private=not public, exist_ok=True))
        _check_visibility(api, repo_id, prepared, public, right_to_publish)  # an organisation may have its own default
    commit = _send(api, repo_id, files)
    if revision_tag is not None:
        _tag(api, repo_id, revision_tag, commit)
    return f"{constants.ENDPOINT}/datasets/{repo_id}"


def _require_right(prepared: Prepared, right_to_publish: bool, what: str) -> None:
    if not prepared.is_synthetic and not right_to_publish:
        raise ValueError(f"{prepared.path}: {TERMS}; {what}, add {RIGHT_FLAG} if you have it")


def _check_visibility(api: HfApi, repo_id: str, prepared: Prepared, public: bool, right_to_publish: bool) -> bool:
    """Whether the repository is still to be made; an error if everyone sees it and should not, or the other way."""
    if not _call(lambda: api.repo_exists(repo_id, repo_type="dataset")):
        return True
    is_private = _call(lambda: api.repo_info(repo_id, repo_type="dataset")).private
    if not is_private:
        _require_right(prepared, right_to_publish, f"as {repo_id} is public")
        if not public:
            raise ValueError(f"{repo_id}: is public; add --public to send to it, or name another repository")
    elif public:
        raise ValueError(
            f"{repo_id}: is private, and its history would be seen too if it became public; "
            "leave out --public, or name a new repository"
        )
    return False


def _files(prepared: Prepared, repo_id: str) -> dict[str, Path]:
    """What is sent, by its path in the repository; writes the card."""
    part = prepared.path / "README.md.part"
    part.write_text(make_data_card(prepared.path, repo_id), encoding="utf-8")
    os.replace(part, prepared.path / "README.md")
    paths = [prepared.path / "README.md"]
    if prepared.is_synthetic:
        paths.append(prepared.path / SYNTHETIC_MARKER)
    for name, splits in prepared.splits.items():
        paths += [path for split in splits for path in prepared.files(name, split)]
    return {path.relative_to(prepared.path).as_posix(): path for path in paths}


def _show(files: dict[str, Path], repo_id: str, is_new: bool, public: bool) -> None:
    groups = {}
    for name, path in files.items():
        groups.setdefault(os.path.dirname(name).partition("/")[0] or name, []).append(path.stat().st_size)
    state = ("new, " if is_new else "") + ("public: everyone will see it" if public else "private")
    lines = [f"to {repo_id} ({state}):"]
    lines += [f"  {name}: {len(sizes)} files, {sum(sizes) / 1e6:.2f} MB" for name, sizes in groups.items()]
    print("\n".join(lines).replace(": 1 files", ": 1 file"), file=sys.stderr)


def _ask(repo_id: str) -> None:
    print("send? [y/N] ", end="", file=sys.stderr, flush=True)
    answer = sys.stdin.readline()
    if answer.strip().lower() not in ("y", "yes"):
        raise ValueError(f"{repo_id}: nothing was sent; answer y, or add --yes where nobody can answer")


def _send(api: HfApi, repo_id: str, files: dict[str, Path]) -> str:
    """Commit the files and remove those of an earlier push; the hash of the commit."""
    # made once: hashing reads every byte, and an operation remembers that its file has arrived
    operations = [
        CommitOperationAdd(name, path) for name, path in tqdm(files.items(), desc="reading what to send", unit="file")
    ]
    there = _call(lambda: api.list_repo_files(repo_id, repo_type="dataset"))
    owned = [name for name in there if name == SYNTHETIC_MARKER or name.partition("/")[0] in FEATURES and "/" in name]
    operations += [CommitOperationDelete(name) for name in owned if name not in files]
    commit = _call(
        lambda: api.create_commit(repo_id, operations, commit_message="Send the data set", repo_type="dataset")
    )
    return commit.oid


def _tag(api: HfApi, repo_id: str, tag: str, commit: str) -> None:
    tags = {
        ref.name: ref.target_commit for ref in _call(lambda: api.list_repo_refs(repo_id, repo_type="dataset")).tags
    }
    if tags.get(tag, commit) != commit:
        raise ValueError(f"{repo_id}: all is sent, but the tag {tag} names an earlier push; choose another")
    if tag not in tags:
        _call(lambda: api.create_tag(repo_id, tag=tag, revision=commit, repo_type="dataset"))


def _call(function: Callable) -> object:
    """The result of a call to the Hub, repeated if the connection or the server fails; errors become one line."""
    for wait_s in (*WAITS_S, None):
        try:
            return function()
        except (HTTPError, RuntimeError) as error:
            # what goes wrong in the threads that send large files comes out as RuntimeError
            cause = error.__cause__ or error if isinstance(error, RuntimeError) else error
            status = cause.response.status_code if isinstance(cause, HfHubHTTPError) else None
            if status in (401, 403):
                raise ValueError(f"the Hub refuses this token: {_text(cause)}; {LOGIN}") from None
            if status is not None and status < 500 and status != 429:
                raise ValueError(f"the Hub refuses this: {_text(cause)}") from None
            if wait_s is None:
                reason = f"{constants.ENDPOINT}: the Hub does not answer ({_text(cause)})"
                raise ConnectionError(f"{reason}; start again later: what has arrived is not sent twice") from None
            print(f"the Hub does not answer, next try in {wait_s} s: {_text(cause)}", file=sys.stderr)
            time.sleep(wait_s)


def _text(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
