"""What a push changes is shown before it is asked for; nothing else is changed."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from tests.hub import LocalHub, run_client

SEND = """
from fitness_aqa_dataset.hub import calls
from fitness_aqa_dataset.hub.parcel import Parcel
from fitness_aqa_dataset.hub.sending import log_in, send
calls.WAITS_S = (0.05, 0.05)

def push(repo_id, files, tag=None, replaces=("*.py", "big/**"), yes=True):
    files = {name: text.encode() for name, text in files.items()}
    parcel = Parcel(repo_id, "model", files, "send", replaces)
    return send(log_in(), parcel, public=False, right_to_publish=False, yes=yes, revision_tag=tag)
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


def test_removals_are_shown_and_only_a_pushs_own(hub):
    run_client(hub.env, SEND + "push('tester/own', {'a.py': '1', 'b.py': '2', 'c.md': '3'}); answer = 0")
    add = "api.upload_file(path_or_fileobj=b'mine', path_in_repo='docs/mine.py', repo_id='tester/own'); answer = 0"
    run_client(hub.env, add)
    line = [sys.executable, "-c", SEND + "push('tester/own', {'a.py': '1', 'c.md': 'new'}, yes=False)"]
    done = subprocess.run(line, env=hub.env, input="y\n", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    shown = (
        "to model tester/own (private):\n  c.md: 1 file, 0.00 MB\n"
        "  removed there: 1 file of an earlier push: b.py\nsend? [y/N] "
    )
    assert done.stderr.startswith(shown)
    files = set(hub.repository("model", "tester/own").branches["main"].files)
    assert files == {".gitattributes", "a.py", "c.md", "docs/mine.py"}


def test_a_tag_of_an_earlier_push_stops_before_anything_is_sent(hub):
    script = """
    first = push("tester/tagged", {"a.py": "1"}, tag="v1.0").commit
    answer = [
        error_of(push, "tester/tagged", {"a.py": "1"}, tag="v1.0"),
        error_of(push, "tester/tagged", {"a.py": "2"}, tag="v1.0"),
        *(error_of(push, "tester/tagged", {"a.py": "1"}, tag=tag) for tag in ("main", "-x", "a..b", "a b", "v1\\n")),
    ]
    answer.append(push("tester/tagged", {"a.py": "1"}, tag="v1.1").commit == first)
    """
    same, other, *odd, is_first = run_client(hub.env, SEND + textwrap.dedent(script))
    assert same is None and is_first
    assert other == "ValueError: tester/tagged: the tag v1.0 names an earlier push; choose another"
    assert all("no name for a state; give letters, digits, dots and hyphens, such as v1.0" in error for error in odd)
    repository = hub.repository("model", "tester/tagged")
    assert {tag: commit.oid for tag, commit in repository.tags.items()} == dict.fromkeys(
        ("v1.0", "v1.1"), repository.branches["main"].oid
    )


def test_answers_that_are_no_json_are_asked_again(hub):
    hub.fail_next(1, "POST /api/validate-yaml", status=503)
    hub.fail_next(1, "POST /api/repos/create", status=500)
    run_client(hub.env, SEND + "push('tester/shaken', {'README.md': '# A'}); answer = 0")
    assert "README.md" in hub.repository("model", "tester/shaken").branches["main"].files
    hub.fail_next(9, "POST /api/validate-yaml", status=503)
    error = run_client(hub.env, SEND + "answer = error_of(push, 'tester/lost', {'README.md': '# A'})")
    hub.clear_faults()
    assert error.startswith(f"ConnectionError: {hub.endpoint}: the Hub does not answer (what it says is no JSON)")


def test_closed_input_is_no(hub):
    line = ["bash", "-c", '"$0" -c "$1" <&-', sys.executable, SEND + "push('tester/no', {'a.py': '1'}, yes=False)"]
    done = subprocess.run(line, env=hub.env, capture_output=True, text=True)
    assert done.stderr.splitlines()[-1] == (
        "ValueError: tester/no: nothing was sent; answer y, or add --yes where nobody can answer"
    )


def test_ctrl_c_says_what_it_waits_for(hub):
    hub.fail_next(100, "stopped/commit/", status=503)
    program = SEND.replace("(0.05, 0.05)", "(60,)") + "push('tester/stopped', {'a.py': '1'})"
    process = subprocess.Popen(
        [sys.executable, "-c", "import signal; signal.signal(2, signal.default_int_handler)\n" + program],
        env=hub.env, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not any("stopped/commit/" in request.path for request in hub.requests):
        assert time.monotonic() < deadline, "nothing was committed"
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    hub.clear_faults()
    assert "stopping when the files on their way have arrived; Ctrl-C again stops at once" in said
    assert process.returncode != 0
