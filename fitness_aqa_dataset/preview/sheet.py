"""A sheet of pictures in columns, filled from the top: its measures, its heading, its rows. Lengths are in inches."""

import textwrap
from math import ceil

import numpy as np
import PIL.Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .style import DPI, QUIET

WIDTH, LEFT, RIGHT = 11.6, 1.5, 1.3
MIN_COLUMN = 0.62  # a time in 8 point type fits
LINE = 0.19
TITLE_CHARACTER, CHARACTER = 0.14, 0.095  # widths that few letters exceed


class Sheet:
    """
    A figure of one column of row names, some columns of pictures and a column of remarks.

    Args:
        num_columns (`int`):
            Columns of pictures, at least 1; many make the sheet wider.
        height (`float`):
            Of everything below the heading.
        title (`str`):
            What is shown; wrapped if it is long.
        lines (`list[str]`):
            What is to be known about it.
    """

    def __init__(self, num_columns: int, height: float, title: str, lines: list[str]):
        self.column = column_width(num_columns)
        self.plot_width = self.column * num_columns
        self.width = LEFT + self.plot_width + RIGHT
        titles = textwrap.wrap(title, int((self.width - 0.6) / TITLE_CHARACTER))
        lines = [line for text in lines for line in textwrap.wrap(text, int((self.width - 0.6) / CHARACTER))]
        self.height = 0.2 + 0.25 * len(titles) + LINE * len(lines) + 0.15 + height
        self.figure = Figure(figsize=(self.width, self.height))
        self.top = self.height - 0.2
        for text, step, size, color, weight in [
            *[(title, 0.25, 13, None, "bold") for title in titles],
            *[(line, LINE, 9, QUIET, "normal") for line in lines],
        ]:
            self.text(0.3, self.top - step / 2, text, fontsize=size, color=color, weight=weight)
            self.top -= step
        self.top -= 0.15

    def text(self, x: float, y: float, text: str, **style: object) -> None:
        """Write at a place of the sheet, from its lower left corner."""
        self.figure.text(x / self.width, y / self.height, text, **{"va": "center"} | style)

    def add_axes(self, height: float) -> Axes:
        """Axes over all columns of pictures below what there is."""
        self.top -= height
        box = (LEFT / self.width, self.top / self.height, self.plot_width / self.width, height / self.height)
        return self.figure.add_axes(box)

    def add_row(self, name: str, images: list[np.ndarray], max_height: float, under: float = 0.0) -> Axes:
        """
        A row of pictures, each in the middle of its column.

        Args:
            name (`str`):
                Written before the row; may have several lines.
            images (`list[np.ndarray]`):
                RGB, uint8 in [0, 255], shape `(H, W, 3)`, of any sizes.
            max_height (`float`):
                Of a picture.
            under (`float`, *optional*, defaults to `0.0`):
                Room below the pictures.

        Returns:
            `Axes`: In inches, x from the left edge of the first column, y from the lower edge of the pictures.
        """
        height = max(_fitting_height(image, self.column, max_height) for image in images)
        axes = self.add_axes(height + under)
        for center, image in zip(self.centers(len(images)), images, strict=True):
            left, width, its_height = self.place(image, center, max_height)
            pixels = _shrink(image, width, its_height)
            axes.imshow(pixels, extent=(left, left + width, 0, its_height), aspect="auto", interpolation="hanning")
            axes.add_patch(Rectangle((left, 0), width, its_height, fill=False, edgecolor="#9AA3AF", linewidth=0.6))
        axes.set(xlim=(0, self.plot_width), ylim=(-under, height))
        axes.axis("off")
        if name:
            y = self.top + under + height / 2
            self.text(LEFT - 0.12, y, name, ha="right", multialignment="right", linespacing=1.35)
        return axes

    def centers(self, num_images: int) -> list[float]:
        """x of the middle of each column, from the left edge of the first."""
        return [(index + 0.5) * self.column for index in range(num_images)]

    def place(self, image: np.ndarray, center: float, max_height: float) -> tuple[float, float, float]:
        """Left edge, width and height of a picture, as large as its column and the height allow."""
        height = _fitting_height(image, self.column, max_height)
        width = height * image.shape[1] / image.shape[0]
        return center - width / 2, width, height


def column_width(num_columns: int) -> float:
    """Width of one of so many columns of pictures."""
    return max(MIN_COLUMN, (WIDTH - LEFT - RIGHT) / num_columns)


def row_height(images: list[np.ndarray], num_columns: int, max_height: float) -> float:
    """Height of the highest picture of a row of a sheet with so many columns."""
    return max(_fitting_height(image, column_width(num_columns), max_height) for image in images)


def _fitting_height(image: np.ndarray, column: float, max_height: float) -> float:
    """Height of a picture that fills 95 % of its column, or less if that would be too high."""
    return min(0.95 * column * image.shape[0] / image.shape[1], max_height)


def _shrink(image: np.ndarray, width: float, height: float) -> np.ndarray:
    """At most twice the pixels that will be seen: matplotlib takes four times as long as Pillow to shrink."""
    picture = PIL.Image.fromarray(image)
    picture.thumbnail((ceil(2 * DPI * width), ceil(2 * DPI * height)), PIL.Image.Resampling.LANCZOS)
    return np.asarray(picture)
