"""Tiny random checkpoints of other video-language models, whole folders as on the Hub, made without the network."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlavaOnevisionConfig,
    LlavaOnevisionForConditionalGeneration,
    LlavaOnevisionImageProcessor,
    LlavaOnevisionProcessor,
    LlavaOnevisionVideoProcessor,
    PreTrainedTokenizerFast,
    Qwen2_5_VLConfig,
    Qwen2_5_VLForConditionalGeneration,
    Qwen2_5_VLProcessor,
    Qwen2Config,
    Qwen2VLImageProcessor,
    Qwen2VLVideoProcessor,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLProcessor,
    Qwen3VLVideoProcessor,
    SiglipVisionConfig,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
    SmolVLMImageProcessor,
    SmolVLMProcessor,
    SmolVLMVideoProcessor,
)

OTHER_MODELS = ("llava_onevision", "qwen2_5_vl", "qwen3_vl", "smolvlm")
SIZES = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
HALF = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
ROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [2, 3, 3]}

# What each family's template writes, in the same order and with the same blanks. LLaVA-OneVision has a blank before
# the line break of a turn and none before that of the generation prompt; SmolVLM has one between colon and answer.
LLAVA_ONEVISION_TEMPLATE = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + ' ' }}"
    "{% for part in message['content'] if part['type'] == 'image' %}{{ '<image>' }}{% endfor %}"
    "{% for part in message['content'] if part['type'] == 'video' %}{{ '<video>' }}{% endfor %}"
    "{% for part in message['content'] if part['type'] == 'text' %}{{ '\n' + part['text'] }}{% endfor %}"
    "{{ '<|im_end|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
QWEN_TURNS = (
    "{{ '<|im_start|>' + message['role'] + '\n' }}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' or 'image' in part %}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}"
    "{% elif part['type'] == 'video' or 'video' in part %}{{ '<|vision_start|><|video_pad|><|vision_end|>' }}"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{{ '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
QWEN2_5_VL_TEMPLATE = (
    "{% for message in messages %}{% if loop.first and message['role'] != 'system' %}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}{% endif %}" + QWEN_TURNS
)
QWEN3_VL_TEMPLATE = "{% for message in messages %}" + QWEN_TURNS
SMOLVLM_TEMPLATE = (
    "{{ '<|im_start|>' }}{% for message in messages %}{{ message['role'] | capitalize }}"
    "{{ ':' if message['content'][0]['type'] == 'image' else ': ' }}{% for part in message['content'] %}"
    "{{ '<image>' if part['type'] == 'image' else part['text'] }}{% endfor %}{{ '<end_of_utterance>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'Assistant:' }}{% endif %}"
)


def make_other_model(kind: str, folder: Path) -> Path:
    """
    Write a complete checkpoint with random weights.

    Args:
        kind (`str`): One of `OTHER_MODELS`.
        folder (`Path`): Where to.

    Returns:
        `Path`: The folder, with what `AutoModelForImageTextToText` and `AutoProcessor` load.
    """
    processor = {
        "llava_onevision": _llava_onevision_processor,
        "qwen2_5_vl": _qwen2_5_vl_processor,
        "qwen3_vl": _qwen3_vl_processor,
        "smolvlm": _smolvlm_processor,
    }[kind]()
    torch.manual_seed(0)
    model = {
        "llava_onevision": _llava_onevision,
        "qwen2_5_vl": _qwen2_5_vl,
        "qwen3_vl": _qwen3_vl,
        "smolvlm": _smolvlm,
    }[kind](processor.tokenizer)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _tokenizer(special: list[str], eos: str, pad: str, bos: str | None = None) -> PreTrainedTokenizerFast:
    """Byte-level, GPT-2's way of cutting words, a few joined pairs so that a blank and a word can be one token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
    )
    tokenizer.train_from_iterator(["The subject is performing a Squat. He is on the knees.\n"] * 4, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=eos, pad_token=pad, bos_token=bos, extra_special_tokens=special
    )


def _ids(tokenizer: PreTrainedTokenizerFast, **tokens: str) -> dict[str, int]:
    return {name: tokenizer.convert_tokens_to_ids(token) for name, token in tokens.items()}


def _text(tokenizer: PreTrainedTokenizerFast, **more) -> dict:
    ids = {"eos_token_id": tokenizer.eos_token_id, "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None}
    return SIZES | ids | {"vocab_size": len(tokenizer), "num_key_value_heads": 2} | more


def _llava_onevision_processor() -> LlavaOnevisionProcessor:
    tokenizer = _tokenizer(
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<image>", "<video>"], "<|im_end|>", "<|endoftext|>"
    )
    size = {"height": 56, "width": 56}
    return LlavaOnevisionProcessor(
        tokenizer=tokenizer,
        image_processor=LlavaOnevisionImageProcessor(
            size=size, image_grid_pinpoints=[[56, 56], [56, 112], [112, 56]], **HALF
        ),
        video_processor=LlavaOnevisionVideoProcessor(size=size, **HALF),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=LLAVA_ONEVISION_TEMPLATE,
    )


def _llava_onevision(tokenizer: PreTrainedTokenizerFast) -> LlavaOnevisionForConditionalGeneration:
    ids = _ids(tokenizer, image_token_index="<image>", video_token_index="<video>")
    config = LlavaOnevisionConfig(
        vision_config=SiglipVisionConfig(image_size=56, patch_size=14, vision_use_head=False, **SIZES),
        text_config=Qwen2Config(**_text(tokenizer)),
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        image_grid_pinpoints=[[56, 56], [56, 112], [112, 56]],
        **ids,
    )
    return LlavaOnevisionForConditionalGeneration(config)


QWEN_TOKENS = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|image_pad|>",
    "<|video_pad|>",
]


def _qwen_ids(tokenizer: PreTrainedTokenizerFast) -> dict[str, int]:
    return _ids(
        tokenizer,
        image_token_id="<|image_pad|>",
        video_token_id="<|video_pad|>",
        vision_start_token_id="<|vision_start|>",
        vision_end_token_id="<|vision_end|>",
    )


def _qwen2_5_vl_processor() -> Qwen2_5_VLProcessor:
    size = {"shortest_edge": 56 * 56, "longest_edge": 84 * 84}
    return Qwen2_5_VLProcessor(
        tokenizer=_tokenizer(QWEN_TOKENS, "<|im_end|>", "<|endoftext|>"),
        image_processor=Qwen2VLImageProcessor(size=size),
        video_processor=Qwen2VLVideoProcessor(size=size),
        chat_template=QWEN2_5_VL_TEMPLATE,
    )


def _qwen2_5_vl(tokenizer: PreTrainedTokenizerFast) -> Qwen2_5_VLForConditionalGeneration:
    vision = {"hidden_size": 32, "intermediate_size": 64, "depth": 2, "num_heads": 2, "out_hidden_size": 32}
    config = Qwen2_5_VLConfig(
        vision_config=vision | {"window_size": 56, "fullatt_block_indexes": [1]},
        text_config=_text(tokenizer, rope_parameters=ROPE),
        **_qwen_ids(tokenizer),
    )
    return Qwen2_5_VLForConditionalGeneration(config)


def _qwen3_vl_processor() -> Qwen3VLProcessor:
    return Qwen3VLProcessor(
        tokenizer=_tokenizer(QWEN_TOKENS, "<|im_end|>", "<|endoftext|>"),
        image_processor=Qwen2VLImageProcessor(
            patch_size=16, size={"shortest_edge": 64 * 64, "longest_edge": 96 * 96}, **HALF
        ),
        video_processor=Qwen3VLVideoProcessor(size={"shortest_edge": 4 * 64 * 64, "longest_edge": 4 * 96 * 96}),
        chat_template=QWEN3_VL_TEMPLATE,
    )


def _qwen3_vl(tokenizer: PreTrainedTokenizerFast) -> Qwen3VLForConditionalGeneration:
    vision = {"hidden_size": 32, "intermediate_size": 64, "depth": 2, "num_heads": 2, "out_hidden_size": 32}
    config = Qwen3VLConfig(
        vision_config=vision | {"num_position_embeddings": 16, "deepstack_visual_indexes": [0]},
        text_config=_text(tokenizer, head_dim=16, rope_parameters=ROPE | {"mrope_interleaved": True}),
        **_qwen_ids(tokenizer),
    )
    return Qwen3VLForConditionalGeneration(config)


def _smolvlm_processor() -> SmolVLMProcessor:
    places = [f"<row_{row}_col_{column}>" for row in (1, 2) for column in (1, 2)]
    tokenizer = _tokenizer(
        ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<fake_token_around_image>", "<image>", "<global-img>"]
        + ["<end_of_utterance>", *places],
        eos="<end_of_utterance>",
        pad="<|im_end|>",
        bos="<|im_start|>",
    )
    sizes = {"size": {"longest_edge": 112}, "max_image_size": {"longest_edge": 56}}
    return SmolVLMProcessor(
        tokenizer=tokenizer,
        image_processor=SmolVLMImageProcessor(**sizes),
        video_processor=SmolVLMVideoProcessor(**sizes, num_frames=64, fps=1),
        image_seq_len=4,
        chat_template=SMOLVLM_TEMPLATE,
    )


def _smolvlm(tokenizer: PreTrainedTokenizerFast) -> SmolVLMForConditionalGeneration:
    config = SmolVLMConfig(
        vision_config=SIZES | {"image_size": 56, "patch_size": 14},
        text_config=LlamaConfig(**_text(tokenizer)),
        scale_factor=2,
        **_ids(tokenizer, image_token_id="<image>", pad_token_id="<|im_end|>"),
    )
    return SmolVLMForConditionalGeneration(config)
