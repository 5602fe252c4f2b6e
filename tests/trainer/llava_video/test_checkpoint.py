import json

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import SiglipVisionConfig

from trainer.llava_video import LlavaVideoForConditionalGeneration
from trainer.llava_video.checkpoint import from_original
from trainer.llava_video.original_config import SO400M_PATCH14_384

VIDEO_TOKEN_ID = 399


@pytest.fixture
def cases(data_folder):
    return json.loads((data_folder / "llava_video_golden/meta.json").read_text())["cases"]


@pytest.mark.parametrize("case", ["grid.bilinear", "one_token.bilinear"])
# the vocabulary has 400 tokens; -200 is what the original code has in the text
@pytest.mark.parametrize("video_token_id", [VIDEO_TOKEN_ID, 400, 151647, -200])
def test_computes_what_the_original_computes(original, tower, cases, data_folder, change_config, case, video_token_id):
    newline_position, pool_mode = case.split(".")
    change_config(original, mm_newline_position=newline_position, mm_spatial_pool_mode=pool_mode)
    model = from_original(original, vision_config=tower, video_token_id=video_token_id)
    golden = load_file(data_folder / "llava_video_golden/cases.safetensors")
    videos, num_tokens = golden["pixel_values_0"][None], cases[case]["n_video_tokens"]
    with torch.no_grad():
        features = model.get_video_features(videos).pooler_output
        ids, labels = (  # -200 marks the place of the video in the original
            torch.cat((row[:3], torch.full((num_tokens,), filler), row[4:]))[None]
            for row, filler in ((golden["ids"][0], video_token_id), (golden["labels"][0], -100))
        )
        output = model(input_ids=ids, pixel_values_videos=videos, labels=labels)
    assert features.shape == (1, num_tokens, 48)
    assert (features[0] - golden[f"{case}.video_features"]).abs().max() <= 1e-5
    assert (output.logits - golden[f"{case}.logits"]).abs().max() <= 2e-5
    assert abs(output.loss.item() - cases[case]["loss"]) <= 1e-5


@pytest.mark.parametrize("num_shards", [1, 4])
def test_shards_and_saving_in_our_layout(original, tower, shard_original, tmp_path, num_shards):
    weights = load_file(original / "model.safetensors")
    shard_original(original, num_shards)
    model = LlavaVideoForConditionalGeneration.from_original(original, vision_config=tower, video_token_id=399)
    assert not model.training
    model.save_pretrained(tmp_path / "ours")
    ours = load_file(tmp_path / "ours/model.safetensors")
    assert len(ours) == len(weights)
    assert torch.equal(ours["model.language_model.norm.weight"], weights["model.norm.weight"])
    assert torch.equal(ours["model.multi_modal_projector.linear_2.bias"], weights["model.mm_projector.2.bias"])
    assert torch.equal(
        ours["model.vision_tower.encoder.layers.1.mlp.fc1.weight"],
        weights["model.vision_tower.vision_tower.vision_model.encoder.layers.1.mlp.fc1.weight"],
    )
    again = LlavaVideoForConditionalGeneration.from_pretrained(tmp_path / "ours")
    batch = {"input_ids": torch.tensor([[3] + [399] * 20 + [4]]), "pixel_values_videos": torch.randn(1, 1, 3, 98, 98)}
    assert torch.equal(again(**batch).logits, model(**batch).logits)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [(None, torch.float32), ("auto", torch.float32), ("bfloat16", torch.bfloat16), (torch.float16, torch.float16)],
)
def test_type_of_the_weights_can_be_chosen(original, tower, asked, expected):
    model = from_original(original, vision_config=tower, dtype=asked)
    assert {weight.dtype for weight in model.parameters()} == {expected}
    assert model.config.dtype == model.config.text_config.dtype == expected


def test_type_of_the_weights_is_theirs_where_the_config_is_silent(original, tower, change_config):
    weights = {name: weight.half() for name, weight in load_file(original / "model.safetensors").items()}
    save_file(weights, original / "model.safetensors")
    change_config(original, torch_dtype=...)
    assert from_original(original, vision_config=tower).dtype == torch.float16


@pytest.mark.parametrize("device_map", ["cpu", "auto", torch.device("cpu"), {"": "cpu"}])
def test_device_map(original, tower, device_map):
    model = from_original(original, vision_config=tower, device_map=device_map)
    weight = load_file(original / "model.safetensors")["lm_head.weight"]
    assert torch.equal(model.lm_head.weight, weight)


@pytest.mark.parametrize("head_stored", [True, False])
def test_tied_head(original, tower, change_config, head_stored):
    weights = load_file(original / "model.safetensors")
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"].clone()
    if not head_stored:
        del weights["lm_head.weight"]
    save_file(weights, original / "model.safetensors")
    change_config(original, tie_word_embeddings=True)
    model = from_original(original, vision_config=tower)
    assert model.lm_head.weight is model.get_input_embeddings().weight
    assert torch.equal(model.lm_head.weight, weights["model.embed_tokens.weight"])


def test_slowfast_checkpoint(original, tower, change_config):
    weights = load_file(original / "model.safetensors")
    weights["model.faster_token"] = torch.arange(48.0)
    save_file(weights, original / "model.safetensors")
    change_config(original, add_faster_video=True, faster_token_stride=2)
    model = from_original(original, vision_config=tower)
    features = model.get_video_features(torch.randn(1, 3, 3, 98, 98)).pooler_output
    assert features.shape == (1, 2 * 21 + 7, 48)  # 4x4 and 2x2 pooled patches, newlines and the faster token
    for place in (20, 27, 48):
        assert torch.equal(features[0, place], torch.arange(48.0))


def test_generation_settings_are_read(original, tower):
    (original / "generation_config.json").write_text(json.dumps({"eos_token_id": 7, "do_sample": False}))
    generation = from_original(original, vision_config=tower, video_token_id=399).generation_config
    assert (generation.eos_token_id, generation.suppress_tokens) == (7, [399])


def test_missing_left_over_and_misshapen_keys_are_listed(original, tower):
    weights = load_file(original / "model.safetensors")
    del weights["model.norm.weight"], weights["model.image_newline"]
    weights["model.extra.weight"] = torch.zeros(2)
    weights["model.mm_projector.0.bias"] = torch.zeros(7)
    save_file(weights, original / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(
        ValueError,
        match="missing: model.image_newline, model.norm.weight; left over: model.extra.weight; "
        r"of another shape: model.mm_projector.0.bias \(\[7\], expected \[48\]\)",
    ):
        from_original(original, vision_config=tower)


def test_sizes_of_another_tower_are_refused_in_short(original):
    with pytest.raises(ValueError, match=r"missing: model.vision_tower.* and 344 more; .*Give the sizes of") as caught:
        from_original(original, vision_config=SO400M_PATCH14_384)
    assert len(str(caught.value)) < 10_000


def test_the_head_is_missing_where_it_is_not_tied(original, tower):
    weights = load_file(original / "model.safetensors")
    del weights["lm_head.weight"]
    save_file(weights, original / "model.safetensors")
    with pytest.raises(ValueError, match="Keys missing: lm_head.weight. "):
        from_original(original, vision_config=tower)


def test_folder_without_a_config_is_refused(tmp_path):
    with pytest.raises(
        FileNotFoundError, match="config.json: no such file. Give the folder of a LLaVA-Video checkpoint"
    ):
        from_original(tmp_path)


def test_broken_config_is_refused(original):
    (original / "config.json").write_text('{"architectures": [')
    with pytest.raises(ValueError, match="config.json: no valid JSON .* Download it again"):
        from_original(original)


def test_missing_shard_is_named(original, tower, shard_original):
    shard_original(original, 3)
    (original / "model-00002-of-00003.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match="1 of 3 shards are missing: model-00002-of-00003.safetensors"):
        from_original(original, vision_config=tower)


def test_broken_shard_is_named(original, tower):
    path = original / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ValueError, match="model.safetensors: no valid safetensors file .*Download it again"):
        from_original(original, vision_config=tower)


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


@pytest.mark.parametrize("video_token_id", [400, -200])
def test_a_video_token_outside_the_vocabulary_answers_as_one_inside(original, tower, data_folder, video_token_id):
    pixels = load_file(data_folder / "llava_video_golden/cases.safetensors")["pixel_values_0"][None]
    answers = []
    for token_id in (VIDEO_TOKEN_ID, video_token_id):
        model = from_original(original, vision_config=tower, video_token_id=token_id)
        model.generation_config.suppress_tokens = [VIDEO_TOKEN_ID]
        ids = torch.tensor([[1, 2, *[token_id] * 100, 3, 4]])
        answer = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values_videos=pixels, max_new_tokens=4
        )
        answers.append(answer[0, ids.shape[1] :].tolist())
        with pytest.raises(
            ValueError, match=r"The text has 99 video tokens \(id .*\), the videos give 100 embeddings"
        ):
            model(input_ids=ids[:, [0, *range(2, 101), 102]], pixel_values_videos=pixels)
    assert answers[0] == answers[1]


def test_a_head_that_is_not_the_embeddings_it_is_tied_to(original, tower, change_config):
    change_config(original, tie_word_embeddings=True)
    with pytest.raises(
        ValueError, match=r"lm_head\.weight differs from the embeddings, but config\.json ties the two\. S"
    ):
        from_original(original, vision_config=tower)


def change_index(folder, change):
    path = folder / "model.safetensors.index.json"
    index = json.loads(path.read_text())
    change(index["weight_map"])
    path.write_text(json.dumps(index))


def test_an_index_that_disagrees_with_its_shards(original, tower, shard_original):
    shard_original(original)
    change_index(original, lambda keys: keys.update(ghost="model-00001-of-00002.safetensors"))
    with pytest.raises(ValueError, match=r"index\.json: keys that it or the shards lack: ghost\. Download it again"):
        from_original(original, vision_config=tower)
    change_index(original, lambda keys: (keys.pop("ghost"), keys.pop("model.norm.weight")))
    with pytest.raises(ValueError, match=r"index\.json: keys that it or the shards lack: model\.norm\.weight\."):
        from_original(original, vision_config=tower)


def test_a_key_in_two_shards(original, tower, shard_original):
    shard_original(original)
    second = original / "model-00002-of-00002.safetensors"
    first = load_file(original / "model-00001-of-00002.safetensors")
    key = sorted(first)[0]
    save_file(load_file(second) | {key: first[key]}, second)
    with pytest.raises(ValueError, match=rf"00002-of-00002\.safetensors: keys that another shard holds too: {key}\."):
        from_original(original, vision_config=tower)


@pytest.mark.parametrize("text", ["{", "[]", '{"metadata": {}}'])
def test_a_broken_index_is_named(original, tower, shard_original, text):
    shard_original(original)
    (original / "model.safetensors.index.json").write_text(text)
    with pytest.raises(ValueError, match=r"index\.json: expected JSON with a `weight_map` of key and file\. Download"):
        from_original(original, vision_config=tower)


def test_shards_without_an_index(original, tower, shard_original):
    shard_original(original)
    (original / "model.safetensors.index.json").unlink()
    with pytest.raises(FileNotFoundError, match=r"no such file, but shards are there \(model-00001-of-00002\.safeten"):
        from_original(original, vision_config=tower)


@pytest.mark.parametrize("name", ["consolidated.00.pth", "model.pt"])
def test_pickled_weights_of_other_names(original, tower, name):
    (original / "model.safetensors").rename(original / name)
    with pytest.raises(ValueError, match=rf"the weights are pickled \({name}\)"):
        from_original(original, vision_config=tower)


def test_the_towers_sizes_may_be_a_config(original, tower):
    model = from_original(original, vision_config=SiglipVisionConfig(**tower))
    assert model.config.vision_config.num_hidden_layers == tower["num_hidden_layers"] - 1


def test_images_are_videos_of_one_frame(original, tower):
    model = from_original(original, vision_config=tower)
    with pytest.raises(
        ValueError, match="`pixel_values`: an image is a video of one frame, pass it as `pixel_values_v"
    ):
        model(input_ids=torch.tensor([[1]]), pixel_values=torch.zeros(1, 3, 98, 98))
