"""The page goes to a Hub on this machine with its model, and again sends nothing."""

from tests.hub import run_client
from tests.model_card.publishing.conftest import ROOT

PUSHES = """
sys.path.insert(0, sys.argv[1])
from model_card.publishing.space import push_space

answer = [
    push_space("tester/page", sys.argv[2], yes=True),
    push_space("tester/page", sys.argv[2], yes=True),
    error_of(push_space, "tester/none", "runs/none", yes=True),
    error_of(push_space, "tester/none", "none", yes=True),
]
"""


def test_the_page_arrives_whole_and_once(hub, small_run):
    first, again, *missing = run_client(hub.env, PUSHES, ROOT, small_run)
    assert first == again == f"{hub.endpoint}/spaces/tester/page"
    repository = hub.repository("space", "tester/page")
    assert repository.private
    files = set(repository.branches["main"].files)
    assert {"app.py", "README.md", "space.json", "model/model.safetensors", "examples/squat_no_mistake.mp4"} <= files
    assert len([request for request in hub.requests if "tester/page/commit/" in request.path]) == 1
    for error, model in zip(missing, ("runs/none", "none"), strict=True):
        assert error == (
            f"FileNotFoundError: --model {model}: no such folder, and no such model on the Hub; `make demo` makes one"
        )
    assert ("space", "tester/none") not in hub.storage.repositories
