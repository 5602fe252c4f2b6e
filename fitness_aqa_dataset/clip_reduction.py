"""
Parts of clips in place of whole ones: windows of so many frames, or the lifter's phases. No video is copied or cut.

A part is a window in seconds on the clip's clock, half-open and on the grid of the clip's frames: frames i to
i + n - 1 are `[i / fps, (i + n) / fps)`. Its errors are on a clock of its own, which is 0 where the window begins.
`sample_frames` takes frames up to its `end_s` included, so give it the window's end less half a frame.
"""

from collections.abc import Callable
from functools import partial

import multiprocess
import torch
from datasets import Dataset, Features, IterableDataset, Value
from datasets import Video as VideoFeature

from .columns import AnyDataset, set_column
from .frames import Video, open_video
from .motion import find_phases
from .windows import MIN_OVERLAP_S, check_windows, clip_windows, cut_errors

REDUCTIONS = ("none", "windows", "phases")
WINDOW_FEATURE = {"start": Value("float64"), "end": Value("float64")}


def cut_clip(video: Video, reduction: str, num_frames: int = 32, overlap: int = 0) -> list[dict]:
    """
    The windows of one clip, to answer each by itself.

    Args:
        video (`VideoDecoder`, `str`, `PathLike`, `bytes` or `dict`):
            The clip, see [`~fitness_aqa_dataset.frames.open_video`].
        reduction (`str`):
            `none`: the whole clip. `windows`: see [`clip_windows`]. `phases`: see
            [`~fitness_aqa_dataset.motion.find_phases`]; the clip is decoded for it.
        num_frames (`int`, *optional*, defaults to `32`), overlap (`int`, *optional*, defaults to `0`):
            Frames of a window, and those that it shares with the one before; for `windows` only.

    Returns:
        `list[dict]`: `{"start", "end", "name"}`, seconds, half-open; the name is `whole`, `window`, or the phase's:
        `lowering`, `lifting`, `still`.

    Raises:
        ValueError: If there is no such reduction, a number is out of range, or the clip cannot be opened or decoded.
    """
    if reduction not in REDUCTIONS:
        raise ValueError(f"no clip reduction is called {reduction!r}. Choose among {', '.join(REDUCTIONS)}.")
    decoder = open_video(video)
    fps = decoder.metadata.average_fps
    if reduction == "phases":
        # on the grid of frames, so that each frame is in one phase; turns are found at half that rate anyway
        spans = [(phase.name, round(phase.start_s * fps), round(phase.end_s * fps)) for phase in find_phases(decoder)]
        return [{"start": first / fps, "end": end / fps, "name": name} for name, first, end in spans if first < end]
    if reduction == "windows":
        return [window | {"name": "window"} for window in clip_windows(len(decoder), fps, num_frames, overlap)]
    return [{"start": 0.0, "end": len(decoder) / fps, "name": "whole"}]


def to_windows(
    dataset: AnyDataset, num_frames: int, overlap: int = 0, min_overlap_s: float = MIN_OVERLAP_S
) -> AnyDataset:
    """
    One row for each window of each clip; no clip is copied or decoded.

    Balance and augment first: the windows of a clip share its id, and an augmentation holds for all of them.

    Args:
        dataset (`Dataset`, `DatasetDict` or their iterable counterparts):
            Rows of the config `video`, augmented or not, without `messages`.
        num_frames (`int`), overlap (`int`, *optional*, defaults to `0`):
            See [`clip_windows`].
        min_overlap_s (`float`, *optional*, defaults to `0.1`):
            See [`cut_errors`].

    Returns:
        The same kind of dataset, with the column `window` (`{"start", "end"}`, float64, seconds on the clip's clock),
        and `errors` cut to the window, on the window's clock. `duration` and `num_frames` stay the clip's.

    Raises:
        ValueError: If a number is out of range, or the rows are not of the config `video`, have been cut already or
            have `messages`.
    """
    check_windows(num_frames, overlap)
    find = partial(_windows_of, num_frames=num_frames, overlap=overlap)
    return _cut(dataset, find, ("id", "fps", "num_frames"), min_overlap_s)


def to_phases(dataset: AnyDataset, min_overlap_s: float = MIN_OVERLAP_S, num_proc: int | None = None) -> AnyDataset:
    """
    One row for each phase of each clip, lowering and lifting. Every clip is decoded once, small; none is copied.

    Args:
        dataset (`Dataset`, `DatasetDict` or their iterable counterparts):
            Rows of the config `video`, augmented or not, without `messages`. Augmented rows have the phases of their
            clip.
        min_overlap_s (`float`, *optional*, defaults to `0.1`):
            See [`cut_errors`].
        num_proc (`int`, *optional*):
            Processes that decode; one by default. An iterable dataset decodes where it is read.

    Returns:
        As [`to_windows`] does.

    Raises:
        ValueError: If a clip cannot be decoded, or the rows are not of the config `video`, have been cut already or
            have `messages`.
    """
    return _cut(dataset, _phases_of, ("id", "video"), min_overlap_s, num_proc)


def _windows_of(row: dict, num_frames: int, overlap: int) -> list[dict]:
    return clip_windows(row["num_frames"], row["fps"], num_frames, overlap)


def _phases_of(row: dict) -> list[dict]:
    return [{"start": part["start"], "end": part["end"]} for part in cut_clip(row["video"], "phases")]


def _cut(
    dataset: AnyDataset,
    find: Callable[[dict], list[dict]],
    inputs: tuple[str, ...],
    min_overlap_s: float,
    num_proc: int | None = None,
) -> AnyDataset:
    """A row for each window that `find` gives of a row's `inputs`."""
    if isinstance(dataset, dict):
        splits = {split: _cut(rows, find, inputs, min_overlap_s, num_proc) for split, rows in dataset.items()}
        return type(dataset)(splits)
    if dataset.features is not None:
        _check_columns(dataset.column_names, inputs)
    cut = partial(_cut_batch, find=find, min_overlap_s=min_overlap_s)
    if isinstance(dataset, IterableDataset):
        if dataset.features is None:
            return dataset.map(cut, batched=True, batch_size=16)
        features = dataset.features.copy()
        features["window"] = WINDOW_FEATURE
        return dataset.decode(False).map(cut, batched=True, batch_size=16).cast(features)
    return _cut_stored(dataset, find, inputs, min_overlap_s, num_proc)


def _check_columns(columns: list[str], inputs: tuple[str, ...]) -> None:
    if missing := [name for name in (*inputs, "errors") if name not in columns]:
        raise ValueError(
            f"no column {', '.join(missing)} in these rows, so they cannot be cut. Give rows of the config `video`."
        )
    for name, advice in (("window", "Cut whole clips, once."), ("messages", "Call `add_messages` after the cut.")):
        if name in columns:
            raise ValueError(f"the column {name} is there, and would be wrong after the clips are cut. {advice}")


def _cut_stored(
    dataset: Dataset, find: Callable, inputs: tuple[str, ...], min_overlap_s: float, num_proc: int | None
) -> Dataset:
    if not len(dataset):  # `map` gives no rows no new column
        features = Features(dataset.features | {"window": WINDOW_FEATURE})
        return Dataset.from_dict({name: [] for name in features}, features=features, split=dataset.split)
    rows = dataset.with_format(None)
    if "video" in inputs:
        rows = rows.cast_column("video", VideoFeature(decode=False))
    annotations = rows.select_columns(["id", "errors"]).to_list()
    row_of_clip = {row["id"]: index for index, row in enumerate(annotations)}  # augmented rows share a clip
    clips = rows.select_columns(list(inputs)).select(row_of_clip.values())
    found = clips.map(
        partial(_add_windows, find=find), remove_columns=list(inputs), num_proc=num_proc, desc="Cutting clips"
    )
    windows_of = dict(zip(row_of_clip, found["windows"], strict=True))
    parts = [(index, window) for index, row in enumerate(annotations) for window in windows_of[row["id"]]]
    windows = [window for _, window in parts]
    errors = [cut_errors(annotations[i]["errors"], w["start"], w["end"], min_overlap_s) for i, w in parts]
    cut = set_column(dataset.select([index for index, _ in parts]), "window", windows, WINDOW_FEATURE)
    return set_column(cut, "errors", errors, dataset.features["errors"])


def _add_windows(row: dict, find: Callable[[dict], list[dict]]) -> dict:
    if multiprocess.parent_process() is not None:  # of `num_proc`: torch's threads do not survive the fork
        torch.set_num_threads(1)
    return {"windows": find(row)}


def _cut_batch(batch: dict[str, list], find: Callable[[dict], list[dict]], min_overlap_s: float) -> dict[str, list]:
    cut = {name: [] for name in (*batch, "window")}
    for values in zip(*batch.values(), strict=True):
        row = dict(zip(batch, values, strict=True))
        for window in find(row):
            errors = cut_errors(row["errors"], window["start"], window["end"], min_overlap_s)
            for name, value in (row | {"errors": errors, "window": window}).items():
                cut[name].append(value)
    return cut
