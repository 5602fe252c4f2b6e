"""A tiny LLaVA-Video with random weights, a *synthetic* release of 24 clips, and the one fine-tuned on the other."""

import os
import subprocess
import sys
from pathlib import Path

import datasets
import huggingface_hub
import pytest
import torch
import yaml
from transformers import AutoProcessor, Qwen2Config, SiglipVisionConfig

from fitness_aqa_dataset.synthetic import synthesize_release
from trainer.arguments import make_parser
from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration
from trainer.sft import main

REPOSITORY = Path(__file__).parents[2]
CHECKPOINT = REPOSITORY / "trainer" / "demo_base" / "checkpoint"
RECIPE = REPOSITORY / "trainer" / "recipes" / "demo.yaml"
NUM_FRAMES = 4


@pytest.fixture(scope="session", autouse=True)
def private_caches(tmp_path_factory):
    """No test reads or fills the user's caches or asks the network, in this process or in those it starts."""
    cache = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(datasets.config, "HF_DATASETS_CACHE", cache)
        patch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
        patch.setenv("HF_DATASETS_CACHE", str(cache))
        patch.setenv("HF_HUB_OFFLINE", "1")
        patch.setenv("OMP_NUM_THREADS", "1")
        yield


@pytest.fixture(scope="session")
def demo_processor():
    """The processor of the committed base."""
    return AutoProcessor.from_pretrained(CHECKPOINT)


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory, demo_processor) -> Path:
    """A checkpoint of 2 + 2 layers and hidden size 32, random weights, pictures of 112 pixels in patches of 14."""
    tokenizer = demo_processor.tokenizer
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = LlavaVideoConfig(
        vision_config=SiglipVisionConfig(image_size=112, patch_size=14, vision_use_head=False, **sizes),
        text_config=Qwen2Config(
            vocab_size=len(tokenizer),
            num_key_value_heads=4,
            max_position_embeddings=2048,
            tie_word_embeddings=False,
            bos_token_id=None,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
            **sizes,
        ),
        video_token_id=demo_processor.video_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    folder = tmp_path_factory.mktemp("base") / "tiny"
    torch.manual_seed(0)
    LlavaVideoForConditionalGeneration(config).save_pretrained(folder)
    demo_processor.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def release(tmp_path_factory) -> Path:
    """24 *synthetic* clips: 16 to train, 4 to validate, 4 to test."""
    return synthesize_release(tmp_path_factory.mktemp("data") / "release", 24, seed=7, num_workers=2)


@pytest.fixture(scope="session")
def make_recipe(tmp_path_factory, tiny_base):
    """A copy of the demo's recipe for the tiny base and few steps; keyword arguments replace settings."""

    def make(**changes) -> Path:
        settings = yaml.safe_load(RECIPE.read_text())
        settings |= {
            "model_name_or_path": str(tiny_base),
            "num_frames": NUM_FRAMES,
            "merge_validation": True,  # 20 rows instead of 16
            # so few clips make groups too uneven for flips alone
            "augmentations": ["none", "horizontal_flip", "rotation"],
            "max_steps": 30,
            "per_device_train_batch_size": 4,
            "learning_rate": 1e-2,
            "warmup_steps": 2,
            "logging_steps": 5,
            "save_steps": 10,
        }
        path = tmp_path_factory.mktemp("recipe") / "recipe.yaml"
        path.write_text(yaml.safe_dump(settings | changes))
        return path

    return make


@pytest.fixture(scope="session")
def python():
    """Run `python ARGUMENTS` in the repository's root; returns the finished process with its text."""

    def run(*arguments: object, **options) -> subprocess.CompletedProcess:
        command = [sys.executable, *map(str, arguments)]
        options = {"cwd": REPOSITORY, "env": {**os.environ, "PYTHONPATH": str(REPOSITORY)}, "timeout": 240} | options
        return subprocess.run(command, capture_output=True, text=True, **options)

    return run


@pytest.fixture(scope="session")
def fine_tune():
    """The command line of `trainer.sft` in this process: quicker than in one of its own, and the same code."""

    def run(recipe: Path, release: Path, output_dir: Path) -> None:
        arguments = ["--config", recipe, "--dataset_name", release, "--output_dir", output_dir, "--seed", 3]
        main(*make_parser().parse_args_and_config(list(map(str, arguments))))

    return run


@pytest.fixture(scope="session")
def trained(tmp_path_factory, make_recipe, release, fine_tune) -> Path:
    """The tiny base after 30 steps on the *synthetic* release."""
    output_dir = tmp_path_factory.mktemp("trained") / "model"
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in the processes that tests start: the same sums in the same order
    fine_tune(make_recipe(), release, output_dir)
    torch.set_num_threads(num_threads)
    return output_dir
