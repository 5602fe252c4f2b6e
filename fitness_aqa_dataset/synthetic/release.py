"""Writes a simulated release in the authors' layout, with the clips' joints beside it. Same seed, same bytes."""

import multiprocessing
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..joint_files import joints_path
from ..taxonomy import EXERCISES, IMAGE_TASKS, RELEASE_FOLDER
from .clip import Clip, simulate_clip, write_clip
from .groups import deal_groups
from .images import Image, simulate_image, write_image
from .joints import write_joints
from .labels import write_clip_labels, write_image_labels, write_json, write_trajectories
from .scene import LOOKS
from .splits import split_by_source
from .unlabeled import simulate_unlabeled


def synthesize_release(
    out_dir: str | Path,
    num_clips: int,
    seed: int = 0,
    look: str = "studio",
    error_rate: float = 0.45,
    num_workers: int | None = None,
    second_interval_rate: float = 0.1,
    table2: bool = False,
) -> Path:
    """
    Write a simulated release in the raw layout of Fitness-AQA: `Squat/`, `OHP/` and `BarbellRow/`.

    Beside the labelled clips it holds, for each exercise of the image tasks, half as many images (at least 30; the two
    tasks of the row share theirs), and a tenth as many unlabelled clips (at least 8) of other sources. What the real
    release has not: `synthetic.json`, and beside every folder `videos/` a folder `joints/`, see `joint_files`.

    All goes into a folder `.<name>.partial-…` beside `out_dir`, which is renamed at the end: `out_dir` is whole or
    absent. The same call after an interruption goes on with the files that are missing.

    Args:
        out_dir (`str` or `Path`):
            Folder to make.
        num_clips (`int`):
            Labelled clips of both exercises together, half each; at least 22.
        seed (`int`, *optional*, defaults to 0):
            Same seed, same bytes.
        look (`str`, *optional*, defaults to `"studio"`):
            `"studio"` or the harder `"gym"`.
        error_rate (`float`, *optional*, defaults to 0.45):
            Probability of each error in a clip or an image, in [0, 1].
        num_workers (`int`, *optional*):
            Processes; all cores by default. The bytes do not depend on it.
        second_interval_rate (`float`, *optional*, defaults to 0.1):
            Probability, in [0, 1], that an error of a clip comes twice, where the body allows it; all else is the same
            for every rate.
        table2 (`bool`, *optional*, defaults to `False`):
            Give the labelled clips of each exercise the group proportions of the paper's Table 2, exactly; for them
            `error_rate` is ignored then.

    Returns:
        `pathlib.Path`: The folder written.

    Raises:
        ValueError: If `num_clips`, `seed` or a rate is out of range, `look` is unknown, or FFmpeg is missing.
        FileExistsError: If `out_dir` is there already.
    """
    out_dir = Path(out_dir)
    settings = {"num_clips": num_clips, "seed": seed, "look": look, "error_rate": error_rate}
    settings |= {"second_interval_rate": second_interval_rate, "table2": table2}
    _check_arguments(out_dir, settings)
    name = "-".join(str(value) for value in settings.values())
    work_dir = out_dir.with_name(f".{out_dir.name}.partial-{name}")
    groups = {exercise: _groups(exercise, num_clips, seed, table2) for exercise in EXERCISES}
    clips = [
        simulate_clip(seed, index, look, error_rate, second_interval_rate, groups[EXERCISES[index % 2]][index // 2])
        for index in range(num_clips)
    ]
    images = [
        simulate_image(seed, exercise, index, look, error_rate)
        for exercise in ("squat", "barbell_row")
        for index in range(max(30, num_clips // 2))
    ]
    unlabeled = simulate_unlabeled(num_clips, seed, look, error_rate, second_interval_rate)
    work = [(write_clip, clip, _clip_path(work_dir, clip, "Labeled_Dataset")) for clip in clips]
    work += [(write_clip, clip, _clip_path(work_dir, clip, "Unlabeled_Dataset")) for clip in unlabeled]
    work += [(write_joints, clip, joints_path(path)) for _, clip, path in work]
    work += [(write_image, image, _image_path(work_dir, image)) for image in images]
    _write_all(work, num_workers or os.cpu_count() or 1)
    for exercise in EXERCISES:
        of_exercise = _of(exercise, clips)
        write_clip_labels(work_dir, exercise, of_exercise, _split_by_source(of_exercise, seed))
        write_trajectories(work_dir, exercise, _of(exercise, unlabeled), seed)
    write_image_labels(work_dir, images, seed)
    write_json(work_dir / "synthetic.json", {"synthetic": True, **settings})
    work_dir.rename(out_dir)
    return out_dir


def _check_arguments(out_dir: Path, settings: dict) -> None:
    if out_dir.exists():
        raise FileExistsError(f"{out_dir}: is there already; remove it or name another folder")
    # Two clips a source: with fewer sources the rounded shares leave a split empty.
    if settings["num_clips"] < 22:
        got = settings["num_clips"]
        raise ValueError(f"--clips: at least 22 are needed to fill three splits of two exercises, got {got}")
    if settings["seed"] < 0:
        raise ValueError(f"--seed: a whole number from 0 up is needed, got {settings['seed']}")
    if settings["look"] not in LOOKS:
        raise ValueError(f"--look: one of {', '.join(LOOKS)} is needed, got {settings['look']!r}")
    for name in ("error_rate", "second_interval_rate"):
        if not 0 <= settings[name] <= 1:
            option = name.replace("_", "-")
            raise ValueError(f"--{option}: a share from 0 to 1 is needed, got {settings[name]}")
    if shutil.which("ffmpeg") is None:
        raise ValueError("ffmpeg: not found; clips are written by FFmpeg's libraries: `apt-get install ffmpeg`")


def _groups(exercise: str, num_clips: int, seed: int, table2: bool) -> list[tuple[str, ...] | None]:
    """The errors given to each clip of an exercise; `None` where they are drawn."""
    count = (num_clips + 1 - EXERCISES.index(exercise)) // 2
    return deal_groups(exercise, count, seed) if table2 else [None] * count


def _of(exercise: str, clips: list[Clip]) -> list[Clip]:
    return [clip for clip in clips if clip.repetition.exercise == exercise]


def _clip_path(root: Path, clip: Clip, part: str) -> Path:
    return root / RELEASE_FOLDER[clip.repetition.exercise] / part / "videos" / f"{clip.key}.mp4"


def _image_path(root: Path, image: Image) -> Path:
    task = IMAGE_TASKS[next(iter(image.labels))]
    return root.joinpath(*task.folder, *task.images, f"{image.key}.jpg")


def _write_all(work: list[tuple[Callable, Clip | Image, Path]], num_workers: int) -> None:
    """Call every `(write, what, path)` whose file is missing."""
    for folder in {path.parent for _, _, path in work}:
        folder.mkdir(parents=True, exist_ok=True)
    missing = [(write, what, path) for write, what, path in work if not path.exists()]
    if not missing:
        return
    # Forked workers share what is imported; one thread each, since each has a core of its own.
    context = multiprocessing.get_context("fork")
    with context.Pool(min(num_workers, len(missing)), initializer=_use_one_thread) as pool:
        done = pool.imap_unordered(_write_one, missing, chunksize=4)
        for _ in tqdm(done, total=len(missing), desc="drawing synthetic clips and images", unit="file"):
            pass


def _write_one(work: tuple[Callable, Clip | Image, Path]) -> None:
    write, what, path = work
    write(what, path)


def _use_one_thread() -> None:
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def _split_by_source(clips: list[Clip], seed: int) -> dict[str, list[str]]:
    """Keys of each split; all clips of a source are in the same one."""
    return split_by_source([clip.key for clip in clips], np.random.default_rng([seed, 3]))
