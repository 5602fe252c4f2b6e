"""FSDP2 in two processes over gloo: what is sharded computes, learns, is saved and loads as what is not."""

import json
import os

import pytest
import torch
import torch.distributed.checkpoint
from accelerate import Accelerator
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file
from torch.distributed.checkpoint.state_dict import get_model_state_dict
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel
from torch.testing._internal.distributed.fake_pg import FakeStore

from tests.trainer.fsdp_on_cpu import allow_fsdp_without_gpu, fsdp_accelerator
from tests.trainer.gloo import run_processes
from tests.trainer.test_accelerate_files import environment_of
from trainer.arguments import make_parser
from trainer.llava_video import LlavaVideoForConditionalGeneration
from trainer.loading import load_checkpoint
from trainer.sft import main
from trainer.sharding import describe_sharding, find_sharding, full_state_dict, shard_model

NUM_TOKENS = 20  # of one frame of 8x8 patches: 4x4 pooled and four newlines
CASES = ("whole", "frozen tower", "lora")
NUM_PARAMETERS = 69  # 2 + 2 layers of 16 and 12, embeddings of the tower 3, its last norm 2, projector 4, newline,
# embeddings, last norm, head


def make_batch(video_token_id, rank):
    """One clip of one frame for each process."""
    generator = torch.Generator().manual_seed(7 + rank)
    before, after = torch.randint(4, 90, (2, 1, 6), generator=generator)
    input_ids = torch.cat((before, torch.full((1, NUM_TOKENS), video_token_id), after), 1)
    labels = torch.cat((torch.full((1, 6 + NUM_TOKENS), -100), after), 1)
    pixels = torch.randn(1, 1, 3, 112, 112, generator=generator)
    return {"input_ids": input_ids, "labels": labels, "pixel_values_videos": pixels}


def build(folder, case):
    model, _ = load_checkpoint(folder)
    model.train()
    if case == "frozen tower":
        model.model.vision_tower.requires_grad_(False)
    if case == "lora":
        model = get_peft_model(model, LoraConfig(target_modules=["q_proj", "v_proj"], r=2, lora_dropout=0.0))
        torch.manual_seed(3)
        for name, weight in model.named_parameters():
            if "lora_" in name:
                torch.nn.init.normal_(weight, std=0.1)
    return model


def optimizer_of(model):
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    return torch.optim.AdamW(learning, lr=1e-2, weight_decay=0.1)


def plain(name):
    return name.replace("._checkpoint_wrapped_module", "")


def whole(tensor):
    return (tensor.full_tensor() if isinstance(tensor, DTensor) else tensor).detach().clone()


def learn(model, optimizer, losses):
    """A step on the mean of the losses: their values, and gradients and weights by name."""
    (sum(losses) / len(losses)).backward()
    gradients = {plain(name): whole(w.grad) for name, w in model.named_parameters() if w.grad is not None}
    optimizer.step()
    weights = {plain(name): whole(weight) for name, weight in model.named_parameters()}
    return [loss.item() for loss in losses], gradients, weights


@pytest.fixture(scope="module")
def unsharded(tiny_base):
    """The same step on the clips of both processes in one process, by case."""
    results = {}
    for case in CASES:
        model = build(str(tiny_base), case)
        batches = [make_batch(model.config.video_token_id, rank) for rank in (0, 1)]
        results[case] = learn(model, optimizer_of(model), [model(**batch).loss for batch in batches])
    return results


def assert_same(results, expected):
    losses, gradients, weights = expected
    for rank, (its_losses, its_gradients, its_weights) in enumerate(results):
        assert its_losses == pytest.approx([losses[rank]], abs=1e-6)
        assert its_gradients.keys() == gradients.keys() and len(gradients) > 0
        assert its_weights.keys() == weights.keys()
        for name, gradient in gradients.items():
            assert (its_gradients[name] - gradient).abs().max() <= 1e-6, name
        for name, weight in weights.items():
            assert (its_weights[name] - weight).abs().max() <= 1e-6, name


def shard_by_hand(rank, folder, saved):
    """Every case with and without checkpointing of activations; a state of the first is saved by both processes."""
    results = {}
    for case in CASES:
        for checkpointing in (False, True):
            model = shard_model(build(folder, case), activation_checkpointing=checkpointing)
            found, text = find_sharding(model), describe_sharding(model)
            batch = make_batch(model.config.video_token_id, rank)
            learnt = learn(model, optimizer_of(model), [model(**batch).loss])
            results[case, checkpointing] = found, text, learnt
            if (case, checkpointing) == ("whole", True):
                state = get_model_state_dict(model)
                torch.distributed.checkpoint.save(state, checkpoint_id=saved)
    model = DistributedDataParallel(build(folder, "whole"))
    results["ddp"] = find_sharding(model), describe_sharding(model)
    accelerator = Accelerator(cpu=True)
    state = full_state_dict(accelerator, accelerator.prepare(build(folder, "whole")))
    results["state"] = accelerator.distributed_type.value, {name: weight.clone() for name, weight in state.items()}
    return results


@pytest.fixture(scope="module")
def by_hand(tiny_base, tmp_path_factory):
    saved = str(tmp_path_factory.mktemp("dcp") / "state")
    return run_processes(shard_by_hand, str(tiny_base), saved), saved


@pytest.mark.parametrize("checkpointing", [False, True], ids=["", "activation checkpointing"])
@pytest.mark.parametrize("case", CASES)
def test_a_sharded_model_learns_what_the_whole_one_learns(by_hand, unsharded, case, checkpointing):
    results = [result[case, checkpointing] for result in by_hand[0]]
    assert_same([learnt for _, _, learnt in results], unsharded[case])
    num_parameters = NUM_PARAMETERS + (16 if case == "lora" else 0)  # two matrices at two places of the layers of both
    for found, _, _ in results:
        assert (found["num_parameters"], found["num_sharded"]) == (num_parameters, num_parameters)
        assert (found["num_shards"], found["num_replicas"], found["wrapper"]) == (2, 1, None)
    assert sum(found["num_local_elements"] for found, _, _ in results) == results[0][0]["num_elements"]


def test_what_does_not_learn_has_no_gradients(unsharded):
    assert not any("vision_tower" in name for name in unsharded["frozen tower"][1])
    assert all("lora_" in name for name in unsharded["lora"][1])


def test_a_state_saved_by_two_processes_loads_in_one(by_hand, unsharded, tiny_base):
    model, _ = load_checkpoint(str(tiny_base))
    state = model.state_dict()
    torch.distributed.checkpoint.load(state, checkpoint_id=by_hand[1])
    model.load_state_dict(state)
    for name, weight in unsharded["whole"][2].items():
        assert (model.state_dict()[name] - weight).abs().max() <= 1e-6


def test_what_is_found_is_said(by_hand, tiny_base):
    first, _ = by_hand[0]
    num_elements = sum(w.numel() for w in load_file(tiny_base / "model.safetensors").values())
    text = first["whole", False][1]
    assert text == f"69 of 69 parameters sharded over 2; this process holds 50.0% of {num_elements:,} numbers"
    assert first["ddp"][1] == "no parameter is sharded: every process holds the whole model (DDP, 2 copies)"
    assert (first["ddp"][0]["num_sharded"], first["ddp"][0]["num_replicas"]) == (0, 2)
    assert describe_sharding(load_checkpoint(str(tiny_base))[0]) == (
        "no parameter is sharded: every process holds the whole model"
    )


def test_hybrid_sharding(make_meta_model):
    """Two machines of two: a group that sends nothing is enough to see where things would be."""
    torch.distributed.init_process_group("fake", store=FakeStore(), rank=0, world_size=4)
    try:
        mesh = init_device_mesh("cpu", (2, 2), mesh_dim_names=("replicate", "shard"))
        model = shard_model(make_meta_model(), mesh)
        assert describe_sharding(model).startswith(
            "69 of 69 parameters sharded over 2, 2 copies; this process holds 5"
        )
    finally:
        torch.distributed.destroy_process_group()


@pytest.fixture
def make_meta_model(tiny_base):
    def make():
        config = load_checkpoint(str(tiny_base))[0].config
        with torch.device("meta"):
            return LlavaVideoForConditionalGeneration(config)

    return make


def test_layers_that_the_model_does_not_have(make_meta_model):
    with pytest.raises(ValueError, match=r"has no layer of the class LlamaDecoderLayer\. Name the classes of its rep"):
        shard_model(make_meta_model(), layer_classes=("Qwen2DecoderLayer", "LlamaDecoderLayer"))


# Activations are checkpointed as the training argument `activation_checkpointing` does it.
RUNS = (("whole", "no", True), ("frozen tower", "no", False), ("lora", "no", True), ("whole", "bf16", False))


def shard_by_accelerate(rank, folder, saved):
    """Loaded, prepared and saved as `accelerate launch --config_file fsdp2.yaml` would on GPUs."""
    results = {}
    for case, mixed_precision, checkpointing in RUNS:
        accelerator = fsdp_accelerator(mixed_precision)
        model = build(folder, case)
        if checkpointing:
            model.activation_checkpointing_enable()
        model, optimizer = accelerator.prepare(model, optimizer_of(model))
        learnt = learn(model, optimizer, [model(**make_batch(model.config.video_token_id, rank)).loss])
        state = full_state_dict(accelerator, model)
        if rank == 0:
            accelerator.unwrap_model(model).save_pretrained(f"{saved}/{case}-{mixed_precision}", state_dict=state)
        types = {weight.dtype for weight in model.parameters() if weight.requires_grad}
        results[case, mixed_precision] = describe_sharding(model), learnt, len(state), types
    return results


@pytest.fixture(scope="module")
def by_accelerate(tiny_base, tmp_path_factory):
    saved = tmp_path_factory.mktemp("saved")
    return run_processes(shard_by_accelerate, str(tiny_base), str(saved), env=environment_of("fsdp2")), saved


@pytest.mark.parametrize("case", CASES)
def test_accelerate_with_the_settings_of_the_file(by_accelerate, unsharded, case):
    """Accelerate's own code; only that there is no GPU is kept from it."""
    first, second = (result[case, "no"] for result in by_accelerate[0])
    assert_same([first[1], second[1]], unsharded[case])
    num_parameters = NUM_PARAMETERS + (16 if case == "lora" else 0)
    assert first[0].startswith(
        f"{num_parameters} of {num_parameters} parameters sharded over 2; this process holds 50"
    )
    assert (first[2], second[2]) == (num_parameters, 0)


@pytest.mark.parametrize("case", ["whole", "frozen tower"])
def test_the_whole_state_is_a_checkpoint_like_any_other(by_accelerate, unsharded, tiny_base, case):
    model = LlavaVideoForConditionalGeneration.from_pretrained(by_accelerate[1] / f"{case}-no")
    again, _ = load_checkpoint(str(tiny_base))
    again.load_state_dict(unsharded[case][2])
    for name, weight in again.state_dict().items():
        assert (model.state_dict()[name] - weight).abs().max() <= 1e-6
    batch = make_batch(model.config.video_token_id, 0)
    assert (model(**batch).logits - again(**batch).logits).abs().max() <= 1e-5


def test_an_adapter_is_saved_without_its_base(by_accelerate, unsharded):
    written = load_file(by_accelerate[1] / "lora-no" / "adapter_model.safetensors")
    assert len(written) == 16
    for name, weight in written.items():
        assert (weight - unsharded["lora"][2][name.replace(".weight", ".default.weight")]).abs().max() <= 1e-6


def test_half_precision_computes_and_whole_precision_learns(by_accelerate, unsharded):
    """bf16 as in the file: computed in 16 bits, master weights in 32."""
    for rank, result in enumerate(by_accelerate[0]):
        _, (losses, _, _), _, types = result["whole", "bf16"]
        assert types == {torch.float32}
        assert losses == pytest.approx([unsharded["whole"][0][rank]], abs=0.05)
        assert losses != pytest.approx([unsharded["whole"][0][rank]], abs=1e-6)


def test_the_whole_state_without_sharding(by_hand, tiny_base):
    (kind, state), (_, nothing) = (result["state"] for result in by_hand[0])
    assert kind == "MULTI_CPU" and nothing == {}
    expected = load_file(tiny_base / "model.safetensors")
    assert state.keys() == expected.keys()
    assert all(torch.equal(state[name], weight) for name, weight in expected.items())


def train(rank, arguments):
    """`trainer.sft` as it is; the line that it prints at the start would say FSDP."""
    if os.environ.get("ACCELERATE_USE_FSDP"):
        allow_fsdp_without_gpu()
    main(*make_parser().parse_args_and_config(arguments))


def test_a_training_under_fsdp_is_the_training_without(tiny_base, make_recipe, release, tmp_path):
    """Six steps of `trainer.sft` in two processes with the settings of fsdp2.yaml, and by DDP."""
    settings = {"max_steps": 6, "save_steps": 3, "per_device_train_batch_size": 2, "bf16": False}
    recipe = make_recipe(**settings, activation_checkpointing=True, learning_rate=1e-3, freeze=[])
    arguments = ["--config", str(recipe), "--dataset_name", str(release), "--output_dir"]
    fsdp = environment_of("fsdp2") | {"ACCELERATE_MIXED_PRECISION": "no"}
    run_processes(train, [*arguments, str(tmp_path / "ddp")])
    run_processes(train, [*arguments, str(tmp_path / "fsdp")], env=fsdp)
    results = json.loads((tmp_path / "fsdp" / "train_results.json").read_text())
    assert results["distributed_type"] == "FSDP"
    assert results["sharding"].startswith("69 of 69 parameters sharded over 2; ")
    sharded, whole = (load_file(tmp_path / name / "model.safetensors") for name in ("fsdp", "ddp"))
    assert sharded.keys() == whole.keys() and len(whole) == 69
    assert max((sharded[name] - weight).abs().max() for name, weight in whole.items()) <= 1e-6
    before = load_file(tiny_base / "model.safetensors")["lm_head.weight"]
    assert (sharded["lm_head.weight"] - before).abs().max() > 1e-4
