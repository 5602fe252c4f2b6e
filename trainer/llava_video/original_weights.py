"""Weight files in the layout of https://github.com/LLaVA-VL/LLaVA-NeXT: their names, places and shapes."""

import json
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

INDEX_NAME = "model.safetensors.index.json"

# Start of a name in the original layout and in ours; other names are the same.
KEY_PREFIXES = (
    ("model.vision_tower.vision_tower.vision_model.", "model.vision_tower."),
    ("model.mm_projector.0.", "model.multi_modal_projector.linear_1."),
    ("model.mm_projector.2.", "model.multi_modal_projector.linear_2."),
    ("model.embed_tokens.", "model.language_model.embed_tokens."),
    ("model.layers.", "model.language_model.layers."),
    ("model.norm.", "model.language_model.norm."),
)


def rename_key(name: str, *, to_original: bool = False) -> str:
    """
    Name of a weight in the other layout.

    Args:
        name (`str`):
            Its name in the original layout, or in ours with `to_original`.
        to_original (`bool`, *optional*, defaults to `False`):
            From ours to the original layout instead.

    Returns:
        `str`: Its name in the other one.
    """
    for original, ours in KEY_PREFIXES:
        old, new = (ours, original) if to_original else (original, ours)
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name


def read_config(folder: Path) -> dict:
    """Content of `config.json` in `folder`; a FileNotFoundError or ValueError that names the file otherwise."""
    path = folder / "config.json"
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such file. Give the folder of a LLaVA-Video checkpoint.")
    try:
        return json.loads(path.read_text())
    except ValueError as error:
        raise ValueError(f"{path}: no valid JSON ({error}). Download it again.") from None


def find_shards(folder: Path) -> list[Path]:
    """
    Weight files of a checkpoint.

    Args:
        folder (`Path`):
            Folder of the checkpoint, in either layout.

    Returns:
        `list[Path]`: Its safetensors files, one or more, sorted.

    Raises:
        FileNotFoundError: If there are no weights, or a shard of the index is missing.
        ValueError: If the weights are pickled.
    """
    index = folder / INDEX_NAME
    if index.is_file():
        shards = sorted(set(_weight_map(index).values()))
        missing = [shard for shard in shards if not (folder / shard).is_file()]
        if missing:
            raise FileNotFoundError(
                f"{index}: {len(missing)} of {len(shards)} shards are missing: {', '.join(missing)}. "
                "Download them again."
            )
        return [folder / shard for shard in shards]
    if (folder / "model.safetensors").is_file():
        return [folder / "model.safetensors"]
    if pickled := sorted(path.name for path in folder.iterdir() if path.suffix in (".bin", ".pt", ".pth")):
        raise ValueError(
            f"{folder}: the weights are pickled ({', '.join(pickled)}), and loading a pickle can run any code. "
            "Convert them on a machine you can lose: load with torch.load(..., weights_only=True), "
            "save with safetensors.torch.save_file as model.safetensors."
        )
    if left := sorted(path.name for path in folder.glob("model-*.safetensors")):
        raise FileNotFoundError(f"{index}: no such file, but shards are there ({', '.join(left)}). Download it again.")
    raise FileNotFoundError(f"{folder}: neither model.safetensors nor {INDEX_NAME} is there.")


def _weight_map(index: Path) -> dict[str, str]:
    try:
        return dict(json.loads(index.read_text())["weight_map"])
    except (ValueError, TypeError, KeyError):
        raise ValueError(f"{index}: expected JSON with a `weight_map` of key and file. Download it again.") from None


def read_shapes(shards: list[Path]) -> dict[str, list[int]]:
    """
    Shape of every weight by name, from the headers of the files.

    Args:
        shards (`list[Path]`):
            Safetensors files of one folder.

    Returns:
        `dict[str, list[int]]`: By name.

    Raises:
        ValueError: If a file cannot be read, a weight is in two of them, or the index lists others than they hold.
    """
    shapes = {}
    for shard in shards:
        try:
            with safe_open(shard, framework="pt") as weights:
                its_shapes = {name: weights.get_slice(name).get_shape() for name in weights.keys()}
        except SafetensorError as error:
            raise ValueError(f"{shard}: no valid safetensors file ({error}). Download it again.") from None
        if twice := shapes.keys() & its_shapes.keys():
            raise ValueError(f"{shard}: keys that another shard holds too: {list_names(twice)}. Download it again.")
        shapes |= its_shapes
    index = shards[0].parent / INDEX_NAME
    if index.is_file() and (different := _weight_map(index).keys() ^ shapes.keys()):
        raise ValueError(f"{index}: keys that it or the shards lack: {list_names(different)}. Download it again.")
    return shapes


def stored_dtype(folder: Path) -> torch.dtype:
    """Type of the first weight of a checkpoint, in either layout."""
    with safe_open(find_shards(folder)[0], framework="pt") as stored:
        return stored.get_tensor(next(iter(stored.keys()))).dtype


def list_names(names: set[str], most: int = 40) -> str:
    """Names in one line; past `most` of them only their number, as with sizes of a wrong tower nothing fits."""
    first = sorted(names)[:most]
    return ", ".join(first) + (f" and {len(names) - most} more" if len(names) > most else "")


def check_shapes(
    folder: Path, shapes: dict[str, list[int]], model: nn.Module, may_be_missing: set[str] = frozenset()
) -> None:
    """
    Refuse weights that are not exactly those of the model.

    Args:
        folder (`Path`):
            Folder of the checkpoint, for the message.
        shapes (`dict[str, list[int]]`):
            Shapes of its weights by their names in the original layout.
        model (`torch.nn.Module`):
            The model, on any device. A tied head may be there or not.
        may_be_missing (`set[str]`, *optional*):
            Names of weights that are initialised if the checkpoint lacks them.

    Raises:
        ValueError: If weights are missing, left over or of another shape; the message lists all of them.
    """
    expected = {rename_key(name, to_original=True): list(w.shape) for name, w in model.state_dict().items()}
    tied = {"lm_head.weight"} if model.config.tie_word_embeddings else set()
    problems = {
        "missing": expected.keys() - shapes.keys() - tied - may_be_missing,
        "left over": shapes.keys() - expected.keys(),
        "of another shape": {
            f"{name} ({shapes[name]}, expected {expected[name]})"
            for name in expected.keys() & shapes.keys()
            if shapes[name] != expected[name]
        },
    }
    if any(problems.values()):
        listed = "; ".join(f"{what}: {list_names(names)}" for what, names in problems.items() if names)
        raise ValueError(
            f"{folder}: the weights do not fit the configuration. Keys {listed}. "
            "Give the sizes of the checkpoint's tower as vision_config, or download it again."
        )
