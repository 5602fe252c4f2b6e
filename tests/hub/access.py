"""What every request needs: who asks, which repository and revision, and errors as the clients expect them."""

from urllib.parse import unquote

from starlette.convertors import StringConvertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.hub.storage import Commit, Repository, Storage

USER = "tester"


class KindConvertor(StringConvertor):
    """The plural of a repository type in an address."""

    regex = "models|datasets|spaces"


register_url_convertor("kind", KindConvertor())


class HubError(Exception):
    """
    An answer other than success.

    Args:
        status (`int`):
            HTTP status.
        message (`str`):
            Text for the person at the client.
        code (`str`, *optional*):
            `RepoNotFound`, `RevisionNotFound` or `EntryNotFound`: the clients choose their exception by it.
        commit (`Commit`, *optional*):
            The commit in which an entry was looked for.
    """

    def __init__(self, status: int, message: str, code: str | None = None, commit: Commit | None = None):
        super().__init__(message)
        self.status = status
        self.headers = {"X-Error-Message": message.encode("ascii", "replace").decode()}
        if code is not None:
            self.headers["X-Error-Code"] = code
        if commit is not None:
            self.headers["X-Repo-Commit"] = commit.oid


async def answer_error(request: Request, error: HubError) -> JSONResponse:
    return JSONResponse({"error": str(error)}, error.status, error.headers)


async def answer_nobody(request: Request, gone: Exception) -> Response:
    """The client has closed the connection: the status is for the log."""
    return Response(status_code=499)


def storage_of(request: Request) -> Storage:
    return request.app.state.storage


def has_token(request: Request) -> bool:
    """Whether the request brings the token; a wrong one is an error, none is not."""
    given = request.headers.get("authorization")
    if given not in (None, f"Bearer {request.app.state.token}"):
        raise HubError(401, "Invalid credentials in Authorization header")
    return given is not None


def require_token(request: Request) -> None:
    if not has_token(request):
        raise HubError(401, "Invalid username or password.")


def require_own_namespace(request: Request, namespace: str | None) -> None:
    """Only the token's user has a namespace to write in."""
    require_token(request)
    if namespace not in (None, USER):
        raise HubError(403, f"You don't have the rights to write under the namespace {namespace}")


def parameter(request: Request, name: str) -> str:
    """A part of the raw path, decoded: only now, since a branch may be `feat%2Fx`."""
    return unquote(request.path_params[name])


def repo_type_of(request: Request) -> str:
    return request.path_params.get("kind", "models").removesuffix("s")


def repository_of(request: Request, write: bool = False) -> Repository:
    """
    The repository that the path names.

    Raises:
        HubError: 401 without the token, 404 with it, if there is no such repository or it is private; 401 or 403 if
            `write` is set and the token is missing or of someone else.
    """
    authorised = has_token(request)
    repo_id = f"{parameter(request, 'user')}/{parameter(request, 'name')}"
    repository = storage_of(request).repositories.get((repo_type_of(request), repo_id))
    if repository is None or (repository.private and not authorised):
        raise HubError(404 if authorised else 401, "Repository not found", "RepoNotFound")
    if write:
        require_own_namespace(request, parameter(request, "user"))
    return repository


def commit_of(request: Request, repository: Repository) -> Commit:
    """The commit of the path's revision, `main` if it names none."""
    revision = parameter(request, "revision") if "revision" in request.path_params else "main"
    commit = repository.find_commit(revision)
    if commit is None:
        raise HubError(404, f"Invalid rev id: {revision}", "RevisionNotFound")
    return commit


def repository_url(request: Request, repository: Repository) -> str:
    prefix = "" if repository.repo_type == "model" else f"{repository.repo_type}s/"
    return f"{request.base_url}{prefix}{repository.repo_id}"
