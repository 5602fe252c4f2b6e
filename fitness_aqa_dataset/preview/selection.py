"""Which clip or images a preview shows."""

from difflib import get_close_matches

from ..dealing import shuffled
from ..records import ClipRecord, ImageRecord, Record, UnlabeledRecord


def record_of(records: list[Record], id: str, name: str) -> Record:
    """
    The record of an id.

    Raises:
        ValueError: If there is none; the message names the nearest ids.
    """
    by_id = {record.id: record for record in records}
    if id not in by_id:
        nearest = ", ".join(get_close_matches(id, by_id, n=3, cutoff=0.0))
        raise ValueError(f"{id}: no such id among the {len(by_id)} of {name!r}; the nearest are {nearest}")
    return by_id[id]


def most_telling_clip(records: list[ClipRecord]) -> ClipRecord:
    """The clip with the most different errors, the first of them by id."""
    return min(records, key=lambda record: (-len({label for label, _, _ in record.errors}), record.id))


def first_with_trajectory(records: list[UnlabeledRecord]) -> UnlabeledRecord:
    """The first clip by id whose bar was followed; the first of all if none was."""
    return min(records, key=lambda record: (record.trajectory is None, record.id))


def images_by_label(records: list[ImageRecord], num_images: int, seed: int) -> dict[int, list[ImageRecord]]:
    """For each label, 0 and 1, up to so many images, drawn by the seed and the ids alone."""
    by_id = {record.id: record for record in records}
    order = [by_id[id] for id in shuffled(list(by_id), seed)]
    return {label: [record for record in order if record.label == label][:num_images] for label in (0, 1)}
