import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoProcessor

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


def test_frames_as_tensor_array_and_images_are_the_same():
    frames = np.random.default_rng(0).integers(0, 256, (2, 30, 40, 3), dtype=np.uint8)
    video_processor = LlavaVideoVideoProcessor(size={"height": 28, "width": 28})
    from_array, from_tensor, from_images = (
        video_processor(videos, return_tensors="pt")["pixel_values_videos"]
        for videos in (frames, torch.from_numpy(frames).permute(0, 3, 1, 2), [[Image.fromarray(f) for f in frames]])
    )
    assert from_array.shape == (1, 2, 3, 28, 28)
    assert torch.equal(from_array, from_tensor)
    assert torch.equal(from_array, from_images)


@pytest.mark.parametrize("height_width", [(60, 80), (300, 170), (640, 480), (480, 854)])
def test_within_one_grey_level_of_pil(height_width):
    # Waves and a hard-edged box, away from black and white: where bicubic overshoots them, Pillow clips between its
    # two passes, whose order depends on its version.
    rows, columns = np.mgrid[: height_width[0], : height_width[1]]
    frame = 128 + 50 * np.sin(rows / 3)[..., None] * np.cos(columns / 5)[..., None] * np.array([1.0, 0.7, -0.8])
    frame[10:40, 20:50] = (60, 190, 128)
    frame = frame.round().astype(np.uint8)
    expected = np.asarray(Image.fromarray(frame).resize((98, 98), Image.Resampling.BICUBIC), dtype=np.float64)
    pixels = LlavaVideoVideoProcessor(size=98)(frame[None], return_tensors="pt")["pixel_values_videos"][0, 0]
    grey_levels = pixels.permute(1, 2, 0).double().numpy() * 127.5 + 127.5
    assert np.abs(grey_levels - expected).max() <= 1 + 1e-3


def test_black_and_white_become_minus_one_and_one():
    frames = torch.stack([torch.zeros(3, 20, 20), torch.full((3, 20, 20), 255)]).to(torch.uint8)
    pixels = LlavaVideoVideoProcessor(size=14)(frames, return_tensors="pt")["pixel_values_videos"]
    assert pixels[0, 0].unique().tolist() == [-1.0]
    assert pixels[0, 1].unique().tolist() == [1.0]


def test_round_trip_through_files(tokenizer, make_conversation, encode, tmp_path):
    processor = LlavaVideoProcessor(
        tokenizer,
        LlavaVideoVideoProcessor(size={"height": 70, "width": 70}),
        patch_size=10,
        mm_newline_position="frame",
        mm_spatial_pool_mode="max",
        mm_spatial_pool_stride=3,
    )
    processor.save_pretrained(tmp_path)
    again = AutoProcessor.from_pretrained(tmp_path)
    assert type(again) is LlavaVideoProcessor
    assert type(again.video_processor) is LlavaVideoVideoProcessor
    assert again.num_video_tokens(2) == 10  # 7x7 patches, 2x2 pooled, one newline a frame
    batch, again_batch = encode(processor, [make_conversation()]), encode(again, [make_conversation()])
    assert all(torch.equal(batch[name], again_batch[name]) for name in batch)


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


def test_different_numbers_of_frames_are_refused(processor, make_conversation, encode):
    with pytest.raises(ValueError, match=r"same number of frames, got \[3, 4\]"):
        encode(processor, [make_conversation(num_frames=3), make_conversation(num_frames=4)])
