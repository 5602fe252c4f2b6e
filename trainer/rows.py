"""Rows for training: balanced, with messages and weights, undecoded; and what of them changes from epoch to epoch."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass

from datasets import Dataset, Value, concatenate_datasets

from fitness_aqa_dataset import add_messages, dynamic_step, paper_code_dynamic_step, two_step
from fitness_aqa_dataset.augmentation import IDENTITY, make_augmentation, uniform
from fitness_aqa_dataset.clip_reduction import to_phases, to_windows
from fitness_aqa_dataset.columns import set_column
from fitness_aqa_dataset.conversations import to_conversation
from fitness_aqa_dataset.taxonomy import ERROR_LABELS
from trainer.arguments import DataArguments
from trainer.splits import load_split

# Seeds of later epochs are this far apart, so that neighbouring seeds of runs do not share them.
EPOCH_STRIDE = 1_000_003


def prepare_rows(data_args: DataArguments, seed: int, phase: int = 0, skip_clips: list[str] | None = None) -> Dataset:
    """
    The training rows: balanced, with messages, undecoded.

    Args:
        data_args (`DataArguments`):
            What is trained on.
        seed (`int`):
            Decides augmentations and wordings.
        phase (`int`, *optional*, defaults to 0):
            Of `two_step`: 0 for all rows, 1 for the small set with equal groups.
        skip_clips (`list[str]`, *optional*):
            Ids of clips to leave out.

    Returns:
        `Dataset`: Rows with `id`, `video` or `image` (undecoded), `augmentation`, `messages`, and, where asked for,
        `window`, `weight` and the columns that messages are made of.

    Raises:
        ValueError, FileNotFoundError: If the data cannot be read, or does not fit what is asked for.
    """
    rows = load_split(data_args, "train", skip_clips)
    media = "video" if "video" in rows.column_names else "image"
    if data_args.merge_validation and len(validation := load_split(data_args, "validation", skip_clips)):
        rows = concatenate_datasets([rows, validation])
    if data_args.balancing != "none":
        if media == "image":
            raise ValueError(f"balancing: {data_args.balancing} is for clips. Give `balancing: none` for images.")
        rows = _balance(rows, data_args, seed, phase)
    rows = reduce_clips(rows, data_args)
    rows = add_messages(rows, style=data_args.style, decimals=data_args.decimals, seed=seed)
    columns = ["id", media, "augmentation", "messages"]
    columns += ["window"] if data_args.clip_reduction != "none" else []
    if data_args.answer_weights is not None:
        rows = set_column(rows, "weight", answer_weights(rows, data_args.answer_weights), Value("float32"))
        columns.append("weight")
    if data_args.vary_by_epoch:
        columns += ["exercise", "errors"] if media == "video" else ["task", "label"]
    return rows.select_columns(columns)


def reduce_clips(rows: Dataset, data_args: DataArguments) -> Dataset:
    """
    Rows with what `clip_reduction` makes of each.

    Args:
        rows (`Dataset`): Of whole clips, balanced, without messages.
        data_args (`DataArguments`): Says which reduction.

    Returns:
        `Dataset`: Rows with a `window`, or `rows` as they are.

    Raises:
        ValueError: If a clip cannot be decoded to find its phases, or `overlap` does not fit `num_frames`.
    """
    match data_args.clip_reduction:
        case "windows":
            return to_windows(rows, data_args.num_frames, data_args.overlap)
        case "phases":
            return to_phases(rows)
    return rows


def _balance(rows: Dataset, data_args: DataArguments, seed: int, phase: int) -> Dataset:
    match data_args.balancing:
        case "dynamic_step":
            names, angles = tuple(data_args.augmentations), tuple(data_args.angle_range)
            return dynamic_step(rows, seed=seed, augmentations=names, angle_range=angles)
        case "paper_code_dynamic_step":
            return paper_code_dynamic_step(rows, seed=seed)
        case "two_step":
            return two_step(rows, seed=seed)[phase]


def answer_class(row: dict) -> str:
    """Class of a row's answer: its errors in the taxonomy's order joined with `+`, a task's name, or `none`."""
    if "task" in row:
        return row["task"] if row["label"] else "none"
    labels = {error["label"] for error in row["errors"]}
    return "+".join(label for label in ERROR_LABELS if label in labels) or "none"


def answer_weights(rows: Dataset, weights: dict[str, float] | str) -> list[float]:
    """
    Weight of every row in the loss, of mean 1 over all rows.

    Args:
        rows (`Dataset`):
            With `errors`, or `task` and `label`.
        weights (`dict[str, float]` or `str`):
            By class, see [`answer_class`]; a class that is not named has 1. `balanced`: one over the class's share.

    Returns:
        `list[float]`: One a row.

    Raises:
        ValueError: If no row is of a class named, or a weight is not above 0.
    """
    columns = [name for name in ("errors", "task", "label") if name in rows.column_names]
    classes = [answer_class(row) for row in rows.with_format(None).select_columns(columns).to_list()]
    counts = Counter(classes)
    if weights == "balanced":
        weights = {name: len(classes) / count for name, count in counts.items()}
    if not isinstance(weights, dict):
        raise ValueError(f"answer_weights: expected {{class: weight}} or balanced, got {weights!r}.")
    if unknown := sorted(weights.keys() - counts.keys()):
        raise ValueError(f"answer_weights: no answer is of the class {', '.join(unknown)}; there are {_list(counts)}.")
    if wrong := {name: weight for name, weight in weights.items() if not _is_weight(weight)}:
        raise ValueError(f"answer_weights: a weight must be a number above 0, got {wrong}.")
    raw = [float(weights.get(name, 1.0)) for name in classes]
    mean = sum(raw) / len(raw)
    return [weight / mean for weight in raw]


def _is_weight(value: object) -> bool:
    return isinstance(value, int | float) and 0 < value < float("inf")


def _list(counts: Counter) -> str:
    return ", ".join(f"{name} ({count})" for name, count in sorted(counts.items()))


@dataclass
class RowVariation:
    """
    What changes of a row in later epochs, as a function of `(seed, row, epoch)` alone.

    Args:
        data_args (`DataArguments`): `vary_by_epoch` says what; the rest, how messages and augmentations are made.
        seed (`int`): Seed of the run.
    """

    data_args: DataArguments
    seed: int

    def __call__(self, row: dict, epoch: int) -> dict:
        """The row of that epoch, from 1 on; with another wording, another augmentation, or both."""
        settings, seed = self.data_args, self.seed + EPOCH_STRIDE * epoch
        if "errors" not in row and "task" not in row:  # of the validation sample
            return row
        row = dict(row)
        if "augmentation" in settings.vary_by_epoch:
            own = row.get("augmentation") or IDENTITY  # two rows of a clip differ in it, and so do their draws
            draw = uniform(seed, row["id"], own["name"], own["angle"], "augmentation")
            name = settings.augmentations[int(draw * len(settings.augmentations))]
            copy = f"{own['name']} {own['angle']}"
            row["augmentation"] = make_augmentation(name, row["id"], seed, copy, tuple(settings.angle_range))
        if "wording" in settings.vary_by_epoch:
            row |= to_conversation(row, style=settings.style, decimals=settings.decimals, seed=seed)
        return row


def fingerprint_rows(rows: Dataset) -> str:
    """A name for what a run is trained on: every id, augmentation, message and weight, not the bytes of clips."""
    columns = [name for name in ("id", "augmentation", "window", "messages", "weight") if name in rows.column_names]
    digest = hashlib.sha256()
    for row in rows.with_format(None).select_columns(columns).to_list():
        digest.update(json.dumps(row, sort_keys=True).encode())
    return digest.hexdigest()[:16]
