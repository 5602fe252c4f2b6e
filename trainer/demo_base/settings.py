"""Sizes and schedules of the tiny base: everything that decides what `python -m trainer.demo_base` makes."""

from dataclasses import dataclass

from transformers import Qwen2Config, SiglipVisionConfig

from trainer.llava_video import LlavaVideoConfig

SEED = 20251123
# Release seeds are small numbers; the base's clips come from a range of their own.
POOL_SEED, HELD_OUT_SEED = 1_000_001, 1_000_002
NUM_POOL_CLIPS, NUM_HELD_OUT_CLIPS = 6000, 400
NUM_FRAMES = 16
IMAGE_SIZE, PATCH_SIZE = 112, 14

TOWER_STEPS, TOWER_BATCH_FRAMES, TOWER_LEARNING_RATE = 4500, 64, 1.5e-3


@dataclass(frozen=True)
class LanguageStage:
    """One learning-rate cycle of the language model; questions fill each conversation up to `max_tokens`."""

    steps: int
    batch_clips: int
    learning_rate: float
    max_tokens: int
    spans_only: bool


# First everything, in short conversations; then only "from when to when", many questions about each clip: places in
# time are what the language model learns last.
LANGUAGE_STAGES = (LanguageStage(1400, 16, 2e-3, 620, False), LanguageStage(950, 8, 1.2e-3, 860, True))


def base_config(vocab_size: int, video_token_id: int, eos_token_id: int, pad_token_id: int) -> LlavaVideoConfig:
    """
    Configuration of the tiny base: LLaVA-Video's form at about 2 million parameters.

    Args:
        vocab_size, video_token_id, eos_token_id, pad_token_id (`int`): From the tokenizer.

    Returns:
        [`LlavaVideoConfig`]: 8×8 patches a frame, pooled to 4×4 with a newline at the end of each row: 20 tokens.
    """
    vision = SiglipVisionConfig(
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        image_size=IMAGE_SIZE,
        patch_size=PATCH_SIZE,
        vision_use_head=False,
    )
    text = Qwen2Config(
        vocab_size=vocab_size,
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=5,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=2048,
        tie_word_embeddings=False,
        eos_token_id=eos_token_id,
        pad_token_id=pad_token_id,
        bos_token_id=None,
    )
    return LlavaVideoConfig(
        vision_config=vision,
        text_config=text,
        video_token_id=video_token_id,
        eos_token_id=eos_token_id,
        pad_token_id=pad_token_id,
        tie_word_embeddings=False,
    )
