"""Reads checkpoints in the layout of https://github.com/LLaVA-VL/LLaVA-NeXT, such as lmms-lab/LLaVA-Video-7B-Qwen2."""

import dataclasses
import json
from pathlib import Path

import torch
from transformers import PreTrainedConfig, Qwen2Config, SiglipVisionConfig

from trainer.llava_video.configuration_llava_video import LlavaVideoConfig
from trainer.llava_video.modeling_llava_video import LlavaVideoForConditionalGeneration

# Start of a name in the original layout (a regular expression) and what it becomes; other names stay.
KEY_RENAMES = {
    r"^model\.vision_tower\.vision_tower\.vision_model\.": "model.vision_tower.",
    r"^model\.mm_projector\.0\.": "model.multi_modal_projector.linear_1.",
    r"^model\.mm_projector\.2\.": "model.multi_modal_projector.linear_2.",
    r"^model\.embed_tokens\.": "model.language_model.embed_tokens.",
    r"^model\.layers\.": "model.language_model.layers.",
    r"^model\.norm\.": "model.language_model.norm.",
}

# google/siglip-so400m-patch14-384, which the original reads from another repository.
SO400M_PATCH14_384 = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 384,
    "patch_size": 14,
}

# Fields of the original config.json that are Qwen2's own; the two of the rotary embedding have since been merged.
TEXT_FIELDS = {field.name for field in dataclasses.fields(Qwen2Config)} | {"rope_theta", "rope_scaling"}
TEXT_FIELDS -= {field.name for field in dataclasses.fields(PreTrainedConfig)}


def config_from_original(
    original: dict, *, vision_config: dict | None = None, video_token_id: int = 151647
) -> LlavaVideoConfig:
    """
    Translate a configuration of the original layout.

    Args:
        original (`dict`):
            Content of its `config.json`.
        vision_config (`dict`, *optional*):
            Sizes of the tower before its last layer is dropped, in the names of `SiglipVisionConfig`. Defaults to
            those of so400m-patch14-384.
        video_token_id (`int`, *optional*, defaults to 151647):
            Id of the token that stands where video embeddings go. The original has none.

    Returns:
        [`LlavaVideoConfig`]: With the settings of the original, where it is silent with its code's defaults.

    Raises:
        ValueError: If the checkpoint is of another architecture or uses what is not supported.
    """
    if original.get("architectures") != ["LlavaQwenForCausalLM"]:
        raise ValueError(
            f"config.json, `architectures`: expected ['LlavaQwenForCausalLM'], got {original.get('architectures')}. "
            "Only LLaVA-Video on Qwen2 can be read; a checkpoint saved by this project loads with from_pretrained."
        )
    if original.get("add_faster_video"):
        raise ValueError(
            "config.json, `add_faster_video`: SlowFast checkpoints are not supported. Use one that has it false."
        )
    tower = vision_config or SO400M_PATCH14_384
    return LlavaVideoConfig(
        vision_config=SiglipVisionConfig(**tower | {"num_hidden_layers": tower["num_hidden_layers"] - 1}),
        text_config=Qwen2Config(**{name: original[name] for name in TEXT_FIELDS & original.keys()}),
        video_token_id=video_token_id,
        mm_newline_position=original.get("mm_newline_position", "one_token"),
        mm_spatial_pool_mode=original.get("mm_spatial_pool_mode", "bilinear"),
        mm_spatial_pool_stride=original.get("mm_spatial_pool_stride", 2),
        dtype=original.get("torch_dtype"),
    )


def check_weight_files(folder: Path) -> None:
    """
    Refuse a folder whose weights are not complete safetensors.

    Args:
        folder (`Path`):
            Folder of the checkpoint.

    Raises:
        FileNotFoundError: If there are no weights, or a shard of the index is missing.
        ValueError: If the weights are pickled.
    """
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = set(json.loads(index.read_text())["weight_map"].values())
        missing = sorted(shard for shard in shards if not (folder / shard).is_file())
        if missing:
            raise FileNotFoundError(
                f"{index}: {len(missing)} of {len(shards)} shards are missing: {', '.join(missing)}. "
                "Download them again."
            )
    elif not (folder / "model.safetensors").is_file():
        if pickled := sorted(path.name for path in folder.glob("pytorch_model*.bin")):
            raise ValueError(
                f"{folder}: the weights are pickled ({', '.join(pickled)}), and loading a pickle can run any code. "
                "Convert them on a machine you can lose: load with torch.load(..., weights_only=True), "
                "save with safetensors.torch.save_file as model.safetensors."
            )
        raise FileNotFoundError(f"{folder}: neither model.safetensors nor model.safetensors.index.json is there.")


def from_original(
    folder: str | Path,
    *,
    vision_config: dict | None = None,
    video_token_id: int = 151647,
    dtype: torch.dtype | str | None = None,
    device_map: str | dict | None = None,
) -> LlavaVideoForConditionalGeneration:
    """
    Load a checkpoint in the original layout.

    Args:
        folder (`str` or `Path`):
            Folder with `config.json` and safetensors, one file or shards with their index.
        vision_config (`dict`, *optional*):
            Sizes of the tower before its last layer is dropped, in the names of `SiglipVisionConfig`. Defaults to
            those of so400m-patch14-384.
        video_token_id (`int`, *optional*, defaults to 151647):
            Id of the token that stands where video embeddings go.
        dtype (`torch.dtype` or `str`, *optional*):
            Type of the weights. Defaults to the one that `config.json` names.
        device_map (`str` or `dict`, *optional*):
            Where the weights go, as in `from_pretrained`.

    Returns:
        [`LlavaVideoForConditionalGeneration`]: In evaluation mode. `save_pretrained` writes this project's layout.

    Raises:
        FileNotFoundError: If `config.json`, the weights or one of their shards are missing.
        ValueError: If the checkpoint is of another architecture, pickled, or its names and shapes are not exactly
            those of the model; the message lists them.
    """
    folder = Path(folder)
    config_path = folder / "config.json"
    if not config_path.is_file():
        raise FileNotFoundError(f"{config_path}: no such file. Give the folder of a LLaVA-Video checkpoint.")
    config = config_from_original(
        json.loads(config_path.read_text()), vision_config=vision_config, video_token_id=video_token_id
    )
    check_weight_files(folder)
    model, info = LlavaVideoForConditionalGeneration.from_pretrained(
        folder,
        config=config,
        key_mapping=KEY_RENAMES,
        dtype=dtype or "auto",
        device_map=device_map,
        use_safetensors=True,
        ignore_mismatched_sizes=True,  # gathered below, with the other two
        output_loading_info=True,
    )
    problems = {
        "missing": info["missing_keys"],
        "left over": info["unexpected_keys"],
        "of another shape": [
            f"{name} ({list(found)}, expected {list(expected)})" for name, found, expected in info["mismatched_keys"]
        ],
    }
    if any(problems.values()):
        listed = "; ".join(f"{what}: {', '.join(sorted(keys))}" for what, keys in problems.items() if keys)
        raise ValueError(
            f"{folder}: the weights do not fit the configuration. Keys {listed}. "
            "Give the sizes of the checkpoint's tower as vision_config, or download it again."
        )
    # Loading leaves the renames on the model, and saving would turn them round.
    model._weight_conversions = []
    return model
