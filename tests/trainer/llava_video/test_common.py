"""What every model of transformers has to do, on a tiny LLaVA-Video."""

import copy

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForImageTextToText

from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration

POST_LAYERNORM = {"model.vision_tower.post_layernorm.weight", "model.vision_tower.post_layernorm.bias"}


def batch_of(model, seed=1):
    """Two rows, a video of two frames and a video of one, padded on the right."""
    lengths = [model.config.num_video_tokens(n) for n in (2, 1)]
    rows = [[5] + [259] * lengths[0] + [6, 7], [8, 9] + [259] * lengths[1] + [10]]
    ids = torch.zeros(2, len(rows[0]), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for row, tokens in enumerate(rows):
        ids[row, : len(tokens)], mask[row, : len(tokens)] = torch.tensor(tokens), 1
    torch.manual_seed(seed)
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "pixel_values_videos": torch.randn(2, 2, 3, 98, 98),
        "num_frames": torch.tensor([2, 1]),
        "labels": ids.masked_fill((mask == 0) | (ids == 259), -100),
    }


def gradients(model):
    model(**batch_of(model)).loss.backward()
    return {name: weight.grad for name, weight in model.named_parameters() if weight.requires_grad}


@pytest.mark.parametrize("settings", [{}, {"add_faster_video": True}, {"tie_word_embeddings": True}], ids=str)
def test_saved_and_loaded_it_is_the_same(make_model, settings, tmp_path):
    model = make_model(**settings)
    model.save_pretrained(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "generation_config.json", "model.safetensors"}
    again = AutoModelForImageTextToText.from_pretrained(tmp_path)
    assert type(again) is LlavaVideoForConditionalGeneration
    assert type(AutoConfig.from_pretrained(tmp_path)) is LlavaVideoConfig
    weights = model.state_dict()
    assert again.state_dict().keys() == weights.keys()
    assert all(torch.equal(weight, weights[name]) for name, weight in again.state_dict().items())
    assert torch.equal(again(**batch_of(model)).logits, model(**batch_of(model)).logits)


def test_saved_in_shards(model, tmp_path):
    model.save_pretrained(tmp_path, max_shard_size="100KB")
    assert len(list(tmp_path.glob("model-*-of-*.safetensors"))) > 2
    again = LlavaVideoForConditionalGeneration.from_pretrained(tmp_path, device_map="auto")
    assert torch.equal(again(**batch_of(model)).logits, model(**batch_of(model)).logits)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_loaded_with_another_type(model, dtype, tmp_path):
    model.save_pretrained(tmp_path)
    again = LlavaVideoForConditionalGeneration.from_pretrained(tmp_path, dtype=dtype)
    assert {weight.dtype for weight in again.parameters()} == {dtype}
    logits = again(**batch_of(model)).logits
    assert logits.dtype == dtype
    assert (logits.float() - model(**batch_of(model)).logits).abs().max() < 0.1


def test_missing_weights_are_drawn_anew(make_model, tmp_path):
    make_model().save_pretrained(tmp_path)
    config = LlavaVideoConfig.from_pretrained(tmp_path)
    config.add_faster_video = True
    model, info = LlavaVideoForConditionalGeneration.from_pretrained(tmp_path, config=config, output_loading_info=True)
    assert set(info["missing_keys"]) == {"model.faster_token"}
    assert 0.05 < model.model.faster_token.std() < 0.3


@pytest.mark.parametrize("settings", [{}, {"add_faster_video": True}], ids=str)
def test_initialisation_follows_the_seed(make_config, settings):
    models = []
    for seed in (3, 3, 4):
        torch.manual_seed(seed)
        models.append(dict(LlavaVideoForConditionalGeneration(make_config(**settings)).named_parameters()))
    assert all(torch.equal(weight, models[1][name]) for name, weight in models[0].items())
    assert not torch.equal(models[0]["model.image_newline"], models[2]["model.image_newline"])
    assert 0.09 < models[0]["model.image_newline"].std() < 0.21  # 1/sqrt(48) is 0.144
    assert all(weight.isfinite().all() for weight in models[0].values())


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("num_tokens", [280, 262])
def test_embeddings_can_be_resized(make_model, tied, num_tokens):
    model = make_model(tie_word_embeddings=tied)
    before = model.get_input_embeddings().weight.detach().clone()
    model.resize_token_embeddings(num_tokens, mean_resizing=False)
    assert model.get_input_embeddings().weight.shape == model.lm_head.weight.shape == (num_tokens, 48)
    assert torch.equal(model.get_input_embeddings().weight[:262], before[:262])
    assert model.config.text_config.vocab_size == num_tokens
    output = model(**batch_of(model))
    assert output.logits.shape == (2, 43, num_tokens) and output.loss.isfinite()
    assert (model.lm_head.weight is model.get_input_embeddings().weight) is tied


@pytest.mark.parametrize("tied", [False, True])
def test_tied_head(make_model, tied, tmp_path):
    model = make_model(tie_word_embeddings=tied)
    model.save_pretrained(tmp_path)
    for chosen in (model, LlavaVideoForConditionalGeneration.from_pretrained(tmp_path), copy.deepcopy(model)):
        assert (chosen.lm_head.weight is chosen.get_input_embeddings().weight) is tied


def test_attention_implementations_agree(make_model):
    sdpa, eager = make_model(attn_implementation="sdpa"), make_model(attn_implementation="eager")
    for model, name in ((sdpa, "sdpa"), (eager, "eager")):
        parts = (model.config, model.config.vision_config, model.config.text_config)
        assert [part._attn_implementation for part in parts] == [name] * 3
    batch = batch_of(sdpa)
    logits = [model(**batch).logits[batch["attention_mask"].bool()] for model in (sdpa, eager)]
    assert (logits[0] - logits[1]).abs().max() < 1e-5


def test_attention_of_each_part_can_be_chosen(make_model):
    model = make_model(attn_implementation={"text_config": "eager", "vision_config": "sdpa"})
    assert model.model.language_model.config._attn_implementation == "eager"
    assert model.model.vision_tower.config._attn_implementation == "sdpa"
    assert model._supports_flash_attn and model._supports_sdpa


def test_hidden_states_and_attentions_are_given_out(make_model):
    model = make_model(attn_implementation="eager")
    output = model(**batch_of(model), output_hidden_states=True, output_attentions=True)
    assert [tuple(state.shape) for state in output.hidden_states] == [(2, 43, 48)] * 3
    assert [tuple(attention.shape) for attention in output.attentions] == [(2, 4, 43, 43)] * 2
    assert output.video_hidden_states.shape == (60, 48)


def test_a_tuple_holds_the_same(model):
    batch = batch_of(model)
    output = model(**batch)
    loss, logits = model(**batch, return_dict=False)[:2]
    assert torch.equal(loss, output.loss) and torch.equal(logits, output.logits)


def test_loss_is_the_mean_over_the_labels(model):
    batch = batch_of(model)
    output = model(**batch)
    wanted = batch["labels"][:, 1:]
    by_hand = nn.functional.cross_entropy(output.logits[:, :-1][wanted != -100], wanted[wanted != -100])
    assert torch.allclose(output.loss, by_hand, atol=1e-6)


def test_a_cached_step_gives_the_logits_of_the_whole_sequence(model):
    batch = batch_of(model)
    batch = {name: value[:1] for name, value in batch.items() if name != "labels"}
    whole = model(**batch).logits
    start = model(
        input_ids=batch["input_ids"][:, :-1],
        pixel_values_videos=batch["pixel_values_videos"],
        num_frames=batch["num_frames"],
        use_cache=True,
    )
    step = model(input_ids=batch["input_ids"][:, -1:], past_key_values=start.past_key_values)
    assert torch.allclose(torch.cat((start.logits, step.logits), dim=1), whole, atol=1e-5)


def test_only_the_last_logits_on_demand(model):
    batch = batch_of(model)
    del batch["labels"]
    assert torch.allclose(model(**batch, logits_to_keep=3).logits, model(**batch).logits[:, -3:], atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "frozen"),
    [({}, set()), ({"mm_newline_position": "no_token"}, {"model.image_newline"}), ({"add_faster_video": True}, set())],
    ids=str,
)
def test_a_training_step_moves_every_weight_also_after_loading(make_model, settings, frozen, tmp_path):
    make_model(**settings).save_pretrained(tmp_path)
    model = LlavaVideoForConditionalGeneration.from_pretrained(tmp_path).train()
    before = {name: weight.detach().clone() for name, weight in model.named_parameters()}
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.1)
    model(**batch_of(model)).loss.backward()
    optimizer.step()
    unmoved = {name for name, weight in model.named_parameters() if torch.equal(weight, before[name])}
    assert unmoved == frozen | POST_LAYERNORM
    assert {name for name, weight in model.named_parameters() if not weight.requires_grad} == unmoved


@pytest.mark.parametrize("reentrant", [False, True])
def test_gradient_checkpointing_gives_the_same_gradients(make_model, reentrant):
    plain, checkpointed = make_model().train(), make_model().train()
    checkpointed.activation_checkpointing_enable({"use_reentrant": reentrant})
    if reentrant:
        checkpointed.enable_input_require_grads()
    calls = {"tower": 0, "language": 0}

    def count(name):
        return lambda *_: calls.update({name: calls[name] + 1})

    checkpointed.model.vision_tower.encoder.layers[0].mlp.register_forward_pre_hook(count("tower"))
    checkpointed.model.language_model.layers[0].mlp.register_forward_pre_hook(count("language"))
    expected = gradients(plain)
    for name, gradient in gradients(checkpointed).items():
        assert torch.allclose(gradient, expected[name], atol=1e-6), name
    assert calls == {"tower": 2, "language": 2}  # once forward, once more on the way back


def test_input_embeddings_can_require_gradients(model):
    model.requires_grad_(False)
    model.enable_input_require_grads()
    seen = []
    model.model.language_model.layers[0].register_forward_pre_hook(lambda _, args: seen.append(args[0].requires_grad))
    model(**batch_of(model))
    assert seen == [True]


def test_compiles_without_graph_breaks(make_model):
    torch.compiler.reset()
    model = make_model()
    batch = batch_of(model) | {"num_frames": [2, 1], "use_cache": False}
    output = torch.compile(make_model(), fullgraph=True, backend="eager")(**batch)
    output.loss.backward()
    assert torch.allclose(output.logits, model(**batch).logits, atol=1e-5)


def test_layers_are_the_units_of_sharding(model):
    assert {"SiglipEncoderLayer", "SiglipVisionEmbeddings", "Qwen2DecoderLayer"} <= set(model._no_split_modules)
    names = {type(module).__name__ for module in model.modules()}
    assert {"SiglipEncoderLayer", "SiglipVisionEmbeddings", "Qwen2DecoderLayer"} <= names
