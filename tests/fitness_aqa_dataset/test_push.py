"""Prepared folders go to a Hub on this machine with the real clients, each in a process of its own."""

import hashlib
import shutil
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from fitness_aqa_dataset import load_fitness_aqa
from fitness_aqa_dataset.prepare import prepare_release
from tests.hub import LocalHub, run_client
from tests.stranger import WITHOUT_PROJECT

PUSH = """
from fitness_aqa_dataset.hub import calls
from fitness_aqa_dataset.push import push_dataset
calls.WAITS_S = (0.05, 0.05)
"""

# Features and rows of a repository, loaded or streamed, in a process where our code cannot be imported.
LOAD = (
    WITHOUT_PROJECT
    + """
import hashlib
import fsspec
from datasets import Dataset, load_dataset

def plain(dataset):
    media = "image" if "image" in dataset.features else "video"
    if isinstance(dataset, Dataset):
        undecoded = dataset.cast_column(media, type(dataset.features[media])(decode=False))
    else:
        undecoded = dataset.decode(False)
    rows = []
    for row in undecoded:
        content = row[media]["bytes"]
        if content is None:
            with fsspec.open(row[media]["path"], "rb") as file:
                content = file.read()
        rows.append([row["id"], hashlib.sha256(content).hexdigest()])
    return [repr(dataset.features), rows]

def load(*arguments, **options):
    return {split: plain(dataset) for split, dataset in load_dataset(*arguments, **options).items()}
"""
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture
def synthetic(whole_release, tmp_path) -> Path:
    (whole_release / "synthetic.json").write_text('{"synthetic": true}')
    return prepare_release(whole_release, tmp_path / "synthetic", progress=False)


@pytest.fixture
def real(release, tmp_path) -> Path:
    return prepare_release(release, tmp_path / "real", progress=False)


def media_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in (".parquet", ".mp4", ".jpg"))


def expected(release: Path, name: str) -> dict:
    answer = {}
    for split, dataset in load_fitness_aqa(release, name=name).items():
        media = "image" if "image" in dataset.features else "video"
        paths = dataset.cast_column(media, type(dataset.features[media])(decode=False))[media]
        hashes = [hashlib.sha256(Path(path["path"]).read_bytes()).hexdigest() for path in paths]
        answer[split] = [repr(dataset.features), [list(pair) for pair in zip(dataset["id"][:], hashes, strict=True)]]
    return answer


def test_private_pushes_load_elsewhere(hub, synthetic, whole_release, tmp_path):
    folder = prepare_release(whole_release, tmp_path / "folder", "videofolder", progress=False)
    script = """
    answer = [push_dataset(sys.argv[1], "tester/clips", yes=True, revision_tag="v1") for _ in "12"]
    push_dataset(sys.argv[2], "tester/folder", yes=True)
    """
    hub.requests.clear()
    address = f"{hub.endpoint}/datasets/tester/clips"
    assert run_client(hub.env, PUSH + textwrap.dedent(script), synthetic, folder) == [address, address]
    repository = hub.repository("dataset", "tester/clips")
    assert repository.private and hub.repository("dataset", "tester/folder").private
    # the second time nothing was sent
    assert hub.uploaded_bytes == media_bytes(synthetic) + media_bytes(folder)
    assert sum("tester/clips/commit/" in request.path for request in hub.requests) == 1
    paths = [path.relative_to(synthetic).as_posix() for path in synthetic.rglob("*") if path.is_file()]
    assert sorted(repository.branches["main"].files) == sorted([".gitattributes", *paths])
    assert repository.tags["v1"].oid == repository.branches["main"].oid
    card = hub.read("dataset", "tester/clips", "README.md").decode()
    assert card == (synthetic / "README.md").read_text()
    assert 'load_dataset("tester/clips")' in card

    shutil.rmtree(synthetic)
    shutil.rmtree(folder)
    script = """
    images = {split: f"hf://datasets/tester/folder/lumbar/{split}/**" for split in ["train", "test"]}
    answer = [
        load("tester/clips"),
        load("tester/clips", streaming=True),
        load("tester/folder"),
        load("tester/folder", streaming=True),
        load("tester/clips", "lumbar"),
        load("imagefolder", data_files=images),
        load("tester/clips", "unlabeled", streaming=True),
    ]
    """
    answer = run_client(hub.new_env(hub.token), LOAD + textwrap.dedent(script))
    assert answer[:4] == [expected(whole_release, "video")] * 4
    assert answer[4:6] == [expected(whole_release, "lumbar")] * 2
    assert answer[6] == expected(whole_release, "unlabeled")


def test_rows_of_an_earlier_push_go_and_other_files_stay(hub, synthetic, release, tmp_path):
    (release / "synthetic.json").unlink()
    merged = prepare_release(release, tmp_path / "merged", names=["video"], merge_validation=True, progress=False)
    (merged / "my notes.txt").write_text("not made by prepare")
    script = """
    first, merged = sys.argv[1:]
    answer = [push_dataset(first, "again", yes=True, revision_tag="v1")]
    note = CommitOperationAdd("notes.txt", b"ours")
    api.create_commit("tester/again", [note], commit_message="note", repo_type="dataset")
    answer.append(push_dataset(merged, "tester/again", yes=True))
    answer.append(error_of(push_dataset, merged, "tester/again", yes=True, revision_tag="v1"))
    """
    first, second, third = run_client(hub.env, PUSH + textwrap.dedent(script), synthetic, merged)
    assert first == second == f"{hub.endpoint}/datasets/tester/again"
    assert third == "ValueError: tester/again: the tag v1 names an earlier push; choose another"
    assert sorted(hub.repository("dataset", "tester/again").branches["main"].files) == [
        ".gitattributes",
        "README.md",
        "notes.txt",
        "video/test-00000-of-00001.parquet",
        "video/train-00000-of-00001.parquet",
    ]


def test_what_belongs_to_others_is_not_made_public(hub, real, synthetic):
    script = """
    for name, private in (("open", False), ("closed", True)):
        api.create_repo("tester/" + name, repo_type="dataset", private=private)
    real, synthetic = sys.argv[1:]
    answer = [
        error_of(push_dataset, real, "tester/new", public=True, yes=True),
        error_of(push_dataset, real, "tester/open", yes=True),
        error_of(push_dataset, real, "tester/open", public=True, yes=True),
        error_of(push_dataset, real, "tester/open", right_to_publish=True, yes=True),
        error_of(push_dataset, synthetic, "tester/open", yes=True),
        error_of(push_dataset, synthetic, "tester/closed", public=True, yes=True),
        error_of(push_dataset, real, "tester/closed", public=True, right_to_publish=True, yes=True),
    ]
    push_dataset(synthetic, "tester/drawn", public=True, yes=True)
    push_dataset(synthetic, "tester/drawn", public=True, yes=True)
    push_dataset(real, "tester/filmed", public=True, right_to_publish=True, yes=True)
    """
    hub.requests.clear()
    answer = run_client(hub.env, PUSH + textwrap.dedent(script), real, synthetic)
    right = "the clips and images of a real release are given on request, for non-commercial use"
    flag = "add --i-have-the-right-to-publish if you have it"
    todo = "leave out --public, or name a new repository"
    assert answer == [
        f"ValueError: {real}: {right}; to make them public, {flag}",
        f"ValueError: {real}: {right}; as tester/open is public, {flag}",
        f"ValueError: {real}: {right}; to make them public, {flag}",
        "ValueError: tester/open: is public; add --public to send to it, or name another repository",
        "ValueError: tester/open: is public; add --public to send to it, or name another repository",
        f"ValueError: tester/closed: is private, and its history would be seen too if it became public; {todo}",
        f"ValueError: tester/closed: is private, and its history would be seen too if it became public; {todo}",
    ]
    assert not any("tester/new" in request.path for request in hub.requests)
    assert hub.repository("dataset", "tester/closed").private
    for name in ("tester/open", "tester/closed"):
        assert list(hub.repository("dataset", name).branches["main"].files) == [".gitattributes"]
    for name in ("tester/drawn", "tester/filmed"):
        assert not hub.repository("dataset", name).private
        assert "README.md" in hub.repository("dataset", name).branches["main"].files


def test_it_asks_before_sending(hub, real):
    program = """
    import sys
    from fitness_aqa_dataset.push import push_dataset
    for number in "123":
        try:
            push_dataset(sys.argv[1], f"tester/asked-{number}")
        except ValueError as error:
            print(error)
    """
    command = [sys.executable, "-c", textwrap.dedent(program), str(real)]
    done = subprocess.run(command, env=hub.env, input="y\nno\n", capture_output=True, text=True)
    assert done.returncode == 0
    question = (
        "to tester/asked-1 (new, private):\n  README.md: 1 file, 0.01 MB\n  video: 3 files, 0.09 MB\nsend? [y/N] "
    )
    assert done.stderr.startswith(question)
    assert done.stdout.splitlines() == [
        "tester/asked-2: nothing was sent; answer y, or add --yes where nobody can answer",
        "tester/asked-3: nothing was sent; answer y, or add --yes where nobody can answer",
    ]
    asked = [repo_id for _, repo_id in hub.storage.repositories if repo_id.startswith("tester/asked")]
    assert asked == ["tester/asked-1"]


def test_failures_on_the_way(hub, real):
    hub.requests.clear()
    hub.fail_next(1, "PUT /objects/", status=500)
    hub.fail_next(1, "PUT /objects/")
    hub.fail_next(1, "shaken/commit/", status=500)
    hub.fail_next(1, "shaken/commit/")
    hub.fail_next(3, "down/commit/", status=503)
    script = """
    push_dataset(sys.argv[1], "tester/shaken", yes=True)
    answer = error_of(push_dataset, sys.argv[1], "tester/down", yes=True)
    """
    answer = run_client(hub.env, PUSH + textwrap.dedent(script), real)
    files = hub.repository("dataset", "tester/shaken").branches["main"].files
    assert {path.relative_to(real).as_posix() for path in real.rglob("*") if path.is_file()} < set(files)
    commits = [request.status for request in hub.requests if "shaken/commit/" in request.path]
    assert commits == [500, None, 200]
    assert answer.startswith(f"ConnectionError: {hub.endpoint}: the Hub does not answer (")
    assert answer.endswith("); start again later: what has arrived is not sent twice")
    assert list(hub.repository("dataset", "tester/down").branches["main"].files) == [".gitattributes"]


def test_no_way_to_the_hub(hub, real, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    script = """
    import os
    from huggingface_hub import constants
    real, empty, port = sys.argv[1:]

    def try_all():
        return [error_of(push_dataset, real, repo_id, yes=True) for repo_id in ("tester/x", "x", "others/x")]

    answer = {"of others": try_all()[2], "name": error_of(push_dataset, real, "tester/a b", yes=True)}
    answer["folder"] = error_of(push_dataset, empty, "tester/x", yes=True)
    os.environ["HF_TOKEN"] = "hf_wrongtoken"
    answer["wrong token"] = try_all()
    constants.ENDPOINT = f"http://127.0.0.1:{port}"
    answer["closed"] = try_all()
    constants.HF_HUB_OFFLINE = True
    answer["offline"] = try_all()
    del os.environ["HF_TOKEN"]
    answer["no token"] = try_all()
    """
    (tmp_path / "empty").mkdir()
    answer = run_client(hub.env, PUSH + textwrap.dedent(script), real, tmp_path / "empty", port)
    assert "hf_wrongtoken" not in str(answer)
    login = "log in with `hf auth login`, or set HF_TOKEN to a token that may write"
    for line in (*answer["wrong token"], answer["of others"]):
        assert line.startswith("ValueError: the Hub refuses this token: ") and line.endswith(login)
    assert answer["name"].startswith("HFValidationError: Repo id must use alphanumeric chars")
    assert "empty: not a prepared folder" in answer["folder"]
    for line in answer["closed"]:
        assert line.startswith(f"ConnectionError: http://127.0.0.1:{port}: the Hub does not answer (")
    for line in answer["offline"]:
        assert "offline mode is enabled" in line
    assert answer["no token"] == [f"ValueError: no token for the Hub: {login}"] * 3
