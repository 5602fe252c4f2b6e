"""Label and split files of a simulated release, in the shapes of the authors' own."""

import json
from pathlib import Path

import numpy as np

from ..taxonomy import ERRORS, IMAGE_TASKS, RELEASE_FOLDER
from .clip import Clip
from .images import Image
from .splits import split_by_source
from .unlabeled import bar_trajectories

# Of the sources of an image task that no split names; the real release has labelled images in no split too.
UNUSED_SHARE = 0.05


def write_clip_labels(root: Path, exercise: str, clips: list[Clip], splits: dict[str, list[str]]) -> None:
    """
    Write the intervals and splits of an exercise.

    Args:
        root (`Path`): The release.
        exercise (`str`): `"squat"` or `"overhead_press"`.
        clips (`list[Clip]`): All its labelled clips.
        splits (`dict[str, list[str]]`): Keys of `train`, `val` and `test`.
    """
    folder = root / RELEASE_FOLDER[exercise] / "Labeled_Dataset"
    for label in ERRORS[exercise]:
        intervals = {
            clip.key: [[round(s, 3), round(e, 3)] for s, e in clip.repetition.errors.get(label, [])] for clip in clips
        }
        write_json(folder / "Labels" / f"error_{label}.json", intervals)
    for split, keys in splits.items():
        write_json(folder / "Splits" / f"{split}_keys.json", keys)


def write_image_labels(root: Path, images: list[Image], seed: int) -> None:
    """
    Write labels and splits of every image task. As in the real release, a few labelled images are in no split.

    Args:
        root (`Path`): The release.
        images (`list[Image]`): The images of all tasks.
        seed (`int`): Decides which source goes where.
    """
    for index, (name, task) in enumerate(IMAGE_TASKS.items()):
        labels = {image.key: image.labels[name] for image in images if name in image.labels}
        write_json(root.joinpath(*task.folder, *task.labels), labels)
        rng = np.random.default_rng([seed, 8, index])
        sources = sorted({key.split("_")[0] for key in labels})
        unused = set(rng.permutation(sources)[: max(1, round(UNUSED_SHARE * len(sources)))].tolist())
        used = [key for key in labels if key.split("_")[0] not in unused]
        for split, keys in split_by_source(used, rng).items():
            write_json(root.joinpath(*task.folder, *task.splits, f"{split}_ids.json"), keys)


def write_trajectories(root: Path, exercise: str, clips: list[Clip], seed: int) -> None:
    """
    Write the bar trajectories of the unlabelled clips of an exercise, and for squats which of them have NaN.

    Args:
        root (`Path`): The release.
        exercise (`str`): `"squat"` or `"overhead_press"`.
        clips (`list[Clip]`): All its unlabelled clips.
        seed (`int`): Decides when the bar is not seen.
    """
    trajectories = bar_trajectories(clips, seed)
    folder = root / RELEASE_FOLDER[exercise]
    for key, entries in trajectories.items():
        write_json(folder / "Unlabeled_Dataset" / "bar_trajectories_raw" / f"{key}.json", entries)
    if exercise == "squat":
        unseen = [key for key, bar_y in trajectories.items() if np.isnan(bar_y).any()]
        write_json(folder / "Labeled_Dataset" / "Splits" / "traj_nan.json", unseen)


def write_json(path: Path, content: object) -> None:
    """Write a file and the folders above it; NaN is written as the real release does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
