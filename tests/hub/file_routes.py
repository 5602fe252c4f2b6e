"""Files: the three steps of an upload (mode, large contents, commit), and the download."""

import base64
import codecs
import hashlib
import json
import uuid

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from tests.hub.access import HubError, commit_of, parameter, repository_of, repository_url, storage_of
from tests.hub.storage import File

MAX_REGULAR_BYTES = 10_000_000


async def preupload(request: Request) -> JSONResponse:
    """For each file: its mode, and the hash of what the branch has under its name, so that it may be left out."""
    files = commit_of(request, repository_of(request, write=True)).files
    answers = []
    for asked in (await request.json())["files"]:
        is_lfs = asked["size"] > MAX_REGULAR_BYTES or not _is_text(base64.b64decode(asked["sample"]))
        answer = {"path": asked["path"], "uploadMode": "lfs" if is_lfs else "regular", "shouldIgnore": False}
        if asked["path"] in files:
            answer["oid"] = files[asked["path"]].etag
        answers.append(answer)
    return JSONResponse({"files": answers})


def _is_text(sample: bytes) -> bool:
    """Whether the first bytes of a file are UTF-8 without zeros; the last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return b"\0" not in sample


async def lfs_batch(request: Request) -> JSONResponse:
    """Say where to send each content that is not here yet."""
    repository = repository_of(request, write=True)
    answers = []
    for asked in (await request.json())["objects"]:
        answer = {"oid": asked["oid"], "size": asked["size"]}
        if not storage_of(request).has_object(asked["oid"], asked["size"]):
            # The client sends contents without its token, so the address itself has to be the permission.
            key = uuid.uuid4().hex
            request.app.state.upload_keys[key] = asked["oid"]
            upload = {"href": f"{request.base_url}objects/{key}/{asked['oid']}"}
            verify = {"href": f"{repository_url(request, repository)}.git/info/lfs/objects/verify"}
            answer["actions"] = {"upload": upload, "verify": verify}
        answers.append(answer)
    return JSONResponse({"transfer": "basic", "objects": answers})


async def put_object(request: Request) -> Response:
    """Take one content in, whole or not at all."""
    key, oid = request.path_params["key"], request.path_params["oid"]
    if request.app.state.upload_keys.get(key) != oid:
        raise HubError(403, "This address does not allow the upload")
    partial = storage_of(request).object_path(f"{key}.partial")
    digest = hashlib.sha256()
    try:
        with partial.open("wb") as file:
            async for chunk in request.stream():
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != oid:
            raise HubError(400, f"The content does not have the announced hash {oid}")
        partial.rename(storage_of(request).object_path(oid))
    finally:
        partial.unlink(missing_ok=True)
    return Response()


async def lfs_verify(request: Request) -> Response:
    repository_of(request, write=True)
    asked = await request.json()
    if not storage_of(request).has_object(asked["oid"], asked["size"]):
        raise HubError(404, f"Object {asked['oid']} has not arrived")
    return Response()


async def commit(request: Request) -> JSONResponse:
    """Apply lines of JSON (a header, then operations) to a branch, all of them or none."""
    repository = repository_of(request, write=True)
    branch = parameter(request, "revision")
    if "create_pr" in request.query_params:
        raise HubError(400, "This Hub has no pull requests")
    if branch not in repository.branches:
        raise HubError(404, f"Invalid rev id: {branch}", "RevisionNotFound")
    # The whole body first: a commit of someone else may come in while it arrives.
    header, *operations = [json.loads(line) for line in (await request.body()).splitlines()]
    head = repository.branches[branch]
    if header["value"].get("parentCommit", head.oid) != head.oid:
        raise HubError(412, "A commit has happened since. Please refresh and try again.")
    files = dict(head.files)
    for operation in operations:
        _apply(request, files, operation["key"], operation["value"])
    new = repository.add_commit(branch, files, header["value"]["summary"], header["value"]["description"])
    url = f"{repository_url(request, repository)}/commit/{new.oid}"
    return JSONResponse({"success": True, "commitOid": new.oid, "commitUrl": url, "hookOutput": ""})


def _apply(request: Request, files: dict[str, File], key: str, value: dict) -> None:
    storage, path = storage_of(request), value["path"]
    if key == "file":
        files[path] = storage.add_regular_file(base64.b64decode(value["content"]))
    elif key == "lfsFile":
        if not storage.object_path(value["oid"]).is_file():
            raise HubError(400, f"The content of {path} has not been uploaded")
        files[path] = storage.lfs_file(value["oid"])
    else:
        inside = path.rstrip("/") + "/"
        gone = [name for name in files if (name == path if key == "deletedFile" else name.startswith(inside))]
        if not gone:
            raise HubError(404, "A file with this name doesn't exist", "EntryNotFound")
        for name in gone:
            del files[name]


async def resolve(request: Request) -> FileResponse:
    """The bytes of a file, or the range of them that is asked for."""
    commit = commit_of(request, repository_of(request))
    path = parameter(request, "path")
    if path not in commit.files:
        raise HubError(404, "Entry not found", "EntryNotFound", commit)
    file = commit.files[path]
    headers = {"ETag": f'"{file.etag}"', "X-Repo-Commit": commit.oid}
    return FileResponse(storage_of(request).object_path(file.sha256), headers=headers, filename=path.split("/")[-1])


def _both(pattern: str, endpoint, method: str) -> list[Route]:
    """Models have no prefix in the addresses that people see; datasets and Spaces have one."""
    return [Route(prefix + pattern, endpoint, methods=[method]) for prefix in ("", "/{kind:kind}")]


routes = [
    Route("/api/{kind:kind}/{user}/{name}/preupload/{revision}", preupload, methods=["POST"]),
    Route("/api/{kind:kind}/{user}/{name}/commit/{revision}", commit, methods=["POST"]),
    Route("/objects/{key}/{oid}", put_object, methods=["PUT"]),
    *_both("/{user}/{name}.git/info/lfs/objects/batch", lfs_batch, "POST"),
    *_both("/{user}/{name}.git/info/lfs/objects/verify", lfs_verify, "POST"),
    *_both("/{user}/{name}/resolve/{revision}/{path:path}", resolve, "GET"),
]
