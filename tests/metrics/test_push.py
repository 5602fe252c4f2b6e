"""Both metrics go to a Hub on this machine and are loaded from there where nothing of this project can be imported."""

import subprocess
import sys

import pytest

from tests.hub import LocalHub, run_client
from tests.stranger import WITHOUT_PROJECT

COMPUTE = (
    WITHOUT_PROJECT
    + """
import evaluate

found = [[{"label": "a", "start": 0.0, "end": 1.0, "score": 0.9}]]
truth = [[{"label": "a", "start": 0.0, "end": 1.0}, {"label": "a", "start": 2.0, "end": 3.0}]]
temporal_map = evaluate.load("tester/temporal_map")
result = temporal_map.compute(predictions=found, references=truth, iou_thresholds=[0.5])
answer = [result["average_map"]]

said = "The subject is performing a Squat. An error: knees forward from frame time 1.00s to 2.00s."
seen = {"exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.5}]}
result = evaluate.load("tester/fitness_aqa").compute(predictions=[said], references=[seen])
answer += [result["f1"]["knees_forward"], result["ap"]["paper"]["knees_forward"]]
"""
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


def push(hub, *arguments, **options):
    command = [sys.executable, "-m", "metrics", "push", *arguments]
    return subprocess.run(command, env=hub.env, capture_output=True, text=True, **options)


@pytest.fixture(scope="module")
def pushed(hub):
    done = push(hub, "tester", "--yes", "--revision-tag", "v0.1")
    assert done.returncode == 0, done.stderr
    return done


def test_both_spaces_are_there_private_and_tagged(hub, pushed):
    names = ("temporal_map", "fitness_aqa")
    assert pushed.stdout.splitlines() == [f"{hub.endpoint}/spaces/tester/{name}" for name in names]
    assert "to space tester/temporal_map (new, private):" in pushed.stderr
    for name in names:
        repository = hub.repository("space", f"tester/{name}")
        assert repository.private
        assert repository.tags["v0.1"].oid == repository.branches["main"].oid
        card = hub.read("space", f"tester/{name}", "README.md").decode()
        assert f'evaluate.load("tester/{name}")' in card and "  # this folder" not in card
        assert {f"{name}.py", "app.py", "requirements.txt", "README.md"} < set(repository.branches["main"].files)


def test_they_compute_where_the_project_is_not_installed(hub, pushed):
    # One of two references found: 0.5. One clip, one error, found with IoU 1 / 1.5.
    assert run_client(hub.new_env(hub.token), COMPUTE) == [0.5, 1.0, 1.0]


def test_again_sends_nothing(hub, pushed):
    hub.requests.clear()
    assert push(hub, "tester", "--yes", "--revision-tag", "v0.1").returncode == 0
    assert not [request.path for request in hub.requests if "/commit/" in request.path]
    assert hub.uploaded_bytes == 0


def test_files_that_are_no_longer_there_go(hub, pushed):
    add = "api.upload_file(path_or_fileobj=b'x = 1', path_in_repo='{}', repo_id='{}', repo_type='space'); answer = 1"
    for path in ("old.py", "notes.bin"):
        run_client(hub.env, add.format(path, "tester/temporal_map"))
    assert push(hub, "tester", "--yes").returncode == 0
    files = hub.repository("space", "tester/temporal_map").branches["main"].files
    assert "old.py" not in files and "notes.bin" in files
    late = push(hub, "tester", "--yes", "--revision-tag", "v0.1")
    assert (late.returncode, late.stderr.splitlines()[-1]) == (
        1,
        "error: tester/temporal_map: the tag v0.1 names an earlier push; choose another",
    )


def test_it_asks(hub):
    done = push(hub, "tester", input="no\n")
    assert done.returncode == 1
    assert done.stderr.endswith("error: tester: nothing was sent; answer y, or add --yes where nobody can answer\n")


def test_what_is_no_namespace(hub):
    done = push(hub, "tester/temporal_map", "--yes")
    assert (done.returncode, done.stderr) == (
        1,
        "error: 'tester/temporal_map': give a user or an organisation, such as `me`; the Spaces' names are added\n",
    )
