"""What is to be answered: the clips of a split of a data set, or video files; nothing is decoded for the list."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from datasets import Dataset

from fitness_aqa_dataset.checking.headers import box_problem
from fitness_aqa_dataset.frames import open_video
from fitness_aqa_dataset.motion import find_repetitions
from fitness_aqa_dataset.parts import read_clips_part
from fitness_aqa_dataset.prepared import is_synthetic
from fitness_aqa_dataset.problems import one_line
from fitness_aqa_dataset.release import find_missing_clips, read_release, release_root
from fitness_aqa_dataset.taxonomy import ERROR_LABELS, EXERCISES
from trainer.arguments import DataArguments
from trainer.prediction.output import checksum
from trainer.run_record import write_whole
from trainer.splits import is_synthetic_data, kind_of, load_split

VIDEO_SUFFIXES = (".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm")


@dataclass(frozen=True)
class Clip:
    """
    One row of predictions to make.

    Args:
        id (`str`): Of the row.
        path (`str`, *optional*): The file; `None` where the clip lies in Parquet.
        row (`int`, *optional*): Its row in [`Inputs.rows`], where it lies in Parquet.
        problem (`str`, *optional*): Why it cannot be read, where that is known already.
        span (`tuple[float, float]`, *optional*): The part of the file that is one repetition of several, in seconds.
        video (`str`, *optional*): The file as it was named on the command line.
        repetition (`int`, *optional*): Number of the repetition, from 1.
    """

    id: str
    path: str | None = None
    row: int | None = None
    problem: str | None = None
    span: tuple[float, float] | None = None
    video: str | None = None
    repetition: int | None = None


@dataclass(frozen=True)
class Inputs:
    """
    Args:
        clips (`list[Clip]`): In their order, every id once.
        state (`str`): Checksum of ids and of sizes and times of their files.
        is_synthetic (`bool`, *optional*): Whether clips are simulated; `None` where that cannot be known.
        references (`list[dict]`, *optional*): What the experts say of each, `{"id", "exercise", "errors"}`.
        rows (`Dataset`, *optional*): The rows whose clips lie in Parquet, undecoded.
    """

    clips: list[Clip]
    state: str
    is_synthetic: bool | None
    references: list[dict] | None = None
    rows: Dataset | None = None


def list_data(data: str, split: str, limit: int | None = None) -> Inputs:
    """
    The clips of one split.

    Args:
        data (`str`): A raw release, a folder that `prepare` made, or a data set on the Hub.
        split (`str`): `train`, `validation` or `test`.
        limit (`int`, *optional*): Only so many, the first ones.

    Returns:
        [`Inputs`]: In the order of the data, clips that are not on disk among them.

    Raises:
        FileNotFoundError, ValueError: If the data cannot be read at all, or has no such split.
    """
    inputs = _list_release(data, split) if kind_of(data) == "release" else _list_rows(data, split)
    if not inputs.clips:
        raise ValueError(f"{data}: no clips in the split {split}. Give another --split.")
    ids = [clip.id for clip in inputs.clips]
    if len(set(ids)) < len(ids):
        twice = next(id for id in ids if ids.count(id) > 1)
        raise ValueError(f"{data}: the id {twice} is there more than once in {split}. Give data with one row a clip.")
    return replace(inputs, clips=inputs.clips[:limit], references=inputs.references[:limit])


def list_videos(paths: list[str], limit: int | None = None) -> Inputs:
    """
    Video files, each once.

    Args:
        paths (`list[str]`): Files, and folders in which files with a video's suffix are looked for, however deep.
        limit (`int`, *optional*): Only so many files, the first ones.

    Returns:
        [`Inputs`]: In the order given, those of a folder sorted; ids are the paths as given, with `/`.

    Raises:
        FileNotFoundError: If a path is not there, or no video is found.
    """
    files: dict[Path, Path] = {}  # by where it really lies
    for path in map(Path, paths):
        if not path.exists():
            raise FileNotFoundError(f"{one_line(str(path))}: no such file or folder. Give videos, or folders of them.")
        for file in _videos_in(path) if path.is_dir() else (path,):
            files.setdefault(file.resolve(), file)
    if not files:
        raise FileNotFoundError(f"{', '.join(paths)}: no video found (files ending in {', '.join(VIDEO_SUFFIXES)}).")
    files = dict(list(files.items())[:limit])
    clips = [Clip(path.as_posix(), path=str(path), video=path.as_posix()) for path in files.values()]
    simulated = any(is_synthetic(folder) for folder in {folder for file in files for folder in file.parents})
    return Inputs(clips, checksum([[clip.id, *_stat(clip.path)] for clip in clips]), simulated)


def write_references(path: Path | None, inputs: Inputs) -> None:
    """What the experts say of labelled clips, as JSON lines, whole or not at all; nothing without a `path`."""
    if path:
        write_whole(path, "".join(json.dumps(reference) + "\n" for reference in inputs.references))


def cut_repetitions(clip: Clip) -> list[Clip]:
    """
    One clip for each repetition in a video file.

    Args:
        clip ([`Clip`]): A whole file.

    Returns:
        `list[Clip]`: The clip itself where there is one repetition, or the file cannot be read.
    """
    try:
        if problem := box_problem(Path(clip.path)):
            return [replace(clip, problem=reason(clip, problem.line(clip.path)))]
        decoder = open_video(clip.path)
        fps = decoder.metadata.average_fps
        # on the grid of frames, so that each frame is in one repetition
        spans = [tuple(round(time * fps) / fps for time in span) for span in find_repetitions(decoder)]
    except ValueError as error:
        return [replace(clip, problem=reason(clip, str(error)))]
    if len(spans) < 2:
        return [clip]
    return [
        replace(clip, id=f"{clip.id}#{number}", span=span, repetition=number)
        for number, span in enumerate(spans, start=1)
    ]


def reason(clip: Clip, message: str) -> str:
    """Why a clip cannot be read, on one line; without the file's name where the id says it."""
    return one_line(message if clip.video is None else message.removeprefix(f"{clip.path}: "))


def _list_release(data: str, split: str) -> Inputs:
    """From the release's own lists: a clip that is missing or damaged keeps its place in them."""
    root = release_root(data)
    records = {record.id: record for record in read_release(root, skip_missing_clips=True)}
    missing = find_missing_clips(root)
    if missing and not records:
        next(iter(missing.values())).raise_(others=len(missing) - 1)
    clips, references = [], []
    for exercise in EXERCISES:
        part = read_clips_part(root, exercise)
        for key in part.splits.get(split, ()):
            id = f"{exercise}/{key}"
            if id in records:
                clips.append(Clip(id, path=str(records[id].video)))
            else:
                clips.append(Clip(id, path=str(missing[id].path), problem=missing[id].line()))
            errors = [(label, *times) for label, intervals in part.labels.items() for times in intervals[key]]
            errors.sort(key=lambda error: (error[1], error[2], ERROR_LABELS.index(error[0])))  # as rows have them
            references.append(_reference(id, exercise, errors))
    state = checksum([[clip.id, *_stat(clip.path)] for clip in clips])
    return Inputs(clips, state, is_synthetic(root), references)


def _list_rows(data: str, split: str) -> Inputs:
    rows = load_split(DataArguments(dataset_name=data), split)
    if not len(rows):
        return Inputs([], "", None)
    said = rows.with_format(None).select_columns(["id", "exercise", "errors"])
    names = said.features["exercise"].names
    references = [
        _reference(
            row["id"],
            names[row["exercise"]],
            [(error["label"], error["start"], error["end"]) for error in row["errors"]],
        )
        for row in said.to_list()
    ]
    clips = [Clip(reference["id"], row=index) for index, reference in enumerate(references)]
    folder = Path(data).expanduser()
    files = sorted(path for path in folder.rglob("*") if path.is_file()) if kind_of(data) == "prepared" else []
    state = checksum([[clip.id for clip in clips], [[str(path), *_stat(path)] for path in files]])
    return Inputs(clips, state, is_synthetic_data(data), references, rows)


def _reference(id: str, exercise: str, errors: list[tuple[str, float, float]]) -> dict:
    spans = [{"label": label, "start": start, "end": end} for label, start, end in errors]
    return {"id": id, "exercise": exercise, "errors": spans}


def _videos_in(folder: Path) -> Iterator[Path]:
    """In the order of their names; not those of hidden files, such as the `._clip.mp4` of macOS."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file() and not path.name.startswith("."):
            yield path


def _stat(path: str | Path) -> tuple[int, int]:
    """Size in bytes and time of the last change in nanoseconds; zeros where there is no file."""
    try:
        found = Path(path).stat()
    except OSError:
        return 0, 0
    return found.st_size, found.st_mtime_ns
