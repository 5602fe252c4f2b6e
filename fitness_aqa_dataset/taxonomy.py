"""
The one vocabulary of exercises and errors: names in the data, names in text, folders of the raw release.

The order is part of the contract: class indices, score tables and answers follow it.
"""

from dataclasses import dataclass

EXERCISES = ("squat", "overhead_press")

ERRORS = {
    "squat": ("knees_forward", "knees_inward"),
    "overhead_press": ("elbows", "knees"),
}

ERROR_LABELS = tuple(label for exercise in EXERCISES for label in ERRORS[exercise])

# How the paper's answers name them: "The subject is performing a OHP. … : knees forward from …"
EXERCISE_TEXT = {"squat": "Squat", "overhead_press": "OHP", "barbell_row": "Barbell Row"}
ERROR_TEXT = {
    "knees_forward": "knees forward",
    "knees_inward": "knees inward",
    "elbows": "elbows",
    "knees": "knees",
}

# Top-level folders of the raw release; its label files are `error_<label>.json`.
RELEASE_FOLDER = {"squat": "Squat", "overhead_press": "OHP"}


@dataclass(frozen=True)
class ImageTask:
    """
    One binary question about still images.

    Args:
        exercise (`str`): What the person does; `squat` or `barbell_row`.
        folder (`tuple[str, ...]`): Where its files lie under the release.
        images (`tuple[str, ...]`): Folder of the images, under `folder`.
        labels (`tuple[str, ...]`): Label file `{id: 0 or 1}`, under `folder`.
        splits (`tuple[str, ...]`): Folder of the split files, under `folder`.
        text (`str`): How answers name the error.
    """

    exercise: str
    folder: tuple[str, ...]
    images: tuple[str, ...]
    labels: tuple[str, ...]
    splits: tuple[str, ...]
    text: str


_ROW = ("BarbellRow", "Labeled_Dataset")
IMAGE_TASKS = {
    "shallow_squat": ImageTask(
        exercise="squat",
        folder=("Squat", "Labeled_Dataset", "Shallow_Squat_Error_Dataset"),
        images=("images", "crops_unaligned"),
        labels=("labels_shallow_depth.json",),
        splits=("splits",),
        text="shallow depth",
    ),
    "lumbar": ImageTask(
        exercise="barbell_row",
        folder=_ROW,
        images=("barbellrow_images_raw",),
        labels=("Labels", "labels_lumbar_error.json"),
        splits=("Splits", "Splits_Lumbar_Error"),
        text="lumbar",
    ),
    "torso_angle": ImageTask(
        exercise="barbell_row",
        folder=_ROW,
        images=("barbellrow_images_raw",),
        labels=("Labels", "labels_torso_angle_error.json"),
        splits=("Splits", "Splits_TorsoAngle_Error"),
        text="torso angle",
    ),
}
