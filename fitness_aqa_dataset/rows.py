"""What a row of each config holds, and how a record of the release becomes one."""

import numpy as np
from datasets import ClassLabel, Features, Image, List, Value, Video

from .augmentation import AUGMENTATION_FEATURE, IDENTITY
from .frames import open_video
from .records import ClipRecord, ImageRecord, Record, UnlabeledRecord
from .taxonomy import EXERCISES, IMAGE_TASKS
from .trajectories import read_bar_y

_CONTAINER = {"duration": Value("float32"), "fps": Value("float32"), "num_frames": Value("int32")}

FEATURES = {
    "video": Features(
        {
            "id": Value("string"),
            "video": Video(),
            "exercise": ClassLabel(names=list(EXERCISES)),
            "errors": List({"label": Value("string"), "start": Value("float64"), "end": Value("float64")}),
            **_CONTAINER,
            "augmentation": AUGMENTATION_FEATURE,
        }
    ),
    **{
        name: Features(
            {
                "id": Value("string"),
                "image": Image(),
                "task": Value("string"),
                "exercise": ClassLabel(names=[task.exercise]),
                "label": ClassLabel(names=["correct", "error"]),
                "augmentation": AUGMENTATION_FEATURE,
            }
        )
        for name, task in IMAGE_TASKS.items()
    },
    "unlabeled": Features(
        {
            "id": Value("string"),
            "video": Video(),
            "exercise": ClassLabel(names=list(EXERCISES)),
            "bar_y": List(Value("float32")),
            **_CONTAINER,
        }
    ),
}

DESCRIPTIONS = {
    "video": "Clips of squats and overhead presses with the intervals of their errors.",
    "shallow_squat": "Images of squats: deep enough or not.",
    "lumbar": "Images of barbell rows: lower back straight or rounded.",
    "torso_angle": "Images of barbell rows: torso at the right angle or not.",
    "unlabeled": "Clips of squats and overhead presses without labels, with the height of the bar in every frame.",
}


def make_row(record: Record) -> dict:
    """
    One row of the config that the record belongs to, see `FEATURES`; clips are opened, not decoded.

    Raises:
        ValueError: If a clip is no video, or a bar trajectory file is wrong.
    """
    if isinstance(record, ImageRecord):
        return {
            "id": record.id,
            "image": str(record.image),
            "task": record.task,
            "exercise": IMAGE_TASKS[record.task].exercise,
            "label": record.label,
            "augmentation": IDENTITY,
        }
    container = _container(record)
    row = {"id": record.id, "video": str(record.video), "exercise": record.exercise}
    if isinstance(record, UnlabeledRecord):
        bar_y = read_bar_y(record.trajectory, record.exercise, container["num_frames"])
        return row | {"bar_y": np.asarray(bar_y, np.float32).tolist()} | container
    errors = [{"label": label, "start": start, "end": end} for label, start, end in record.errors]
    return row | {"errors": errors} | container | {"augmentation": IDENTITY}


def _container(record: ClipRecord | UnlabeledRecord) -> dict:
    metadata = open_video(record.video, name=f"clip {record.id} ({record.video})").metadata
    return {
        # rounded here, because streaming hands out rows as they are made, without the features' types
        "duration": float(np.float32(metadata.num_frames / metadata.average_fps)),
        "fps": float(np.float32(metadata.average_fps)),
        "num_frames": metadata.num_frames,
    }
