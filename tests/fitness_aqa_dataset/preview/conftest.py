"""What pictures and figures say, for tests to read."""

from itertools import combinations

import numpy as np
import PIL.Image
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text


def _texts(figure) -> list[Text]:
    """Everything that is written and seen, marks of axes included."""
    FigureCanvasAgg(figure).draw()
    unseen, seen = set(), set()
    for axis in (axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)):
        unseen.update(axis.findobj(Text))  # an axis keeps marks that it does not draw
        if axis.axes.axison:
            low, high = sorted(axis.get_view_interval())
            ticks = zip(axis.get_majorticklocs(), axis.get_ticklabels(), strict=True)
            seen.update([axis.label, *[label for location, label in ticks if low <= location <= high]])
    return [text for text in figure.findobj(Text) if text.get_text().strip() and (text in seen or text not in unseen)]


@pytest.fixture(scope="session")
def written():
    """The strings of a figure."""

    def written(figure) -> list[str]:
        return [text.get_text() for text in _texts(figure)]

    return written


@pytest.fixture(scope="session")
def assert_readable():
    """No text over another, none outside the page, none below 8 points."""

    def assert_readable(figure) -> None:
        texts = _texts(figure)
        boxes = [(text.get_text(), text.get_window_extent().padded(-0.5)) for text in texts]
        page = figure.bbox
        assert not [text for text, box in boxes if box.x0 < 0 or box.y0 < 0 or box.x1 > page.x1 or box.y1 > page.y1]
        assert not [(one, other) for (one, a), (other, b) in combinations(boxes, 2) if a.overlaps(b)]
        assert min(text.get_fontsize() for text in texts) >= 8

    return assert_readable


@pytest.fixture(scope="session")
def find_color():
    """Runs of columns of one colour, by row: `{(first, last): number of rows}`."""

    def find_color(path, color: str) -> dict[tuple[int, int], int]:
        pixels = np.array(PIL.Image.open(path).convert("RGB"))
        found = {}
        for row in (pixels == [int(color[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=2):
            columns = np.flatnonzero(row)
            for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1):
                if len(run) > 15:
                    key = int(run[0]), int(run[-1])
                    found[key] = found.get(key, 0) + 1
        return found

    return find_color
