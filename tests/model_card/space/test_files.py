import json
import re

import pytest
import yaml
from huggingface_hub import SpaceCard

import model_card.space.files as module
from model_card.space.files import requirements, space_files
from tests.model_card.space.conftest import MODEL_FILES


def content_of(file) -> bytes:
    return file if isinstance(file, bytes) else file.read_bytes()


@pytest.fixture(scope="module")
def files(model):
    return space_files("me/try-it", model, title="Try it", related=[("The data", "https://example.org/data")])


def test_the_same_input_gives_the_same_bytes(files, model):
    again = space_files("me/try-it", str(model), title="Try it", related=[("The data", "https://example.org/data")])
    assert list(again) == list(files) == sorted(files)
    assert {path: content_of(file) for path, file in again.items()} == {
        path: content_of(file) for path, file in files.items()
    }


def test_what_is_in_it(files):
    assert {path.split("/")[0] for path in files} == {
        "LICENSE",
        "NOTICE",
        "README.md",
        "app.py",
        "examples",
        "fitness_aqa_dataset",
        "metrics",
        "model",
        "model_card",
        "packages.txt",
        "requirements.txt",
        "space.json",
        "trainer",
    }
    assert {path for path in files if path.startswith("model/")} == {f"model/{name}" for name in MODEL_FILES}
    assert not [path for path in files if re.search(r"tests|__pycache__|demo_base|\.pyc$|\.pt$|\.bin$", path)]
    assert len([path for path in files if path.startswith("examples/")]) == 4
    assert {path for path in files if path.startswith("model_card/") and path.count("/") == 1} == {
        "model_card/__init__.py"
    }
    assert sum(len(content_of(file)) for file in files.values()) < 12e6
    assert files["packages.txt"] == b"ffmpeg\n"
    assert json.loads(files["space.json"]) == {"model": "model", "num_frames": 8}


def test_nothing_in_it_is_about_one_machine(files, model):
    for path, file in files.items():
        assert b"/home/someone" not in content_of(file), path
    assert yaml.safe_load(files["model/recipe.yaml"]) == {"decimals": 1, "num_frames": 8, "style": "checklist"}
    calibration = json.loads(files["model/calibration.json"])
    assert calibration["predictions"] == {"decode": "score", "num_frames": 8, "style": "checklist"}
    assert calibration["labels"]["knees"] == {"threshold": 0.5, "temperature": 2.0}
    assert json.loads(files["model/train_results.json"]) == {"synthetic": True}


def test_the_card(files):
    card = SpaceCard(files["README.md"].decode())
    header = card.data.to_dict()
    assert {name: header[name] for name in ("title", "sdk", "app_file", "license")} == {
        "title": "Try it",
        "sdk": "gradio",
        "app_file": "app.py",
        "license": "apache-2.0",
    }
    import gradio

    assert header["sdk_version"] == gradio.__version__
    assert re.fullmatch(r"3\.\d+", header["python_version"])
    assert header["colorFrom"] in (colours := "red yellow green blue indigo purple pink gray".split())
    assert header["colorTo"] in colours
    assert 0 < len(header["short_description"]) <= 60
    assert "models" not in header
    for text in ("**Synthetic.**", "no medical advice", "deleted from the server", "60 seconds and 50 MB"):
        assert text in card.text
    assert "[The data](https://example.org/data)" in card.text
    assert "hf download me/try-it --repo-type space" in card.text


def test_what_has_to_be_installed():
    lines = requirements()
    assert {"torch>=2.9", "transformers>=5.23", "trl>=1.16", "opencv-python-headless"} <= set(lines)
    assert not [line for line in lines if re.match("evaluate|tensorboard|pytest|gradio|selenium|fitness", line)]
    assert not [line for line in lines if "://" in line or line.startswith("-")]


def test_without_gradio(monkeypatch, model):
    def missing(name):
        raise module.PackageNotFoundError(name)

    monkeypatch.setattr(module, "version", missing)
    with pytest.raises(ValueError, match="version of Gradio, which is not installed: pip install gradio"):
        space_files("me/try-it", model, title="Try it")


def test_a_model_on_the_hub_stays_there(model):
    files = space_files("tester/try-it", "tester/lifts", title="Try it")  # without asking for it: it is not there yet
    assert not [path for path in files if path.startswith("model/")]
    assert json.loads(files["space.json"]) == {"model": "tester/lifts"}
    card = SpaceCard(files["README.md"].decode())
    assert card.data.models == ["tester/lifts"]
    assert "secret `HF_TOKEN`" in card.text and "its own card says" in card.text
    for synthetic in (True, False):
        files = space_files("tester/try-it", "tester/lifts", title="Try it", synthetic=synthetic)
        assert ("**Synthetic.**" in files["README.md"].decode()) is synthetic
    with pytest.raises(ValueError, match=r"^runs/my/model: no such folder, and no name of a model on the Hub"):
        space_files("tester/try-it", "runs/my/model", title="Try it")
