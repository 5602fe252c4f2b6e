"""Plans of a small LLaVA-Video, and one of the paper's run at its real size; all on fake tensors."""

import pytest
import yaml

from trainer.llava_video import LlavaVideoConfig
from trainer.plan.plan import Planner
from trainer.plan.settings import read_settings

PAPER = {
    "model_name_or_path": "lmms-lab/LLaVA-Video-7B-Qwen2",
    "dtype": "float32",
    "bf16": True,
    "activation_checkpointing": True,
    "num_frames": 32,
    "per_device_train_batch_size": 1,
    "tower_learning_rate": 2e-6,
}


@pytest.fixture(scope="session")
def small_model(tmp_path_factory):
    """A folder with the config.json of a model of 1 + 1 layers, 7x7 patches a frame."""
    tower = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 4}
    text = {"hidden_size": 96, "intermediate_size": 192, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = LlavaVideoConfig(
        vision_config={"model_type": "siglip_vision_model", "image_size": 98, "patch_size": 14, **tower},
        text_config={"model_type": "qwen2", "num_key_value_heads": 2, "vocab_size": 512, **text},
        video_token_id=7,
    )
    folder = tmp_path_factory.mktemp("model")
    config.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def write_recipe(tmp_path_factory, small_model):
    """A recipe for the small model; keyword arguments change or add settings."""

    def write(**changes):
        path = tmp_path_factory.mktemp("recipe") / "recipe.yaml"
        path.write_text(yaml.safe_dump(PAPER | {"model_name_or_path": str(small_model), "num_frames": 8} | changes))
        return path

    return write


@pytest.fixture(scope="session")
def make_planner(write_recipe):
    """A planner of the small model; `arguments` are the command line's."""

    def make(*arguments, **changes):
        return Planner(*read_settings(["--config", str(write_recipe(**changes)), *map(str, arguments)]))

    return make


@pytest.fixture(scope="session")
def paper(tmp_path_factory):
    """The paper's run: 8.03 B parameters, 32 frames, four GPUs of 64 GB."""
    path = tmp_path_factory.mktemp("paper") / "recipe.yaml"
    path.write_text(yaml.safe_dump(PAPER))
    return Planner(*read_settings(["--config", str(path), "--num_processes", "4", "--gpu_memory_gb", "64"]))
