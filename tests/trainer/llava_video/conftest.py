"""A tiny LLaVA-Video with random weights (7x7 patches, an odd grid like the real 27x27) and its processor."""

from pathlib import Path

import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration, LlavaVideoProcessor

SPECIAL_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<video>"]


def build_tokenizer(special_tokens=SPECIAL_TOKENS):
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={byte: index for index, byte in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(special_tokens)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<|endoftext|>")


def build_config(**settings):
    return LlavaVideoConfig(
        vision_config={
            "model_type": "siglip_vision_model",
            "hidden_size": 32,
            "intermediate_size": 64,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "image_size": 98,
            "patch_size": 14,
        },
        text_config={
            "model_type": "qwen2",
            "hidden_size": 48,
            "intermediate_size": 96,
            "num_hidden_layers": 2,
            "num_attention_heads": 4,
            "num_key_value_heads": 2,
            "vocab_size": 264,
        },
        video_token_id=259,  # 256 bytes and four special tokens, of which it is the last
        **settings,
    )


def build_model(**settings):
    torch.manual_seed(0)
    return LlavaVideoForConditionalGeneration(build_config(**settings)).eval()


def build_conversation(seed=0, num_frames=3, question="Which one?", answer="A squat."):
    generator = torch.Generator().manual_seed(seed)
    frames = torch.randint(0, 256, (num_frames, 3, 60, 80), dtype=torch.uint8, generator=generator)
    content = [
        {"type": "video", "video": frames},
        {"type": "text", "text": "The video lasts for 3.10 seconds."},
        {"type": "text", "text": question},
    ]
    return [
        {"role": "user", "content": content},
        {"role": "assistant", "content": [{"type": "text", "text": answer}]},
    ]


def encode_batch(processor, conversations, padding_side="left", **kwargs):
    return processor.apply_chat_template(
        conversations,
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        processor_kwargs={"padding": True, "padding_side": padding_side},
        **kwargs,
    )


@pytest.fixture(scope="session")
def make_tokenizer():
    return build_tokenizer


@pytest.fixture(scope="session")
def make_model():
    return build_model


@pytest.fixture(scope="session")
def make_conversation():
    return build_conversation


@pytest.fixture(scope="session")
def encode():
    return encode_batch


@pytest.fixture(scope="session")
def tokenizer():
    return build_tokenizer()


@pytest.fixture
def model():
    return build_model()


@pytest.fixture(scope="session")
def shared_model():
    """For property tests, which may change its configuration; never use its weights for a number."""
    return build_model()


@pytest.fixture
def processor(tokenizer):
    return LlavaVideoProcessor.from_config(build_config(), tokenizer)


@pytest.fixture(scope="session")
def data_folder():
    return Path(__file__).parents[2] / "data"
