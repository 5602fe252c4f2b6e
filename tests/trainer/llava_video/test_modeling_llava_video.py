import json

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig, AutoModelForImageTextToText

from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration
from trainer.llava_video.configuration_llava_video import NEWLINE_POSITIONS, POOL_MODES


def numbers(*values, shape):
    """Features whose every component is the given number."""
    return torch.tensor(values, dtype=torch.float32).view(*shape, 1).expand(*shape, 48)


@pytest.mark.parametrize(
    ("pool_mode", "expected"),
    [  # of the patches 0 1 2 / 3 4 5 / 6 7 8; bilinear reads at 0.25 and 1.75 of either axis
        ("bilinear", [[1.0, 2.5], [5.5, 7.0]]),
        ("average", [[2.0]]),
        ("max", [[4.0]]),
    ],
)
def test_pooling_of_an_odd_grid(model, pool_mode, expected):
    model.config.vision_config.image_size = 42
    model.config.mm_spatial_pool_mode = pool_mode
    pooled = model.model.pool_frames(numbers(*range(9), shape=(1, 9)))
    assert pooled.shape == (1, len(expected), len(expected), 48)
    assert torch.allclose(pooled[0, :, :, 7], torch.tensor(expected))


@pytest.mark.parametrize(
    ("newline_position", "expected"),
    [
        ("grid", [1, 2, -1, 3, 4, -1, 5, 6, -1, 7, 8, -1]),
        ("frame", [1, 2, 3, 4, -1, 5, 6, 7, 8, -1]),
        ("one_token", [1, 2, 3, 4, 5, 6, 7, 8, -1]),
        ("no_token", [1, 2, 3, 4, 5, 6, 7, 8]),
    ],
)
def test_newline_of_two_frames(model, newline_position, expected):
    model.config.mm_newline_position = newline_position
    model.model.image_newline.data.fill_(-1.0)
    embeddings = model.model.add_newline(numbers(*range(1, 9), shape=(1, 2, 2, 2)))
    assert embeddings[0, :, 0].tolist() == expected
    assert embeddings[0, :, 47].tolist() == expected


@given(
    num_frames=st.integers(1, 4),
    side=st.integers(2, 9),
    stride=st.integers(1, 2),
    pool_mode=st.sampled_from(POOL_MODES),
    newline_position=st.sampled_from(NEWLINE_POSITIONS),
)
def test_as_many_embeddings_as_counted(shared_model, num_frames, side, stride, pool_mode, newline_position):
    config = shared_model.config
    config.vision_config.image_size = 14 * side
    config.mm_spatial_pool_stride, config.mm_spatial_pool_mode = stride, pool_mode
    config.mm_newline_position = newline_position
    embeddings = shared_model.model.embed_videos(torch.zeros(2, num_frames, side * side, 32))
    assert embeddings.shape == (2, config.num_video_tokens(num_frames), 48)


def test_tower_is_read_before_its_last_norm(model):
    video = torch.randn(1, 2, 3, 98, 98)
    before = model.get_video_features(video)
    model.model.vision_tower.post_layernorm.weight.data.fill_(5.0)
    assert torch.equal(model.get_video_features(video), before)


def test_features_stand_where_the_video_tokens_are(model):
    video = torch.randn(1, 1, 3, 98, 98)
    ids = torch.tensor([[5, 6] + [259] * 20 + [7]])
    embeddings = model.get_input_embeddings()(ids)
    embeddings = torch.cat((embeddings[:, :2], model.get_video_features(video), embeddings[:, 22:]), dim=1)
    expected = model(inputs_embeds=embeddings).logits
    assert torch.allclose(model(input_ids=ids, pixel_values_videos=video).logits, expected, atol=1e-6)


@pytest.mark.parametrize("padding_side", ["left", "right"])
def test_padded_batch_equals_single_videos(model, processor, make_conversation, encode, padding_side):
    conversations = [make_conversation(0), make_conversation(1, question="And is there a mistake?")]
    batch = encode(processor, conversations, padding_side)
    logits = model(**batch).logits
    for row, conversation in enumerate(conversations):
        single = model(**encode(processor, [conversation])).logits[0]
        assert torch.allclose(logits[row][batch["attention_mask"][row].bool()], single, atol=1e-5)


def test_text_without_video(model):
    logits = model(input_ids=torch.tensor([[5, 6, 7]])).logits
    assert logits.shape == (1, 3, 264)
    assert logits.isfinite().all()


def test_generation_with_cache_equals_without_and_encodes_once(model, processor, make_conversation, encode):
    prompts = [make_conversation(0)[:1], make_conversation(1, question="And?")[:1]]
    batch = encode(processor, prompts, add_generation_prompt=True)
    without = model.generate(**batch, max_new_tokens=6, do_sample=False, use_cache=False)
    num_calls = []
    model.model.vision_tower.register_forward_hook(lambda *_: num_calls.append(1))
    assert torch.equal(model.generate(**batch, max_new_tokens=6, do_sample=False), without)
    assert without.shape[1] == batch["input_ids"].shape[1] + 6
    assert len(num_calls) == 1


def test_generation_of_a_padded_batch_equals_single_prompts(model, processor, make_conversation, encode):
    prompts = [make_conversation(0)[:1], make_conversation(1, question="And the error?")[:1]]
    answers = [
        model.generate(**batch, max_new_tokens=6, do_sample=False)[:, batch["input_ids"].shape[1] :]
        for batch in (encode(processor, chosen, add_generation_prompt=True) for chosen in (prompts, *zip(prompts)))
    ]
    assert torch.equal(answers[0], torch.cat(answers[1:]))


def test_sdpa_and_eager_agree(make_model):
    ids, video = torch.tensor([[5] + [259] * 40 + [6, 7]]), torch.randn(1, 2, 3, 98, 98)
    sdpa, eager = make_model(attn_implementation="sdpa"), make_model(attn_implementation="eager")
    assert (sdpa.config._attn_implementation, eager.config._attn_implementation) == ("sdpa", "eager")
    logits = [model(input_ids=ids, pixel_values_videos=video).logits for model in (sdpa, eager)]
    assert (logits[0] - logits[1]).abs().max() < 1e-5


def gradients(model):
    ids = torch.tensor([[5] + [259] * model.config.num_video_tokens(2) + [6, 7]])
    torch.manual_seed(1)
    model(input_ids=ids, pixel_values_videos=torch.randn(1, 2, 3, 98, 98), labels=ids).loss.backward()
    return {name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize(
    ("newline_position", "frozen"),
    [("grid", set()), ("no_token", {"model.image_newline"})],
)
def test_every_trainable_weight_gets_a_gradient_also_after_loading(make_model, newline_position, frozen, tmp_path):
    make_model(mm_newline_position=newline_position).save_pretrained(tmp_path)
    model = LlavaVideoForConditionalGeneration.from_pretrained(tmp_path)
    assert {name for name, weight in model.named_parameters() if not weight.requires_grad} == frozen | {
        "model.vision_tower.post_layernorm.weight",
        "model.vision_tower.post_layernorm.bias",
    }
    assert [name for name, gradient in gradients(model).items() if gradient is None] == []


def test_gradient_checkpointing_gives_the_same_gradients(make_model):
    plain, checkpointed = make_model().train(), make_model().train()
    checkpointed.activation_checkpointing_enable()
    expected = gradients(plain)
    for name, gradient in gradients(checkpointed).items():
        assert torch.allclose(gradient, expected[name], atol=1e-6), name


def test_round_trip_through_safetensors(model, tmp_path):
    model.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "generation_config.json", "model.safetensors"}
    again = AutoModelForImageTextToText.from_pretrained(tmp_path)
    assert type(again) is LlavaVideoForConditionalGeneration
    assert type(AutoConfig.from_pretrained(tmp_path)) is LlavaVideoConfig
    weights = model.state_dict()
    assert again.state_dict().keys() == weights.keys()
    assert all(torch.equal(weight, weights[name]) for name, weight in again.state_dict().items())


def test_names_and_shapes_of_the_7b(data_folder):
    """The 765 weights of lmms-lab/LLaVA-Video-7B-Qwen2, in our names."""
    renames = {
        "model.vision_tower.vision_tower.vision_model.": "model.vision_tower.",
        "model.mm_projector.0.": "model.multi_modal_projector.linear_1.",
        "model.mm_projector.2.": "model.multi_modal_projector.linear_2.",
        "model.embed_tokens.": "model.language_model.embed_tokens.",
        "model.layers.": "model.language_model.layers.",
        "model.norm.": "model.language_model.norm.",
    }
    expected = {}
    for name, shape in json.loads((data_folder / "llava_video_7b_state_dict_shapes.json").read_text()).items():
        start = next((start for start in renames if name.startswith(start)), None)
        expected[name if start is None else renames[start] + name.removeprefix(start)] = shape
    text = {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28}
    config = LlavaVideoConfig(
        text_config={"model_type": "qwen2", "num_key_value_heads": 4, "vocab_size": 152064, **text}
    )
    with torch.device("meta"):
        model = LlavaVideoForConditionalGeneration(config)
    assert len(expected) == 765
    assert {name: list(weight.shape) for name, weight in model.state_dict().items()} == expected


def test_other_number_of_video_tokens_is_refused(model):
    with pytest.raises(ValueError, match=r"has 19 video tokens \(id 259\), the videos give 20 embeddings.*truncated"):
        model(input_ids=torch.tensor([[5] + [259] * 19]), pixel_values_videos=torch.zeros(1, 1, 3, 98, 98))


@pytest.mark.parametrize("shape", [(1, 3, 98, 98), (1, 2, 1, 98, 98), (1, 2, 3, 98, 84)])
def test_other_shapes_of_frames_are_refused(model, shape):
    with pytest.raises(ValueError, match=r"shape \(videos, frames, 3, 98, 98\), got \(1, "):
        model.get_video_features(torch.zeros(shape))
