"""What a recipe can say beyond TRL's own settings: the data, and what of the model learns how fast."""

from dataclasses import dataclass, field
from typing import Any

import yaml
from trl import ModelConfig, SFTConfig, TrlParser

from fitness_aqa_dataset import AUGMENTATIONS
from fitness_aqa_dataset.augmentation import ANGLE_RANGE
from fitness_aqa_dataset.clip_reduction import REDUCTIONS

BALANCINGS = ("none", "dynamic_step", "paper_code_dynamic_step", "two_step")
VARIATIONS = ("wording", "augmentation")


def check_count(name: str, value: object) -> None:
    """Raise a ValueError that names the setting unless it is a whole number from 1 up."""
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}: a whole number from 1 up is needed, got {value!r}.")


def as_list(name: str, value: object) -> list[str]:
    """A setting that is a list of words, one word alone included; a ValueError that names it otherwise."""
    value = [value] if isinstance(value, str) else value
    if not isinstance(value, list | tuple) or not all(isinstance(word, str) for word in value):
        raise ValueError(f"{name}: expected a list of words, got {value!r}.")
    return list(value)


def as_dict(name: str, value: object) -> dict:
    """A setting that is a mapping, as YAML or JSON from the command line; a ValueError that names it otherwise."""
    try:
        value = yaml.safe_load(value) if isinstance(value, str) else value
    except yaml.YAMLError:
        pass  # said below
    if not isinstance(value, dict):
        raise ValueError(f"{name}: expected {{key: value, …}}, got {value!r}.")
    return value


@dataclass
class DataArguments:
    """
    What is trained on, and in which words.

    Args:
        dataset_name (`str`): Folder of the raw release, folder that `prepare` made, or data set on the Hub.
        dataset_config (`list[str]`): Configs whose rows are trained on, one after the other.
        merge_validation (`bool`): Train on the validation rows too, as the paper does.
        num_frames (`int`): Frames sampled from each clip.
        style (`str`): Form of the answers, `sentence` (the paper's) or `checklist`.
        decimals (`int`): Digits after the point of a time in the answers.
        balancing (`str`): `none`, `dynamic_step`, `paper_code_dynamic_step`, or `two_step`: two trainings, one after
            the other.
        augmentations (`list[str]`): Which augmentations balancing may use.
        angle_range (`list[float]`): Lowest and highest angle of rotations, degrees, counter-clockwise positive.
        clip_reduction (`str`): What of a clip one row shows: `none` (all of it), `windows` (each a stretch of
            `num_frames` frames, so that every frame is seen) or `phases` (lowering and lifting, one row each).
        overlap (`int`): Frames that a window shares with the one before.
        vary_by_epoch (`list[str]`): What of a row changes from epoch to epoch: `wording`, `augmentation`.
        answer_weights (`dict[str, float]` or `str`, *optional*): Weights of answers in the loss by class: errors
            joined with `+`, or `none`; a class that is not named has 1. `balanced`: one over the class's share.
        on_bad_clip (`str`): `error`: stop before the first step. `skip`: train without it and say so.
        eval_num_clips (`int`): Validation clips that are answered and scored at every evaluation.
    """

    dataset_name: str = field(
        metadata={"help": "Folder of the raw release, folder that `prepare` made, or data set on the Hub."}
    )
    dataset_config: list[str] = field(
        default_factory=lambda: ["video"],
        metadata={"help": "Configs to train on: video, or shallow_squat, lumbar, torso_angle (images)."},
    )
    merge_validation: bool = field(
        default=True, metadata={"help": "Train on the validation rows too, as the paper does."}
    )
    num_frames: int = field(default=32, metadata={"help": "Frames sampled from each clip."})
    style: str = field(default="sentence", metadata={"help": "Form of the answers: sentence or checklist."})
    decimals: int = field(default=2, metadata={"help": "Digits after the point of a time in the answers."})
    balancing: str = field(
        default="dynamic_step",
        metadata={"help": f"How groups of errors are balanced: {', '.join(BALANCINGS)}.", "choices": BALANCINGS},
    )
    augmentations: list[str] = field(
        default_factory=lambda: list(AUGMENTATIONS), metadata={"help": "Which augmentations balancing may use."}
    )
    angle_range: list[float] = field(
        default_factory=lambda: list(ANGLE_RANGE),
        metadata={"help": "Lowest and highest angle of rotations in degrees, counter-clockwise positive."},
    )
    clip_reduction: str = field(
        default="none",
        metadata={
            "help": "What of a clip one row shows: none (all of it), windows (each num_frames long) or phases.",
            "choices": REDUCTIONS,
        },
    )
    overlap: int = field(default=0, metadata={"help": "Frames that a window shares with the one before."})
    vary_by_epoch: list[str] = field(
        default_factory=list,
        metadata={"help": "What of a row changes from epoch to epoch: wording, augmentation, or both."},
    )
    answer_weights: dict[str, float] | str | None = field(
        default=None,
        metadata={"help": "Weights in the loss by class of answer, {none: 0.5, knees_inward: 3}, or `balanced`."},
    )
    on_bad_clip: str = field(
        default="error",
        metadata={"help": "What to do about clips that cannot be read: error or skip.", "choices": ["error", "skip"]},
    )
    eval_num_clips: int = field(
        default=32, metadata={"help": "Validation clips that are answered and scored at every evaluation."}
    )

    def __post_init__(self):
        for name in ("dataset_config", "augmentations", "vary_by_epoch"):
            setattr(self, name, as_list(name, getattr(self, name)))
        for name in ("num_frames", "eval_num_clips"):
            check_count(name, getattr(self, name))
        if self.clip_reduction not in REDUCTIONS:
            raise ValueError(f"clip_reduction: expected {', '.join(REDUCTIONS)}, got {self.clip_reduction!r}.")
        if self.overlap and self.clip_reduction != "windows":
            raise ValueError(
                f"overlap: only windows overlap, and clip_reduction is {self.clip_reduction}. Leave it out."
            )
        if self.clip_reduction != "none" and self.dataset_config != ["video"]:
            raise ValueError(f"clip_reduction: {self.clip_reduction} is for clips. Leave it out for images.")
        if unknown := set(self.vary_by_epoch) - set(VARIATIONS):
            raise ValueError(f"vary_by_epoch: expected {' and '.join(VARIATIONS)}, got {', '.join(sorted(unknown))}.")
        if isinstance(self.answer_weights, str) and self.answer_weights != "balanced":  # from the command line
            self.answer_weights = as_dict("answer_weights", self.answer_weights)


@dataclass
class TrainingArguments(SFTConfig):
    """
    TRL's settings, and these.

    Args:
        tower_learning_rate (`float`, *optional*): Of the vision tower. Defaults to `learning_rate`, as the next two.
        projector_learning_rate (`float`, *optional*): Of the projector.
        newline_learning_rate (`float`, *optional*): Of the newline embedding and the faster token.
        freeze (`list[str]`): What does not learn: `tower`, `projector`, `language_model`, `newline`, or parts of
            parameters' names.
        model_settings (`dict`): Fields of the model's configuration to change, such as `add_faster_video`.
        max_length (`int`, *optional*): Most tokens of a conversation, its video included; a longer one is an error.
        overwrite_output_dir (`bool`): Start anew and remove what an earlier run left.
        train (`bool`): `False` writes the model as it is: the paper's row without training.
        activation_checkpointing (`bool`): Compute activations again on the way back; TRL's default under the new name.
    """

    tower_learning_rate: float | None = field(
        default=None, metadata={"help": "Learning rate of the vision tower. Defaults to learning_rate."}
    )
    projector_learning_rate: float | None = field(
        default=None, metadata={"help": "Learning rate of the projector. Defaults to learning_rate."}
    )
    newline_learning_rate: float | None = field(
        default=None, metadata={"help": "Learning rate of the newline embedding. Defaults to learning_rate."}
    )
    freeze: list[str] = field(
        default_factory=list,
        metadata={"help": "What does not learn: tower, projector, language_model, newline, or parts of names."},
    )
    model_settings: dict[str, Any] | str | None = field(
        default=None, metadata={"help": "Fields of the model's configuration to change, {add_faster_video: true}."}
    )
    max_length: int | None = field(
        default=32768,
        metadata={"help": "Most tokens of a conversation, video included. A longer one is an error, never cut."},
    )
    overwrite_output_dir: bool = field(
        default=False, metadata={"help": "Start anew and remove what an earlier run left in output_dir."}
    )
    train: bool = field(default=True, metadata={"help": "false: write the model as it is, without training it."})

    activation_checkpointing: bool = field(
        default=True, metadata={"help": "Compute activations again on the way back instead of keeping them."}
    )
    gradient_checkpointing: bool | None = field(
        default=None, metadata={"help": "Old name of activation_checkpointing."}
    )

    def __post_init__(self):
        self.freeze = as_list("freeze", self.freeze)
        if self.model_settings is not None:
            self.model_settings = as_dict("model_settings", self.model_settings)
        for name in ("per_device_train_batch_size", "gradient_accumulation_steps"):
            check_count(name, getattr(self, name))
        if self.resume_from_checkpoint is not None:
            raise ValueError("resume_from_checkpoint: a run goes on by itself from the last checkpoint in output_dir.")
        for name, only in (("loss_type", "nll"), ("train_sampling_strategy", "random")):
            if getattr(self, name) != only:
                raise ValueError(f"{name}: only {only} is possible here, got {getattr(self, name)!r}. Leave it out.")
        super().__post_init__()


def make_parser() -> TrlParser:
    """The parser of `trainer.sft` and `trainer.plan`: a recipe by `--config`, and every setting as `--name value`."""
    return TrlParser((DataArguments, TrainingArguments, ModelConfig))
