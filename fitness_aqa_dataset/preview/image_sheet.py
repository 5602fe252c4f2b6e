"""The sheets of an image task: some images of each label, or one image with its augmentations."""

import textwrap

import numpy as np
import torch
from datasets import Image
from matplotlib.figure import Figure
from PIL import UnidentifiedImageError

from ..augmentation import AUGMENTATIONS, augment_frames, make_augmentation
from ..records import ImageRecord
from ..taxonomy import IMAGE_TASKS
from .clip_sheet import augmentation_text
from .selection import images_by_label
from .sheet import Sheet, column_width, row_height
from .style import QUIET, in_words

MAX_IMAGE_HEIGHT, LINE, GAP = 2.1, 0.15, 0.16
MAX_IMAGES = 64
KEY_CHARACTER = 0.078  # of 8 point type


def draw_labels_sheet(records: list[ImageRecord], num_images: int, seed: int, is_synthetic: bool) -> Figure:
    """
    Draw a row of images for each label.

    Args:
        records (`list[ImageRecord]`):
            All images of the task, at least one.
        num_images (`int`):
            Images of each label, from 1 to 64.
        seed (`int`):
            Decides which images.
        is_synthetic (`bool`):
            Whether the heading says that the images are simulated.

    Returns:
        `Figure`: Unsaved.

    Raises:
        ValueError: If the number of images is out of range or one cannot be decoded.
    """
    if not 1 <= num_images <= MAX_IMAGES:
        raise ValueError(f"num_frames: from 1 to {MAX_IMAGES} images of a label fit on a sheet, got {num_images}")
    chosen = {label: its for label, its in images_by_label(records, num_images, seed).items() if its}
    images = {label: [read_image(record) for record in its] for label, its in chosen.items()}
    captions = {
        label: [_wrap(record.id.rpartition("/")[2], num_images) for record in its] for label, its in chosen.items()
    }
    under = {label: _under(its) for label, its in captions.items()}
    height = sum(row_height(images[label], num_images, MAX_IMAGE_HEIGHT) + under[label] + GAP for label in chosen)
    task = IMAGE_TASKS[records[0].task]
    num_errors = sum(record.label for record in records)
    title = f"{in_words(records[0].task)} · images of the {in_words(task.exercise).lower()}"
    counts = f"{len(records)} images in all splits; some of each label, drawn at random, each above its id"
    sheet = Sheet(num_images, height, title, [f"{'Simulated images · ' if is_synthetic else ''}{counts}"])
    names = {0: f"correct\n({len(records) - num_errors} images)", 1: f"error:\n{task.text}\n({num_errors} images)"}
    for label, its_images in images.items():
        axes = sheet.add_row(names[label], its_images, MAX_IMAGE_HEIGHT, under[label])
        for center, caption in zip(sheet.centers(num_images), captions[label], strict=False):
            axes.text(center, -0.04, caption, ha="center", va="top", fontsize=8, color=QUIET, linespacing=1.15)
        sheet.top -= GAP
    return sheet.figure


def draw_image_sheet(record: ImageRecord, seed: int, is_synthetic: bool) -> Figure:
    """
    Draw one image as it is and with each augmentation.

    Args:
        record (`ImageRecord`):
            The image.
        seed (`int`):
            Decides the angle of rotations, as in training.
        is_synthetic (`bool`):
            Whether the heading says that the image is simulated.

    Returns:
        `Figure`: Unsaved.

    Raises:
        ValueError: If the image cannot be decoded.
    """
    pixels = torch.from_numpy(read_image(record)).permute(2, 0, 1)
    augmentations = [make_augmentation(name, record.id, seed) for name in AUGMENTATIONS]
    images = [augment_frames(pixels, augmentation).permute(1, 2, 0).numpy() for augmentation in augmentations]
    text = IMAGE_TASKS[record.task].text
    label = f"error: {text}" if record.label else f"correct (no error “{text}”)"
    size = f"{pixels.shape[2]} × {pixels.shape[1]} pixels"
    height = row_height(images, len(images), MAX_IMAGE_HEIGHT) + 2 * LINE + GAP
    line = f"{'Simulated image · ' if is_synthetic else ''}{label} · {size} · {record.split} split"
    sheet = Sheet(len(images), height, f"{in_words(record.task)} · {record.id}", [line])
    axes = sheet.add_row("the image, and\nwith each\naugmentation", images, MAX_IMAGE_HEIGHT, 2 * LINE)
    captions = ["as it is", *[augmentation_text(augmentation) for augmentation in augmentations[1:]]]
    for center, caption in zip(sheet.centers(len(images)), captions, strict=True):
        axes.text(center, -0.04, caption, ha="center", va="top", fontsize=8, color=QUIET, linespacing=1.15)
    return sheet.figure


def read_image(record: ImageRecord) -> np.ndarray:
    """
    Decode an image, turned upright as its file says.

    Returns:
        `np.ndarray`: RGB, uint8 in [0, 255], shape `(H, W, 3)`.

    Raises:
        ValueError: If it does not decode.
    """
    try:
        image = Image().decode_example({"path": str(record.image), "bytes": None})
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        reason = str(error).splitlines()[0].split(str(record.image))[0].strip(" '")
        raise ValueError(
            f"{record.image}: not an image that Pillow can decode ({reason}); unpack or download it again"
        ) from None
    return np.array(image.convert("RGB"))


def _wrap(text: str, num_columns: int) -> str:
    return "\n".join(textwrap.wrap(text, int(column_width(num_columns) / KEY_CHARACTER)))


def _under(captions: list[str]) -> float:
    return 0.05 + LINE * max(caption.count("\n") + 1 for caption in captions)
