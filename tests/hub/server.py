"""The server in a thread of the test's process: its address, the log of what was asked, and faults on demand."""

import os
import socket
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from tests.hub import collection_routes, file_routes, repository_routes, tree_routes
from tests.hub.access import HubError, answer_error, answer_nobody
from tests.hub.storage import Repository, Storage

TOKEN = "hf_localtoken"


@dataclass
class LoggedRequest:
    """
    One request.

    Args:
        method, path (`str`):
            As sent, without the query.
        authorised (`bool`):
            Whether it brought the token.
        status (`int`, *optional*):
            HTTP status of the answer; 499 if the client closed the connection before one, `None` if a fault did.
        received_bytes, sent_bytes (`int`):
            Size of its body and of the answer's.
    """

    method: str
    path: str
    authorised: bool
    status: int | None = None
    received_bytes: int = 0
    sent_bytes: int = 0


@dataclass
class _Fault:
    count: int
    part: str
    status: int | None


class LocalHub:
    """
    A Hub on a free port of this machine, with one user, `tester`. Use it as a context.

    Args:
        root (`Path`):
            Folder for what the server keeps and for the clients' `HF_HOME` folders. It is made if it is missing.

    Attributes:
        endpoint, token (`str`):
            What the clients need.
        env (`dict[str, str]`):
            Environment of a client process with the token. The clients read it at import: start a new process.
        requests (`list[LoggedRequest]`):
            Every request since the start or since a test cleared the list, in order of arrival.
        storage (`Storage`):
            The repositories.
    """

    def __init__(self, root: Path):
        self.root = root
        self.token = TOKEN
        self.storage = Storage(root / "objects")
        self.requests: list[LoggedRequest] = []
        self._faults: list[_Fault] = []
        missing = Route("/{path:path}", _missing, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
        modules = (collection_routes, repository_routes, tree_routes, file_routes)
        routes = [route for module in modules for route in module.routes]
        handlers = {HubError: answer_error, ClientDisconnect: answer_nobody}
        self._app = Starlette(routes=[*routes, missing], exception_handlers=handlers)
        self._app.state.storage = self.storage
        self._app.state.token = self.token
        self._app.state.upload_keys = {}
        self._app.state.collections = {}

    def __enter__(self) -> "LocalHub":
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        options = {"interface": "asgi3", "http": "h11", "ws": "none", "lifespan": "off", "proxy_headers": False}
        config = uvicorn.Config(self._answer, log_level="error", timeout_graceful_shutdown=1, **options)
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        self.env = self.new_env(self.token)
        return self

    def __exit__(self, *_) -> None:
        self._server.should_exit = True
        self._thread.join()

    def new_env(self, token: str | None = None) -> dict[str, str]:
        """
        Make the environment of a client that knows nothing yet: an empty cache, and this token or none.

        Returns:
            `dict[str, str]`: This process's variables, without those that lead the clients elsewhere.
        """
        foreign = ("HF_", "HUGGING", "TRANSFORMERS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
        env = {name: value for name, value in os.environ.items() if not name.upper().startswith(foreign)}
        env["HF_ENDPOINT"] = self.endpoint
        env["HF_HOME"] = tempfile.mkdtemp(prefix="hf_home_", dir=self.root)
        env["HF_HUB_DISABLE_XET"] = "1"
        env["HF_HUB_DISABLE_TELEMETRY"] = "1"
        env["HF_UPDATE_DOWNLOAD_COUNTS"] = "0"
        return env if token is None else env | {"HF_TOKEN": token}

    def fail_next(self, count: int, part: str, status: int | None = None) -> None:
        """
        Let the next requests fail, before they change anything.

        Args:
            count (`int`):
                How many.
            part (`str`):
                Which: those that have this in `METHOD /path`, for example `PUT /objects/` or `/commit/`.
            status (`int`, *optional*):
                HTTP status to answer. By default the connection is closed instead: shortly before the end of the
                answer to a GET, after the first part of the body of any other request.
        """
        self._faults.append(_Fault(count, part, status))

    def clear_faults(self) -> None:
        """Let nothing fail any more."""
        self._faults.clear()

    @property
    def uploaded_bytes(self) -> int:
        """Bytes of large files that clients sent, failed requests included, as far as the log goes back."""
        return sum(request.received_bytes for request in self.requests if request.path.startswith("/objects/"))

    def repository(self, repo_type: str, repo_id: str) -> Repository:
        """The repository `user/name` of type `model`, `dataset` or `space`; `KeyError` if there is none."""
        return self.storage.repositories[repo_type, repo_id]

    def read(self, repo_type: str, repo_id: str, path: str, revision: str = "main") -> bytes:
        """The content of a file; `KeyError` if there is none."""
        file = self.repository(repo_type, repo_id).find_commit(revision).files[path]
        return self.storage.object_path(file.sha256).read_bytes()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        raw_path = scope["raw_path"].decode()
        authorised = (b"authorization", f"Bearer {self.token}".encode()) in scope["headers"]
        log = LoggedRequest(scope["method"], raw_path, authorised)
        self.requests.append(log)
        fault = next((f for f in self._faults if f.count and f.part in f"{log.method} {raw_path}"), None)

        async def logged_receive() -> Message:
            message = await receive()
            log.received_bytes += len(message.get("body", b""))
            return message

        async def logged_send(message: Message) -> None:
            log.status = message.get("status", log.status)
            log.sent_bytes += len(message.get("body", b""))
            await send(message)

        if fault is None:
            await self._app(scope | {"path": raw_path}, logged_receive, logged_send)
            return
        fault.count -= 1
        if fault.status is not None:
            await Request(scope, logged_receive).body()
            await Response("fault", fault.status)(scope, logged_receive, logged_send)
        else:
            await self._answer_and_close(scope | {"path": raw_path}, logged_receive, logged_send, send)

    async def _answer_and_close(self, scope: Scope, receive: Receive, send: Send, server_send: Send) -> None:
        transport = server_send.__self__.transport  # ASGI has no way to close a connection
        if scope["method"] != "GET":
            while (await receive())["type"] != "http.disconnect":
                transport.abort()
            return

        async def send_all_but_the_end(message: Message) -> None:
            is_end = message["type"] == "http.response.body" and not message.get("more_body", False)
            if not is_end:
                await send(message)
            else:
                body = message.get("body", b"")
                await send(message | {"body": body[: len(body) // 2], "more_body": True})
                transport.close()

        await self._app(scope, receive, send_all_but_the_end)


async def _missing(request: Request) -> Response:
    raise HubError(404, f"{request.method} {request.url.path} leads nowhere", "RepoNotFound")
