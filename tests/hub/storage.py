"""What a Hub keeps: repositories with their branches, tags and commits, and the bytes of files by their hash."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

GITATTRIBUTES = b"*.parquet filter=lfs diff=lfs merge=lfs -text\n"


def now() -> str:
    """The time as the Hub writes it, UTC in milliseconds: `2026-01-31T12:00:00.000Z`."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class File:
    """
    One version of a file, without its name.

    Args:
        sha256 (`str`):
            Hash of the content, 64 hexadecimal digits.
        size (`int`):
            Bytes of the content.
        is_lfs (`bool`):
            Whether git would hold a pointer to the content instead of the content.
        blob_id (`str`):
            Git's hash of the content or, of a large file, of its pointer; 40 hexadecimal digits.
        pointer_size (`int`):
            Bytes of that pointer.
    """

    sha256: str
    size: int
    is_lfs: bool
    blob_id: str
    pointer_size: int

    @property
    def etag(self) -> str:
        return self.sha256 if self.is_lfs else self.blob_id


@dataclass(frozen=True)
class Commit:
    """The state of a repository: `files` maps the path to the `File`."""

    oid: str
    title: str
    description: str
    date: str
    files: dict[str, File]
    parent: "Commit | None"


@dataclass
class Repository:
    """
    A model, dataset or Space repository.

    Args:
        repo_type (`str`):
            `model`, `dataset` or `space`.
        repo_id (`str`):
            `user/name`.
        private (`bool`):
            Whether only a request with the token sees it.
        sdk (`str`, *optional*):
            SDK of a Space.
        branches, tags (`dict[str, Commit]`):
            The commit that each name points to.
    """

    repo_type: str
    repo_id: str
    private: bool
    sdk: str | None = None
    created_at: str = field(default_factory=now)
    branches: dict[str, Commit] = field(default_factory=dict)
    tags: dict[str, Commit] = field(default_factory=dict)
    commits: dict[str, Commit] = field(default_factory=dict)

    def find_commit(self, revision: str) -> Commit | None:
        """The commit of a branch, of a tag, or with this full hash; `None` if there is none."""
        return self.branches.get(revision) or self.tags.get(revision) or self.commits.get(revision)

    def add_commit(self, branch: str, files: dict[str, File], title: str, description: str = "") -> Commit:
        """Move a branch to a new commit with exactly these files."""
        text = f"{self.repo_type} {self.repo_id} {len(self.commits)} {title} {sorted(files.items())}"
        oid = hashlib.sha1(text.encode()).hexdigest()
        commit = Commit(oid, title, description, now(), files, parent=self.branches.get(branch))
        self.commits[oid] = self.branches[branch] = commit
        return commit


class Storage:
    """
    All repositories of a Hub, in memory; the bytes of their files, in a folder.

    Args:
        objects_folder (`Path`):
            Folder for the bytes, each file named by the SHA-256 of its content. It is made if it is missing.
    """

    def __init__(self, objects_folder: Path):
        objects_folder.mkdir(parents=True, exist_ok=True)
        self.objects_folder = objects_folder
        self.repositories: dict[tuple[str, str], Repository] = {}

    def create_repository(self, repo_type: str, repo_id: str, private: bool, sdk: str | None) -> Repository:
        repository = Repository(repo_type, repo_id, private, sdk)
        repository.add_commit("main", {".gitattributes": self.add_regular_file(GITATTRIBUTES)}, "initial commit")
        self.repositories[repo_type, repo_id] = repository
        return repository

    def object_path(self, sha256: str) -> Path:
        return self.objects_folder / sha256

    def has_object(self, sha256: str, size: int) -> bool:
        path = self.object_path(sha256)
        return path.is_file() and path.stat().st_size == size

    def add_regular_file(self, content: bytes) -> File:
        sha256 = hashlib.sha256(content).hexdigest()
        self.object_path(sha256).write_bytes(content)
        return File(sha256, len(content), is_lfs=False, blob_id=_git_blob_id(content), pointer_size=0)

    def lfs_file(self, sha256: str) -> File:
        """The file whose content has arrived by the large file protocol."""
        size = self.object_path(sha256).stat().st_size
        pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {size}\n".encode()
        return File(sha256, size, is_lfs=True, blob_id=_git_blob_id(pointer), pointer_size=len(pointer))


def _git_blob_id(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
