"""An adapter goes to the Hub alone or merged with its base."""

import json
import re
from pathlib import Path

import pytest
import torch

from tests.hub import run_client
from tests.model_card.publishing.conftest import ROOT, succeed
from trainer.loading import load_checkpoint


@pytest.fixture(scope="module")
def adapter_run(small_release, tmp_path_factory) -> Path:
    """One step of LoRA on the demo's base, and answers to the four test clips."""
    run = tmp_path_factory.mktemp("runs") / "adapter"
    recipe = ["--config", "trainer/recipes/demo.yaml", "--max_steps", 2, "--warmup_steps", 0, "--logging_steps", 1]
    lora = [
        "--use_peft",
        "true",
        "--lora_r",
        4,
        "--lora_target_modules",
        "q_proj",
        "v_proj",
        "--freeze",
        "vision_tower",
    ]
    succeed("trainer.sft", *recipe, *lora, "--dataset_name", small_release, "--output_dir", run)
    rows = ["--output", run / "predictions.jsonl", "--references", run / "references.jsonl"]
    succeed("trainer.predict", "--model", run, "--data", small_release, *rows)
    return run


PUSHES = """
sys.path.insert(0, sys.argv[1])
from model_card.publishing.model import push_model

def push(repo_id, **settings):
    return error_of(push_model, sys.argv[2], repo_id, yes=True, shorten=True, **settings)

answer = [
    push("tester/alone"),
    push("tester/alone", base_model="tester/base"),
    push("tester/merged", layout="merged"),
    push("tester/merged", layout="merged"),
    push("tester/original", layout="original-layout"),
]
"""


@pytest.fixture(scope="module")
def errors(hub, adapter_run):
    return run_client(hub.env, PUSHES, ROOT, adapter_run)


def test_a_base_that_only_this_machine_has_is_refused(errors, adapter_run):
    assert errors[0] == (
        f"ValueError: {adapter_run}/adapter_config.json, `base_model_name_or_path`: 'checkpoint' is a folder of this "
        "machine, so nobody else could load the adapter; name its base on the Hub with --base-model owner/name, or "
        "send the whole model with --merged"
    )


def test_the_adapter_names_its_base_on_the_hub(errors, hub):
    assert errors[1] is None
    files = hub.repository("model", "tester/alone").branches["main"].files
    assert "adapter_model.safetensors" in files and "modeling_llava_video.py" not in files
    config = json.loads(hub.read("model", "tester/alone", "adapter_config.json"))
    assert config["base_model_name_or_path"] == "tester/base"
    card = hub.read("model", "tester/alone", "README.md").decode()
    assert "base_model: tester/base" in card and "library_name: peft" in card


def test_the_cards_code_loads_adapter_and_base_from_the_hub(errors, hub, adapter_run):
    base = ROOT / "trainer" / "demo_base" / "checkpoint"
    upload = (
        "api.create_repo('tester/base'); api.upload_folder(repo_id='tester/base', folder_path=sys.argv[1]); answer = 0"
    )
    run_client(hub.env, f"{upload}; answer = 0", base)
    card = hub.read("model", "tester/alone", "README.md").decode()
    code = re.search(r"```python\n(.*?)```", card, re.DOTALL).group(1)
    # every weight of the adapter has arrived
    shown = """
import torch
from safetensors.torch import load_file
stored = load_file(sys.argv[1])
loaded = {name.replace(".default", ""): weight for name, weight in model.named_parameters() if "lora_" in name}
answer = [type(model).__name__, len(loaded), all(torch.equal(stored[name], loaded[name].cpu()) for name in stored)]
"""
    start = "sys.path.insert(0, sys.argv[2])\n"
    found = run_client(hub.env, start + code + shown, adapter_run / "adapter_model.safetensors", ROOT)
    assert found[0].startswith("PeftModel") and found[1] > 0 and found[2]


def test_merged_is_a_whole_model_with_the_same_numbers(errors, hub, adapter_run, tmp_path):
    assert errors[2] is None
    files = hub.repository("model", "tester/merged").branches["main"].files
    assert {"model.safetensors", "modeling_llava_video.py", "processor_config.json"} < set(files)
    assert not [name for name in files if "adapter" in name]
    card = hub.read("model", "tester/merged", "README.md").decode()
    assert "trust_remote_code=True" in card and "PeftModel" not in card and "library_name: transformers" in card
    for name in ("config.json", "model.safetensors", "processor_config.json", "tokenizer.json"):
        (tmp_path / name).write_bytes(hub.read("model", "tester/merged", name))
    for name in ("tokenizer_config.json", "chat_template.jinja"):
        (tmp_path / name).write_bytes(hub.read("model", "tester/merged", name))
    merged, _ = load_checkpoint(str(tmp_path), dtype="auto")
    adapter, _ = load_checkpoint(str(adapter_run), dtype="auto")
    changed = 0
    for name, layer in adapter.base_model.model.named_modules():
        if hasattr(layer, "get_delta_weight"):
            expected = layer.base_layer.weight + layer.get_delta_weight("default")
            weight = merged.get_submodule(name).weight
            torch.testing.assert_close(weight.to(expected.dtype), expected, rtol=0, atol=1e-3)  # stored as float16
            changed += not torch.equal(weight, layer.base_layer.weight)
    assert changed > 0


def test_merged_again_sends_nothing(errors, hub):
    assert errors[3] is None
    assert len([request for request in hub.requests if "tester/merged/commit/" in request.path]) == 1


def test_merged_in_the_original_layout(errors, hub):
    assert errors[4] is None
    files = hub.repository("model", "tester/original").branches["main"].files
    assert "model.safetensors" in files and not [name for name in files if "adapter" in name or name.endswith(".py")]
