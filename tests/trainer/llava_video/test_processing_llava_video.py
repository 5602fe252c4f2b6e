from pathlib import Path

import pytest
import torch
from transformers import AutoProcessor, AutoTokenizer, AutoVideoProcessor

from trainer.llava_video import LlavaVideoConfig, LlavaVideoProcessor, LlavaVideoVideoProcessor

PROMPT = (
    "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n"
    "<|im_start|>user\n<video>\nThe video lasts for 3.10 seconds.\nWhich one?<|im_end|>\n"
    "<|im_start|>assistant\n"
)


def test_renders_chatml_to_the_letter(processor, make_conversation):
    assert processor.apply_chat_template(make_conversation()) == PROMPT + "A squat.<|im_end|>\n"


def test_generation_prompt(processor, make_conversation):
    assert processor.apply_chat_template(make_conversation()[:1], add_generation_prompt=True) == PROMPT


def test_system_message_and_plain_text_content(processor):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello?"}]
    assert processor.apply_chat_template(messages) == (
        "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nHello?<|im_end|>\n"
    )


@pytest.mark.parametrize("padding_side", ["left", "right"])
def test_mask_is_the_answer_and_its_end(processor, make_conversation, encode, padding_side):
    conversations = [make_conversation(answer="A squat: knees."), make_conversation(question="And which error?")]
    batch = encode(processor, conversations, padding_side, return_assistant_tokens_mask=True)
    marked = [
        processor.tokenizer.decode(ids[mask.bool()])
        for ids, mask in zip(batch["input_ids"], batch["assistant_masks"], strict=True)
    ]
    assert marked == ["A squat: knees.<|im_end|>", "A squat.<|im_end|>"]


def test_batch_has_the_models_inputs(processor, make_conversation, encode):
    conversations = [make_conversation(), make_conversation(question="Which one is it?")]
    batch = encode(processor, conversations, return_assistant_tokens_mask=True)
    assert set(batch) == {"input_ids", "attention_mask", "assistant_masks", "pixel_values_videos"}
    assert batch["pixel_values_videos"].shape == (2, 3, 3, 98, 98)
    assert batch["pixel_values_videos"].dtype == torch.float32
    # 7x7 patches, 4x4 pooled, a newline to each of the four rows: 20 tokens a frame
    assert (batch["input_ids"] == processor.video_token_id).sum(1).tolist() == [60, 60]
    assert (batch["attention_mask"] == 0).sum(1).tolist() == [6, 0]
    assert batch["attention_mask"][0, 0] == 0


@pytest.mark.parametrize(("pool_mode", "num_tokens"), [("bilinear", 210), ("average", 182)])
def test_tokens_of_a_real_frame(tokenizer, pool_mode, num_tokens):
    processor = LlavaVideoProcessor(tokenizer, LlavaVideoVideoProcessor(), mm_spatial_pool_mode=pool_mode)
    assert processor.num_video_tokens(1) == num_tokens


def test_slow_and_fast_frames_are_counted(tokenizer):
    settings = {"add_faster_video": True, "faster_token_stride": 2}
    processor = LlavaVideoProcessor(tokenizer, LlavaVideoVideoProcessor(size=98), **settings)
    # Frames 0 and 2 are slow: 4x4 pooled, a newline a row, a faster token. Frame 1: 2x2, the same. 21 + 7 + 21
    assert processor.num_video_tokens(3) == 49


def test_round_trip_through_files(tokenizer, make_conversation, encode, tmp_path):
    processor = LlavaVideoProcessor(
        tokenizer,
        LlavaVideoVideoProcessor(size={"height": 70, "width": 70}, num_frames=2),
        patch_size=10,
        mm_spatial_pool_mode="max",
        mm_spatial_pool_stride=1,
        add_faster_video=True,
        faster_token_stride=3,
    )
    processor.save_pretrained(tmp_path)
    again = AutoProcessor.from_pretrained(tmp_path)
    assert type(again) is LlavaVideoProcessor
    assert type(again.video_processor) is LlavaVideoVideoProcessor
    assert again.num_video_tokens(2) == 70  # 7x7 patches: 7x8 and one token, then 3x4 and one token
    assert again.chat_template == processor.chat_template
    batch, again_batch = encode(processor, [make_conversation()]), encode(again, [make_conversation()])
    assert batch["pixel_values_videos"].shape == (1, 2, 3, 70, 70)
    assert all(torch.equal(batch[name], again_batch[name]) for name in batch)


def test_the_committed_base_has_its_processor(encode, make_conversation):
    processor = AutoProcessor.from_pretrained(Path(__file__).parents[3] / "trainer/demo_base/checkpoint")
    batch = encode(processor, [make_conversation(num_frames=16)])
    assert batch["pixel_values_videos"].shape == (1, 16, 3, 112, 112)
    # 8x8 patches, 4x4 pooled, a newline to each of the four rows: 20 tokens a frame
    assert (batch["input_ids"] == processor.video_token_id).sum() == 320


def test_each_auto_class_loads_its_part(processor, tmp_path):
    processor.save_pretrained(tmp_path)
    assert type(AutoVideoProcessor.from_pretrained(tmp_path)) is LlavaVideoVideoProcessor
    assert AutoTokenizer.from_pretrained(tmp_path).convert_tokens_to_ids("<video>") == 259


def test_tokenizer_without_the_tokens_is_refused(make_tokenizer):
    with pytest.raises(
        ValueError, match=r"no token <\|im_end\|>, <video>\. Add what is missing: tokenizer.add_tokens"
    ):
        LlavaVideoProcessor(make_tokenizer(["<|endoftext|>", "<|im_start|>"]), LlavaVideoVideoProcessor())


def test_tokenizer_without_the_models_video_token_is_refused(tokenizer):
    with pytest.raises(ValueError, match="video_token_id is 151647, and the tokenizer has no token of that id"):
        LlavaVideoProcessor.from_config(LlavaVideoConfig(), tokenizer)


def test_unknown_pooling_is_refused(tokenizer):
    with pytest.raises(ValueError, match="mm_spatial_pool_mode must be one of bilinear, average, max, got 'sum'"):
        LlavaVideoProcessor(tokenizer, LlavaVideoVideoProcessor(), mm_spatial_pool_mode="sum")


@pytest.mark.parametrize("size", [{"height": 98, "width": 84}, {"height": 7, "width": 7}, {"shortest_edge": 98}])
def test_a_size_that_is_no_square_of_patches_is_refused(tokenizer, size):
    with pytest.raises(ValueError, match="must be a square of at least 14 pixels"):
        LlavaVideoProcessor(tokenizer, LlavaVideoVideoProcessor(size=size))
