"""What a run was made with and from, written beside its weights; and whether a run may go on with these settings."""

import json
import platform
import subprocess
from dataclasses import asdict, fields
from importlib.metadata import version
from pathlib import Path

import torch
import transformers
import yaml
from trl import ModelConfig

from trainer.checkpoints import last_checkpoint

RECIPE, CONFIGURATION = "recipe.yaml", "training_config.yaml"
ROWS = "rows.json"
PACKAGES = "torch torchvision torchcodec datasets transformers trl peft accelerate evaluate safetensors fitness-aqa"
# What may change when a run goes on: how it is watched, saved and fed, not what comes out. The rows of a step are
# compared as a product, so that a batch that did not fit may be halved and accumulated twice as often.
MAY_CHANGE = set(
    "output_dir overwrite_output_dir dataset_name on_bad_clip run_name project report_to disable_tqdm push_to_hub "
    "save_steps save_strategy save_total_limit eval_steps eval_strategy eval_num_clips eval_on_start eval_delay "
    "per_device_eval_batch_size per_device_train_batch_size gradient_accumulation_steps dataloader_num_workers "
    "dataloader_prefetch_factor dataloader_persistent_workers dataloader_multiprocessing_context ddp_timeout "
    "local_rank".split()
)
MAY_CHANGE_STARTS = ("logging_", "log_", "hub_", "trackio_")
# Made from other settings while the arguments are parsed.
DERIVED = {"gradient_checkpointing", "accelerator_config", "pad_to_multiple_of", "do_eval", "disable_tqdm"}
DERIVED |= {"dataloader_pin_memory", "gradient_checkpointing_kwargs"}


def settings_of(
    data_args, training_args: transformers.TrainingArguments, model_args: ModelConfig | None = None
) -> dict:
    """
    The settings that differ from the defaults, and all of the data's: with them `--config` starts the same run again.

    Args:
        data_args (`DataArguments` or `BaselineArguments`), training_args (`TrainingArguments`), model_args
        (`ModelConfig`, *optional*):
            As they were parsed, before a trainer has changed them.

    Returns:
        `dict`: Plain values, no token among them.
    """
    # Not a second TrainingArguments to compare with: making one resets Accelerate's state.
    defaults = {setting.name: setting.default for setting in fields(training_args)}
    values = training_args.to_dict()  # has blacked out the tokens
    changed = {
        name: value
        for name, value in values.items()
        if name in defaults and value != defaults[name] and "token" not in name and name not in DERIVED
    }
    of_model = {
        setting.name: getattr(model_args, setting.name)
        for setting in (fields(model_args) if model_args else ())
        if getattr(model_args, setting.name) != setting.default
    }
    return changed | of_model | asdict(data_args)


def check_same_run(settings: dict, output_dir: Path) -> None:
    """
    Refuse to go on with a run under other settings.

    Args:
        settings (`dict`):
            From [`settings_of`].
        output_dir (`Path`):
            Folder of the run; nothing is checked where none has begun.

    Raises:
        ValueError: If a setting differs that changes what comes out; the message names all of them.
    """
    path = output_dir / RECIPE
    if not path.is_file():
        if last_checkpoint(output_dir):
            raise ValueError(f"{output_dir}: holds checkpoints of another program. Give another folder.")
        return
    before = yaml.safe_load(path.read_text()) or {}
    now = yaml.safe_load(yaml.safe_dump(settings))
    different = [
        f"{name} {before.get(name)!r} → {now.get(name)!r}"
        for name in sorted(before.keys() | now.keys())
        if before.get(name) != now.get(name) and name not in MAY_CHANGE and not name.startswith(MAY_CHANGE_STARTS)
    ]
    if different:
        raise ValueError(
            f"{output_dir}: holds a run with other settings: {', '.join(different)}. Give the same again to go on "
            "with it, another --output_dir, or --overwrite_output_dir to start anew."
        )


def check_same_rows(rows: dict, output_dir: Path) -> None:
    """
    Refuse to go on with a run on other rows than those it began with, or with more or fewer of them in a step.

    Args:
        rows (`dict`):
            `dataset_fingerprint`, from [`~trainer.rows.fingerprint_rows`], and `rows_a_step`, of all processes.
        output_dir (`Path`):
            Folder of the run; nothing is checked where none has begun.

    Raises:
        ValueError: If they differ.
    """
    path = output_dir / ROWS
    if not path.is_file():
        return
    before = json.loads(path.read_text())
    if before["dataset_fingerprint"] != rows["dataset_fingerprint"]:
        raise ValueError(
            f"{output_dir}: holds a run on other rows (fingerprint {before['dataset_fingerprint']}, now "
            f"{rows['dataset_fingerprint']}): the data set has changed since. Bring it back to go on, or give "
            "--overwrite_output_dir to start anew."
        )
    if before["rows_a_step"] != rows["rows_a_step"]:
        raise ValueError(
            f"{output_dir}: holds a run with {before['rows_a_step']} rows a step, now there are "
            f"{rows['rows_a_step']}, and rows would be learnt twice or never. Change gradient_accumulation_steps so "
            "that processes x batch x accumulation is what it was."
        )


def check_folders(output_dir: Path, overwrite: bool, *sources: str | None) -> None:
    """
    Refuse to write a run into a folder that it reads.

    Args:
        output_dir (`Path`):
            Where the run writes.
        overwrite (`bool`):
            Whether what an earlier run left there is to be removed.
        sources (`str`, *optional*):
            Folders or names on the Hub of model and data.

    Raises:
        ValueError: If the output folder is one of them, or cannot be a folder.
    """
    target = output_dir.resolve()
    for source in filter(None, sources):
        folder = Path(source).expanduser().resolve()
        if folder.exists() and (target == folder or (overwrite and target in folder.parents)):
            raise ValueError(f"output_dir: {output_dir} is what the run reads from. Give another folder.")
    for folder in (target, *target.parents):
        if folder.exists() and not folder.is_dir():
            raise ValueError(f"output_dir: {output_dir} cannot be a folder, for {folder} is a file. Give another one.")


def environment(training_args: transformers.TrainingArguments, distributed_type: str, sharding: str) -> dict:
    """
    Versions, commit and hardware of this run.

    Args:
        training_args (`transformers.TrainingArguments`): For the number of processes.
        distributed_type (`str`): What Accelerate says it is.
        sharding (`str`): What was found in the model.

    Returns:
        `dict`: Plain values.
    """
    on_gpu = training_args.device.type == "cuda"
    return {
        "packages": {name: _version(name) for name in PACKAGES.split()},
        "python": platform.python_version(),
        "platform": platform.platform(),
        "git_commit": git_commit(),
        "device": torch.cuda.get_device_name() if on_gpu else f"{training_args.device.type}, {platform.machine()}",
        "num_processes": training_args.world_size,
        "distributed_type": distributed_type,
        "sharding": sharding,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except ImportError:
        return None


def git_commit() -> str | None:
    """Commit of this code, with `+changes` where files differ from it; `None` outside a checkout."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
        status = [*git, "status", "--porcelain", "--untracked-files=no"]
        changes = subprocess.run(status, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
    return commit + ("+changes" if changes else "")


def write_whole(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_text(text)
    partial.replace(path)
