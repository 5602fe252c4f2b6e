"""What a push would change: which files are not there yet, which of an earlier push would go."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from huggingface_hub import HfApi
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils.sha import git_hash, sha_fileobj
from tqdm import tqdm

from .calls import call
from .parcel import Parcel, size_of


@dataclass(frozen=True)
class Difference:
    """
    Args:
        is_new (`bool`): Whether the repository is still to be made.
        sent (`tuple[str, ...]`): Files whose content is not there.
        removed (`tuple[str, ...]`): Files of an earlier push that would be removed.
        head (`str`, *optional*): Hash of the newest commit.
        tags (`dict[str, str]`): Hash of the commit that each tag names.
    """

    is_new: bool
    sent: tuple[str, ...]
    removed: tuple[str, ...]
    head: str | None
    tags: dict[str, str]

    @property
    def is_empty(self) -> bool:
        """Whether everything is there."""
        return not (self.is_new or self.sent or self.removed)


def find_difference(api: HfApi, parcel: Parcel, is_new: bool) -> Difference:
    """
    Compare a parcel with its repository. A file is read only where one of the same name and size is there.

    Args:
        api (`HfApi`):
            The client.
        parcel ([`Parcel`]):
            What goes where.
        is_new (`bool`):
            Whether the repository is still to be made.

    Returns:
        [`Difference`]: What a push would change.

    Raises:
        ValueError, ConnectionError: If the Hub does not say.
    """
    if is_new:
        return Difference(True, tuple(parcel.files), (), None, {})
    where = {"repo_id": parcel.repo_id, "repo_type": parcel.repo_type}
    head = call(lambda: api.repo_info(**where)).sha
    tree = call(lambda: list(api.list_repo_tree(recursive=True, revision=head, **where)))
    there = {entry.path: entry for entry in tree if isinstance(entry, RepoFile)}
    bar = tqdm(parcel.files.items(), desc="comparing with what is there", unit="file", delay=2, leave=False)
    sent = tuple(name for name, content in bar if name not in there or not _is_same(content, there[name]))
    removed = tuple(name for name in there if parcel.is_replaced(name))
    tags = {ref.name: ref.target_commit for ref in call(lambda: api.list_repo_refs(**where)).tags}
    return Difference(False, sent, removed, head, tags)


def check_tag(parcel: Parcel, tag: str | None, difference: Difference) -> None:
    """
    Refuse a tag that names another state than that after the push.

    Raises:
        ValueError: If it names an earlier push.
    """
    if tag in difference.tags and not (difference.is_empty and difference.tags[tag] == difference.head):
        raise ValueError(f"{parcel.repo_id}: the tag {tag} names an earlier push; choose another")


def _is_same(content: Path | bytes, entry: RepoFile) -> bool:
    if size_of(content) != entry.size:
        return False
    is_large = entry.lfs is not None
    if isinstance(content, Path):
        stat = content.stat()
        oid = _oid_of_file(content, stat.st_size, stat.st_mtime_ns, is_large)
    else:
        oid = hashlib.sha256(content).hexdigest() if is_large else git_hash(content)
    return oid == (entry.lfs.sha256 if is_large else entry.blob_id)


@cache
def _oid_of_file(path: Path, size: int, mtime_ns: int, is_large: bool) -> str:
    """As large file storage names a file, or as git does; read once, as long as size and time stay."""
    if not is_large:
        return git_hash(path.read_bytes())
    with path.open("rb") as file:
        return sha_fileobj(file).hex()
