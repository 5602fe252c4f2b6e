"""Simulated clips for visitors who have none: two squats and two presses, with and without an error."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from fitness_aqa_dataset.synthetic import simulate_clip
from fitness_aqa_dataset.synthetic.clip import write_clip


@dataclass(frozen=True)
class Example:
    """A simulated clip: `name` for visitors, its `file`'s name, its `index` in the release and its `errors`."""

    name: str
    file: str
    index: int
    errors: tuple[str, ...]


EXAMPLES = (
    Example("Squat, no mistake", "squat_no_mistake.mp4", 0, ()),
    Example("Squat, knees inward", "squat_knees_inward.mp4", 4, ("knees_inward",)),
    Example("Press, no mistake", "press_no_mistake.mp4", 1, ()),
    Example("Press, elbows", "press_elbows.mp4", 5, ("elbows",)),
)


@cache
def example_clips(seed: int = 0) -> dict[str, bytes]:
    """
    Draw the clips; once in a process.

    Args:
        seed (`int`, *optional*, defaults to 0):
            The same seed gives the same bytes.

    Returns:
        `dict[str, bytes]`: mp4 files by name, in the order of `EXAMPLES`.
    """
    clips = {}
    with TemporaryDirectory() as folder:
        for example in EXAMPLES:
            path = Path(folder, example.file)
            write_clip(simulate_clip(seed, example.index, present=example.errors), path)
            clips[example.file] = path.read_bytes()
    return clips


def find_examples(folder: Path, scratch: Path) -> list[tuple[Example, Path]]:
    """The clips as files: those of a Space's `folder`, or in a clone, which has none, drawn into `scratch`."""
    if not folder.is_dir():
        folder = scratch
        for file, content in example_clips().items():
            (folder / file).write_bytes(content)
    return [(example, folder / example.file) for example in EXAMPLES]
