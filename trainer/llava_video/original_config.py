"""The config.json of https://github.com/LLaVA-VL/LLaVA-NeXT (`LlavaQwenForCausalLM`) and ours, either way."""

import copy
import dataclasses

from transformers import PreTrainedConfig, Qwen2Config, SiglipVisionConfig

from .configuration_llava_video import LlavaVideoConfig, check_mm_values

# google/siglip-so400m-patch14-384, which the original reads from another repository.
SO400M_PATCH14_384 = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_hidden_layers": 27,
    "num_attention_heads": 16,
    "image_size": 384,
    "patch_size": 14,
}

# Fields of the original config.json that are Qwen2's own; those of the rotary embedding have since been merged.
TEXT_FIELDS = {field.name for field in dataclasses.fields(Qwen2Config)} - {"rope_parameters", "layer_types"}
TEXT_FIELDS -= {field.name for field in dataclasses.fields(PreTrainedConfig)}
ROPE_FIELDS = {"rope_theta", "rope_scaling"}

# What the original code takes where its config.json is silent.
VIDEO_DEFAULTS = {
    "mm_newline_position": "one_token",
    "mm_spatial_pool_mode": "bilinear",
    "mm_spatial_pool_stride": 2,
    "add_faster_video": False,
    "faster_token_stride": 10,
}

# For a model that was not read from the original layout: the settings of lmms-lab/LLaVA-Video-7B-Qwen2 that decide
# how the original code builds the model.
ORIGINAL_BASE = {
    "architectures": ["LlavaQwenForCausalLM"],
    "model_type": "llava",
    "mm_vision_tower": "google/siglip-so400m-patch14-384",
    "mm_projector_type": "mlp2x_gelu",
    "mm_vision_select_layer": -2,
    "mm_vision_select_feature": "patch",
    "mm_patch_merge_type": "spatial_unpad",
    "image_aspect_ratio": "anyres_max_9",
}


def check_original(original: dict) -> None:
    """
    Refuse a configuration of the original layout that is not LLaVA-Video's.

    Args:
        original (`dict`):
            Content of its `config.json`.

    Raises:
        ValueError: If the architecture is another one, or the projector or the way of merging patches is.
    """
    if original.get("architectures") != ["LlavaQwenForCausalLM"]:
        raise ValueError(
            f"config.json, `architectures`: expected ['LlavaQwenForCausalLM'], got {original.get('architectures')}. "
            "Only LLaVA-Video on Qwen2 can be read; a checkpoint saved by this project loads with from_pretrained."
        )
    if original.get("mm_projector_type", "mlp2x_gelu") != "mlp2x_gelu":
        raise ValueError(
            f"config.json, `mm_projector_type`: expected 'mlp2x_gelu', got {original['mm_projector_type']!r}. "
            "No LLaVA-Video has another projector."
        )
    if "unpad" not in original.get("mm_patch_merge_type", "spatial_unpad"):
        raise ValueError(
            f"config.json, `mm_patch_merge_type`: expected 'spatial_unpad', got {original['mm_patch_merge_type']!r}. "
            "Without it the checkpoint has no newline embedding, and is no LLaVA-Video."
        )


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
    check_original(original)
    original = copy.deepcopy(original)
    if isinstance(vision_config, PreTrainedConfig):
        vision_config = vision_config.to_dict()
    tower = SiglipVisionConfig(**vision_config or SO400M_PATCH14_384)
    tower.num_hidden_layers -= 1
    video = {name: value if original.get(name) is None else original[name] for name, value in VIDEO_DEFAULTS.items()}
    check_mm_values(
        video["mm_newline_position"],
        video["mm_spatial_pool_mode"],
        video["mm_spatial_pool_stride"],
        video["add_faster_video"],
    )
    # copied once more: Qwen2Config writes into the `rope_scaling` that it is given
    text = copy.deepcopy({name: original[name] for name in (TEXT_FIELDS | ROPE_FIELDS) & original.keys()})
    return LlavaVideoConfig(
        vision_config=tower,
        text_config=Qwen2Config(**text),
        video_token_id=video_token_id,
        dtype=original.get("torch_dtype"),
        original_config=original,
        **video,
    )


def config_to_original(config: LlavaVideoConfig) -> dict:
    """
    Translate a configuration back.

    Args:
        config ([`LlavaVideoConfig`]):
            Of a model read from the original layout, or of any other.

    Returns:
        `dict`: Content of a `config.json` of the original layout. Where the model came from that layout it is the
        one of then, key for key, with only the values changed that have changed since. The original code reads the
        sizes of the tower from `mm_vision_tower`, which for other models names so400m-patch14-384.
    """
    if config.original_config is None:
        known, before = dict(ORIGINAL_BASE), {}
    else:
        known = dict(config.original_config)
        before = _comparable(config_from_original(known))
    changed = {
        name: value for name, value in _comparable(config).items() if name not in before or before[name] != value
    }
    return known | changed


def _comparable(config: LlavaVideoConfig) -> dict:
    """The values of a configuration under the names of the original layout."""
    text = {name: getattr(config.text_config, name) for name in sorted(TEXT_FIELDS)}
    rope = {name: value for name, value in config.text_config.rope_parameters.items() if name != "rope_theta"}
    text["rope_theta"] = config.text_config.rope_parameters["rope_theta"]
    text["rope_scaling"] = None if rope == {"rope_type": "default"} else rope
    video = {name: getattr(config, name) for name in VIDEO_DEFAULTS}
    dtype = None if config.dtype is None else str(config.dtype).removeprefix("torch.")
    return text | video | {"tie_word_embeddings": config.tie_word_embeddings, "torch_dtype": dtype}
