import json
import shutil

import pytest
import torch
from safetensors.torch import load_file, save_file

from trainer.llava_video import LlavaVideoForConditionalGeneration
from trainer.llava_video.checkpoint import config_from_original, from_original

VIDEO_TOKEN_ID = 399


@pytest.fixture
def meta(data_folder):
    return json.loads((data_folder / "llava_video_golden/meta.json").read_text())


@pytest.fixture
def tower(meta):
    return meta["vision_config_of_the_untruncated_tower"]


@pytest.fixture
def original(data_folder, tmp_path):
    """A copy of the original checkpoint, to be changed."""
    folder = tmp_path / "original"
    shutil.copytree(data_folder / "llava_video_golden", folder, ignore=shutil.ignore_patterns("cases*", "meta*"))
    return folder


def change_config(folder, **values):
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.mark.parametrize("case", ["grid.bilinear", "one_token.bilinear"])
def test_computes_what_the_original_computes(original, tower, meta, data_folder, case):
    newline_position, pool_mode = case.split(".")
    change_config(original, mm_newline_position=newline_position, mm_spatial_pool_mode=pool_mode)
    model = from_original(original, vision_config=tower, video_token_id=VIDEO_TOKEN_ID)
    golden = load_file(data_folder / "llava_video_golden/cases.safetensors")
    videos, num_tokens = golden["pixel_values_0"][None], meta["cases"][case]["n_video_tokens"]
    with torch.no_grad():
        features = model.get_video_features(videos)
        ids, labels = (  # -200 marks the place of the video in the original
            torch.cat((row[:3], torch.full((num_tokens,), filler), row[4:]))[None]
            for row, filler in ((golden["ids"][0], VIDEO_TOKEN_ID), (golden["labels"][0], -100))
        )
        output = model(input_ids=ids, pixel_values_videos=videos, labels=labels)
    assert features.shape == (1, num_tokens, 48)
    assert (features[0] - golden[f"{case}.video_features"]).abs().max() <= 1e-5
    assert (output.logits - golden[f"{case}.logits"]).abs().max() <= 2e-5
    assert abs(output.loss.item() - meta["cases"][case]["loss"]) <= 1e-5


def test_shards_and_saving_in_our_layout(original, tower, tmp_path):
    weights = load_file(original / "model.safetensors")
    names = sorted(weights)
    shards = {"model-00001-of-00002.safetensors": names[:30], "model-00002-of-00002.safetensors": names[30:]}
    for shard, kept in shards.items():
        save_file({name: weights[name] for name in kept}, original / shard, metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": {name: shard for shard, kept in shards.items() for name in kept}}
    (original / "model.safetensors.index.json").write_text(json.dumps(index))
    (original / "model.safetensors").unlink()

    model = LlavaVideoForConditionalGeneration.from_original(original, vision_config=tower, video_token_id=399)
    model.save_pretrained(tmp_path / "ours")
    ours = load_file(tmp_path / "ours/model.safetensors")
    assert len(ours) == len(weights)
    assert torch.equal(ours["model.language_model.norm.weight"], weights["model.norm.weight"])
    assert torch.equal(ours["model.multi_modal_projector.linear_2.bias"], weights["model.mm_projector.2.bias"])
    assert torch.equal(
        ours["model.vision_tower.encoder.layers.1.mlp.fc1.weight"],
        weights["model.vision_tower.vision_tower.vision_model.encoder.layers.1.mlp.fc1.weight"],
    )


def test_fields_of_the_config_are_honoured(original, tower):
    change_config(original, mm_newline_position="frame", mm_spatial_pool_mode="max", mm_spatial_pool_stride=3)
    raw = json.loads((original / "config.json").read_text())
    config = config_from_original(raw, vision_config=tower, video_token_id=5)
    assert (config.mm_newline_position, config.mm_spatial_pool_mode, config.mm_spatial_pool_stride) == (
        "frame",
        "max",
        3,
    )
    assert config.vision_config.num_hidden_layers == 2
    assert config.text_config.rope_parameters["rope_theta"] == 1_000_000.0
    assert (config.video_token_id, config.tie_word_embeddings, config.dtype) == (5, False, torch.float32)
    assert config_from_original(raw).vision_config.num_hidden_layers == 26


def test_type_of_the_weights_can_be_chosen(original, tower):
    assert from_original(original, vision_config=tower, dtype=torch.bfloat16).dtype == torch.bfloat16


def test_missing_left_over_and_misshapen_keys_are_listed(original, tower):
    weights = load_file(original / "model.safetensors")
    del weights["model.norm.weight"]
    weights["model.extra.weight"] = torch.zeros(2)
    weights["model.mm_projector.0.bias"] = torch.zeros(7)
    save_file(weights, original / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        ValueError,
        match="missing: model.language_model.norm.weight; left over: model.extra.weight; "
        r"of another shape: model.multi_modal_projector.linear_1.bias \(\[7\], expected \[48\]\)",
    ):
        from_original(original, vision_config=tower)


def test_other_architectures_are_refused(original):
    change_config(original, architectures=["LlavaMistralForCausalLM"])
    with pytest.raises(ValueError, match="expected .*LlavaQwenForCausalLM.*, got .*LlavaMistralForCausalLM"):
        from_original(original)


def test_slowfast_is_refused(original):
    change_config(original, add_faster_video=True)
    with pytest.raises(ValueError, match="`add_faster_video`: SlowFast checkpoints are not supported"):
        from_original(original)


def test_unknown_newline_is_refused(original, tower):
    change_config(original, mm_newline_position="row")
    with pytest.raises(
        ValueError, match="mm_newline_position must be one of grid, frame, one_token, no_token, got 'row'"
    ):
        from_original(original, vision_config=tower)


def test_folder_without_a_config_is_refused(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="config.json: no such file. Give the folder of a LLaVA-Video checkpoint"
    ):
        from_original(tmp_path)


def test_missing_shard_is_named(original):
    index = {"weight_map": {"lm_head.weight": "model-00001-of-00001.safetensors"}}
    (original / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(FileNotFoundError, match="1 of 1 shards are missing: model-00001-of-00001.safetensors"):
        from_original(original)


def test_pickled_weights_are_refused(original):
    (original / "model.safetensors").rename(original / "pytorch_model.bin")
    with pytest.raises(
        ValueError, match=r"the weights are pickled \(pytorch_model.bin\).*safetensors.torch.save_file"
    ):
        from_original(original)


def test_folder_without_weights_is_refused(original):
    (original / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="neither model.safetensors nor model.safetensors.index.json"):
        from_original(original)
