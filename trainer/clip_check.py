"""Bad clips found before the first step, by a quick pass over headers."""

import logging
from collections.abc import Iterator
from pathlib import Path

from accelerate import PartialState
from accelerate.utils import broadcast_object_list
from tqdm import tqdm

from fitness_aqa_dataset.checking.headers import header_problem
from fitness_aqa_dataset.problems import Problem
from fitness_aqa_dataset.release import find_missing_clips, read_release
from trainer.arguments import DataArguments
from trainer.splits import kind_of, load_split

logger = logging.getLogger(__name__)
MOST_LISTED = 10


def find_bad_clips(data_args: DataArguments) -> dict[str, Problem]:
    """
    Look at the header of every clip that loading opens. Nothing is decoded.

    Of a raw release those are all, the test clips too; of prepared data the training and validation split.

    Args:
        data_args (`DataArguments`):
            Names the data; with `on_bad_clip` `skip`, clips that are not on disk are among the bad ones.

    Returns:
        `dict[str, Problem]`: What is wrong, by row id.

    Raises:
        FileNotFoundError, ValueError: If the data cannot be read at all.
    """
    total, clips = _clips(data_args)
    missing = {}
    if kind_of(data_args.dataset_name) == "release" and data_args.on_bad_clip == "skip":
        missing = find_missing_clips(data_args.dataset_name)
    return missing | {
        id: problem
        for id, path, data in tqdm(clips, desc="looking at clips", total=total, unit="clip", delay=2)
        if (problem := header_problem(path, data))
    }


def _clips(data_args: DataArguments) -> tuple[int, Iterator[tuple[str, Path, bytes | None]]]:
    """How many there are, and id, file and, where they lie in Parquet, bytes of each."""
    if kind_of(data_args.dataset_name) == "release":
        records = read_release(data_args.dataset_name, skip_missing_clips=data_args.on_bad_clip == "skip")
        return len(records), ((record.id, record.video, None) for record in records)
    splits = [load_split(data_args, split) for split in ("train", "validation")]
    rows = (row for rows in splits for row in rows)
    return sum(map(len, splits)), (
        (row["id"], Path(row["video"]["path"] or row["id"]), row["video"]["bytes"]) for row in rows
    )


def choose_clips_to_skip(data_args: DataArguments) -> list[str] | None:
    """
    Stop at bad clips, or name those to train without; the first process looks, the others are told.

    Args:
        data_args (`DataArguments`):
            `on_bad_clip` says which.

    Returns:
        `list[str]`: Ids to skip; `None` where none is to be skipped, whatever comes.

    Raises:
        ValueError: If clips are bad and `on_bad_clip` is `error`; lists up to ten of them, with id and file.
        FileNotFoundError: If the data cannot be read at all.
    """
    if "video" not in data_args.dataset_config:
        return None
    state = PartialState()
    found = [None]
    if state.is_main_process:
        try:
            found = [{id: problem.line() for id, problem in find_bad_clips(data_args).items()}]
        except (ValueError, OSError) as error:  # told to all, or the others would wait for ever
            found = [error]
    if state.num_processes > 1:
        broadcast_object_list(found)
    if isinstance(found[0], Exception):
        raise found[0]
    bad = found[0]
    if bad and data_args.on_bad_clip == "error":
        listed = "".join(f"\n  {id}: {line}" for id, line in list(bad.items())[:MOST_LISTED])
        more = f"\n  and {len(bad) - MOST_LISTED} more" if len(bad) > MOST_LISTED else ""
        raise ValueError(
            f"{len(bad)} clip{'s' if len(bad) > 1 else ''} cannot be read; mend them, or train without them by "
            f"--on_bad_clip skip:{listed}{more}"
        )
    if state.is_main_process:
        for id, line in bad.items():
            logger.warning("skipped %s: %s", id, line)
    return list(bad) if data_args.on_bad_clip == "skip" else None
