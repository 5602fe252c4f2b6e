import json

import pytest

from model_card.space.answering_model import inference_files, is_synthetic_model, model_folder
from model_card.space.files import space_files
from tests.hub import LocalHub, run_client
from tests.model_card.space.conftest import MODEL_FILES


def test_a_folder_without_weights(tmp_path):
    with pytest.raises(ValueError, match=r"no weights \(\*\.safetensors\) there"):
        space_files("me/try-it", tmp_path, title="Try it")


def test_an_adapter_goes_with_its_name_on_the_hub_only(tmp_path, model):
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "owner/base"}')
    assert set(inference_files(tmp_path)) == {
        "adapter_config.json",
        "adapter_model.safetensors",
        "train_results.json",
    }
    (tmp_path / "adapter_config.json").write_text(json.dumps({"base_model_name_or_path": str(model)}))
    with pytest.raises(ValueError, match="which is no model on the Hub. Push the base first"):
        inference_files(tmp_path)


@pytest.mark.parametrize("config", ["{}", '{"base_model_name_or_path": null}'])
def test_an_adapter_without_the_name_of_its_base(tmp_path, config):
    (tmp_path / "adapter_model.safetensors").write_bytes(b"")
    (tmp_path / "adapter_config.json").write_text(config)
    with pytest.raises(ValueError, match=r"adapter_config\.json: no `base_model_name_or_path`, .* Write it there, or"):
        inference_files(tmp_path)


def test_whether_a_model_is_synthetic(tmp_path):
    assert not is_synthetic_model(tmp_path)
    (tmp_path / "README.md").write_text("---\ntags:\n- synthetic\n---\n# Model\n")
    assert is_synthetic_model(tmp_path)
    (tmp_path / "train_results.json").write_text('{"synthetic": false}')  # of the training itself
    assert not is_synthetic_model(tmp_path)


def test_a_folder_is_taken_as_it_is(tmp_path):
    assert model_folder(str(tmp_path)) == tmp_path


PUSH = """
api.create_repo("tester/lifts", private=True)
api.upload_folder(repo_id="tester/lifts", folder_path=sys.argv[1], ignore_patterns=["*.bin", "*.pt"])
answer = None
"""
READ = """
import os
from model_card.space.answering_model import model_folder

token = os.environ.pop("HF_TOKEN")
refused = [error_of(model_folder, name) for name in ("tester/lifts", "a b", "no/one")]
os.environ["HF_TOKEN"] = token
folder = model_folder("tester/lifts")
answer = [refused, sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))]
"""


def test_a_model_on_the_hub(model, tmp_path):
    with LocalHub(tmp_path / "hub") as hub:
        run_client(hub.env, PUSH, model)
        refused, files = run_client(hub.env, READ)
    assert files == sorted(MODEL_FILES)
    private = "no such model on the Hub, or it is private. A private model needs the secret HF_TOKEN"
    assert refused[0].startswith(f"ValueError: tester/lifts: {private}")
    assert refused[1] == "ValueError: a b: no such folder, and no name of a model on the Hub (owner/name)."
    assert refused[2].startswith(f"ValueError: no/one: {private}")
