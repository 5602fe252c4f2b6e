"""Reads checkpoints in the layout of https://github.com/LLaVA-VL/LLaVA-NeXT, such as lmms-lab/LLaVA-Video-7B-Qwen2."""

from pathlib import Path

import torch
from safetensors import safe_open
from torch import nn
from tqdm import tqdm
from transformers import GenerationConfig
from transformers.initialization import no_init_weights
from transformers.utils import is_accelerate_available

from .modeling_llava_video import LlavaVideoForConditionalGeneration
from .original_config import config_from_original
from .original_weights import check_shapes, find_shards, read_config, read_shapes, rename_key

if is_accelerate_available():  # this file may stand beside published weights, where transformers alone is enough
    from accelerate import dispatch_model, infer_auto_device_map
    from accelerate.utils import get_balanced_memory

HEAD = "lm_head.weight"
SPREAD_DEVICE_MAPS = ("auto", "balanced", "balanced_low_0", "sequential")


def spread_model(model: nn.Module, device_map: str | dict) -> nn.Module:
    """
    Distribute a loaded model over devices.

    Args:
        model (`torch.nn.Module`):
            On the CPU.
        device_map (`str` or `dict`):
            `auto`, `balanced`, `balanced_low_0`, `sequential`, or devices by the starts of module names.

    Returns:
        `torch.nn.Module`: The same model, with what moves its inputs from device to device.
    """
    if isinstance(device_map, str):
        whole = {"no_split_module_classes": sorted(model._no_split_modules)}
        low = {"low_zero": device_map == "balanced_low_0"}
        memory = None if device_map == "sequential" else get_balanced_memory(model, **whole, **low)
        device_map = infer_auto_device_map(model, max_memory=memory, **whole)
    return dispatch_model(model, device_map)


def from_original(
    folder: str | Path,
    *,
    vision_config: dict | None = None,
    video_token_id: int = 151647,
    dtype: torch.dtype | str | None = None,
    device_map: str | int | torch.device | dict | None = None,
) -> LlavaVideoForConditionalGeneration:
    """
    Load a checkpoint in the original layout, one shard after the other: no more memory than the weights and a shard.

    Args:
        folder (`str` or `Path`):
            Folder with `config.json` and safetensors, one file or shards with their index.
        vision_config (`dict`, *optional*):
            Sizes of the tower before its last layer is dropped, in the names of `SiglipVisionConfig`. Defaults to
            those of so400m-patch14-384.
        video_token_id (`int`, *optional*, defaults to 151647):
            Id of the token that stands where video embeddings go.
        dtype (`torch.dtype` or `str`, *optional*):
            Type of the weights. Defaults to the one that `config.json` names, or else that of the weights.
        device_map (`str`, `int`, `torch.device` or `dict`, *optional*):
            Where the weights go, as in `from_pretrained`. Defaults to the CPU.

    Returns:
        [`LlavaVideoForConditionalGeneration`]: In evaluation mode. `save_pretrained` writes this project's layout.

    Raises:
        FileNotFoundError: If `config.json`, the weights or one of their shards are missing.
        ValueError: If the checkpoint is of another architecture, pickled, or its names and shapes are not exactly
            those of the model; the message lists them.
    """
    folder = Path(folder)
    original = read_config(folder)
    config = config_from_original(original, vision_config=vision_config, video_token_id=video_token_id)
    shards = find_shards(folder)
    shapes = read_shapes(shards)
    spread = isinstance(device_map, dict) or device_map in SPREAD_DEVICE_MAPS
    # Memory that nothing has been written to yet is not taken: the weights come into it shard by shard.
    with no_init_weights(), torch.device("cpu" if spread or device_map is None else device_map):
        model = LlavaVideoForConditionalGeneration._from_config(config, dtype=_dtype(dtype, config.dtype, shards))
    model.tie_weights()
    check_shapes(folder, shapes, model)
    weights = model.state_dict()
    tied_head = None
    with tqdm(total=len(shapes), desc="loading weights", disable=None) as progress:
        for shard in shards:
            with safe_open(shard, framework="pt") as stored:
                for name in stored.keys():
                    if name == HEAD and config.tie_word_embeddings:  # the embeddings' own memory
                        tied_head = stored.get_tensor(name)
                    else:
                        weights[rename_key(name)].copy_(stored.get_tensor(name))
                    progress.update()
    if tied_head is not None and not torch.equal(weights[HEAD].cpu(), tied_head.to(weights[HEAD].dtype)):
        raise ValueError(
            f"{folder}: {HEAD} differs from the embeddings, but config.json ties the two. "
            "Set `tie_word_embeddings` to false there, or remove the key."
        )
    if (folder / "generation_config.json").is_file():
        model.generation_config = GenerationConfig.from_pretrained(folder)
        model.suppress_video_token()
    model.eval()
    return spread_model(model, device_map) if spread else model


def _dtype(asked: torch.dtype | str | None, configured: torch.dtype | None, shards: list[Path]) -> torch.dtype:
    if asked not in (None, "auto"):
        return getattr(torch, asked) if isinstance(asked, str) else asked
    if configured is not None:
        return configured
    with safe_open(shards[0], framework="pt") as stored:
        return stored.get_tensor(next(iter(stored.keys()))).dtype
