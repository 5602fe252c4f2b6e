"""What only the files' contents tell: intervals beyond the end of their clip, and the same picture twice."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..parts import Part
from ..problems import Problem
from ..taxonomy import IMAGE_TASKS
from .probe import Probe
from .safety import fold

ROUNDING_S = 1e-6


def copies(files: list[Path], probes: dict[Path, Probe]) -> set[Path]:
    """Files that share their content with another one: whose labels are right cannot be told from it."""
    number = Counter(probes[path].content for path in files if path in probes)
    return {path for path in files if path in probes and probes[path].content and number[probes[path].content] > 1}


def intervals_outside(part: Part, probes: dict[Path, Probe], unclear: set[Path]) -> Iterator[Problem]:
    """
    Intervals that reach more than a frame beyond the end of their clip.

    Args:
        part (`Part`):
            Labelled clips of an exercise.
        probes (`dict[Path, Probe]`):
            What is known of every clip. Those whose length is not known are passed over.
        unclear (`set[Path]`):
            Clips to pass over, see [`copies`].
    """
    for error, labels in part.labels.items():
        for key, intervals in labels.items():
            probe = probes.get(part.media.get(key))
            if probe is None or probe.num_frames == 0 or probe.path in unclear:
                continue
            for start_s, end_s in intervals:
                if end_s > probe.duration_s + 1 / probe.fps + ROUNDING_S:
                    lasts = f"its clip lasts {probe.duration_s:.3f} s"
                    what = f"id {key!r}: [{start_s}, {end_s}] reaches beyond the end, {lasts}"
                    yield Problem("interval", part.label_files[error], what, "correct the two times")


def twice_on_disk(part: Part, files: list[Path], probes: dict[Path, Probe]) -> Iterator[Problem]:
    """
    Files of a part that share an id but not the content: nobody can tell which one is meant.

    Args:
        part (`Part`):
            Tells which of them readers take.
        files (`list[Path]`):
            Every clip or image on disk.
        probes (`dict[Path, Probe]`):
            What is known of every file.
    """
    for path in files:
        taken = part.media.get(path.stem, path)
        if taken == path or not path.is_relative_to(part.media_folder):
            continue
        same_name = taken.parent == path.parent and fold(taken.name) == fold(path.name)  # is a problem already
        both = [probes[each] for each in (path, taken) if each in probes and not probes[each].problem]
        if not same_name and len(both) == 2 and both[0].content != both[1].content:
            where = str(taken.relative_to(part.media_folder))
            what = f"id {path.stem!r} has another file with other content, {where!r}"
            yield Problem("id", path, what, "remove one of the two")


def duplicates(
    files: list[Path], labels: dict[Path, dict], probes: dict[Path, Probe], root: Path
) -> Iterator[Problem]:
    """
    Files with the same content under two ids; three copies give two problems.

    Args:
        files (`list[Path]`):
            Clips or images to compare with each other.
        labels (`dict[Path, dict]`):
            See [`labels_by_path`]; may lack files.
        probes (`dict[Path, Probe]`):
            What is known of every file. Files that do not decode are equal to none.
        root (`Path`):
            The release.
    """
    first: dict[bytes, Path] = {}
    for path in sorted(files):
        content = probes[path].content if path in probes else b""
        other = first.setdefault(content, path) if content else path
        if other == path or fold(other.stem) == fold(path.stem) and other.parent == path.parent:
            continue  # names that differ by case only are a problem already
        what = f"the same content as {_shown(other, root)}"
        here, there = (_text(labels[each]) if each in labels else None for each in (path, other))
        if here and there and here != there:
            what += f", with different labels: {here} here, {there} there"
        yield Problem("duplicate", path, what, "keep one of the two, in files, labels and splits")


def labels_by_path(parts: list[Part]) -> dict[Path, dict]:
    """Labels of every file that has all of its part: `{"squat knees_forward": ((0.5, 1.25),), …}`, `{"lumbar": 1}`."""
    labels: dict[Path, dict] = {}
    for part in parts:
        for key, path in part.media.items() if part.labels else ():
            if all(key in its_labels for its_labels in part.labels.values()):
                for error, its_labels in part.labels.items():
                    value = its_labels[key]
                    name = error if part.name in IMAGE_TASKS else f"{part.name} {error}"
                    labels.setdefault(path, {})[name] = value if isinstance(value, int) else tuple(sorted(value))
    return labels


def _shown(path: Path, root: Path) -> str:
    return repr(str(path.relative_to(root)))


def _text(labels: dict) -> str:
    """`squat knees_forward [[0.5, 1.25]]`, or `no error`."""
    named = [f"{name} {_value_text(value)}" for name, value in labels.items() if value not in (0, ())]
    return " and ".join(named) or "no error"


def _value_text(value: int | tuple) -> str:
    return str(value) if isinstance(value, int) else str([list(interval) for interval in value])
