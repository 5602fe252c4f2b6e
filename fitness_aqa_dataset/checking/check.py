"""One pass over a release: everything that is wrong with it, and what is worth knowing about it."""

import os
from functools import partial
from pathlib import Path

import torchcodec
from tqdm import tqdm

from ..problems import Problem
from ..release import wrong_root
from ..taxonomy import EXERCISES
from .clips import probe_clip
from .contents import copies, duplicates, intervals_outside, labels_by_path, twice_on_disk
from .ids import part_problems
from .notes import part_notes, trajectory_notes, unlabelled_copies
from .pictures import probe_image, probe_trajectory
from .pool import run_all
from .probe import Probe
from .reading import Release, read_all
from .report import Report
from .safety import survey

PROBES = {
    "clip": probe_clip,
    "image": probe_image,
    "squat": partial(probe_trajectory, exercise="squat"),
    "overhead_press": partial(probe_trajectory, exercise="overhead_press"),
}


def check_release(data_dir: str | Path, num_workers: int | None = None, progress: bool = True) -> Report:
    """
    Look at every file of a raw release once.

    Files are opened in processes of their own, and none that lies outside the release.

    Args:
        data_dir (`str` or `Path`):
            The folder that holds `Squat/` and `OHP/`.
        num_workers (`int`, *optional*):
            Processes. Defaults to the number of cores.
        progress (`bool`, *optional*, defaults to `True`):
            Whether to show a bar on standard error.

    Returns:
        `Report`: Problems in the order of path, and notes. A folder that is no release is a problem like others.

    Raises:
        ValueError: If FFmpeg is not installed.
    """
    if torchcodec.ffmpeg_major_version is None:
        raise ValueError("FFmpeg's libraries were not found, so no clip can be decoded; install FFmpeg 4 to 9")
    root = Path(os.path.realpath(os.path.expanduser(data_dir)))
    report = Report(os.fspath(data_dir), root)
    if problem := wrong_root(root):
        report.problems.append(problem)
        return report
    tree = survey(root)
    release = read_all(root, tree)
    jobs = release.jobs(tree.not_to_open)
    report.counts = release.counts()
    probes = _probe(jobs, num_workers, progress)
    report.problems += tree.problems + release.problems
    report.problems += [probe.problem for probe in probes.values() if probe.problem]
    _compare(report, release, probes, tree.not_to_open)
    report.sort()
    return report


def _probe(jobs: dict[Path, str], num_workers: int | None, progress: bool) -> dict[Path, Probe]:
    probes = {}
    steps = run_all(probe_file, list(jobs.items()), num_workers, preload=__name__)
    for (path, kind), probe, done in tqdm(steps, "check", len(jobs), disable=not progress, unit=" files"):
        if not done:
            what = "ends the program that reads it, or takes it more than two minutes"
            probe = Probe(path, Problem(_problem_kind(kind), path, what, "unpack or download it again"))
        probes[path] = probe
    return probes


def probe_file(job: tuple[Path, str]) -> Probe:
    """Look at one file of a kind in `PROBES`; whatever reading it raises is the file's problem."""
    path, kind = job
    try:
        return PROBES[kind](path)
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
    except Exception as error:  # the file is anybody's, and two libraries full of readers have seen it
        what = f"cannot be read ({type(error).__name__})"
    return Probe(path, Problem(_problem_kind(kind), path, what, "allow reading it or unpack it again"))


def _problem_kind(kind: str) -> str:
    return "trajectory" if kind in EXERCISES else kind


def _compare(report: Report, release: Release, probes: dict[Path, Probe], not_to_open: set[Path]) -> None:
    """What files say about each other."""
    for part in release.parts:
        report.problems += part_problems(part, not_to_open)
        report.notes += part_notes(part, probes)
        report.problems += twice_on_disk(part, release.clips + release.images, probes)
    labels = labels_by_path(release.parts)
    unlabelled = [path for videos, _ in release.unlabeled.values() for path in videos.values()]
    clips = [path for part in release.clip_parts for path in part.media.values()]
    unclear = copies(clips, probes)
    for part in release.clip_parts:
        report.problems += intervals_outside(part, probes, unclear)
    images = dict.fromkeys(path for part in release.image_parts for path in part.media.values())
    for files in (clips, list(images), unlabelled):
        report.problems += duplicates(files, labels, probes, report.root)
    for exercise, (videos, trajectories) in release.unlabeled.items():
        report.notes += trajectory_notes(exercise, videos, trajectories, probes)
    report.notes += unlabelled_copies(clips, unlabelled, probes)
    report.notes += release.notes
