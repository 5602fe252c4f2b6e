"""The files that a training leaves beside its weights."""

import json
import math
from pathlib import Path

import yaml
from safetensors import SafetensorError, safe_open

# The state comes last.
TRAINER_STATE = "trainer_state.json"
TRAINED = ("processor_config.json", "recipe.yaml", "environment.json", "train_results.json", TRAINER_STATE)
CONFIG, ADAPTER_CONFIG = "config.json", "adapter_config.json"
SFT = "accelerate launch -m trainer.sft"
# Of batch normalisation: stored beside the weights, and no parameters.
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def read_config(model_dir: Path) -> dict:
    """
    Read what kind of model a checkpoint is.

    Args:
        model_dir (`Path`):
            Folder of the checkpoint.

    Returns:
        `dict`: `adapter_config.json` of an adapter, else `config.json`.

    Raises:
        FileNotFoundError: If there is neither.
        ValueError: If it is damaged.
    """
    for name in (ADAPTER_CONFIG, CONFIG):
        if (model_dir / name).is_file():
            return read_mapping(model_dir / name)
    raise FileNotFoundError(
        f"{model_dir}: neither {CONFIG} nor {ADAPTER_CONFIG}, so no checkpoint. Give the --output_dir of "
        "`accelerate launch -m trainer.sft`, or the folder of `make demo`."
    )


def check_trained(model_dir: Path, names: tuple[str, ...] = TRAINED, command: str = SFT) -> None:
    """Raise FileNotFoundError unless the training that made a checkpoint has been finished and left these files."""
    for name in names:
        if not (model_dir / name).is_file():
            raise FileNotFoundError(
                f"{model_dir / name}: missing, so the training is not finished. Give the same command of "
                f"`{command}` again: it goes on where it stopped."
            )


def read_trainer_state(path: Path) -> dict:
    """`trainer_state.json` with its `log_history`; raises ValueError if it is damaged."""
    state = read_mapping(path)
    history = state.get("log_history")
    if not isinstance(history, list) or not all(isinstance(entry, dict) for entry in history):
        raise ValueError(f"{path}: `log_history` is no list of entries. Train again, or bring the file back.")
    return state


def read_mapping(path: Path) -> dict:
    """A file of JSON or YAML whose top level is a mapping; raises ValueError if it is none."""
    try:
        content = json.loads(path.read_bytes()) if path.suffix == ".json" else yaml.safe_load(path.read_bytes())
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        kind = "JSON" if path.suffix == ".json" else "YAML"
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: not valid {kind} ({reason}). Bring it back, or run what wrote it again.") from None
    if not isinstance(content, dict):
        raise ValueError(
            f"{path}: expected names with values, got {type(content).__name__}. Bring it back, or run what wrote it "
            "again."
        )
    return content


def count_parameters(model_dir: Path, command: str = SFT) -> int:
    """
    Count the parameters in a checkpoint's safetensors files.

    Args:
        model_dir (`Path`):
            Folder of the checkpoint.
        command (`str`, *optional*, defaults to that of `trainer.sft`):
            That trains again, for the message.

    Returns:
        `int`: Their number.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If one is damaged.
    """
    paths = sorted(model_dir.glob("*.safetensors"))
    if not paths:
        raise FileNotFoundError(
            f"{model_dir}: no *.safetensors file, so no weights. Bring them back, or train again with `{command}`."
        )
    total = 0
    for path in paths:
        try:
            with safe_open(path, framework="np") as file:
                names = [name for name in file.keys() if not name.endswith(STATISTICS)]
                total += sum(math.prod(file.get_slice(name).get_shape()) for name in names)
        except SafetensorError as error:
            raise ValueError(f"{path}: no safetensors file ({error}). Bring it back, or train again.") from None
    return total
