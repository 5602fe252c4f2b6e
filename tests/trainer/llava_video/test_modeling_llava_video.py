"""What goes into the model, and where it comes out."""

import json

import pytest
import torch
from transformers.modeling_outputs import BaseModelOutputWithPooling

from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration


def test_tower_is_read_before_its_last_norm(model):
    video = torch.randn(1, 2, 3, 98, 98)
    before = model.get_video_features(video).pooler_output
    model.model.vision_tower.post_layernorm.weight.data.fill_(5.0)
    assert torch.equal(model.get_video_features(video).pooler_output, before)


def test_features_stand_where_the_video_tokens_are(model):
    video = torch.randn(1, 1, 3, 98, 98)
    ids = torch.tensor([[5, 6] + [259] * 20 + [7]])
    embeddings = model.get_input_embeddings()(ids)
    embeddings = torch.cat(
        (embeddings[:, :2], model.get_video_features(video).pooler_output, embeddings[:, 22:]), dim=1
    )
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


def tokens_of(model, *parts):
    """Token ids of a row: a number stands for itself, a one-element list for a video of so many frames."""
    ids = []
    for part in parts:
        ids += [259] * model.config.num_video_tokens(part[0]) if isinstance(part, list) else [part]
    return ids


def batch_of(rows, padding_side):
    length = max(map(len, rows))
    pad = [[0] * (length - len(row)) for row in rows]
    seen = [[1] * len(row) for row in rows]
    if padding_side == "left":
        ids, mask = ([fill + row for fill, row in zip(pad, part, strict=True)] for part in (rows, seen))
    else:
        ids, mask = ([row + fill for fill, row in zip(pad, part, strict=True)] for part in (rows, seen))
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask)}


@pytest.mark.parametrize("padding_side", ["left", "right"])
@pytest.mark.parametrize("newline_position", ["grid", "frame", "one_token", "no_token"])
def test_videos_of_different_lengths_in_one_batch(make_model, newline_position, padding_side):
    """Rows with one video, with two and with none; each as if it were alone."""
    model = make_model(mm_newline_position=newline_position)
    torch.manual_seed(1)
    videos = torch.randn(3, 4, 3, 98, 98)
    rows = [tokens_of(model, 5, [4], 6, 7), tokens_of(model, 8, [1], 9, [2], 10), [11, 12, 13]]
    alone = [[videos[0]], [videos[1, :1], videos[2, :2]], None]
    batch = batch_of(rows, padding_side)
    padded = model(**batch, pixel_values_videos=videos, num_frames=torch.tensor([4, 1, 2])).logits
    listed = model(**batch, pixel_values_videos=[videos[0], videos[1, :1], videos[2, :2]]).logits
    assert torch.equal(padded, listed)
    for row, ids, shown in zip(padded, rows, alone, strict=True):
        single = model(input_ids=torch.tensor([ids]), pixel_values_videos=shown).logits[0]
        row = row[-len(ids) :] if padding_side == "left" else row[: len(ids)]
        assert torch.allclose(row, single, atol=1e-5)


def test_padding_frames_are_not_encoded_and_change_nothing(model):
    frames = []
    model.model.vision_tower.register_forward_pre_hook(lambda _, args: frames.append(len(args[0])))
    video = torch.randn(2, 3, 3, 98, 98)
    features = model.get_video_features(video, torch.tensor([3, 1])).pooler_output
    video[1, 1:] = 100.0
    again = model.get_video_features(video, [3, 1]).pooler_output
    assert [tuple(video.shape) for video in features] == [(60, 48), (20, 48)]
    assert all(torch.equal(*pair) for pair in zip(features, again, strict=True))
    assert frames == [4, 4]


def test_video_features_have_the_form_of_transformers(model):
    video = torch.randn(2, 3, 3, 98, 98)
    output = model.get_video_features(pixel_values_videos=video)
    assert type(output) is BaseModelOutputWithPooling
    assert output.last_hidden_state.shape == (6, 49, 32)
    assert output.pooler_output.shape == (2, 60, 48)
    hidden, features = model.get_video_features(video, return_dict=False)
    assert torch.equal(features, output.pooler_output) and torch.equal(hidden, output.last_hidden_state)


def test_a_still_image_is_a_video_of_one_frame(model):
    logits = model(
        input_ids=torch.tensor([[5] + [259] * 20 + [6]]), pixel_values_videos=torch.randn(1, 1, 3, 98, 98)
    ).logits
    assert logits.shape == (1, 22, 264)


def test_the_newline_is_learned(make_model):
    model = make_model()
    ids = torch.tensor([tokens_of(model, 5, [1], 6)])
    model(input_ids=ids, pixel_values_videos=torch.randn(1, 1, 3, 98, 98), labels=ids).loss.backward()
    assert model.model.image_newline.grad.abs().min() > 0


def test_text_without_video(model):
    logits = model(input_ids=torch.tensor([[5, 6, 7]])).logits
    assert logits.shape == (1, 3, 264)
    assert logits.isfinite().all()


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


def test_other_number_of_frames_is_named_as_a_cause(model):
    ids = torch.tensor([tokens_of(model, 5, [3])])
    with pytest.raises(ValueError, match="has 60 video tokens .*, the videos give 40 embeddings.*number of frames"):
        model(input_ids=ids, pixel_values_videos=torch.zeros(1, 2, 3, 98, 98))


@pytest.mark.parametrize("call", ["forward", "generate"])
def test_video_tokens_without_a_video_are_refused(model, call):
    with pytest.raises(
        ValueError, match="has 2 video tokens .* give 0 embeddings.*pixel_values_videos was not passed"
    ):
        getattr(model, call)(input_ids=torch.tensor([[5, 259, 259, 6]]))


@pytest.mark.parametrize("shape", [(1, 3, 98, 98), (1, 2, 1, 98, 98), (1, 2, 3, 98, 84)])
def test_other_shapes_of_frames_are_refused(model, shape):
    with pytest.raises(ValueError, match=r"shape \(videos, frames, 3, 98, 98\), got \(1, "):
        model.get_video_features(torch.zeros(shape))
