"""Repositories: who asks, create, delete, settings, describe, list."""

import yaml
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.hub.access import (
    USER,
    HubError,
    commit_of,
    has_token,
    repo_type_of,
    repository_of,
    repository_url,
    require_own_namespace,
    require_token,
    storage_of,
)
from tests.hub.storage import Commit, File, Repository


async def whoami(request: Request) -> JSONResponse:
    require_token(request)
    access = {"displayName": "tests", "role": "write"}
    answer = {"type": "user", "id": USER, "name": USER, "fullname": USER, "email": None, "orgs": []}
    return JSONResponse(answer | {"auth": {"type": "access_token", "accessToken": access}})


async def create(request: Request) -> JSONResponse:
    asked = await request.json()
    require_own_namespace(request, asked["organization"])
    repo_type, repo_id = asked.get("type", "model"), f"{USER}/{asked['name']}"
    repository = storage_of(request).repositories.get((repo_type, repo_id))
    if repository is not None:
        error = {"error": f"You already created this {repo_type} repo", "url": repository_url(request, repository)}
        return JSONResponse(error, 409)
    private = asked.get("visibility") == "private"
    repository = storage_of(request).create_repository(repo_type, repo_id, private, asked.get("sdk"))
    return JSONResponse({"url": repository_url(request, repository), "name": repo_id, "id": repo_id})


async def delete(request: Request) -> JSONResponse:
    asked = await request.json()
    require_own_namespace(request, asked["organization"])
    key = asked.get("type", "model"), f"{USER}/{asked['name']}"
    if storage_of(request).repositories.pop(key, None) is None:
        raise HubError(404, "Repository not found", "RepoNotFound")
    return JSONResponse({})


async def settings(request: Request) -> JSONResponse:
    repository = repository_of(request, write=True)
    repository.private = (await request.json())["visibility"] == "private"
    return JSONResponse({"private": repository.private})


async def validate_yaml(request: Request) -> JSONResponse:
    """The front matter of a card has to be a mapping, or to be absent."""
    try:
        card_data, error = _card_data((await request.json())["content"]), "the metadata is not a mapping"
    except yaml.YAMLError as yaml_error:
        card_data, error = None, str(yaml_error)
    if not isinstance(card_data, dict):
        return JSONResponse({"errors": [{"message": error}], "warnings": []}, 400)
    warnings = [] if card_data else [{"message": "empty or missing yaml metadata in repo card"}]
    return JSONResponse({"errors": [], "warnings": warnings})


def _card_data(card: str) -> dict:
    parts = card.split("---\n", 2)
    return yaml.safe_load(parts[1]) or {} if len(parts) == 3 and not parts[0] else {}


def _describe(request: Request, repository: Repository, commit: Commit) -> dict:
    readme = commit.files.get("README.md")
    card = storage_of(request).object_path(readme.sha256).read_text() if readme else ""
    card_data = _card_data(card)
    return {
        "_id": repository.repo_id,
        "id": repository.repo_id,
        "author": repository.repo_id.split("/")[0],
        "sha": commit.oid,
        "private": repository.private,
        "gated": False,
        "disabled": False,
        "createdAt": repository.created_at,
        "lastModified": commit.date,
        "downloads": 0,
        "likes": 0,
        "tags": card_data.get("tags", []),
        "cardData": card_data,
        "sdk": repository.sdk,
    }


def _sibling(path: str, file: File) -> dict:
    lfs = {"sha256": file.sha256, "size": file.size, "pointerSize": file.pointer_size} if file.is_lfs else None
    return {"rfilename": path, "size": file.size, "blobId": file.blob_id, "lfs": lfs}


async def info(request: Request) -> JSONResponse:
    repository = repository_of(request)
    commit = commit_of(request, repository)
    siblings = [_sibling(path, file) for path, file in sorted(commit.files.items())]
    return JSONResponse(_describe(request, repository, commit) | {"siblings": siblings})


async def list_repositories(request: Request) -> JSONResponse:
    asked, authorised = request.query_params, has_token(request)
    answers = [
        _describe(request, repository, repository.branches["main"])
        for repository in storage_of(request).repositories.values()
        if repository.repo_type == repo_type_of(request)
        and (authorised or not repository.private)
        and repository.repo_id.startswith(f"{asked['author']}/" if "author" in asked else "")
        and asked.get("search", "") in repository.repo_id
    ]
    return JSONResponse(answers[: int(asked.get("limit", len(answers)))])


routes = [
    Route("/api/whoami-v2", whoami),
    Route("/api/validate-yaml", validate_yaml, methods=["POST"]),
    Route("/api/repos/create", create, methods=["POST"]),
    Route("/api/repos/delete", delete, methods=["DELETE"]),
    Route("/api/{kind:kind}", list_repositories),
    Route("/api/{kind:kind}/{user}/{name}", info),
    Route("/api/{kind:kind}/{user}/{name}/revision/{revision}", info),
    Route("/api/{kind:kind}/{user}/{name}/settings", settings, methods=["PUT"]),
]
