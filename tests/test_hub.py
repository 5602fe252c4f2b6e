"""Folders, videos, a metric and a model go to the local Hub and come back, with the real clients."""

import random
from pathlib import Path

import pytest

from tests.hub import LocalHub, run_client

CARD = "---\nlicense: apache-2.0\ntags:\n- fitness\n---\n# Folder\n"


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    with LocalHub(tmp_path_factory.mktemp("hub")) as hub:
        yield hub


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("folder")
    (root / "README.md").write_text(CARD)
    (root / "weights.bin").write_bytes(random.Random(0).randbytes(12_000_000))
    (root / "sub folder").mkdir()
    (root / "sub folder" / "notes é.txt").write_text("squat\n")
    (root / "no zeros.bin").write_bytes(b"\xff\xfe" * 1000)
    (root / "cut character.txt").write_text("a" + "é" * 300)
    return root


PUSH = """
repo_id, folder = sys.argv[1:]
api.create_repo(repo_id, repo_type="dataset", private=True, exist_ok=True)
answer = api.upload_folder(repo_id=repo_id, repo_type="dataset", folder_path=folder).oid
"""


@pytest.fixture(scope="module")
def pushed(hub, folder) -> str:
    """A private dataset repository with the folder in it."""
    run_client(hub.env, PUSH, "tester/pushed", folder)
    return "tester/pushed"


def test_a_folder_arrives_and_comes_back_as_it_was(hub, folder, tmp_path):
    hub.requests.clear()
    oid = run_client(hub.env, PUSH, "tester/whole", folder)
    repository = hub.repository("dataset", "tester/whole")
    assert repository.private
    assert repository.branches["main"].oid == oid
    assert {path: (file.is_lfs, file.size) for path, file in repository.branches["main"].files.items()} == {
        ".gitattributes": (False, 46),
        "README.md": (False, 53),
        "cut character.txt": (False, 601),
        "no zeros.bin": (True, 2000),
        "sub folder/notes é.txt": (False, 6),
        "weights.bin": (True, 12_000_000),
    }
    assert hub.uploaded_bytes == 12_002_000
    assert hub.read("dataset", "tester/whole", "sub folder/notes é.txt") == b"squat\n"

    script = "answer = snapshot_download('tester/whole', repo_type='dataset', local_dir=sys.argv[1])"
    run_client(hub.new_env(hub.token), script, tmp_path)
    for path in ("README.md", "weights.bin", "sub folder/notes é.txt"):
        assert (tmp_path / path).read_bytes() == (folder / path).read_bytes()


def test_what_is_there_is_not_sent_again(hub, folder, pushed):
    before = hub.repository("dataset", pushed).branches["main"].oid
    hub.requests.clear()
    assert run_client(hub.new_env(hub.token), PUSH, pushed, folder) == before
    assert hub.uploaded_bytes == 0
    assert not any("/commit/" in request.path for request in hub.requests)


def test_a_private_repository_is_invisible_without_the_token(hub, folder, pushed):
    script = """
    repo_id, folder = sys.argv[1:]
    dataset = {"repo_id": repo_id, "repo_type": "dataset"}
    answer = [
        api.repo_exists(**dataset),
        [info.id for info in api.list_datasets(author="tester")],
        error_of(snapshot_download, **dataset).split(":")[0],
        error_of(api.upload_folder, **dataset, folder_path=folder).split(":")[0],
    ]"""
    expected = [False, [], "RepositoryNotFoundError", "RepositoryNotFoundError"]
    assert run_client(hub.new_env(), script, pushed, folder) == expected
    wrong = run_client(hub.new_env("hf_wrong"), "answer = error_of(api.repo_info, sys.argv[1])", pushed)
    assert "Invalid credentials in Authorization header" in wrong


def test_visibility_can_change(hub):
    script = """
    api.create_repo("tester/shown", private=True)
    api.update_repo_settings("tester/shown", private=False)
    answer = api.model_info("tester/shown", token=False).private
    """
    assert run_client(hub.env, script) is False
    assert not hub.repository("model", "tester/shown").private


def test_a_cut_upload_is_tried_again_by_the_client(hub, tmp_path):
    (tmp_path / "weights.bin").write_bytes(random.Random(1).randbytes(3_000_000))
    hub.requests.clear()
    hub.fail_next(1, "PUT /objects/")
    hub.fail_next(1, "PUT /objects/", status=500)
    run_client(hub.env, PUSH, "tester/cut", tmp_path)
    assert [request.status for request in hub.requests if request.method == "PUT"] == [None, 500, 200]
    assert hub.read("dataset", "tester/cut", "weights.bin") == (tmp_path / "weights.bin").read_bytes()


def test_a_push_that_failed_changed_nothing_and_is_cheap_to_repeat(hub, tmp_path):
    (tmp_path / "weights.bin").write_bytes(random.Random(2).randbytes(3_000_000))
    hub.fail_next(1, "/commit/", status=500)
    script = PUSH.replace("answer = api.upload_folder(", "answer = error_of(api.upload_folder, ").replace(").oid", ")")
    assert "500 Internal Server Error" in run_client(hub.env, script, "tester/failed", tmp_path)
    assert list(hub.repository("dataset", "tester/failed").branches["main"].files) == [".gitattributes"]
    hub.requests.clear()
    run_client(hub.env, PUSH, "tester/failed", tmp_path)
    assert hub.uploaded_bytes == 0
    assert list(hub.repository("dataset", "tester/failed").branches["main"].files) == [".gitattributes", "weights.bin"]


def test_a_cut_download_goes_on_where_it_was(hub, folder, pushed):
    hub.requests.clear()
    hub.fail_next(1, "GET /datasets/tester/pushed/resolve/")
    script = "answer = hf_hub_download(sys.argv[1], 'weights.bin', repo_type='dataset')"
    path = run_client(hub.new_env(hub.token), script, pushed)
    assert Path(path).read_bytes() == (folder / "weights.bin").read_bytes()
    answers = [request for request in hub.requests if request.method == "GET" and "/resolve/" in request.path]
    assert [request.status for request in answers] == [200, 206]
    assert answers[1].sent_bytes == 12_000_000 - 10 * 2**20  # the client keeps pieces of 10 MiB


VIDEO_DATASET = """
    import datasets, torch
    from torchcodec.encoders import VideoEncoder
    video, repo_id = sys.argv[1:]
    frames = torch.full((3, 3, 64, 48), 100, dtype=torch.uint8)
    VideoEncoder(frames, frame_rate=30).to_file(video, codec="libx264", crf=5)
    features = datasets.Features({"id": datasets.Value("string"), "video": datasets.Video()})
    rows = datasets.Dataset.from_dict({"id": ["a", "b"], "video": [video, video]}, features=features)
    datasets.DatasetDict({"train": rows, "test": rows.select([1])}).push_to_hub(repo_id, private=True)
    Path(video).unlink()
    whole = datasets.load_dataset(repo_id)
    streamed = datasets.load_dataset(repo_id, streaming=True)
    answer = {
        "rows": {split: rows["id"][:] for split, rows in whole.items()},
        "grey": [round(row["video"][2].float().mean().item()) for row in whole["train"]],
        "streamed": {split: [row["id"] for row in rows] for split, rows in streamed.items()},
        "streamed_grey": round(next(iter(streamed["test"]))["video"][2].float().mean().item()),
    }
"""


def test_a_dataset_of_videos_is_pushed_and_loaded_whole_and_streaming(hub, tmp_path):
    hub.requests.clear()
    answer = run_client(hub.env, VIDEO_DATASET, tmp_path / "clip.mp4", "tester/clips")
    assert answer["rows"] == answer["streamed"] == {"train": ["a", "b"], "test": ["b"]}
    assert [abs(grey - 100) <= 2 for grey in (*answer["grey"], answer["streamed_grey"])] == [True, True, True]
    assert hub.repository("dataset", "tester/clips").private
    assert 206 in {request.status for request in hub.requests if "/resolve/" in request.path}


EVALUATE_AND_TRANSFORMERS = """
    api.create_repo("tester/my_metric", repo_type="space", space_sdk="gradio")
    api.upload_folder(repo_id="tester/my_metric", repo_type="space", folder_path=sys.argv[1])
    import evaluate
    metric = evaluate.load("tester/my_metric")
    from transformers import AutoModel, BertConfig, BertModel
    sizes = {"vocab_size": 8, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    model = BertModel(BertConfig(**sizes, intermediate_size=8))
    model.push_to_hub("tester/my_model", private=True)
    again = AutoModel.from_pretrained("tester/my_model")
    equal = all((again.state_dict()[name] == value).all().item() for name, value in model.state_dict().items())
    answer = [metric.compute(predictions=[1, 2], references=[1, 3]), equal]
"""
METRIC = """
import datasets
import evaluate

from .counting import count_equal


class MyMetric(evaluate.Metric):
    def _info(self):
        features = datasets.Features({"predictions": datasets.Value("int64"), "references": datasets.Value("int64")})
        return evaluate.MetricInfo(description="", citation="", inputs_description="", features=features)

    def _compute(self, predictions, references):
        return {"equal": count_equal(predictions, references)}
"""


def test_evaluate_loads_a_space_and_transformers_a_model(hub, tmp_path):
    (tmp_path / "my_metric.py").write_text(METRIC)
    (tmp_path / "counting.py").write_text("def count_equal(a, b):\n    return sum(x == y for x, y in zip(a, b))\n")
    assert run_client(hub.env, EVALUATE_AND_TRANSFORMERS, tmp_path) == [{"equal": 1}, True]
    assert hub.repository("space", "tester/my_metric").sdk == "gradio"
    assert hub.repository("model", "tester/my_model").private
