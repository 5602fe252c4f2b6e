"""Read predictions and references from JSON Lines text, one video a line."""

import json

from .segments import PREDICTION_NUMBERS, REFERENCE_NUMBERS, check_segment

NUM_IDS_SHOWN = 10


def read_videos(text: str, name: str) -> dict[str, list[dict]]:
    """
    Read the segments of every video.

    Args:
        text (`str`):
            One JSON object per line: `{"id": "video 1", "segments": [{"label", "start", "end"}, ...]}`, times in
            seconds; predictions also have a `score`. Empty lines are skipped.
        name (`str`):
            `predictions` or `references`.

    Returns:
        `dict[str, list[dict]]`: Segments by id, in the order of the lines.

    Raises:
        ValueError: If a line is no such object, repeats an id, or holds a bad segment (names line and id).
    """
    videos = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{name}, line {number}"
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{where}: is no JSON ({error}). Write one JSON object per line.") from None
        if not (isinstance(row, dict) and isinstance(row.get("id"), str) and isinstance(row.get("segments"), list)):
            raise ValueError(
                f'{where}: expected {{"id": "video 1", "segments": [...]}} with a text id, got {line.strip()[:80]}'
            )
        if row["id"] in videos:
            raise ValueError(f"{where}: id {row['id']!r} occurs twice. Keep one line per video.")
        numbers = PREDICTION_NUMBERS if name == "predictions" else REFERENCE_NUMBERS
        for item, segment in enumerate(row["segments"]):
            try:
                check_segment(segment, numbers, len(videos), item, name)
            except ValueError as error:
                raise ValueError(f"{where}, id {row['id']!r}: {error}") from None
        videos[row["id"]] = row["segments"]
    return videos


def pair_videos(
    predictions: dict[str, list[dict]], references: dict[str, list[dict]]
) -> tuple[list[str], list[list[dict]], list[list[dict]]]:
    """
    Put the videos of both sides in one order.

    Args:
        predictions (`dict[str, list[dict]]`), references (`dict[str, list[dict]]`):
            What [`read_videos`] returns, with the same ids; a video without segments has an empty list.

    Returns:
        `tuple[list[str], list[list[dict]], list[list[dict]]]`: Ids, predictions and references, in the order of the
        references.

    Raises:
        ValueError: If the ids differ (lists them).
    """
    differences = []
    for name, one, other in (("predictions", predictions, references), ("references", references, predictions)):
        ids = [key for key in one if key not in other]
        if ids:
            more = ", ..." if len(ids) > NUM_IDS_SHOWN else ""
            differences.append(f"{len(ids)} only in the {name}: {', '.join(ids[:NUM_IDS_SHOWN])}{more}")
    if differences:
        raise ValueError(f"the ids differ: {'; '.join(differences)}. Give both sides the same videos.")
    return list(references), [predictions[key] for key in references], list(references.values())
