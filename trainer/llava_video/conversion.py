"""Converts checkpoints between the layout of https://github.com/LLaVA-VL/LLaVA-NeXT and ours, bit for bit."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from safetensors import safe_open
from safetensors.torch import save_file
from tqdm import tqdm
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from .configuration_llava_video import LlavaVideoConfig
from .modeling_llava_video import LlavaVideoForConditionalGeneration
from .original_config import check_original, config_from_original, config_to_original
from .original_tower import read_tower, write_tower
from .original_weights import INDEX_NAME, check_shapes, find_shards, read_config, read_shapes, rename_key
from .processing_llava_video import LlavaVideoProcessor

VIDEO_TOKEN = "<video>"
# What the tokenizers of Qwen2 are saved as, old and new.
TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.json",
    "merges.txt",
    "added_tokens.json",
    "special_tokens_map.json",
)


def convert_checkpoint(
    source: str | Path,
    target: str | Path,
    *,
    to_original: bool = False,
    vision_config: dict | None = None,
    video_token_id: int | None = None,
) -> Path:
    """
    Write a checkpoint in the other layout. One shard is in memory at a time; numbers and shards stay as they are.

    Args:
        source (`str` or `Path`):
            Folder of the checkpoint, in the original layout.
        target (`str` or `Path`):
            Folder to make, in ours. It appears when everything is in it.
        to_original (`bool`, *optional*, defaults to `False`):
            From our layout to the original one instead.
        vision_config (`dict`, *optional*):
            As in [`read_original`]. Our layout knows them.
        video_token_id (`int`, *optional*):
            As in [`read_original`].

    Returns:
        `Path`: The folder made. If the source has a tokenizer, it holds our processor, or that tokenizer.

    Raises:
        FileExistsError: If `target` is there already.
        FileNotFoundError: If a file of the checkpoint is missing.
        ValueError: If the checkpoint is of another architecture, pickled, or does not fit its configuration.
    """
    source, target = Path(source), Path(target)
    if target.exists():
        raise FileExistsError(f"{target}: already there. Remove it or give another folder.")
    if to_original:
        config, tokenizer = read_our_config(source, read_config(source)), None
    else:
        config, tokenizer = read_original(source, vision_config=vision_config, video_token_id=video_token_id)
    shards = find_shards(source)
    check_fit(source, config, shards, to_original)
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as work:
        made = Path(work) / target.name
        made.mkdir()
        rename_weights(shards, made, to_original)
        write_settings(source, made, config, to_original)
        if tokenizer is not None:
            LlavaVideoProcessor.from_config(config, tokenizer).save_pretrained(made)
        made.rename(target)
    return target


def read_original(
    folder: Path, *, vision_config: dict | None = None, video_token_id: int | None = None
) -> tuple[LlavaVideoConfig, PreTrainedTokenizerBase | None]:
    """
    Configuration and tokenizer of a checkpoint in the original layout, for the model and processor of ours.

    Args:
        folder (`Path`):
            Folder of the checkpoint.
        vision_config (`dict`, *optional*):
            Sizes of the tower before its last layer is dropped, in the names of `SiglipVisionConfig`. Defaults to
            what [`read_tower`] finds, so400m-patch14-384 for the published checkpoints.
        video_token_id (`int`, *optional*):
            Id of the token that stands where video embeddings go. Defaults to that of `<video>` in the tokenizer,
            where it is added if need be, and without a tokenizer to 151647.

    Returns:
        `tuple[LlavaVideoConfig, PreTrainedTokenizerBase | None]`: The tokenizer is `None` if the folder has none.

    Raises:
        FileNotFoundError, ValueError: As in [`convert_checkpoint`].
    """
    settings, tokenizer = read_config(folder), None
    check_original(settings)
    if vision_config is None:
        vision_config = read_tower(folder, read_shapes(find_shards(folder)))
    if any((folder / name).is_file() for name in TOKENIZER_FILES):
        tokenizer = AutoTokenizer.from_pretrained(folder)
        tokenizer.add_tokens([VIDEO_TOKEN], special_tokens=True)
    if video_token_id is None:
        video_token_id = 151647 if tokenizer is None else tokenizer.convert_tokens_to_ids(VIDEO_TOKEN)
    return config_from_original(settings, vision_config=vision_config, video_token_id=video_token_id), tokenizer


def read_our_config(source: Path, settings: dict) -> LlavaVideoConfig:
    """The configuration of a checkpoint in our layout, content `settings`; a ValueError if it is of another model."""
    if settings.get("model_type") != "llava_video":
        raise ValueError(
            f"{source / 'config.json'}, `model_type`: expected 'llava_video', got {settings.get('model_type')!r}. "
            "Only checkpoints that this project saved can be converted to the original layout."
        )
    return LlavaVideoConfig.from_pretrained(source)


def check_fit(source: Path, config: LlavaVideoConfig, shards: list[Path], to_original: bool) -> None:
    """Raise a ValueError that lists all keys of `shards` that do not fit `config`, under their original names."""
    with torch.device("meta"):
        model = LlavaVideoForConditionalGeneration(config)
    shapes = read_shapes(shards)
    if to_original:
        shapes = {rename_key(name, to_original=True): shape for name, shape in shapes.items()}
    check_shapes(source, shapes, model)


def rename_weights(shards: list[Path], made: Path, to_original: bool) -> None:
    """
    Write every shard with its weights under their other names, and the index if there is one.

    Args:
        shards (`list[Path]`):
            Safetensors files of one folder.
        made (`Path`):
            Folder to write to; names of files stay.
        to_original (`bool`):
            To the names of the original layout, or to ours.
    """
    for shard in tqdm(shards, desc="converting shards"):
        with safe_open(shard, framework="pt") as stored:
            weights = {rename_key(name, to_original=to_original): stored.get_tensor(name) for name in stored.keys()}
            save_file(weights, made / shard.name, metadata=stored.metadata())
            del weights  # before the next shard is read
    index_path = shards[0].parent / INDEX_NAME
    if index_path.is_file():
        index = json.loads(index_path.read_text())
        renamed = {rename_key(name, to_original=to_original): shard for name, shard in index["weight_map"].items()}
        (made / INDEX_NAME).write_text(json.dumps(index | {"weight_map": renamed}, indent=2) + "\n")


def write_settings(source: Path, made: Path, config: LlavaVideoConfig, to_original: bool) -> None:
    """Write `config.json` of the layout asked for, and what both layouts share."""
    kept = ["generation_config.json"]
    if to_original:
        kept += TOKENIZER_FILES
        (made / "config.json").write_text(json.dumps(config_to_original(config), indent=2) + "\n")
        write_tower(made, config.vision_config)
    else:
        config.architectures = ["LlavaVideoForConditionalGeneration"]
        config.save_pretrained(made)
    for name in kept:
        if (source / name).is_file():
            shutil.copyfile(source / name, made / name)
