import pytest

from model_card.metadata import DatasetReference, card_data, model_name, on_hub
from model_card.run_files import read_run
from tests.model_card.conftest import change_settings

DATASET = DatasetReference("me/fitness-aqa", "0123abc")


def test_header_of_a_synthetic_run(run_dir):
    header = card_data(read_run(run_dir), "mine", "trainer/demo_base/checkpoint", DATASET, "transformers").to_dict()
    assert header["license"] == "apache-2.0"
    assert header["library_name"] == "transformers"
    assert header["pipeline_tag"] == "video-text-to-text"
    assert header["datasets"] == ["me/fitness-aqa"]
    assert header["tags"][0] == "synthetic"
    assert "base_model" not in header
    index = header["model-index"][0]
    assert index["name"] == "mine"
    assert index["results"][0]["dataset"] == {
        "name": "Fitness-AQA (synthetic clips)",
        "type": "me/fitness-aqa",
        "config": "video",
        "split": "test",
        "revision": "0123abc",
    }
    assert all(metric["name"].endswith(", synthetic clips") for metric in index["results"][0]["metrics"])
    assert index["results"][0]["metrics"][0]["value"] == 0.7143  # 5 / 7


def test_header_of_a_real_run_of_an_adapter(trained_dir):
    change_settings(trained_dir / "predictions.jsonl", synthetic=False, synthetic_model=False)
    data = card_data(read_run(trained_dir), "mine", "somebody/base-7b", None, "adapter")
    header = data.to_dict()
    assert "synthetic" not in str(data)
    assert header["library_name"] == "peft"
    assert (header["base_model"], header["base_model_relation"]) == ("somebody/base-7b", "adapter")
    assert (header["license"], header["license_name"]) == ("other", "fitness-aqa-non-commercial")
    assert header["model-index"][0]["results"][0]["dataset"]["name"] == "Fitness-AQA"
    assert "datasets" not in header


def test_a_merged_adapter_is_a_model_made_from_its_base(trained_dir):
    header = card_data(read_run(trained_dir), "mine", "somebody/base-7b", None, "transformers").to_dict()
    assert header["library_name"] == "transformers"
    assert header["base_model_relation"] == "finetune"


def test_not_known_whether_synthetic(trained_dir):
    change_settings(trained_dir / "predictions.jsonl", synthetic=None, synthetic_model=None, data="me/aqa")
    header = card_data(read_run(trained_dir), "mine", "somebody/base-7b", None, "adapter").to_dict()
    dataset = header["model-index"][0]["results"][0]["dataset"]
    assert (dataset["name"], dataset["type"]) == ("Fitness-AQA (not known whether synthetic)", "me/aqa")
    assert header["license"] == "other"
    assert "synthetic" not in header["tags"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("lmms-lab/LLaVA-Video-7B-Qwen2", True),
        ("LLaVA-Video-7B-Qwen2", False),
        ("trainer/demo_base/checkpoint", False),
        ("trainer/gone", False),  # next to a folder of the clone
        ("/models/llava", False),
        ("./models", False),
    ],
)
def test_names_on_the_hub_and_folders(name, expected):
    assert on_hub(name) is expected


def test_name(run_dir):
    assert model_name(read_run(run_dir)) == "llava-video-fitness-aqa-demo"
