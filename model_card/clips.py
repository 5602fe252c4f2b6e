"""Which test clips a card shows, where their videos are, and how an answer about one is judged."""

import hashlib
from pathlib import Path

import numpy as np

from fitness_aqa_dataset.taxonomy import EXERCISES
from metrics.fitness_aqa.interval_ap import correct_iou
from model_card.answered import Answered
from model_card.style import BAD, GOOD, QUIET
from trainer.prediction.inputs import list_data

CLIPS_PER_EXERCISE = 4
SELECTION_RULE = f"the first {CLIPS_PER_EXERCISE} test clips of each exercise in the order of SHA-256(clip id)"


def select_clips(references: list[dict]) -> list[dict]:
    """
    Choose the clips to show by a rule that knows nothing of the answers.

    Args:
        references (`list[dict]`):
            Test rows with `id` and `exercise`.

    Returns:
        `list[dict]`: the first four rows of each exercise in the order of the SHA-256 of their ids, squats first.
    """
    ordered = sorted(references, key=lambda row: hashlib.sha256(row["id"].encode()).hexdigest())
    chosen = []
    for exercise in EXERCISES:
        chosen += [row for row in ordered if row["exercise"] == exercise][:CLIPS_PER_EXERCISE]
    return chosen


def find_videos(run: Answered, references: list[dict]) -> dict[str, dict]:
    """
    Find the videos of clips in the run's release, or in the data that its predictions name.

    Args:
        run ([`Answered`]):
            The run.
        references (`list[dict]`):
            Rows of clips.

    Returns:
        `dict[str, dict]`: By id, what `open_video` takes; only clips that are there, with the same annotation. Data
        on the Hub is not asked for.
    """
    settings = run.settings["after"]
    named = Path(settings["data"]).expanduser()
    # A relative name was one from another working folder, mostly one of those that the run lies in.
    folders = [run.path / "release", *(parent / named for parent in run.path.resolve().parents), named]
    folder = next((folder for folder in folders if folder.is_dir()), None)
    if folder is None:
        return {}
    try:
        inputs = list_data(str(folder), settings["split"])
    except (ValueError, OSError):  # it is not what was predicted on any more
        return {}
    wanted = {row["id"]: (row["exercise"], row["errors"]) for row in references}
    videos = {}
    for clip, row in zip(inputs.clips, inputs.references, strict=True):
        if wanted.get(clip.id) == (row["exercise"], row["errors"]):
            videos[clip.id] = {"bytes": None, "path": clip.path} if clip.path else inputs.rows[clip.row]["video"]
    return videos


def merged_interval(errors: list[dict], label: str) -> tuple[float, float] | None:
    """
    Merge the intervals of one error, as the paper does: from the first start to the last end.

    Args:
        errors (`list[dict]`):
            `{"label", "start", "end"}`, seconds.
        label (`str`):
            The error.

    Returns:
        `tuple[float, float]` or `None`: start and end in seconds; `None` where the error is not named.
    """
    times = [(error["start"], error["end"]) for error in errors if error["label"] == label]
    return (min(start for start, _ in times), max(end for _, end in times)) if times else None


def verdict(reference: dict, prediction: dict, label: str, gives_times: bool = True) -> tuple[str, str]:
    """
    Judge one error of one clip as the `paper` definition does: merged intervals, and a wrong exercise is a miss.

    Args:
        reference (`dict`):
            `{"exercise", "errors": [{"label", "start", "end"}]}`, seconds.
        prediction (`dict`):
            The same for the answer; `exercise` may be `None`.
        label (`str`):
            The error.
        gives_times (`bool`, *optional*, defaults to `True`):
            `False`: the answer does not say when, and naming the error is enough.

    Returns:
        `tuple[str, str]`: text and colour; an IoU counts as good from 0.5, the threshold of the scores.
    """
    true, answered = (merged_interval(row["errors"], label) for row in (reference, prediction))
    if true is None:
        return ("correct: none", QUIET) if answered is None else ("false alarm", BAD)
    if answered is None or prediction["exercise"] != reference["exercise"]:
        return "missed", BAD
    if not gives_times:
        return "named", GOOD
    [iou] = correct_iou(np.array([answered]), np.array([true]))
    return f"IoU {iou:.2f}", GOOD if iou >= 0.5 else BAD
