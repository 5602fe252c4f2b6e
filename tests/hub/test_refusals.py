"""What the server answers to requests that no client library would send."""

import json
import socket
import time

import httpx2
import pytest

from tests.hub import LocalHub

SHA256 = "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"  # of b"foo"
HEADER = {"key": "header", "value": {"summary": "", "description": ""}}
STALE = {"key": "header", "value": {"summary": "", "description": "", "parentCommit": "0" * 40}}
LFS_FILE = {"key": "lfsFile", "value": {"path": "a.bin", "algo": "sha256", "oid": SHA256, "size": 3}}
NO_FILE = {"key": "deletedFile", "value": {"path": "a.bin"}}
PATH = "/api/models/tester/raw"
REFUSALS = [
    ("GET", "/api/agent-harnesses", [], 404, "GET /api/agent-harnesses leads nowhere"),
    ("GET", f"{PATH}/revision/v9", [], 404, "Invalid rev id: v9"),
    ("POST", f"{PATH}/branch/main", [{}], 409, "Branch main exists already"),
    ("POST", f"{PATH}/branch/b", [{"startingPoint": "v9"}], 404, "Invalid rev id: v9"),
    ("POST", f"{PATH}/tag/main", [{"tag": "v1"}], 409, "Tag v1 exists already"),
    ("DELETE", f"{PATH}/tag/v9", [], 404, "Invalid rev id: v9"),
    ("GET", f"{PATH}/tree/main/data", [], 404, "data does not exist"),
    ("POST", f"{PATH}/commit/main?create_pr=1", [HEADER], 400, "This Hub has no pull requests"),
    ("POST", f"{PATH}/commit/b", [HEADER], 404, "Invalid rev id: b"),
    ("POST", f"{PATH}/commit/main", [STALE], 412, "A commit has happened since. Please refresh and try again."),
    ("POST", f"{PATH}/commit/main", [HEADER, LFS_FILE], 400, "The content of a.bin has not been uploaded"),
    ("POST", f"{PATH}/commit/main", [HEADER, NO_FILE], 404, "A file with this name doesn't exist"),
    ("POST", "/tester/raw.git/info/lfs/objects/verify", [LFS_FILE["value"]], 404, f"Object {SHA256} has not arrived"),
    ("PUT", f"/objects/key/{SHA256}", [], 403, "This address does not allow the upload"),
]


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


def ask(hub, method, path, lines=(), token=True):
    """One request without a client library: the lines of JSON are its body."""
    headers = {"Authorization": f"Bearer {hub.token}"} if token else {}
    body = "\n".join(map(json.dumps, lines)) or None
    return httpx2.request(method, hub.endpoint + path, headers=headers, content=body, trust_env=False)


@pytest.fixture(scope="module")
def raw(hub):
    """A repository with a tag."""
    ask(hub, "POST", "/api/repos/create", [{"name": "raw", "organization": None}])
    ask(hub, "POST", f"{PATH}/tag/main", [{"tag": "v1"}])


@pytest.mark.parametrize(("method", "path", "lines", "status", "message"), REFUSALS)
def test_every_refusal_says_why(hub, raw, method, path, lines, status, message):
    answer = ask(hub, method, path, lines)
    assert (answer.status_code, answer.json()["error"]) == (status, message)
    assert answer.headers["X-Error-Message"] == message


def test_nobody_writes_without_the_token(hub, raw):
    before = hub.repository("model", "tester/raw").branches["main"]
    for method, path in [("POST", f"{PATH}/commit/main"), ("PUT", f"{PATH}/settings"), ("DELETE", f"{PATH}/tag/v1")]:
        answer = ask(hub, method, path, [HEADER], token=False)
        assert (answer.status_code, answer.json()["error"]) == (401, "Invalid username or password.")
    assert hub.repository("model", "tester/raw").branches["main"] is before


def upload_path(hub) -> str:
    answer = ask(hub, "POST", "/tester/raw.git/info/lfs/objects/batch", [{"objects": [{"oid": SHA256, "size": 3}]}])
    return answer.json()["objects"][0]["actions"]["upload"]["href"].removeprefix(hub.endpoint)


def test_content_with_another_hash_is_not_kept(hub, raw):
    answer = ask(hub, "PUT", upload_path(hub), [{"not": "foo"}])
    assert answer.json()["error"] == f"The content does not have the announced hash {SHA256}"
    assert not hub.storage.object_path(SHA256).exists()


def test_half_a_content_is_not_kept(hub, raw):
    with socket.create_connection(hub.endpoint.removeprefix("http://").split(":")) as connection:
        request = f"PUT {upload_path(hub)} HTTP/1.1\r\nHost: hub\r\nContent-Length: 3\r\n\r\nfo"
        connection.sendall(request.encode())
    deadline_s = time.monotonic() + 10
    while hub.requests[-1].status != 499 and time.monotonic() < deadline_s:
        time.sleep(0.01)
    assert (hub.requests[-1].method, hub.requests[-1].status) == ("PUT", 499)
    assert not [path.name for path in hub.storage.objects_folder.iterdir() if path.name == SHA256 or path.suffix]
