"""Writes a simulated release in the authors' layout: clips, label files, splits. Deterministic for a seed."""

import json
import multiprocessing
import os
import shutil
from pathlib import Path

import numpy as np
from tqdm import tqdm

from ..taxonomy import ERRORS, EXERCISES, RELEASE_FOLDER
from .clip import Clip, simulate_clip, write_clip
from .scene import LOOKS

# Shares of the release's own splits (squat 1136/243/244, overhead press 1582/339/339 clips).
SPLIT_SHARES = {"train": 0.70, "val": 0.15, "test": 0.15}


def synthesize_release(
    out_dir: str | Path,
    num_clips: int,
    seed: int = 0,
    look: str = "studio",
    error_rate: float = 0.45,
    num_workers: int | None = None,
) -> Path:
    """
    Write a simulated release in the raw layout of Fitness-AQA (`Squat/` and `OHP/`, each `Labeled_Dataset/`).

    The clips go into a folder `.<name>.partial-…` beside `out_dir`, which is renamed at the end: `out_dir` is whole or
    absent. The same call after an interruption goes on with the clips that are missing.

    Args:
        out_dir (`str` or `Path`):
            Folder to make.
        num_clips (`int`):
            Clips of both exercises together, half each; at least 22.
        seed (`int`, *optional*, defaults to 0):
            Same seed, same bytes.
        look (`str`, *optional*, defaults to `"studio"`):
            `"studio"` or the harder `"gym"`.
        error_rate (`float`, *optional*, defaults to 0.45):
            Probability of each error in a clip, in [0, 1].
        num_workers (`int`, *optional*):
            Processes; all cores by default.

    Returns:
        `pathlib.Path`: The folder written.

    Raises:
        ValueError: If `num_clips`, `seed` or `error_rate` is out of range, `look` is unknown, or FFmpeg is missing.
        FileExistsError: If `out_dir` is there already.
    """
    out_dir = Path(out_dir)
    _check_arguments(out_dir, num_clips, seed, look, error_rate)
    settings = {"num_clips": num_clips, "seed": seed, "look": look, "error_rate": error_rate}
    name = "-".join(str(value) for value in settings.values())
    work_dir = out_dir.with_name(f".{out_dir.name}.partial-{name}")
    clips = [simulate_clip(seed, index, look, error_rate) for index in range(num_clips)]
    paths = [_labeled_folder(work_dir, clip) / "videos" / f"{clip.key}.mp4" for clip in clips]
    for folder in {path.parent for path in paths}:
        folder.mkdir(parents=True, exist_ok=True)
    missing = [(clip, path) for clip, path in zip(clips, paths, strict=True) if not path.exists()]
    _write_all(missing, num_workers or os.cpu_count() or 1)
    for exercise in EXERCISES:
        _write_labels(work_dir, exercise, [clip for clip in clips if clip.repetition.exercise == exercise], seed)
    _write_json(work_dir / "synthetic.json", {"synthetic": True, **settings})
    work_dir.rename(out_dir)
    return out_dir


def _check_arguments(out_dir: Path, num_clips: int, seed: int, look: str, error_rate: float) -> None:
    if out_dir.exists():
        raise FileExistsError(f"{out_dir}: is there already; remove it or name another folder")
    # Two clips a source: with fewer sources the rounded shares leave a split empty.
    if num_clips < 22:
        raise ValueError(f"--clips: at least 22 are needed to fill three splits of two exercises, got {num_clips}")
    if seed < 0:
        raise ValueError(f"--seed: a whole number from 0 up is needed, got {seed}")
    if look not in LOOKS:
        raise ValueError(f"--look: one of {', '.join(LOOKS)} is needed, got {look!r}")
    if not 0 <= error_rate <= 1:
        raise ValueError(f"--error-rate: a share from 0 to 1 is needed, got {error_rate}")
    if shutil.which("ffmpeg") is None:
        raise ValueError("ffmpeg: not found; clips are written by FFmpeg's libraries: `apt-get install ffmpeg`")


def _write_all(work: list[tuple[Clip, Path]], num_workers: int) -> None:
    if not work:
        return
    # Forked workers share what is imported; one thread each, since each has a core of its own.
    context = multiprocessing.get_context("fork")
    with context.Pool(min(num_workers, len(work)), initializer=_use_one_thread) as pool:
        done = pool.imap_unordered(_write_one, work, chunksize=4)
        for _ in tqdm(done, total=len(work), desc="drawing synthetic clips", unit="clip"):
            pass


def _write_one(work: tuple[Clip, Path]) -> None:
    write_clip(*work)


def _use_one_thread() -> None:
    import cv2
    import torch

    cv2.setNumThreads(1)
    torch.set_num_threads(1)


def _labeled_folder(root: Path, clip: Clip) -> Path:
    return root / RELEASE_FOLDER[clip.repetition.exercise] / "Labeled_Dataset"


def _write_labels(root: Path, exercise: str, clips: list[Clip], seed: int) -> None:
    folder = _labeled_folder(root, clips[0])
    for label in ERRORS[exercise]:
        intervals = {
            clip.key: [[round(s, 3), round(e, 3)] for s, e in clip.repetition.errors.get(label, [])] for clip in clips
        }
        _write_json(folder / "Labels" / f"error_{label}.json", intervals)
    for split, keys in _split_by_source(clips, seed).items():
        _write_json(folder / "Splits" / f"{split}_keys.json", keys)


def _split_by_source(clips: list[Clip], seed: int) -> dict[str, list[str]]:
    """Keys of each split; all clips of a source are in the same one."""
    sources = np.array(sorted({clip.source for clip in clips}))
    order = np.random.default_rng([seed, 3]).permutation(len(sources))
    ends = np.round(np.cumsum(list(SPLIT_SHARES.values())) * len(sources)).astype(int)
    groups = zip(SPLIT_SHARES, np.split(sources[order], ends[:-1]), strict=True)
    return {split: [clip.key for clip in clips if clip.source in set(group.tolist())] for split, group in groups}


def _write_json(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))
