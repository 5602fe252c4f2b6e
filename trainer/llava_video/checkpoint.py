"""Reads checkpoints in the layout of https://github.com/LLaVA-VL/LLaVA-NeXT, such as lmms-lab/LLaVA-Video-7B-Qwen2."""

import re
from pathlib import Path

import torch

from .configuration_llava_video import LlavaVideoConfig
from .modeling_llava_video import LlavaVideoForConditionalGeneration
from .original_config import config_from_original
from .original_tower import read_tower
from .original_weights import KEY_PREFIXES, check_shapes, find_shards, read_config, read_shapes

# Parameters that a setting adds to a checkpoint which was trained without it.
ADDED_PARAMETERS = {"add_faster_video": "model.faster_token"}


def from_original(
    folder: str | Path,
    *,
    config: LlavaVideoConfig | None = None,
    vision_config: dict | None = None,
    video_token_id: int = 151647,
    dtype: torch.dtype | str | None = None,
    **options,
) -> LlavaVideoForConditionalGeneration:
    """
    Load a checkpoint in the original layout, one shard after the other: no more memory than the weights and a shard.

    Args:
        folder (`str` or `Path`):
            Folder with `config.json` and safetensors, one file or shards with their index.
        config ([`LlavaVideoConfig`], *optional*):
            Configuration to build the model from, instead of that of `config.json`. A faster token that the weights
            lack is initialised if this asks for one and `config.json` does not.
        vision_config (`dict`, *optional*):
            Sizes of the tower before its last layer is dropped, in the names of `SiglipVisionConfig`. Defaults to
            what [`read_tower`] finds, so400m-patch14-384 for the published checkpoints.
        video_token_id (`int`, *optional*, defaults to 151647):
            Id of the token that stands where video embeddings go.
        dtype (`torch.dtype` or `str`, *optional*):
            Type of the weights. Defaults to the one that `config.json` names, or else that of the weights.
        options:
            Other keyword arguments of `from_pretrained`, such as `device_map` and `attn_implementation`.

    Returns:
        [`LlavaVideoForConditionalGeneration`]: In evaluation mode. `save_pretrained` writes this project's layout.

    Raises:
        FileNotFoundError: If `config.json`, the weights or one of their shards are missing.
        ValueError: If the checkpoint is of another architecture, pickled, or its names and shapes are not exactly
            those of the model; the message lists them.
    """
    folder = Path(folder)
    original = read_config(folder)
    shards = find_shards(folder)
    shapes = read_shapes(shards)
    if config is None:
        tower = vision_config or read_tower(folder, shapes)
        config = config_from_original(original, vision_config=tower, video_token_id=video_token_id)
    added = {name for field, name in ADDED_PARAMETERS.items() if getattr(config, field) and not original.get(field)}
    with torch.device("meta"):
        check_shapes(folder, shapes, LlavaVideoForConditionalGeneration(config), may_be_missing=added)
    model = LlavaVideoForConditionalGeneration.from_pretrained(
        folder,
        config=config,
        key_mapping={f"^{re.escape(theirs)}": ours for theirs, ours in KEY_PREFIXES},
        dtype="auto" if dtype is None else dtype,
        **options,
    )
    del model._weight_conversions  # save_pretrained would take the names back to those of the original
    embeddings = model.get_input_embeddings().weight
    if config.tie_word_embeddings and model.lm_head.weight is not embeddings:
        raise ValueError(
            f"{folder}: lm_head.weight differs from the embeddings, but config.json ties the two. "
            "Set `tie_word_embeddings` to false there, or remove the key."
        )
    return model
