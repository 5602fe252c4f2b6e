"""The code beside the weights runs where this project is not installed, and only where the reader allows it."""

import ast
import json
import os
import subprocess
import sys

import pytest
import torch
from safetensors import safe_open

from tests.hub import LocalHub, run_client
from tests.stranger import WITHOUT_PROJECT
from trainer.llava_video.publishing import add_code, code_files, save_with_code

# A machine without this project: its packages cannot be found.
READER = (
    WITHOUT_PROJECT
    + """
import json, torch
from transformers import AutoModelForImageTextToText, AutoProcessor
source, options = sys.argv[1], json.loads(sys.argv[2])
model = AutoModelForImageTextToText.from_pretrained(source, **options)
processor = AutoProcessor.from_pretrained(source, **options)
frames = torch.arange(2 * 3 * 30 * 40).remainder(251).to(torch.uint8).reshape(2, 3, 30, 40)
content = [{"type": "video", "video": frames}, {"type": "text", "text": "Which one?"}]
batch = processor.apply_chat_template(
    [{"role": "user", "content": content}], tokenize=True, return_dict=True, return_tensors="pt"
)
with torch.no_grad():
    logits = model(**batch).logits[0, -1, :5].tolist()
answer = {"module": type(model).__module__.split(".")[0], "logits": logits, "keys": sorted(batch)}
answer["classes"] = [type(part).__name__ for part in (model, processor, processor.video_processor)]
print(json.dumps(answer))
"""
)


def read(source, folder, env, **options):
    """What `READER` answers in a new process, in an empty folder."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-c", READER, str(source), json.dumps(options)]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def local_env(tmp_path):
    return os.environ | {"HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}


def answer_of(process):
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


CLASSES = ["LlavaVideoForConditionalGeneration", "LlavaVideoProcessor", "LlavaVideoVideoProcessor"]
KEYS = ["attention_mask", "input_ids", "pixel_values_videos"]


@pytest.fixture
def saved(model, processor, tmp_path):
    save_with_code(tmp_path / "saved", model, processor)
    return tmp_path / "saved"


def test_a_folder_runs_where_the_project_is_not_installed(saved, model, processor, tmp_path):
    answer = answer_of(read(saved, tmp_path / "elsewhere", local_env(tmp_path), trust_remote_code=True))
    assert answer["module"] == "transformers_modules"
    assert answer["classes"] == CLASSES
    assert answer["keys"] == KEYS
    frames = torch.arange(2 * 3 * 30 * 40).remainder(251).to(torch.uint8).reshape(2, 3, 30, 40)
    text = processor.apply_chat_template([{"role": "user", "content": "<video>\nWhich one?"}])
    with torch.no_grad():
        logits = model(**processor(text=text, videos=frames, return_tensors="pt")).logits[0, -1, :5]
    torch.testing.assert_close(torch.tensor(answer["logits"]), logits)


def test_the_code_does_not_run_unless_the_reader_allows_it(saved, tmp_path):
    process = read(saved, tmp_path / "elsewhere", local_env(tmp_path))
    assert process.returncode != 0
    assert "Please pass the argument `trust_remote_code=True`" in process.stderr
    assert not (tmp_path / "home" / "modules").exists() or not list((tmp_path / "home").rglob("modeling_*.py"))


def test_what_is_saved(saved):
    names = {path.name for path in saved.iterdir()}
    assert {"modeling_llava_video.py", "processing_llava_video.py", "video_inputs.py", "model.safetensors"} <= names
    assert not [name for name in names if name.endswith((".bin", ".pt", ".pkl", ".partial"))]
    with safe_open(saved / "model.safetensors", "pt") as weights:
        assert "model.image_newline" in weights.keys()
    assert json.loads((saved / "config.json").read_text())["auto_map"] == {
        "AutoConfig": "configuration_llava_video.LlavaVideoConfig",
        "AutoModel": "modeling_llava_video.LlavaVideoModel",
        "AutoModelForImageTextToText": "modeling_llava_video.LlavaVideoForConditionalGeneration",
    }


def test_a_plain_save_has_no_code(model, processor, saved, tmp_path):
    model.save_pretrained(tmp_path / "plain")
    processor.save_pretrained(tmp_path / "plain")
    assert not list((tmp_path / "plain").glob("*.py"))
    assert "auto_map" not in (tmp_path / "plain" / "config.json").read_text()
    assert "auto_map" not in (tmp_path / "plain" / "processor_config.json").read_text()


def test_the_code_needs_nothing_of_the_project():
    for path in code_files():
        imports = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
        names = {node.module.split(".")[0] for node in imports if node.level == 0}
        assert not names & {"trainer", "fitness_aqa_dataset", "metrics", "model_card"}, path
        assert all(node.level <= 1 for node in imports), path


PUSH = """
    sys.path.insert(0, sys.argv[2])
    from trainer.llava_video import LlavaVideoForConditionalGeneration, LlavaVideoProcessor
    from trainer.llava_video.publishing import push_with_code
    model = LlavaVideoForConditionalGeneration.from_pretrained(sys.argv[1])
    processor = LlavaVideoProcessor.from_pretrained(sys.argv[1])
    answer = str(push_with_code("tester/ours", model, processor))
    # transformers' own way
    from trainer.llava_video import LlavaVideoConfig, LlavaVideoVideoProcessor
    LlavaVideoConfig.register_for_auto_class("AutoConfig")
    LlavaVideoForConditionalGeneration.register_for_auto_class("AutoModelForImageTextToText")
    LlavaVideoVideoProcessor.register_for_auto_class("AutoVideoProcessor")
    LlavaVideoProcessor.register_for_auto_class("AutoProcessor")
    model.push_to_hub("tester/theirs", private=True)
    processor.push_to_hub("tester/theirs")
"""


def test_a_repository_runs_where_the_project_is_not_installed(model, processor, tmp_path, pytestconfig):
    model.save_pretrained(tmp_path / "plain")
    processor.save_pretrained(tmp_path / "plain")
    with LocalHub(tmp_path / "hub") as hub:
        address = run_client(hub.env, PUSH, tmp_path / "plain", pytestconfig.rootpath)
        assert "tester/ours" in address
        assert hub.repository("model", "tester/ours").private
        ours, theirs = (
            answer_of(read(f"tester/{name}", tmp_path / "elsewhere", hub.new_env(hub.token), trust_remote_code=True))
            for name in ("ours", "theirs")
        )
    assert ours["module"] == "transformers_modules"
    assert ours["classes"] == CLASSES
    assert ours == theirs


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"config\.json: no such file\. Save the model there first"):
        add_code(tmp_path)


def test_another_model_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "qwen2"}')
    with pytest.raises(
        ValueError, match=r"config\.json, `model_type`: expected llava_video, got qwen2\. The code runs"
    ):
        add_code(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["config.json"]


def test_a_model_alone_gets_its_code(model, tmp_path):
    model.save_pretrained(tmp_path)
    add_code(tmp_path)
    assert (tmp_path / "modeling_llava_video.py").is_file()
    assert not (tmp_path / "processor_config.json").exists()
