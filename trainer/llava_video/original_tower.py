"""Sizes of the tower of a checkpoint in the original layout, which its config.json does not hold."""

import json
import math
from pathlib import Path

from transformers import SiglipVisionConfig

from .original_config import SO400M_PATCH14_384

FILE_NAME = "vision_config.json"
TOWER = "model.vision_tower.vision_tower.vision_model."


def read_tower(folder: Path, shapes: dict[str, list[int]]) -> dict:
    """
    Sizes of a checkpoint's tower: those in `vision_config.json` beside the weights, the others from their shapes.

    Args:
        folder (`Path`):
            Folder of the checkpoint, in the original layout.
        shapes (`dict[str, list[int]]`):
            Shapes of its weights by their names in that layout.

    Returns:
        `dict`: In the names of `SiglipVisionConfig`, the last layer, which no checkpoint stores, included.

    Raises:
        ValueError: If `vision_config.json` cannot be read, or the tower is not so400m-patch14-384 and the file is not
            there: shapes do not tell the number of attention heads.
    """
    stored = _read_file(folder / FILE_NAME)
    seen = _sizes_of_shapes(shapes)
    if seen is None or stored.keys() >= SO400M_PATCH14_384.keys():
        return SO400M_PATCH14_384 | stored
    # 384 pixels are 27 patches of 14 and 6 pixels that the tower does not see
    if not stored and seen == SO400M_PATCH14_384 | {"num_attention_heads": None, "image_size": 378}:
        return dict(SO400M_PATCH14_384)
    sizes = seen | stored
    if sizes["num_attention_heads"] is None:
        raise ValueError(
            f"{folder}: the tower is not so400m-patch14-384 (hidden size {sizes['hidden_size']}, "
            f"{sizes['num_hidden_layers']} layers), and shapes of weights do not tell its number of attention heads. "
            f'Write it to {FILE_NAME} in that folder, such as {{"num_attention_heads": 16}}.'
        )
    return sizes


def write_tower(folder: Path, config: SiglipVisionConfig) -> None:
    """
    Write `vision_config.json` if the tower is another one than the original code takes.

    Args:
        folder (`Path`):
            Folder of a checkpoint in the original layout.
        config (`SiglipVisionConfig`):
            The tower as it is run, its last layer left out.
    """
    sizes = {name: getattr(config, name) for name in SO400M_PATCH14_384}
    sizes["num_hidden_layers"] += 1
    if sizes != SO400M_PATCH14_384:
        (folder / FILE_NAME).write_text(json.dumps(sizes, indent=2) + "\n")


def _read_file(path: Path) -> dict:
    if not path.is_file():
        return {}
    try:
        sizes = json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: no valid JSON ({error}).") from None
    if not isinstance(sizes, dict) or sizes.keys() - vars(SiglipVisionConfig()).keys():
        raise ValueError(
            f"{path}: expected an object with fields of SiglipVisionConfig ({', '.join(SO400M_PATCH14_384)}), "
            f"got {json.dumps(sizes)[:200]}."
        )
    return sizes


def _sizes_of_shapes(shapes: dict[str, list[int]]) -> dict | None:
    patches = shapes.get(f"{TOWER}embeddings.patch_embedding.weight")
    positions = shapes.get(f"{TOWER}embeddings.position_embedding.weight")
    inner = shapes.get(f"{TOWER}encoder.layers.0.mlp.fc1.weight")
    if patches is None or positions is None or inner is None:  # told as missing when the weights are compared
        return None
    start = f"{TOWER}encoder.layers."
    layers = {int(name.removeprefix(start).split(".")[0]) for name in shapes if name.startswith(start)}
    return {
        "hidden_size": patches[0],
        "intermediate_size": inner[0],
        "num_hidden_layers": max(layers) + 2,  # from 0, and the one that is left out
        "num_attention_heads": None,
        "image_size": math.isqrt(positions[0]) * patches[-1],
        "patch_size": patches[-1],
    }
