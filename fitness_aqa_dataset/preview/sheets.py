"""The picture of one clip or of some images of a release: what to show, how to draw it, where to write it."""

from pathlib import Path

from matplotlib.figure import Figure

from ..builder import read_records
from ..prepared import is_synthetic
from ..release import release_root
from ..rows import FEATURES
from ..taxonomy import IMAGE_TASKS
from .bar_sheet import draw_bar_sheet
from .clip_sheet import draw_clip_sheet
from .image_sheet import draw_image_sheet, draw_labels_sheet
from .selection import first_with_trajectory, most_telling_clip, record_of
from .style import figure_style, output_path, save_figure


def draw_preview(
    data_dir: str | Path,
    out: str | Path,
    name: str = "video",
    id: str | None = None,
    num_frames: int = 8,
    seed: int = 0,
) -> Path:
    """
    Draw a clip or some images of a release.

    Args:
        data_dir (`str` or `Path`):
            The release: the folder that holds `Squat/`, `OHP/` and `BarbellRow/`, as the authors ship it.
        out (`str` or `Path`):
            PNG file to write, in a folder that is there; a file of that name is replaced.
        name (`str`, *optional*, defaults to `"video"`):
            Which part of the release. `video`: a clip's frames, the intervals of its errors on a time axis under them,
            its augmentations. `shallow_squat`, `lumbar`, `torso_angle`: images of each label. `unlabeled`: a clip's
            frames and the height of the bar over time.
        id (`str`, *optional*):
            Which clip, such as `squat/32939_2`; which image, to see it with its augmentations. Defaults to the clip
            with the most different errors (the first by id), the first unlabelled clip with a trajectory, or some
            images of each label.
        num_frames (`int`, *optional*, defaults to `8`):
            Frames of the clip, from 2 to 64, or images of each label, from 1 to 64.
        seed (`int`, *optional*, defaults to `0`):
            Decides the angle of rotations, as in training, and which images.

    Returns:
        `Path`: The file written.

    Raises:
        FileNotFoundError: If the folder of `out`, the release or a file of it is missing.
        ValueError: If `out` does not end in `.png`, there is no part `name` or no `id` in it (the message says which
            ids are near), `num_frames` is out of range, the release is wrong, or the clip or image does not decode.
    """
    path = output_path(out)
    if name not in FEATURES:
        raise ValueError(f"no config is called {name!r}. Choose among {', '.join(FEATURES)}.")
    root = release_root(data_dir)
    with figure_style():
        return save_figure(_draw(root, name, id, num_frames, seed), path)


def _draw(root: Path, name: str, id: str | None, num_frames: int, seed: int) -> Figure:
    records, synthetic = read_records(root, name), is_synthetic(root)
    if not records:
        raise ValueError(f"{root}: the splits of {name!r} are empty, there is nothing to draw; choose another config")
    chosen = None if id is None else record_of(records, id, name)
    if name in IMAGE_TASKS:
        if chosen is not None:
            return draw_image_sheet(chosen, seed, synthetic)
        return draw_labels_sheet(records, num_frames, seed, synthetic)
    if name == "unlabeled":
        return draw_bar_sheet(chosen or first_with_trajectory(records), num_frames, synthetic)
    return draw_clip_sheet(chosen or most_telling_clip(records), num_frames, seed, synthetic)
