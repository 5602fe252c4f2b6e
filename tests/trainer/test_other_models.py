"""The collator with four other families, each with a tiny random checkpoint: what is shown, asked and learnt."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoModelForImageTextToText, AutoProcessor

from tests.trainer.clip_rows import ANSWER, QUESTION, TIMES, learnt_text, make_row, write_clip
from tests.trainer.other_models import OTHER_MODELS, make_other_model
from trainer.collator import ConversationCollator
from trainer.pixels import normalization_of, normalize_pixels
from trainer.placeholders import compare_counts

SMOL_FRAME = "<fake_token_around_image><global-img>" + "<image>" * 4 + "<fake_token_around_image>"
# Two frames a patch in time, 4 tokens each for Qwen; times are those of the frames 0, 14, 29 and 44 of 30 a second.
PROMPTS = {
    # 16 patches pooled to 4 a frame, and one newline
    "llava_onevision": f"<|im_start|>user {'<video>' * 17}\n{TIMES}\n{QUESTION}<|im_end|><|im_start|>assistant\n",
    "qwen2_5_vl": "<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n<|vision_start|>"
    + "<|video_pad|>" * 8
    + f"<|vision_end|>{TIMES}\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n",
    # the processor leaves the template's own marks around those that it writes
    "qwen3_vl": "<|im_start|>user\n<|vision_start|>"
    + "".join(f"<{s} seconds><|vision_start|>{'<|video_pad|>' * 4}<|vision_end|>" for s in ("0.2", "1.2"))
    + f"<|vision_end|>{TIMES}\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n",
    "smolvlm": "<|im_start|>User: You are provided the following series of four frames from a 0:00:01 [H:MM:SS] "
    + "video.\n"
    + "".join(f"\nFrame from {time}:{SMOL_FRAME}" for time in ("00:00", "00:00", "00:00", "00:01"))
    + f"\n\n{TIMES}\n{QUESTION}<end_of_utterance>\nAssistant:",
}
# What is learnt behind each prompt, and what follows it unlearnt.
LEARNT = dict.fromkeys(OTHER_MODELS, f"{ANSWER}<|im_end|>") | {"smolvlm": f" {ANSWER}<end_of_utterance>"}
REST = dict.fromkeys(OTHER_MODELS, "\n") | {"llava_onevision": ""}


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "noise.mp4")


@pytest.fixture(scope="module", params=OTHER_MODELS)
def other(request, tmp_path_factory):
    """Kind, model and processor, loaded as from the Hub."""
    if request.param == "smolvlm":
        pytest.importorskip("num2words", reason="SmolVLM's processor needs num2words")
    folder = make_other_model(request.param, tmp_path_factory.mktemp("models") / request.param)
    return request.param, AutoModelForImageTextToText.from_pretrained(folder), AutoProcessor.from_pretrained(folder)


@pytest.fixture
def still():
    pixels = np.random.default_rng(0).integers(0, 256, (70, 90, 3), dtype=np.uint8)
    content = [{"type": "image", "text": None}, {"type": "text", "text": QUESTION}]
    return {
        "id": "squat/77",
        "image": Image.fromarray(pixels),
        "messages": [{"role": "user", "content": content}, {"role": "assistant", "content": ANSWER}],
    }


def test_the_conversation_to_the_letter_and_what_is_learnt_of_it(other, clip):
    kind, _, processor = other
    batch = ConversationCollator(processor, 4)([make_row(clip)])
    assert processor.tokenizer.decode(batch["input_ids"][0]) == PROMPTS[kind] + LEARNT[kind] + REST[kind]
    assert learnt_text(processor, batch) == LEARNT[kind]
    learnt = batch["labels"] != -100
    assert torch.equal(batch["labels"][learnt], batch["input_ids"][learnt])  # each at its own place


def test_generation_begins_with_the_same_tokens_as_what_is_learnt(other, clip):
    kind, _, processor = other
    prompt = ConversationCollator(processor, 4, generate=True)([make_row(clip)])["input_ids"][0]
    assert processor.tokenizer.decode(prompt) == PROMPTS[kind]
    batch = ConversationCollator(processor, 4)([make_row(clip)])
    assert torch.equal(batch["input_ids"][0, : len(prompt)], prompt)
    assert (batch["labels"][0] != -100).nonzero()[0].item() == len(prompt)


def test_prompts_of_different_lengths_are_padded_on_the_left(other, clip):
    kind, model, processor = other
    rows = [make_row(clip), make_row(clip, question="Why? " * 20)]
    batch = ConversationCollator(processor, 4, generate=True)(rows)
    num_padding = int((batch["attention_mask"][0] == 0).sum())
    assert num_padding > 0
    assert processor.tokenizer.decode(batch["input_ids"][0, num_padding:]) == PROMPTS[kind]
    assert batch["attention_mask"][1].all()
    tokens = model.generate(**batch, max_new_tokens=2, do_sample=False)
    assert tokens.shape == (2, batch["input_ids"].shape[1] + 2)


def test_a_batch_of_two_answers_is_its_two_rows(other, clip):
    _, _, processor = other
    collate = ConversationCollator(processor, 4)
    rows = [make_row(clip), make_row(clip, answer="No.")]
    both, singles = collate(rows), [collate([row]) for row in rows]
    assert learnt_text(processor, both, 1).strip().startswith("No.<")
    for index, single in enumerate(singles):
        length = single["input_ids"].shape[1]
        for name in ("input_ids", "labels", "attention_mask"):
            assert torch.equal(both[name][index, :length], single[name][0])
        assert (both["labels"][index, length:] == -100).all()
        assert (both["attention_mask"][index, length:] == 0).all()
    pixels = next(name for name in both if name.startswith("pixel_values"))
    assert torch.equal(both[pixels], torch.cat([single[pixels] for single in singles]))


def test_a_loss_and_gradients(other, clip):
    _, model, processor = other
    batch = ConversationCollator(processor, 4, uint8_pixels=True)([make_row(clip), make_row(clip, answer="No.")])
    model.zero_grad()
    loss = model(**normalize_pixels(batch, normalization_of(processor))).loss
    loss.backward()
    assert 4 < loss.item() < 8  # random weights over about 300 tokens: log(300) is 5.7
    towers = [parameter for name, parameter in model.named_parameters() if "patch_emb" in name]
    assert towers
    for parameter in towers:
        assert parameter.grad.isfinite().all()
        assert parameter.grad.abs().sum() > 0  # the loss sees the clip


def test_still_images(other, still):
    kind, model, processor = other
    batch = ConversationCollator(processor, 4)([still])
    assert learnt_text(processor, batch) == LEARNT[kind]
    assert (batch["input_ids"] == processor.image_token_id).sum() > 0
    assert "The video lasts" not in processor.tokenizer.decode(batch["input_ids"][0])
    compare_counts(model, batch)
    assert model(**batch).loss.isfinite()


def test_clips_and_images_in_one_batch(other, clip, still):
    kind, model, processor = other
    collate = ConversationCollator(processor, 4)
    if kind == "smolvlm":
        with pytest.raises(ValueError, match="SmolVLMProcessor gives images and clips the same names.* apart"):
            collate([make_row(clip), still])
        return
    batch = collate([make_row(clip), still])
    assert [learnt_text(processor, batch, index) for index in (0, 1)] == [LEARNT[kind]] * 2
    compare_counts(model, batch)
    assert model(**batch).loss.isfinite()


def test_rows_of_padding_and_damage_are_grey_and_teach_nothing(other, clip, tmp_path):
    kind, model, processor = other
    (tmp_path / "bad.mp4").write_bytes(b"no video")
    rows = [make_row(clip), make_row(tmp_path / "gone.mp4", is_padding=True), make_row(tmp_path / "bad.mp4")]
    batch = ConversationCollator(processor, 4, on_bad_clip="skip")(rows)
    assert batch.pop("num_skipped").item() == 1
    assert learnt_text(processor, batch) == LEARNT[kind]
    assert (batch["labels"][1:] == -100).all()
    compare_counts(model, batch)
    assert model(**batch).loss.isfinite()


def test_equal_counts_pass_and_others_are_told(other, clip):
    kind, model, processor = other
    batch = ConversationCollator(processor, 4)([make_row(clip)])
    compare_counts(model, batch)
    token_id = processor.image_token_id if kind == "smolvlm" else processor.video_token_id
    placeholders = (batch["input_ids"][0] == token_id).nonzero().flatten()
    batch["input_ids"][0, placeholders[0]] = processor.tokenizer.pad_token_id
    told, made = {"llava_onevision": (16, 17), "qwen2_5_vl": (7, 8), "qwen3_vl": (7, 8), "smolvlm": (15, 16)}[kind]
    with pytest.raises(ValueError, match=rf"has {told} (video|image) placeholders .*makes {made} features"):
        compare_counts(model, batch)


def test_pixels_that_were_not_passed_on_are_told(other, clip):
    kind, model, processor = other
    batch = ConversationCollator(processor, 4)([make_row(clip)])
    without = {name: tensor for name, tensor in batch.items() if not name.startswith("pixel_values")}
    with pytest.raises(ValueError, match="makes 0 features"):
        compare_counts(model, without)


@pytest.mark.parametrize("kind", ["qwen2_5_vl", "qwen3_vl"])
def test_qwen_s_clock_is_that_of_the_frames_shown(kind, clip, tmp_path):
    processor = AutoProcessor.from_pretrained(make_other_model(kind, tmp_path / kind))
    batch = ConversationCollator(processor, 5)([make_row(clip)])  # frames 0, 11, 22, 33, 44, the last one twice
    if kind == "qwen2_5_vl":  # 5 of 45 frames at 30 a second are 3.33 a second, two of them a step
        assert batch["second_per_grid_ts"].tolist() == pytest.approx([0.6])
    else:  # (0 + 11) / 60, (22 + 33) / 60, 44 / 30
        text = processor.tokenizer.decode(batch["input_ids"][0])
        assert [f"<{time} seconds>" in text for time in ("0.2", "0.9", "1.5")] == [True] * 3
