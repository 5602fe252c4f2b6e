"""The trainings of a run: self-supervision where it is asked for, then one training a group."""

import copy
import logging
from pathlib import Path

from datasets import Dataset, concatenate_datasets
from safetensors.torch import load_file
from torch import nn
from transformers import set_seed

from fitness_aqa_dataset.taxonomy import ERRORS, EXERCISES, IMAGE_TASKS
from trainer.baselines.arguments import BaselineArguments, BaselineTrainingArguments
from trainer.baselines.configuration import make_config
from trainer.baselines.encoders.frame import FrameEncoder
from trainer.baselines.encoders.video import VideoEncoder
from trainer.baselines.groups import Group, make_groups
from trainer.baselines.modeling import BaselineModel
from trainer.baselines.reading_split import lifter_of
from trainer.baselines.rows import ClipRows, error_targets, exercise_names, pos_weights
from trainer.baselines.run_folder import group_folder, stage_folder
from trainer.baselines.samples import decode_rows, sample_form
from trainer.baselines.self_supervision.augmentation import MASKED, MILD, STRONG
from trainer.baselines.self_supervision.cvcspc_triplets import PhaseTriplets
from trainer.baselines.self_supervision.md_triplets import HalfCycleTriplets
from trainer.baselines.self_supervision.triplet_model import TripletModel
from trainer.baselines.self_supervision.unlabeled_clips import load_unlabeled
from trainer.baselines.training import train_model
from trainer.output_folder import is_finished
from trainer.prediction.output import checksum
from trainer.splits import load_split

logger = logging.getLogger(__name__)
WEIGHTS = "model.safetensors"


def train_groups(
    args: BaselineArguments, training_args: BaselineTrainingArguments, output_dir: Path, skip_clips: list[str] | None
) -> None:
    """
    Train every model of a run that is not trained yet.

    Args:
        args (`BaselineArguments`), training_args (`BaselineTrainingArguments`): Settings of the run.
        output_dir (`Path`): Its folder.
        skip_clips (`list[str]`, *optional*): Ids to learn without; `None`: a clip that cannot be read is an error.
    """
    for group in make_groups(args):
        folder = group_folder(output_dir, group)
        if is_finished(folder):
            continue
        pretrained = pretrain(args, training_args, output_dir, group) if args.self_supervised else None
        rows = training_rows(args, group, skip_clips)
        targets = error_targets(rows, group.labels, ERRORS)
        fingerprint = checksum([rows["id"][:], targets.tolist()])
        of_group = {"labels": list(group.labels), "pos_weight": pos_weights(targets)}
        of_group |= {"tells_exercise": group.tells_exercise, "is_image": args.dataset_config != "video"}
        config = make_config(args, **of_group)
        decoded = decode_rows(rows, sample_form(config, args.pose_model, lifter_of(args, output_dir)))
        kept = readable_places(decoded, skip_clips is not None)
        if len(kept) < len(decoded):
            decoded, targets = decoded.select(kept), targets[kept]
        if args.system == "probe":
            config.sample_size = decoded[0]["shape"][-1]
        # Before every model, so that its first numbers do not hang on what was trained before it, or went on.
        set_seed(training_args.seed)
        model = BaselineModel(config, weights="none" if pretrained else args.weights)
        if pretrained:
            load_encoder(model, pretrained)
        make = ClipRows(decoded, targets, config, training_args.seed, args.augment)
        start = "self-supervision" if pretrained else started_from(model.encoder)
        facts = {"pos_weight": config.pos_weight, "started_from": start}
        train_model(model, make, len(decoded), training_args, folder, facts, fingerprint)


def pretrain(
    args: BaselineArguments, training_args: BaselineTrainingArguments, output_dir: Path, group: Group
) -> Path:
    """
    Self-supervision on the unlabelled clips of a group's exercises, once for all groups of the same exercises.

    Returns:
        `Path`: The weights of encoder and projection head.
    """
    exercises = pretraining_exercises(args, group)
    folder = stage_folder(output_dir, exercises)
    if not is_finished(folder):
        rows = load_unlabeled(args.dataset_name, exercises)
        made = triplets(args, training_args.seed, rows)
        set_seed(training_args.seed)
        encoder = (VideoEncoder if args.system == "md" else FrameEncoder)(args.width, args.weights)
        model = TripletModel(encoder, form=args.triplet_loss)
        stage = pretraining_arguments(args, training_args)
        facts = {"triplet_loss": args.triplet_loss, "started_from": started_from(encoder)}
        train_model(model, made.sample, len(made), stage, folder, facts, fingerprint=checksum(rows["id"][:]))
    return folder / WEIGHTS


def started_from(encoder: nn.Module) -> str:
    """Name of torchvision's weights that an encoder has begun with, or `random`: they may not have been to be had."""
    return getattr(pretrained_part(encoder), "started_from", "random")


def pretrained_part(encoder: nn.Module) -> nn.Module:
    """What of an encoder can begin with other weights: of a clip of frames what reads the frames, else all of it."""
    return getattr(encoder, "frame_encoder", encoder)


def pretraining_exercises(args: BaselineArguments, group: Group) -> tuple[str, ...]:
    """Whose unlabelled clips are learnt from; there are none of rows, so their pictures begin with both others."""
    if args.dataset_config == "video":
        return group.exercises
    exercise = IMAGE_TASKS[args.dataset_config].exercise
    return (exercise,) if exercise in EXERCISES else EXERCISES


def triplets(args: BaselineArguments, seed: int, rows: Dataset) -> HalfCycleTriplets | PhaseTriplets:
    """The triplets of a system of unlabelled clips."""
    strengths = {"strong": STRONG, "masked": MASKED, "mild": MILD}
    drawn = {"seed": seed, "augmentation": strengths[args.pretraining_augmentation]}
    if args.system == "md":
        return HalfCycleTriplets(rows, image_size=args.image_size, **drawn)
    return PhaseTriplets(rows, args.triplets_per_clip, args.image_size, **drawn)


def pretraining_arguments(
    args: BaselineArguments, training_args: BaselineTrainingArguments
) -> BaselineTrainingArguments:
    """The settings of the stage of self-supervision, which are the paper's unless the recipe says otherwise."""
    stage = copy.copy(training_args)
    stage.num_train_epochs, stage.max_steps = args.pretraining_epochs, -1
    stage.per_device_train_batch_size = args.pretraining_batch_size
    stage.learning_rate = args.pretraining_learning_rate
    return stage


def training_rows(args: BaselineArguments, group: Group, skip_clips: list[str] | None) -> Dataset:
    """
    Rows of the group's exercises, or of the image task, undecoded.

    Raises:
        FileNotFoundError, ValueError: If there is no such data, or none of it is of these exercises.
    """
    data_args = args.data_arguments()
    splits = ("train", "validation") if args.merge_validation else ("train",)
    parts = [rows for split in splits if len(rows := load_split(data_args, split, skip_clips))]
    rows = concatenate_datasets(parts)
    if group.exercises:
        names = exercise_names(rows)
        rows = rows.select([place for place, name in enumerate(names) if name in group.exercises])
    if not len(rows):
        raise ValueError(
            f"{args.dataset_name}: no clips of {' or '.join(group.exercises)} in the split {' or '.join(splits)}. "
            "Every system learns both exercises: give data that has them."
        )
    return rows


def readable_places(decoded: Dataset, skip: bool) -> list[int]:
    """
    Places of the rows that could be decoded.

    Raises:
        ValueError: If one could not, unless such rows are to be left out, or none could.
    """
    problems = decoded["problem"]
    bad = [f"{id}: {problem}" for id, problem in zip(decoded["id"], problems, strict=True) if problem]
    if bad and (not skip or len(bad) == len(problems)):
        more = f" ({len(bad) - 1} more cannot be read)" if len(bad) > 1 else ""
        remedy = ", and give clips that can be read" if skip else ", or leave such ones out by --on_bad_clip skip"
        raise ValueError(f"{bad[0].rstrip('.')}{more}. Mend it{remedy}.")
    for line in bad:
        logger.warning("skipped %s", line)
    return [place for place, problem in enumerate(problems) if not problem]


def load_encoder(model: BaselineModel, weights: Path) -> None:
    """Begin with the encoder of a stage of self-supervision; the projection head is left out."""
    state = load_file(weights)
    start = "encoder."
    pretrained_part(model.encoder).load_state_dict(
        {name.removeprefix(start): value for name, value in state.items() if name.startswith(start)}
    )
