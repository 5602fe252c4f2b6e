"""The whole set goes to a Hub on this machine, and a stranger uses every piece of it."""

import json

import pytest
import yaml
from huggingface_hub import ModelCard

from tests.hub import run_client
from tests.model_card.publishing.conftest import ROOT, command
from tests.stranger import WITHOUT_PROJECT

PIECES = {
    ("dataset", "tester/fitness-aqa-synthetic"),
    ("space", "tester/temporal_map"),
    ("space", "tester/fitness_aqa"),
    ("model", "tester/llava-video-fitness-aqa-synthetic"),
    ("space", "tester/exercise-feedback"),
}
# A machine without this project, and the rows of a data set there.
LOAD = (
    WITHOUT_PROJECT
    + """
from datasets import Video, load_dataset
loaded = load_dataset("tester/fitness-aqa-synthetic", "video", split="test")
streamed = load_dataset("tester/fitness-aqa-synthetic", "video", split="test", streaming=True)
answer = [loaded.cast_column("video", Video(decode=False))["id"][:], [row["id"] for row in streamed.decode(False)]]
answer.append(list(next(iter(streamed))["video"].get_frame_at(0).data.shape))
"""
)


@pytest.fixture(scope="module")
def config(small_run, small_data, tmp_path_factory):
    path = tmp_path_factory.mktemp("config") / "publish.yaml"
    settings = {"namespace": "tester", "run": str(small_run), "dataset": str(small_data), "tag": "v0.1"}
    path.write_text(yaml.safe_dump(settings | {"shorten_paths": True}))
    return path


def publish(hub, config, *flags):
    return command("model_card", "publish", config, "--yes", *flags, env=hub.env)


@pytest.fixture(scope="module")
def published(hub, config):
    # The first try is cut when the model's large files are on their way, for good
    hub.fail_next(100, "llava-video-fitness-aqa-synthetic/commit/", status=400)
    cut = publish(hub, config)
    assert cut.returncode == 1 and cut.stderr.splitlines()[-1].startswith("error: the Hub refuses this: ")
    hub.clear_faults()
    hub.requests.clear()
    done = publish(hub, config)
    assert done.returncode == 0, done.stderr
    return done


def test_every_piece_is_there_once_private_and_tagged(hub, published):
    assert set(hub.storage.repositories) == PIECES
    for kind, name in PIECES:
        repository = hub.repository(kind, name)
        assert repository.private
        assert repository.tags["v0.1"].oid == repository.branches["main"].oid
    # what the first try had sent was not sent again
    assert not [request.path for request in hub.requests if "fitness-aqa-synthetic/commit/main" in request.path][1:]
    assert hub.uploaded_bytes < 2_000_000  # the page's clips and pictures


def test_one_collection_holds_them(hub, published):
    script = """
    slug = sys.argv[1].split("/collections/")[1]
    collection = api.get_collection(slug)
    answer = [collection.title, collection.private, sorted([i.item_type, i.item_id] for i in collection.items)]
    """
    title, is_private, items = run_client(hub.env, script, published.stdout.splitlines()[-1])
    assert (title, is_private) == ("Exercise feedback: Fitness-AQA", True)
    assert items == sorted([kind, name] for kind, name in PIECES)


def test_every_card_names_the_others(hub, published):
    for kind, name in PIECES:
        card = hub.read(kind, name, "README.md").decode()
        for other_kind, other in PIECES - {(kind, name)}:
            folder = "" if other_kind == "model" else f"{other_kind}s/"
            assert f"({hub.endpoint}/{folder}{other})" in card, (name, other)


def test_the_models_card_names_the_commit_of_the_data(hub, published):
    card = ModelCard(hub.read("model", "tester/llava-video-fitness-aqa-synthetic", "README.md").decode())
    commit = hub.repository("dataset", "tester/fitness-aqa-synthetic").branches["main"].oid
    assert {result.dataset_revision for result in card.data.eval_results} == {commit}
    assert card.data.datasets == ["tester/fitness-aqa-synthetic"]
    page = json.loads(hub.read("space", "tester/exercise-feedback", "space.json"))
    assert page["model"] == "tester/llava-video-fitness-aqa-synthetic"


def test_the_rows_load_where_the_project_is_not_installed(hub, published, small_run):
    loaded, streamed, shape = run_client(hub.new_env(hub.token), LOAD)
    expected = [json.loads(line)["id"] for line in (small_run / "references.jsonl").read_text().splitlines()]
    assert sorted(loaded) == sorted(streamed) == sorted(expected)
    assert shape[0] == 3


def test_again_sends_nothing(hub, published, config):
    hub.requests.clear()
    done = publish(hub, config)
    assert done.returncode == 0, done.stderr
    assert done.stdout == published.stdout
    assert not [request.path for request in hub.requests if "/commit/" in request.path]
    assert hub.uploaded_bytes == 0


def test_wrong_settings_and_no_run(hub, config, tmp_path):
    changes = {
        "namespace: a/b": "`namespace`: expected a user or an organisation, got 'a/b'",
        "run: nowhere": "FileNotFoundError: nowhere: no such run folder. `make demo` makes runs/demo.",
        "dataset: nowhere": "FileNotFoundError: nowhere",
    }
    for number, change in enumerate(changes):
        key = change.split(":")[0]
        lines = [line for line in config.read_text().splitlines() if not line.startswith(f"{key}:")]
        (tmp_path / f"{number}.yaml").write_text("\n".join([*lines, change]))
    script = """
    sys.path.insert(0, sys.argv[1])
    from model_card.publishing.config import read_config
    from model_card.publishing.whole_set import publish
    answer = [error_of(lambda: publish(read_config(path), yes=True)) for path in sys.argv[2:]]
    """
    errors = run_client(hub.env, script, ROOT, *sorted(tmp_path.iterdir()))
    for error, message in zip(errors, changes.values(), strict=True):
        assert message in error
