"""Inside a repository: branches, tags, commits, and the tree of files."""

import hashlib
from pathlib import PurePosixPath
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.hub.access import USER, HubError, commit_of, parameter, repository_of
from tests.hub.storage import Commit, File


async def refs(request: Request) -> JSONResponse:
    repository = repository_of(request)

    def describe(names: dict[str, Commit], folder: str) -> list[dict]:
        return [{"name": n, "ref": f"refs/{folder}/{n}", "targetCommit": c.oid} for n, c in names.items()]

    branches, tags = describe(repository.branches, "heads"), describe(repository.tags, "tags")
    return JSONResponse({"branches": branches, "tags": tags, "converts": [], "pullRequests": []})


async def commits(request: Request) -> JSONResponse:
    commit, answers = commit_of(request, repository_of(request)), []
    while commit is not None:
        texts = {"title": commit.title, "message": commit.description}
        answers.append({"id": commit.oid, "authors": [{"user": USER}], "date": commit.date} | texts)
        commit = commit.parent
    return JSONResponse(answers)


async def create_tag(request: Request) -> JSONResponse:
    repository = repository_of(request, write=True)
    commit, tag = commit_of(request, repository), (await request.json())["tag"]
    if tag in repository.tags:
        raise HubError(409, f"Tag {tag} exists already")
    repository.tags[tag] = commit
    return JSONResponse({})


async def create_branch(request: Request) -> JSONResponse:
    repository = repository_of(request, write=True)
    branch, start = parameter(request, "branch"), (await request.json()).get("startingPoint", "main")
    if branch in repository.branches:
        raise HubError(409, f"Branch {branch} exists already")
    commit = repository.find_commit(start)
    if commit is None:
        raise HubError(404, f"Invalid rev id: {start}", "RevisionNotFound")
    repository.branches[branch] = commit
    return JSONResponse({})


async def delete_tag(request: Request) -> JSONResponse:
    return _delete_name(repository_of(request, write=True).tags, parameter(request, "revision"))


async def delete_branch(request: Request) -> JSONResponse:
    return _delete_name(repository_of(request, write=True).branches, parameter(request, "branch"))


def _delete_name(names: dict[str, Commit], name: str) -> JSONResponse:
    if names.pop(name, None) is None:
        raise HubError(404, f"Invalid rev id: {name}", "RevisionNotFound")
    return JSONResponse({})


def _entries(commit: Commit) -> dict[str, dict]:
    """Every file and every folder of a commit, as the Hub describes them."""
    entries = {}
    for path, file in sorted(commit.files.items()):
        for folder in reversed(PurePosixPath(path).parents[:-1]):
            oid = hashlib.sha1(f"{commit.oid} {folder}".encode()).hexdigest()
            entries[str(folder)] = {"type": "directory", "path": str(folder), "oid": oid, "size": 0}
        entries[path] = _file_entry(path, file, commit)
    return entries


def _file_entry(path: str, file: File, commit: Commit) -> dict:
    entry = {"type": "file", "path": path, "oid": file.blob_id, "size": file.size}
    # The Hub gives the last commit of each file; this one, which is not earlier, costs no history.
    entry["lastCommit"] = {"id": commit.oid, "title": commit.title, "date": commit.date}
    if file.is_lfs:
        entry["lfs"] = {"oid": file.sha256, "size": file.size, "pointerSize": file.pointer_size}
    return entry


async def tree(request: Request) -> JSONResponse:
    commit = commit_of(request, repository_of(request))
    folder = parameter(request, "path") if "path" in request.path_params else ""
    entries = _entries(commit)
    if folder and entries.get(folder, {}).get("type") != "directory":
        raise HubError(404, f"{folder} does not exist", "EntryNotFound", commit)
    inside = [entry for path, entry in entries.items() if not folder or path.startswith(f"{folder}/")]
    if request.query_params.get("recursive", "false").lower() != "true":
        inside = [entry for entry in inside if "/" not in entry["path"][len(folder) + bool(folder) :]]
    return JSONResponse(inside)


async def paths_info(request: Request) -> JSONResponse:
    entries = _entries(commit_of(request, repository_of(request)))
    paths = parse_qs((await request.body()).decode())["paths"]
    return JSONResponse([entries[path] for path in paths if path in entries])


routes = [
    Route("/api/{kind:kind}/{user}/{name}/refs", refs),
    Route("/api/{kind:kind}/{user}/{name}/commits/{revision}", commits),
    Route("/api/{kind:kind}/{user}/{name}/tag/{revision}", create_tag, methods=["POST"]),
    Route("/api/{kind:kind}/{user}/{name}/tag/{revision}", delete_tag, methods=["DELETE"]),
    Route("/api/{kind:kind}/{user}/{name}/branch/{branch}", create_branch, methods=["POST"]),
    Route("/api/{kind:kind}/{user}/{name}/branch/{branch}", delete_branch, methods=["DELETE"]),
    Route("/api/{kind:kind}/{user}/{name}/tree/{revision}", tree),
    Route("/api/{kind:kind}/{user}/{name}/tree/{revision}/{path:path}", tree),
    Route("/api/{kind:kind}/{user}/{name}/paths-info/{revision}", paths_info, methods=["POST"]),
]
