import json

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import AutoProcessor, AutoTokenizer

from trainer.llava_video import LlavaVideoForConditionalGeneration, LlavaVideoProcessor
from trainer.llava_video.checkpoint import from_original
from trainer.llava_video.conversion import convert_checkpoint


@pytest.mark.parametrize("num_shards", [None, 3])
def test_there_and_back_every_bit_is_the_same(original, tower, shard_original, tmp_path, num_shards):
    if num_shards:
        shard_original(original, num_shards)
    ours = convert_checkpoint(original, tmp_path / "ours", vision_config=tower, video_token_id=399)
    assert ours == tmp_path / "ours"
    back = convert_checkpoint(ours, tmp_path / "back", to_original=True)
    names = {path.name for path in original.iterdir()}
    assert {path.name for path in ours.iterdir()} == names
    assert {path.name for path in back.iterdir()} == names | {"vision_config.json"}
    assert json.loads((back / "vision_config.json").read_text()) == tower
    assert len(names) == 2 if num_shards is None else 5
    for name in names:
        if name.endswith(".json"):
            assert json.loads((back / name).read_text()) == json.loads((original / name).read_text())
        else:
            assert (back / name).read_bytes() == (original / name).read_bytes()


def test_our_layout_computes_the_same(original, tower, shard_original, tmp_path):
    shard_original(original, 2)
    convert_checkpoint(original, tmp_path / "ours", vision_config=tower, video_token_id=399)
    converted = LlavaVideoForConditionalGeneration.from_pretrained(tmp_path / "ours").eval()
    read = from_original(original, vision_config=tower, video_token_id=399)
    configs = [model.config.to_dict() for model in (converted, read)]
    differing = {name for name in configs[0] if configs[0][name] != configs[1].get(name)}
    assert differing <= {"_name_or_path", "architectures"}
    batch = {"input_ids": torch.tensor([[3] + [399] * 40 + [4]]), "pixel_values_videos": torch.randn(1, 2, 3, 98, 98)}
    assert torch.equal(converted(**batch).logits, read(**batch).logits)


def test_a_fine_tuned_model_goes_back(original, tower, tmp_path):
    model = from_original(original, vision_config=tower, video_token_id=399)
    with torch.no_grad():
        for weight in model.parameters():
            weight += 1.0
    model.save_pretrained(tmp_path / "tuned", max_shard_size="100KB")
    back = convert_checkpoint(tmp_path / "tuned", tmp_path / "back", to_original=True)
    assert json.loads((back / "config.json").read_text()) == json.loads((original / "config.json").read_text())
    before = load_file(original / "model.safetensors")
    after = {}
    for shard in back.glob("model-*.safetensors"):
        after |= load_file(shard)
    assert after.keys() == before.keys()
    assert all(torch.equal(after[name], before[name] + 1.0) for name in before)
    again = from_original(back, vision_config=tower, video_token_id=399)
    assert all(torch.equal(weight, model.state_dict()[name]) for name, weight in again.state_dict().items())


@pytest.mark.parametrize("settings", [{}, {"tie_word_embeddings": True}, {"add_faster_video": True}], ids=str)
def test_a_model_that_was_never_in_the_original_layout_goes_there(make_model, settings, tmp_path):
    model = make_model(**settings)
    model.save_pretrained(tmp_path / "ours")
    convert_checkpoint(tmp_path / "ours", tmp_path / "original", to_original=True)
    untruncated = model.config.vision_config.to_dict() | {"num_hidden_layers": 3}
    again = from_original(tmp_path / "original", vision_config=untruncated, video_token_id=259)
    assert all(torch.equal(weight, model.state_dict()[name]) for name, weight in again.state_dict().items())


def test_the_tokenizer_becomes_a_processor(original, tower, change_config, make_tokenizer, tmp_path):
    make_tokenizer(["<|endoftext|>", "<|im_start|>", "<|im_end|>"]).save_pretrained(original)
    (original / "generation_config.json").write_text('{"eos_token_id": 258}')
    ours = convert_checkpoint(original, tmp_path / "ours", vision_config=tower)
    processor = AutoProcessor.from_pretrained(ours)
    assert type(processor) is LlavaVideoProcessor
    assert processor.tokenizer.convert_tokens_to_ids("<video>") == processor.video_token_id == 259
    model = LlavaVideoForConditionalGeneration.from_pretrained(ours)
    assert (model.config.video_token_id, model.generation_config.eos_token_id) == (259, 258)
    assert processor.num_video_tokens(3) == model.config.num_video_tokens(3) == 60
    back = convert_checkpoint(ours, tmp_path / "back", to_original=True)
    assert (
        AutoTokenizer.from_pretrained(back)("a<|im_end|>")["input_ids"] == processor.tokenizer("a<|im_end|>").input_ids
    )
    assert not (back / "processor_config.json").exists()


def test_what_is_there_is_never_overwritten(original, tower, tmp_path):
    (tmp_path / "ours").mkdir()
    with pytest.raises(FileExistsError, match="ours: already there. Remove it or give another folder"):
        convert_checkpoint(original, tmp_path / "ours", vision_config=tower)
    assert list((tmp_path / "ours").iterdir()) == []


@pytest.mark.parametrize("num_shards", [None, 3])
def test_a_conversion_that_fails_leaves_nothing(original, tower, shard_original, tmp_path, num_shards):
    if num_shards:
        shard_original(original, num_shards)
    damaged = sorted(original.glob("*.safetensors"))[-1]
    damaged.write_bytes(damaged.read_bytes()[:-500])
    with pytest.raises(ValueError, match=f"{damaged.name}: no valid safetensors file"):
        convert_checkpoint(original, tmp_path / "ours", vision_config=tower)
    assert [path.name for path in tmp_path.iterdir()] == ["original"]


def test_keys_that_do_not_fit_are_listed_on_either_way(original, tower, tmp_path):
    weights = load_file(original / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    weights["model.layers.1.mlp.gate.weight"] = torch.zeros(1)
    ours = convert_checkpoint(original, tmp_path / "ours", vision_config=tower)
    renamed = {name.replace("model.layers.", "model.language_model.layers."): w for name, w in weights.items()}
    save_file({name: w for name, w in renamed.items() if "layers" in name}, ours / "model.safetensors")
    save_file(weights, original / "model.safetensors")
    message = "missing: model.layers.1.mlp.up_proj.weight; left over: model.layers.1.mlp.gate.weight"
    with pytest.raises(ValueError, match=message):
        convert_checkpoint(original, tmp_path / "again", vision_config=tower)
    with pytest.raises(
        ValueError, match="missing: .*model.layers.1.mlp.up_proj.weight.*; left over: .*mlp.gate.weight"
    ):
        convert_checkpoint(ours, tmp_path / "back", to_original=True)


def test_only_our_layout_goes_to_the_original(original, tmp_path):
    with pytest.raises(ValueError, match="`model_type`: expected 'llava_video', got 'llava'. Only checkpoints that"):
        convert_checkpoint(original, tmp_path / "back", to_original=True)


def test_metadata_of_the_files_stays(original, tower, tmp_path):
    save_file(load_file(original / "model.safetensors"), original / "model.safetensors", metadata={"made_by": "hand"})
    ours = convert_checkpoint(original, tmp_path / "deeper/ours", vision_config=tower)
    with safe_open(ours / "model.safetensors", framework="pt") as stored:
        assert stored.metadata() == {"made_by": "hand"}


def test_a_scaled_rotary_embedding_comes_back(original, tower, change_config, tmp_path):
    scaling = {"type": "linear", "factor": 2.0}
    change_config(original, rope_scaling=scaling)
    convert_checkpoint(original, tmp_path / "ours", vision_config=tower)
    convert_checkpoint(tmp_path / "ours", tmp_path / "back", to_original=True)
    assert json.loads((tmp_path / "back/config.json").read_text())["rope_scaling"] == scaling
