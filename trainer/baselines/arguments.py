"""What a recipe of a baseline can say."""

import os
from dataclasses import dataclass, field

import torch
import transformers
from trl import TrlParser

from fitness_aqa_dataset.taxonomy import IMAGE_TASKS
from trainer.arguments import DataArguments, check_count

SYSTEMS = ("md", "cvcspc", "gymetricpose", "probe")
MODELS = ("all", "exercise", "error")
FORMS = ("paper", "released_code")
AUGMENTATIONS = ("strong", "masked", "mild")
BAD_CLIPS = ("error", "skip")
# Systems with a stage of self-supervision before.
SELF_SUPERVISED = ("md", "cvcspc")


@dataclass
class BaselineArguments:
    """
    What is trained on what.

    Args:
        system (`str`): One of `SYSTEMS`.
        dataset_name (`str`): Folder of the raw release, folder that `prepare` made, or data set on the Hub.
        dataset_config (`str`): `video`, or for `cvcspc` an image task.
        models (`str`): `all`: one model for both exercises, which has to tell them apart. `exercise`: one for each,
            told which it is, as in the papers compared with. `error`: one for each error.
        merge_validation (`bool`): Train on the validation clips too; thresholds then stay at 0.5.
        num_frames (`int`): Frames, or poses, of a clip.
        window_frames (`int`): Of them in a sliding window.
        intervals (`bool`): `False`: name errors without saying when.
        image_size (`int`): Height and width that frames are resized to, pixels.
        width (`int`): Channels of the first stage; 64 is the published network.
        weights (`str`): Name of torchvision's weights of this network (`KINETICS400_V1`, `IMAGENET1K_V1`), or `none`.
        self_supervised (`bool`): Whether a stage of self-supervision on unlabelled clips comes before.
        triplet_loss (`str`): Its loss, `paper` or `released_code`.
        pretraining_augmentation (`str`): How much the branches are changed: `strong`, `masked`
            (flipped and masked only) or `mild` (as while errors are learnt).
        pretraining_epochs, pretraining_batch_size (`int`), pretraining_learning_rate (`float`): Of that stage.
        triplets_per_clip (`int`): Of `cvcspc`, triplets of a clip in an epoch of that stage.
        hidden_size, num_subsequences (`int`): Of `gymetricpose`.
        pose_model (`str`, *optional*): ViTPose, a folder or a name on the Hub, for clips without joints.
        lifter (`str`, *optional*): Folder of a lifting network; without one it is trained when it is needed.
        tower (`str`): Of `probe`: the LLaVA-Video model whose tower is looked at.
        dropout (`float`): Before the last layer.
        augment (`bool`): Flip, shift and turn frames while training.
        on_bad_clip (`str`): `error` or `skip`, as for `trainer.sft`.
    """

    system: str = field(metadata={"help": f"Which one: {', '.join(SYSTEMS)}.", "choices": SYSTEMS})
    dataset_name: str = field(
        metadata={"help": "Folder of the raw release, folder that `prepare` made, or data set on the Hub."}
    )
    dataset_config: str = field(
        default="video", metadata={"help": f"video, or for cvcspc one of {', '.join(IMAGE_TASKS)}."}
    )
    models: str = field(
        default="exercise",
        metadata={"help": "all: one model for both exercises. exercise, error: one for each.", "choices": MODELS},
    )
    merge_validation: bool = field(
        default=False, metadata={"help": "Train on the validation clips too; thresholds then stay at 0.5."}
    )
    num_frames: int = field(default=32, metadata={"help": "Frames, or poses, of a clip."})
    window_frames: int = field(default=8, metadata={"help": "Of them in a sliding window, for the intervals."})
    intervals: bool = field(default=True, metadata={"help": "false: name errors without saying when."})
    image_size: int = field(default=112, metadata={"help": "Height and width that frames are resized to, in pixels."})
    width: int = field(default=64, metadata={"help": "Channels of the first stage; 64 is the published network."})
    weights: str = field(
        default="none", metadata={"help": "torchvision's weights: KINETICS400_V1 (md), IMAGENET1K_V1 (cvcspc), none."}
    )
    self_supervised: bool = field(
        default=True, metadata={"help": "md, cvcspc: learn from the unlabelled clips before."}
    )
    triplet_loss: str = field(
        default="paper",
        metadata={"help": "paper, or released_code: squared distances and the third pair.", "choices": FORMS},
    )
    pretraining_augmentation: str = field(
        default="strong",
        metadata={"help": "How much the branches of a triplet are changed.", "choices": AUGMENTATIONS},
    )
    pretraining_epochs: int = field(default=20, metadata={"help": "Epochs of self-supervision."})
    pretraining_batch_size: int = field(default=5, metadata={"help": "Triplets of a batch of self-supervision."})
    pretraining_learning_rate: float = field(default=1e-4, metadata={"help": "Learning rate of self-supervision."})
    triplets_per_clip: int = field(default=8, metadata={"help": "cvcspc: triplets of a clip in an epoch."})
    hidden_size: int = field(default=128, metadata={"help": "gymetricpose: width of the network."})
    num_subsequences: int = field(default=10, metadata={"help": "gymetricpose: strided sub-sequences of a clip."})
    pose_model: str | None = field(default=None, metadata={"help": "gymetricpose: ViTPose, for clips without joints."})
    lifter: str | None = field(
        default=None, metadata={"help": "gymetricpose: folder of a lifting network; by default it is trained."}
    )
    tower: str = field(
        default="trainer/demo_base/checkpoint", metadata={"help": "probe: the LLaVA-Video model with the tower."}
    )
    dropout: float = field(default=0.2, metadata={"help": "Before the last layer."})
    augment: bool = field(default=True, metadata={"help": "Flip, shift and turn frames while training."})
    on_bad_clip: str = field(
        default="error",
        metadata={"help": "What to do about clips that cannot be read: error or skip.", "choices": BAD_CLIPS},
    )

    def __post_init__(self):
        for name in ("num_frames", "window_frames", "image_size", "width", "pretraining_epochs", "hidden_size"):
            check_count(name, getattr(self, name))
        for name in ("pretraining_batch_size", "triplets_per_clip", "num_subsequences"):
            check_count(name, getattr(self, name))
        of_choices = (("system", SYSTEMS), ("models", MODELS), ("triplet_loss", FORMS))
        of_choices += (("pretraining_augmentation", AUGMENTATIONS), ("on_bad_clip", BAD_CLIPS))
        for name, choices in of_choices:
            if getattr(self, name) not in choices:
                raise ValueError(f"{name}: expected one of {', '.join(choices)}, got {getattr(self, name)!r}.")
        configs = ("video", *IMAGE_TASKS) if self.system == "cvcspc" else ("video",)
        if self.dataset_config not in configs:
            raise ValueError(
                f"dataset_config: {self.system} is trained on {', '.join(configs)}, got {self.dataset_config!r}."
            )
        if self.window_frames > self.num_frames:
            raise ValueError(
                f"window_frames: at most num_frames ({self.num_frames}) are needed, got {self.window_frames}."
            )
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout: a number in [0, 1) is needed, got {self.dropout}.")
        if self.system not in SELF_SUPERVISED:
            self.self_supervised = False

    def data_arguments(self) -> DataArguments:
        """The same data, as `trainer.sft` names it."""
        return DataArguments(self.dataset_name, [self.dataset_config], on_bad_clip=self.on_bad_clip)


@dataclass
class BaselineTrainingArguments(transformers.TrainingArguments):
    """
    Settings of `transformers`, and one.

    Args:
        overwrite_output_dir (`bool`): Start anew and remove what an earlier run left.
    """

    overwrite_output_dir: bool = field(
        default=False, metadata={"help": "Start anew and remove what an earlier run left in output_dir."}
    )

    def __post_init__(self):
        check_count("per_device_train_batch_size", self.per_device_train_batch_size)
        if self.resume_from_checkpoint is not None:
            raise ValueError("resume_from_checkpoint: a run goes on by itself from the last checkpoint in output_dir.")
        if not torch.accelerator.is_available():  # without saying so, processes would train each for itself
            os.environ["ACCELERATE_USE_CPU"] = "true"
        super().__post_init__()


def make_parser() -> TrlParser:
    """A recipe by `--config`, and every setting as `--name value`."""
    return TrlParser((BaselineArguments, BaselineTrainingArguments))
