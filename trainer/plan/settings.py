"""The command line: what the plan is asked, and every setting of `trainer.sft`."""

import argparse
import warnings
from dataclasses import dataclass
from pathlib import Path

import yaml
from transformers import logging
from trl import ModelConfig

from trainer.arguments import DataArguments, TrainingArguments, make_parser

from .communication import Links
from .memory import Cluster


@dataclass(frozen=True)
class Question:
    """
    What a plan is made for.

    Args:
        cluster ([`Cluster`]): The GPUs.
        links ([`Links`]): Assumed bandwidths.
        peak_tflops (`float`): Of one GPU in bfloat16, 1e12 FLOP/s.
        mfu (`float`): Share of it that is reached.
        num_rows (`int`, *optional*): Of an epoch. Defaults to those of the release after the recipe's balancing.
        output_dir (`Path`, *optional*): Where plan.json and the pictures go.
        scaling (`bool`): Simulate 1 to 1,024 GPUs too.
        tokens_per_frame (`int`, *optional*): Of a model that is no LLaVA-Video.
    """

    cluster: Cluster
    links: Links
    peak_tflops: float
    mfu: float
    num_rows: int | None
    output_dir: Path | None
    scaling: bool
    tokens_per_frame: int | None


def make_question_parser() -> argparse.ArgumentParser:
    """The plan's own options."""
    parser = argparse.ArgumentParser(
        prog="python -m trainer.plan",
        description="Tell what a training needs before it is launched, from its recipe alone: no weights, no GPU.",
        epilog="Every setting of trainer.sft can be given too, as --name value.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--config", help="recipe of trainer.sft")
    add("--num_processes", type=int, default=4, help="GPUs of all machines together (default 4)")
    add("--num_machines", type=int, default=1, help="machines (default 1)")
    add("--gpu_memory_gb", type=float, default=64.0, help="memory of one GPU, 1e9 bytes (default 64)")
    add("--context_gb", type=float, default=2.0, help="of it: CUDA context, NCCL, fragmentation (default 2)")
    add("--peak_tflops", type=float, default=312.0, help="bf16 peak of one GPU (default 312, an A100)")
    add("--mfu", type=float, default=0.4, help="share of the peak that is reached (default 0.4)")
    add("--bandwidth_gb_s", type=float, default=200.0, help="into a GPU from its machine's others (default 200)")
    add("--inter_node_gb_s", type=float, default=40.0, help="into a machine from the others (default 40)")
    add("--host_gb_s", type=float, default=20.0, help="between a GPU and its host (default 20)")
    add("--latency_us", type=float, default=5.0, help="of one hop of a collective (default 5)")
    add("--num_rows", type=int, help="rows of an epoch (default: the release's after the recipe's balancing)")
    add("--tokens_per_frame", type=int, help="of a model that is no LLaVA-Video")
    add("--output_dir", "--output", type=Path, help="folder for plan.json, memory.png and scaling.png")
    add("--scaling", action="store_true", help="simulate 1 to 1,024 GPUs too")
    return parser


def read_settings(argv: list[str]) -> tuple[Question, DataArguments, TrainingArguments, ModelConfig]:
    """
    Read the command line and the recipe.

    Args:
        argv (`list[str]`): The arguments.

    Returns:
        `tuple`: [`Question`], `DataArguments`, `TrainingArguments`, `ModelConfig`.

    Raises:
        ValueError: If the recipe cannot be read, or a value is out of its range.
    """
    options, rest = make_question_parser().parse_known_args(argv)
    cluster = Cluster(options.num_processes, options.num_machines, options.gpu_memory_gb, options.context_gb)
    links = Links(options.bandwidth_gb_s, options.inter_node_gb_s, options.host_gb_s, options.latency_us)
    for name in ("peak_tflops", "mfu", "bandwidth_gb_s", "inter_node_gb_s", "host_gb_s"):
        if getattr(options, name) <= 0:
            raise ValueError(f"{name}: more than 0 is needed, got {getattr(options, name)}.")
    if options.mfu > 1:
        raise ValueError(f"mfu: a share of the peak, from 0 to 1, got {options.mfu}.")
    for name in ("num_rows", "tokens_per_frame"):
        if getattr(options, name) is not None and getattr(options, name) < 1:
            raise ValueError(f"{name}: at least 1 is needed, got {getattr(options, name)}.")
    # No rows are read, and a recipe for GPUs is refused on a machine without one unless it is told to use the CPU.
    first = ["--dataset_name", "none", "--output_dir", "none", "--use_cpu", "true", "--tf32", "false"]
    if options.config is not None:
        _check_recipe(Path(options.config))
        first += ["--config", options.config]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        data_args, training_args, model_args = _parse(first + rest)
    if model_args.model_name_or_path is None:
        raise ValueError("model_name_or_path: the recipe names no model. Give one with --model_name_or_path.")
    if "video" not in data_args.dataset_config:
        data_args.num_frames = 1  # an image is a video of one frame
    training_args.bf16 = True  # every file for GPUs says so, whatever the recipe says
    names = ("peak_tflops", "mfu", "num_rows", "output_dir", "scaling", "tokens_per_frame")
    question = Question(cluster, links, **{name: getattr(options, name) for name in names})
    return question, data_args, training_args, model_args


def _check_recipe(path: Path) -> None:
    if not path.is_file():
        raise ValueError(f"{path}: no such recipe. Those of this project are in trainer/recipes/.")
    try:
        if not isinstance(yaml.safe_load(path.read_text()), dict):
            raise ValueError(f"{path}: no recipe, expected lines of `setting: value`.")
    except yaml.YAMLError as error:
        raise ValueError(f"{path}: no YAML ({str(error).splitlines()[0]}).") from None


def _parse(argv: list[str]) -> tuple[DataArguments, TrainingArguments, ModelConfig]:
    """TRL's parser; what it says of a wrong setting goes into the error and not, with its usage, to the terminal."""
    logging.set_verbosity_error()
    parser = make_parser()

    def refuse(message):
        raise ValueError(f"{message}. `python -m trainer.sft --help` lists the settings.")

    parser.error = refuse
    return parser.parse_args_and_config(argv)
