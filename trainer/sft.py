"""
Fine-tune a video-language model on Fitness-AQA conversations with TRL's SFTTrainer.

    accelerate launch -m trainer.sft --config trainer/recipes/demo.yaml --dataset_name RELEASE --output_dir OUT

The same command again goes on from the last checkpoint in OUT. The final model lies in OUT itself.
"""

import sys
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

import yaml
from datasets import Dataset, Video
from transformers import set_seed
from trl import ModelConfig, SFTConfig, SFTTrainer, TrlParser

from fitness_aqa_dataset import AUGMENTATIONS, add_messages, dynamic_step, load_fitness_aqa
from fitness_aqa_dataset.augmentation import ANGLE_RANGE
from trainer.collator import ConversationCollator
from trainer.loading import load_checkpoint


@dataclass
class DataArguments:
    """
    What is trained on, and which part of the model learns.

    Args:
        dataset_name (`str`): Folder of the raw release.
        num_frames (`int`): Frames sampled from each clip.
        style (`str`): Form of the answers, `sentence` (the paper's) or `checklist`.
        decimals (`int`): Digits after the point of a time in the answers.
        balancing (`str`): `none` or `dynamic_step`.
        augmentations (`list[str]`): Which augmentations balancing may use.
        angle_range (`list[float]`): Lowest and highest angle of rotations, degrees, counter-clockwise positive.
        freeze (`list[str]`): Parameters whose names contain one of these do not learn.
    """

    dataset_name: str = field(metadata={"help": "Folder of the raw release."})
    num_frames: int = field(default=32, metadata={"help": "Frames sampled from each clip."})
    style: str = field(default="sentence", metadata={"help": "Form of the answers: sentence or checklist."})
    decimals: int = field(default=2, metadata={"help": "Digits after the point of a time in the answers."})
    balancing: str = field(
        default="dynamic_step", metadata={"help": "none or dynamic_step.", "choices": ["none", "dynamic_step"]}
    )
    augmentations: list[str] = field(
        default_factory=lambda: list(AUGMENTATIONS), metadata={"help": "Which augmentations balancing may use."}
    )
    angle_range: list[float] = field(
        default_factory=lambda: list(ANGLE_RANGE),
        metadata={"help": "Lowest and highest angle of rotations in degrees, counter-clockwise positive."},
    )
    freeze: list[str] = field(
        default_factory=list, metadata={"help": "Parameters whose names contain one of these do not learn."}
    )


def prepare_rows(data_args: DataArguments, seed: int) -> Dataset:
    """
    The training rows: the paper's training set (validation merged in), balanced, with messages, undecoded.

    Args:
        data_args (`DataArguments`): Where the release is and what becomes of it.
        seed (`int`): Decides augmentations and wordings.

    Returns:
        `Dataset`: Rows with `id`, `video` (undecoded), `augmentation` and `messages`.

    Raises:
        ValueError, FileNotFoundError: If the release is not one, see [`load_fitness_aqa`].
    """
    rows = load_fitness_aqa(data_args.dataset_name, split="train", merge_validation=True)
    rows = rows.cast_column("video", Video(decode=False))
    if data_args.balancing == "dynamic_step":
        rows = dynamic_step(
            rows, seed=seed, augmentations=tuple(data_args.augmentations), angle_range=tuple(data_args.angle_range)
        )
    rows = add_messages(rows, style=data_args.style, decimals=data_args.decimals, seed=seed)
    return rows.select_columns(["id", "video", "augmentation", "messages"])


def build_trainer(data_args: DataArguments, training_args: SFTConfig, model_args: ModelConfig) -> SFTTrainer:
    """
    Model, processor and rows in one SFTTrainer, ready to train.

    Args:
        data_args (`DataArguments`): Data and freezing.
        training_args (`SFTConfig`): TRL's settings; three of them are set here because video rows need them.
        model_args (`ModelConfig`): Which checkpoint, in which precision.

    Returns:
        `SFTTrainer`: With the frozen parameters frozen.
    """
    training_args.remove_unused_columns = False
    training_args.dataset_kwargs = {"skip_prepare_dataset": True}
    training_args.max_length = None
    rows = prepare_rows(data_args, training_args.seed)
    model, processor = load_checkpoint(
        model_args.model_name_or_path, dtype=model_args.dtype, attn_implementation=model_args.attn_implementation
    )
    for name, parameter in model.named_parameters():
        if any(part in name for part in data_args.freeze):
            parameter.requires_grad_(False)
    return SFTTrainer(
        model=model,
        args=training_args,
        train_dataset=rows,
        processing_class=processor,
        data_collator=ConversationCollator(processor, data_args.num_frames),
    )


def main(data_args: DataArguments, training_args: SFTConfig, model_args: ModelConfig) -> None:
    """Train, or go on training; leave model, processor, trainer state and configuration in `output_dir`."""
    set_seed(training_args.seed)
    trainer = build_trainer(data_args, training_args, model_args)
    output_dir = Path(training_args.output_dir)
    result = trainer.train(resume_from_checkpoint=_last_checkpoint(output_dir))
    trainer.save_model()
    trainer.save_metrics("train", result.metrics)
    if trainer.is_world_process_zero():
        configuration = {
            **_changed_settings(training_args),
            **asdict(data_args),
            "model_name_or_path": model_args.model_name_or_path,
            "distributed_type": trainer.accelerator.distributed_type.value,
            "num_processes": trainer.accelerator.num_processes,
            "num_rows": len(trainer.train_dataset),
        }
        (output_dir / "training_config.yaml").write_text(yaml.safe_dump(configuration))
        # A pickle, and the YAML file says the same.
        (output_dir / "training_args.bin").unlink()
    trainer.save_state()


def _last_checkpoint(output_dir: Path) -> str | None:
    """The last whole checkpoint; a run that is killed while it saves leaves one without the state, written last."""
    whole = [state.parent for state in output_dir.glob("checkpoint-*/trainer_state.json")]
    return str(max(whole, key=lambda folder: int(folder.name.removeprefix("checkpoint-")))) if whole else None


def _changed_settings(training_args: SFTConfig) -> dict:
    """Settings that differ from TRL's defaults; `to_dict` has blacked out the tokens."""
    # Not a second SFTConfig to compare with: making one resets Accelerate's state.
    defaults = {setting.name: setting.default for setting in fields(SFTConfig)}
    values = training_args.to_dict()
    return {name: value for name, value in values.items() if value != defaults.get(name) and "token" not in name}


if __name__ == "__main__":
    try:
        main(*TrlParser((DataArguments, SFTConfig, ModelConfig)).parse_args_and_config())
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
