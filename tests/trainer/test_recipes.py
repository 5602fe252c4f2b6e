"""Every recipe trains a tiny model on a *synthetic* release: the loss falls, and what should move moves, no more."""

import json
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from tests.trainer.other_models import make_other_model
from trainer.arguments import DataArguments, make_parser
from trainer.build import build_trainer
from trainer.loading import load_checkpoint
from trainer.optimizer import module_of
from trainer.sft import main

RECIPES = Path("trainer/recipes")
QUICK = {
    "num_frames": 4,
    "use_cpu": True,
    "bf16": False,
    "dtype": "float32",
    "max_steps": 16,
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 1,
    "learning_rate": 1e-2,
    "logging_steps": 4,
    "save_strategy": "no",
    "dataloader_num_workers": 0,
    "disable_tqdm": True,
}


@pytest.fixture(scope="module")
def run(release, tiny_base, tmp_path_factory):
    """Train with a recipe; other settings go before the quick ones. Returns the output folder."""

    def start(recipe: str, model: Path = tiny_base, **settings) -> Path:
        output_dir = tmp_path_factory.mktemp(recipe) / "out"
        settings = QUICK | {"dataset_name": release, "model_name_or_path": model, "output_dir": output_dir} | settings
        arguments = ["--config", str(RECIPES / f"{recipe}.yaml")]
        for name, value in settings.items():
            values = value if isinstance(value, list) else [value]
            arguments += [f"--{name}", *map(str, values)]
        main(*make_parser().parse_args_and_config(arguments))
        return output_dir

    return start


def losses_of(output_dir: Path) -> list[float]:
    log = json.loads((output_dir / "trainer_state.json").read_text())["log_history"]
    return [entry["loss"] for entry in log if "loss" in entry]


def moved_modules(before: Path, after: Path) -> dict[str, set[bool]]:
    """By module: whether its weights moved; {True} all, {False} none, both some."""
    old, new = (load_file(folder / "model.safetensors") for folder in (before, after))
    moved = {}
    for name in old.keys() & new.keys():
        moved.setdefault(module_of(name), set()).add(not torch.equal(old[name], new[name]))
    return moved


def test_dynamic_step_trains_everything(run, tiny_base):
    output_dir = run("paper_dynamic_step")
    losses = losses_of(output_dir)
    assert losses[-1] < losses[0] - 1
    moved = moved_modules(tiny_base, output_dir)
    # of the tower, its last norm takes no part in LLaVA-Video
    assert moved == {"tower": {True, False}, "projector": {True}, "newline": {True}, "language_model": {True}}
    old, new = (load_file(folder / "model.safetensors") for folder in (tiny_base, output_dir))
    unmoved = {name for name in old if torch.equal(old[name], new[name])}
    assert unmoved == {"model.vision_tower.post_layernorm.weight", "model.vision_tower.post_layernorm.bias"}


def test_two_step_goes_on_from_the_first_steps_weights(run, tiny_base):
    output_dir = run("paper_two_step")
    first, second = losses_of(output_dir / "step_1"), losses_of(output_dir)
    assert first[-1] < first[0] - 1
    assert second[0] < first[0] - 1  # not from the base again
    assert moved_modules(tiny_base, output_dir / "step_1")["language_model"] == {True}
    assert moved_modules(output_dir / "step_1", output_dir)["language_model"] == {True}
    rows = [
        json.loads((folder / "train_results.json").read_text())["num_rows"]
        for folder in (output_dir / "step_1", output_dir)
    ]
    assert rows[0] == 20  # 16 + 4 clips of train and validation, as they are
    assert rows[1] % 2 == 0 and rows[1] > 8  # each kept clip twice, of eight groups


def test_vanilla_writes_the_model_as_it_is(run, tiny_base):
    output_dir = run("vanilla")
    assert moved_modules(tiny_base, output_dir) == {
        "tower": {False}, "projector": {False}, "newline": {False}, "language_model": {False}
    }  # fmt: skip
    load_checkpoint(str(output_dir))
    assert not (output_dir / ".saving").exists()


def test_frozen_tower_leaves_the_tower(run, tiny_base):
    output_dir = run("frozen_tower")
    losses = losses_of(output_dir)
    assert losses[-1] < losses[0] - 1
    moved = moved_modules(tiny_base, output_dir)
    assert moved == {"tower": {False}, "projector": {True}, "newline": {True}, "language_model": {True}}


def test_slowfast_adds_a_faster_token_and_learns_it(run, tiny_base):
    output_dir = run("slowfast", num_frames=12, newline_learning_rate=1e-2)
    losses = losses_of(output_dir)
    assert losses[-1] < losses[0] - 1
    assert moved_modules(tiny_base, output_dir)["tower"] == {False}
    model, processor = load_checkpoint(str(output_dir))
    assert model.config.add_faster_video and processor.add_faster_video
    # 8x8 patches: slow frames 4 x 5 tokens, fast ones 2 x 3, one faster token each; frames 0 and 10 are slow
    assert processor.num_video_tokens(12) == 2 * 20 + 10 * 6 + 12
    assert "model.faster_token" in load_file(output_dir / "model.safetensors")


@pytest.mark.parametrize("reduction", ["windows", "phases"])
def test_parts_of_clips_are_rows_of_their_own(run, reduction):
    output_dir = run(reduction, num_frames=12 if reduction == "windows" else 4)  # clips have about a hundred
    losses = losses_of(output_dir)
    assert losses[-1] < losses[0] - 1
    assert json.loads((output_dir / "train_results.json").read_text())["num_rows"] > 30  # of 20 clips, balanced
    recipe = yaml.safe_load((output_dir / "recipe.yaml").read_text())
    assert recipe["clip_reduction"] == reduction


def test_lora_trains_adapters_of_the_language_model_and_the_whole_projector(run, tiny_base):
    output_dir = run("lora", learning_rate=0.05, projector_learning_rate=0.01, max_steps=24)
    losses = losses_of(output_dir)
    assert losses[-1] < losses[0]
    names = load_file(output_dir / "adapter_model.safetensors")
    assert {module_of(name) for name in names} == {"language_model", "projector"}
    adapters = {name for name in names if "lora_" in name}
    assert all("language_model" in name for name in adapters)
    assert len(adapters) == 2 * 7 * 2  # two layers, seven linear ones in each, A and B
    old = load_file(tiny_base / "model.safetensors")
    whole = {name for name in names if name not in adapters}
    assert len(whole) == 4  # weights and biases of the projector's two layers
    for name in whole:
        assert not torch.equal(
            names[name], old[f"model.multi_modal_projector.{name.split('multi_modal_projector.')[1]}"]
        )
    assert all(names[name].abs().max() > 0 for name in adapters if "lora_B" in name)  # they start at zero


ANSWER = """
import sys, torch
from trainer.loading import load_checkpoint
model, processor = load_checkpoint(sys.argv[1], dtype="float32")
batch = torch.load(sys.argv[2])
with torch.no_grad():
    torch.save(model.eval()(**batch).logits, sys.argv[3])
"""


def test_an_adapter_answers_in_a_fresh_process_as_before(release, tiny_base, python, tmp_path):
    settings = QUICK | {"dataset_name": release, "model_name_or_path": tiny_base, "output_dir": tmp_path / "adapter"}
    settings |= {"learning_rate": 0.05, "max_steps": 8}
    arguments = [
        "--config",
        RECIPES / "lora.yaml",
        *(part for name, value in settings.items() for part in (f"--{name}", value)),
    ]
    trainer = build_trainer(*make_parser().parse_args_and_config(list(map(str, arguments))))
    rows = [trainer.train_dataset[index] for index in (0, 5)]
    batch = trainer._prepare_inputs(trainer.data_collator(rows))
    batch = {name: tensor for name, tensor in batch.items() if name not in ("labels", "num_skipped")}
    with torch.no_grad():
        untrained = trainer.model.eval()(**batch).logits
    trainer.train()
    with torch.no_grad():
        trained = trainer.model.eval()(**batch).logits
    trainer.save_model(str(tmp_path / "adapter"))
    torch.save(batch, tmp_path / "batch.pt")
    ended = python("-c", ANSWER, tmp_path / "adapter", tmp_path / "batch.pt", tmp_path / "logits.pt")
    assert ended.returncode == 0, ended.stderr
    reloaded = torch.load(tmp_path / "logits.pt")
    assert torch.allclose(reloaded, trained, atol=1e-5)
    assert (reloaded - untrained).abs().max() > 0.1


def test_images_of_several_tasks_in_one_training(run, tmp_path):
    output_dir = run("image_tasks", learning_rate=0.05, max_steps=24)
    losses = losses_of(output_dir)
    assert losses[-1] < losses[0]
    assert json.loads((output_dir / "train_results.json").read_text())["num_rows"] > 40


@pytest.mark.parametrize("kind", ["llava_onevision", "qwen2_5_vl", "qwen3_vl", "smolvlm"])
def test_other_models_train_on_the_same_rows(run, kind, tmp_path):
    base = Path(make_other_model(kind, tmp_path / kind))
    output_dir = run(
        "other_model", base, use_peft=False, tower_learning_rate=1e-3, freeze=["tower"], max_steps=12, num_frames=4
    )
    losses = losses_of(output_dir)
    assert losses[-1] < losses[0] - 0.5
    moved = moved_modules(base, output_dir)
    assert moved["tower"] == {False}
    assert True in moved["language_model"]


def test_another_model_learns_through_adapters_alone(run, tmp_path):
    base = Path(make_other_model("qwen2_5_vl", tmp_path / "qwen"))
    output_dir = run("other_model", base, max_steps=8, learning_rate=0.05)
    names = load_file(output_dir / "adapter_model.safetensors")
    moved = {module_of(name) for name, weight in names.items() if "lora_B" in name and weight.abs().max() > 0}
    assert "language_model" in moved and "tower" not in moved


@pytest.mark.parametrize("path", sorted(RECIPES.glob("*.yaml")), ids=lambda path: path.stem)
def test_recipes_say_what_they_are_and_what_they_need(path):
    heading = [line for line in path.read_text().splitlines() if line.startswith("#")]
    assert path.read_text().startswith("# ")
    if path.stem != "demo":
        assert any("Hardware:" in line for line in heading)
        assert any("--dataset_name" in line for line in heading)


def test_the_papers_settings():
    for name in ("paper_dynamic_step", "paper_two_step"):
        recipe = yaml.safe_load((RECIPES / f"{name}.yaml").read_text())
        expected = {
            "model_name_or_path": "lmms-lab/LLaVA-Video-7B-Qwen2",
            "learning_rate": 1e-5,
            "tower_learning_rate": 2e-6,
            "num_train_epochs": 1,
            "per_device_train_batch_size": 1,
            "lr_scheduler_type": "cosine",
            "warmup_steps": 0.03,
            "weight_decay": 0.0,
            "bf16": True,
            "activation_checkpointing": True,
            "num_frames": 32,
            "max_length": 32768,
            "model_settings": {"mm_newline_position": "grid"},
            "merge_validation": True,
        }
        assert {key: recipe[key] for key in expected} == expected
        assert "freeze" not in recipe
    assert DataArguments("x").balancing == "dynamic_step"
