"""The page of the distribution: what the labelled clips hold, and what in them could mislead a model."""

from collections import Counter
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..prepared import is_synthetic
from ..release import release_root
from ..statistics import shared_sources
from ..taxonomy import ERRORS
from .error_columns import COLUMNS_HEIGHT, draw_error_columns
from .exercise_rows import ROW_HEIGHT, draw_exercise_row
from .labelled import LabelledClip, by_exercise, error_facts, read_labelled_clips
from .style import QUIET, figure_style, in_words, output_path, save_figure

# All lengths in inches.
WIDTH, HEADING, SIDE = 12.4, 1.25, 0.3


def draw_distribution(data_dir: str | Path, out: str | Path) -> Path:
    """
    Draw one page about the labelled clips of a release: the paper's Table 2 for them, their lengths, and for each
    error where in the clip and when it occurs, how long, how many times, and how well clip length alone tells it.

    Args:
        data_dir (`str` or `Path`):
            The release: the folder that holds `Squat/` and `OHP/`, as the authors ship it.
        out (`str` or `Path`):
            PNG file to write, in a folder that is there; a file of that name is replaced.

    Returns:
        `Path`: The file written.

    Raises:
        FileNotFoundError: If the folder of `out`, the release or a file of it is missing.
        ValueError: If `out` does not end in `.png`, the release is wrong, or a clip is no video.
    """
    path = output_path(out)
    root = release_root(data_dir)
    clips = read_labelled_clips(root)
    with figure_style():
        return save_figure(draw_page(clips, is_synthetic(root)), path)


def draw_page(clips: list[LabelledClip], is_synthetic: bool) -> Figure:
    """
    Draw the page.

    Args:
        clips (`list[LabelledClip]`):
            At least one.
        is_synthetic (`bool`):
            Whether the title says that the clips are simulated.

    Returns:
        `Figure`: Unsaved.
    """
    groups = by_exercise(clips)
    height = HEADING + ROW_HEIGHT * len(groups) + COLUMNS_HEIGHT
    figure = Figure(figsize=(WIDTH, height))

    def add_axes(left: float, top: float, width: float, its_height: float) -> Axes:
        """Axes at a place in inches from the upper left corner of the page."""
        return figure.add_axes((left / WIDTH, 1 - (top + its_height) / height, width / WIDTH, its_height / height))

    heading = add_axes(SIDE, 0, WIDTH - 2 * SIDE, HEADING)
    heading.set(xlim=(0, WIDTH - 2 * SIDE), ylim=(HEADING, 0))
    heading.axis("off")
    title = "What the labelled clips hold" + (" – synthetic clips" if is_synthetic else "")
    heading.text(0, 0.36, title, fontsize=15, weight="bold", va="center")
    heading.text(0, 0.68, _counts_text(clips), va="center")
    heading.text(0, 0.9, leak_text(clips), va="center", color=QUIET)
    splits = list(dict.fromkeys(clip.split for clip in clips))
    longest_s = max(clip.duration_s for clip in clips)
    for index, (exercise, its_clips) in enumerate(groups.items()):
        draw_exercise_row(add_axes, HEADING + index * ROW_HEIGHT, exercise, its_clips, splits, longest_s)
    facts = {
        (exercise, label): error_facts(its_clips, label)
        for exercise, its_clips in groups.items()
        for label in ERRORS[exercise]
    }
    draw_error_columns(add_axes, HEADING + ROW_HEIGHT * len(groups), facts)
    return figure


def leak_text(clips: list[LabelledClip]) -> str:
    """How many clips of test share their source with another split, in a sentence."""
    splits = list(dict.fromkeys(clip.split for clip in clips))
    leak = shared_sources({split: [clip.id for clip in clips if clip.split == split] for split in splits})
    if not leak["num_test"]:
        return "There is no test split, so nothing can leak into it."
    return (
        f"Leak: {leak['num_test_shared']} of {leak['num_test']} test clips have a source (their id up to the last _) "
        f"that is in another split too; {leak['num_sources']} sources are in more than one split."
    )


def _counts_text(clips: list[LabelledClip]) -> str:
    exercises = Counter(clip.exercise for clip in clips)
    splits = Counter(clip.split for clip in clips)
    by_name = ", ".join(f"{count} {in_words(exercise).lower()}" for exercise, count in exercises.items())
    by_split = ", ".join(f"{count} {split}" for split, count in splits.items())
    return f"{len(clips)} clips: {by_name} · {by_split}"
