"""From texts and videos to the model's inputs: different lengths, several videos or none, forms of the call."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from trainer.llava_video import LlavaVideoProcessor, LlavaVideoVideoProcessor


def test_videos_of_different_lengths_are_padded(processor, make_conversation, encode):
    conversations = [make_conversation(num_frames=2), make_conversation(num_frames=5)]
    batch = encode(processor, conversations)
    assert batch["pixel_values_videos"].shape == (2, 5, 3, 98, 98)
    assert batch["num_frames"].tolist() == [2, 5]
    assert (batch["input_ids"] == processor.video_token_id).sum(1).tolist() == [40, 100]
    assert torch.equal(batch["pixel_values_videos"][0, 2:], torch.zeros(3, 3, 98, 98))
    alone = encode(processor, conversations[:1])["pixel_values_videos"]
    assert torch.equal(batch["pixel_values_videos"][:1, :2], alone)


def test_a_batch_of_different_lengths_is_answered_as_one_by_one(model, processor, make_conversation, encode):
    conversations = [make_conversation(num_frames=2)[:1], make_conversation(num_frames=4, question="And?")[:1]]
    options = {"max_new_tokens": 5, "do_sample": False, "num_beams": 2}
    together, apart = encode(processor, conversations, add_generation_prompt=True), []
    for conversation in conversations:
        batch = encode(processor, [conversation], add_generation_prompt=True)
        apart.append(model.generate(**batch, **options)[0, batch["input_ids"].shape[1] :])
    answers = model.generate(**together, **options)[:, together["input_ids"].shape[1] :]
    assert torch.equal(answers, torch.stack(apart))


def test_two_videos_in_one_conversation_and_none_in_another(processor, make_conversation, encode):
    two = make_conversation(num_frames=2) + make_conversation(seed=1, num_frames=3)
    none = [{"role": "user", "content": "Hello?"}]
    batch = encode(processor, [two, none])
    assert batch["num_frames"].tolist() == [2, 3]
    assert (batch["input_ids"] == processor.video_token_id).sum(1).tolist() == [100, 0]
    first, second = (encode(processor, [two[i : i + 1]])["pixel_values_videos"][0] for i in (0, 2))
    assert torch.equal(batch["pixel_values_videos"][0, :2], first)
    assert torch.equal(batch["pixel_values_videos"][1], second)


def test_text_alone(processor, encode):
    batch = encode(processor, [[{"role": "user", "content": "Hello?"}]])
    assert set(batch) == {"input_ids", "attention_mask"}
    assert set(processor(text=["Hello?", "Hello?"], videos=[[], []])) == {"input_ids", "attention_mask"}


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(["grid", "frame", "one_token", "no_token"]),
    st.sampled_from(["bilinear", "average", "max"]),
    st.integers(1, 3),
    st.booleans(),
    st.lists(st.integers(1, 4), min_size=1, max_size=3),
)
def test_tokens_are_as_many_as_the_models_embeddings(
    make_model, tokenizer, make_conversation, encode, position, pool_mode, stride, faster, lengths
):
    model = make_model(
        mm_newline_position="grid" if faster else position,
        mm_spatial_pool_mode=pool_mode,
        mm_spatial_pool_stride=stride,
        add_faster_video=faster,
        faster_token_stride=2,
    )
    processor = LlavaVideoProcessor.from_config(model.config, tokenizer)
    batch = encode(processor, [make_conversation(num_frames=length) for length in lengths])
    with torch.no_grad():
        videos = model.get_video_features(batch["pixel_values_videos"], batch.get("num_frames")).pooler_output
    num_tokens = (batch["input_ids"] == processor.video_token_id).sum(1).tolist()
    assert num_tokens == [len(video) for video in videos]


def test_an_image_is_a_video_of_one_frame(processor, make_conversation, encode):
    image = Image.new("RGB", (30, 40), (255, 0, 0))
    parts = [{"type": "image", "image": image}, {"type": "video", "video": image}, {"type": "video", "video": [image]}]
    messages = [{"role": "user", "content": [*parts, {"type": "text", "text": "Which one?"}]}]
    batch = encode(processor, [messages, make_conversation(num_frames=2)])
    assert batch["num_frames"].tolist() == [1, 1, 1, 2]
    assert (batch["input_ids"] == processor.video_token_id).sum(1).tolist() == [60, 40]
    assert batch["pixel_values_videos"][:3, 0].amax((2, 3)).tolist() == [[1.0, -1.0, -1.0]] * 3
    assert processor.apply_chat_template(messages).count("<video>\n<video>\n<video>\nWhich one?") == 1


def test_called_with_text_and_videos(processor, make_conversation):
    conversations = [make_conversation(num_frames=2), make_conversation(seed=1, num_frames=3)]
    text = [processor.apply_chat_template(conversation) for conversation in conversations]
    videos = [conversation[0]["content"][0]["video"] for conversation in conversations]
    expected = processor.apply_chat_template(
        conversations, tokenize=True, return_dict=True, return_tensors="pt", processor_kwargs={"padding": True}
    )
    for form in (videos, [[video] for video in videos], [video.permute(0, 2, 3, 1).numpy() for video in videos]):
        batch = processor(text=list(text), videos=form, padding=True, return_tensors="pt")
        assert set(batch) == {"input_ids", "attention_mask", "pixel_values_videos", "num_frames"}
        assert all(torch.equal(batch[name], expected[name]) for name in batch)
    assert processor(text=text[0], videos=videos[0], return_tensors="pt")["input_ids"].shape[0] == 1


def test_without_tensors_videos_are_a_list(processor, make_conversation):
    videos = [make_conversation(num_frames=n)[0]["content"][0]["video"] for n in (2, 3)]
    batch = processor(text=["<video>", "<video>"], videos=videos)
    assert [len(ids) for ids in batch["input_ids"]] == [40, 60]
    assert [tuple(video.shape) for video in batch["pixel_values_videos"]] == [(2, 3, 98, 98), (3, 3, 98, 98)]


def test_frames_are_sampled_on_request(processor, make_conversation):
    frames = make_conversation(num_frames=10)[0]["content"][0]["video"]
    expected = processor(text="<video>", videos=frames[[0, 3, 6, 9]], return_tensors="pt")["pixel_values_videos"]
    messages = [{"role": "user", "content": [{"type": "video", "video": frames}]}]
    options = {"tokenize": True, "return_dict": True, "return_tensors": "pt"}
    for batch in (
        processor(text="<video>", videos=frames, num_frames=4, return_tensors="pt"),
        processor(text="<video>", videos=frames, videos_kwargs={"num_frames": 4}, return_tensors="pt"),
        processor.apply_chat_template(messages, num_frames=4, **options),
        processor.apply_chat_template(messages, processor_kwargs={"num_frames": 4}, **options),
    ):
        assert torch.equal(batch["pixel_values_videos"], expected)
        assert (batch["input_ids"] == processor.video_token_id).sum() == 80


@pytest.mark.parametrize(("text", "num_videos"), [("<video><video>", 1), ("<video>", 0), ("Hello?", 2)])
def test_other_numbers_of_placeholders_than_of_videos_are_refused(processor, text, num_videos):
    videos = [torch.zeros(1, 3, 4, 4, dtype=torch.uint8)] * num_videos or None
    with pytest.raises(
        ValueError, match=f"has {text.count('<video>')} placeholders <video> and {num_videos} videos were given"
    ):
        processor(text=text, videos=videos)


def test_a_placeholder_in_the_question_is_refused(processor, make_conversation, encode):
    with pytest.raises(ValueError, match="has 2 placeholders <video> and 1 videos were given"):
        encode(processor, [make_conversation(question="What is <video>?")])


@pytest.mark.parametrize(
    ("name", "error"),
    [("images", "takes text and videos, got images. Give an image as"), ("audio", "takes text and videos, got audio")],
)
def test_images_and_sound_are_refused(processor, name, error):
    with pytest.raises(ValueError, match=error):
        processor(text="Hello?", **{name: [np.zeros((4, 4, 3), dtype=np.uint8)]})


@pytest.mark.parametrize("arguments", [{"crop": True}, {"fps": 2.0}, {"videos_kwargs": {"crop": True}}])
def test_unknown_arguments_are_refused(processor, arguments):
    name = "fps" if "fps" in arguments else "crop"
    videos = torch.zeros(1, 3, 4, 4, dtype=torch.uint8)
    with pytest.raises(ValueError, match=f"unknown arguments for LLaVA-Video's processor: {name}. To sample frames"):
        processor(text="<video>", videos=videos, **arguments)


def test_unknown_arguments_of_the_video_processor_are_refused():
    with pytest.raises(ValueError, match="unknown arguments for LLaVA-Video's processor: crop"):
        LlavaVideoVideoProcessor()(torch.zeros(1, 3, 4, 4, dtype=torch.uint8), crop=True)


def test_frames_of_another_size_are_refused_where_they_are_not_resized(processor):
    videos = torch.zeros(1, 3, 98, 90, dtype=torch.uint8)
    with pytest.raises(ValueError, match="with do_resize=False frames must be 98x98 pixels, got 98x90"):
        processor(text="<video>", videos=videos, do_resize=False)
