"""What is worth knowing about a release that is no fault: leaks between splits, lengths that give labels away."""

from collections.abc import Iterator
from pathlib import Path

from ..parts import Part
from ..statistics import length_auroc, shared_sources
from ..taxonomy import IMAGE_TASKS
from .probe import Probe


def part_notes(part: Part, probes: dict[Path, Probe]) -> Iterator[str]:
    """
    Notes on one part: files and labels that no split uses, sources in several splits, and for clips the AUROC of
    their length for each error.

    Args:
        part (`Part`):
            Clips or images as they were read.
        probes (`dict[Path, Probe]`):
            What is known of every clip.
    """
    things = "images" if part.name in IMAGE_TASKS else "clips"
    in_splits = {key for keys in part.splits.values() for key in keys}
    if unused := len(set(part.media) - in_splits):
        yield f"{part.name}: {things} in no split: {unused} of {len(part.media)}"
    labelled = {key for labels in part.labels.values() for key in labels}
    if unused := len(labelled - in_splits):
        yield f"{part.name}: labelled ids in no split: {unused} of {len(labelled)}"
    shared = shared_sources(part.splits)
    if shared["num_sources"]:
        yield (
            f"{part.name}: sources in more than one split: {shared['num_sources']} "
            f"({shared['num_test_shared']} of {shared['num_test']} {things} of test)"
        )
    if things == "clips":
        yield from _length_notes(part, in_splits, probes)


def _length_notes(part: Part, in_splits: set[str], probes: dict[Path, Probe]) -> Iterator[str]:
    for error, labels in part.labels.items():
        known = [probes.get(part.media.get(key)) for key in in_splits & labels.keys()]
        clips = {probe.path: probe for probe in known if probe and not probe.problem}
        keys = [key for key in in_splits & labels.keys() if part.media.get(key) in clips]
        durations_s = [clips[part.media[key]].duration_s for key in keys]
        auroc = length_auroc(durations_s, [bool(labels[key]) for key in keys])
        if auroc is not None:
            of = f"{len(keys)} clips, 0.5 is chance"
            yield f"{part.name}: clip length alone tells {error} with an AUROC of {auroc:.3f} ({of})"


def trajectory_notes(
    exercise: str, videos: dict[str, Path], trajectories: dict[str, Path], probes: dict[Path, Probe]
) -> Iterator[str]:
    """
    Notes on the bar trajectories of the unlabelled clips of an exercise.

    Args:
        exercise (`str`):
            `squat` or `overhead_press`.
        videos, trajectories (`dict[str, Path]`):
            Clips and their trajectories, by key.
        probes (`dict[Path, Probe]`):
            What is known of every file of either.
    """
    if without := len(videos.keys() - trajectories.keys()):
        yield f"{exercise}: unlabelled clips without a bar trajectory: {without} of {len(videos)}"
    if without := len(trajectories.keys() - videos.keys()):
        yield f"{exercise}: bar trajectories without a clip: {without} of {len(trajectories)}"
    pairs = [(probes.get(videos[key]), probes.get(trajectories[key])) for key in videos.keys() & trajectories.keys()]
    known = [(video, bar) for video, bar in pairs if video and bar and not video.problem and not bar.problem]
    if other := sum(video.num_frames != bar.num_frames for video, bar in known):
        yield f"{exercise}: bar trajectories with more or fewer entries than frames: {other} of {len(known)}"


def unlabelled_copies(labelled: list[Path], unlabelled: list[Path], probes: dict[Path, Probe]) -> Iterator[str]:
    """A note on how many labelled clips are in the unlabelled part too, by content."""
    contents = {probes[path].content for path in unlabelled if path in probes}
    copies = sum(
        bool(probes[path].content) and probes[path].content in contents for path in labelled if path in probes
    )
    if copies:
        yield f"labelled clips that are in the unlabelled part too: {copies} of {len(labelled)}"
