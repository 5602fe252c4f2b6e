"""The model that a recipe trains, without its weights: configuration, parts, what learns, tokens of a clip."""

import json
import re
from pathlib import Path

import torch
from peft import get_peft_model
from tokenizers import Regex
from tokenizers.pre_tokenizers import Split
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import AutoConfig, AutoModelForImageTextToText, AutoTokenizer, PreTrainedConfig
from transformers.initialization import no_init_weights
from trl import ModelConfig, get_peft_config

from fitness_aqa_dataset import time_instruction
from fitness_aqa_dataset.conversations import to_conversation
from fitness_aqa_dataset.taxonomy import ERRORS
from trainer.arguments import DataArguments, TrainingArguments
from trainer.llava_video import LlavaVideoConfig
from trainer.llava_video.original_config import config_from_original
from trainer.loading import override_config
from trainer.optimizer import freeze_parameters, leave_frozen_parts_alone

LLAVA_VIDEO_7B = "lmms-lab/LLaVA-Video-7B-Qwen2"
# How the tokenizers of Qwen2 cut a text before they merge bytes; a word of several pieces counts as one.
QWEN2_PIECES = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TYPICAL_DURATION_S = 3.6  # the median clip has 108 frames at 30 a second


def load_config(name: str, model_settings: dict | None = None) -> PreTrainedConfig:
    """
    Configuration of a checkpoint; no weights are read.

    Args:
        name (`str`): Folder with a config.json, ours or of the original layout, or a model on the Hub.
        model_settings (`dict`, *optional*): Fields to change.

    Returns:
        `PreTrainedConfig`: Its configuration, of LLaVA-Video a [`LlavaVideoConfig`].

    Raises:
        ValueError: If there is no such model, or a field is unknown.
    """
    path = Path(name) / "config.json"
    if name == LLAVA_VIDEO_7B:
        path = Path(__file__).with_name("llava_video_7b.json")
    if path.is_file():
        try:
            values = json.loads(path.read_text())
        except ValueError as error:
            raise ValueError(f"{path}: no JSON ({error}). Copy the file again.") from None
        original = values.get("architectures") == ["LlavaQwenForCausalLM"]
        config = config_from_original(values) if original else _from_hub(str(path.parent))
    else:
        config = _from_hub(name)
    override_config(config, model_settings or {})
    return config


def _from_hub(name: str) -> PreTrainedConfig:
    try:
        return AutoConfig.from_pretrained(name)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{name}: no model whose config.json can be read ({str(error).strip().splitlines()[0]}). "
            f"Give a folder with config.json, a model on the Hub, or {LLAVA_VIDEO_7B}."
        ) from None


def build_model(
    config: PreTrainedConfig, training_args: TrainingArguments, model_args: ModelConfig, dtype: torch.dtype
) -> nn.Module:
    """
    The model as training starts it: frozen, with adapters, with activation checkpointing; its weights hold nothing.

    Args:
        config (`PreTrainedConfig`): Its shape.
        training_args (`TrainingArguments`): `freeze` and `activation_checkpointing`.
        model_args (`ModelConfig`): `attn_implementation` and LoRA.
        dtype (`torch.dtype`): Of the weights.

    Returns:
        `torch.nn.Module`: In training mode.
    """
    # flash attention needs a GPU to be imported; sdpa keeps the same tensors
    attention = "eager" if model_args.attn_implementation == "eager" else "sdpa"
    with no_init_weights():
        model = AutoModelForImageTextToText.from_config(config, dtype=dtype, attn_implementation=attention)
    adapters = get_peft_config(model_args)
    leave_frozen_parts_alone(model)
    if adapters is not None:
        model = get_peft_model(model, adapters)
    freeze_parameters(model, training_args.freeze)
    if training_args.activation_checkpointing:
        model.activation_checkpointing_enable()
    return model.train()


def weights_dtype(config: PreTrainedConfig, model_args: ModelConfig) -> torch.dtype:
    """What the checkpoint's weights are loaded as."""
    if model_args.dtype in (None, "auto"):
        return config.dtype or torch.float32
    return getattr(torch, model_args.dtype)


def fake_model(
    config: PreTrainedConfig, training_args: TrainingArguments, model_args: ModelConfig, mode: FakeTensorMode
) -> nn.Module:
    """As [`build_model`], on fake tensors of a CPU. On them directly PEFT could not build its adapters."""
    with torch.device("meta"):
        model = build_model(config, training_args, model_args, weights_dtype(config, model_args))
    fakes = {}
    with mode:
        for module in model.modules():
            for tensors in (module._parameters, module._buffers):
                for name, tensor in tensors.items():
                    if tensor is not None:
                        tensors[name] = fakes.setdefault(tensor, _fake_like(tensor))
    return model


def _fake_like(tensor: torch.Tensor) -> torch.Tensor:
    fake = torch.empty(tensor.shape, dtype=tensor.dtype, device="cpu")
    return nn.Parameter(fake, tensor.requires_grad) if isinstance(tensor, nn.Parameter) else fake


def count_tokens(
    config: PreTrainedConfig, data_args: DataArguments, model_name: str, tokens_per_frame: int | None = None
) -> dict[str, int]:
    """
    Tokens of one clip's conversation: the longest answer that the style can give.

    Args:
        config (`PreTrainedConfig`): Decides the video tokens, if it is a [`LlavaVideoConfig`].
        data_args (`DataArguments`): `num_frames`, `style`, `decimals`.
        model_name (`str`): Its tokenizer counts if the folder has one, else Qwen2's way of cutting a text.
        tokens_per_frame (`int`, *optional*): Of another model.

    Returns:
        `dict[str, int]`: `video`, `prompt` (text, the time instruction included) and `answer`.

    Raises:
        ValueError: If it is another model and `tokens_per_frame` is not given.
    """
    if not isinstance(config, LlavaVideoConfig) and tokens_per_frame is None:
        raise ValueError(
            f"tokens_per_frame: how many tokens a frame takes is known of llava_video only, {model_name} is a "
            f"{config.model_type}. Give --tokens_per_frame."
        )
    num_frames, messages = data_args.num_frames, []
    for exercise, labels in ERRORS.items():
        errors = [{"label": label, "start": 0.5, "end": 1.5} for label in labels]
        row = {"id": "clip", "exercise": exercise, "errors": errors}
        messages.append(to_conversation(row, style=data_args.style, decimals=data_args.decimals)["messages"])
    times = [index * TYPICAL_DURATION_S / num_frames for index in range(num_frames)]
    question = messages[0][0]["content"][-1]["text"]
    prompt = ["<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n"]
    prompt += [f"\n{time_instruction(TYPICAL_DURATION_S, times)}\n{question}<|im_end|>\n<|im_start|>assistant\n"]
    answers = [answer["content"][0]["text"] + "<|im_end|>" for _, answer in messages]
    count = _tokenizer(model_name)
    return {
        "video": num_frames * tokens_per_frame if tokens_per_frame else config.num_video_tokens(num_frames),
        "prompt": sum(map(count, prompt)),
        "answer": max(map(count, answers)),
    }


def _tokenizer(model_name: str):
    if (Path(model_name) / "tokenizer.json").is_file():
        tokenizer = AutoTokenizer.from_pretrained(model_name)
        return lambda text: len(tokenizer(text, add_special_tokens=False).input_ids)
    split = Split(Regex(QWEN2_PIECES), "isolated")
    return lambda text: sum(
        1 if part.startswith("<|") else len(split.pre_tokenize_str(part))
        for part in re.split(r"(<\|.*?\|>)", text)
        if part
    )
