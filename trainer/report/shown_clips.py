"""The clips of a labelled run that a page shows, with everything it shows of them."""

from dataclasses import dataclass

from tqdm import tqdm

from metrics.fitness_aqa.records import ERRORS
from trainer.report.clips import Clips
from trainer.report.mistakes import RIGHT, Mistake, worst_first
from trainer.report.run_files import Run
from trainer.report.style import spoken
from trainer.report.thumbnails import Thumbnail, interval_thumbnails, open_clip
from trainer.report.tracks import Lane, make_lanes, ticks, times_text


@dataclass
class ShownClip:
    """
    One clip of the page.

    Args:
        key (`str`): Its id.
        mistakes (`list[Mistake]`): The worst first.
        exercise (`str`), answered (`str`): In words.
        duration_s (`float`): Seconds.
        lanes (`list[Lane]`): One an error.
        ticks (`list[tuple[float, str]]`): Of the time axis.
        frames (`list[tuple[str, list[Thumbnail]]]`): What of, and three frames.
        answer (`str`): What the model said.
    """

    key: str
    mistakes: list[Mistake]
    exercise: str
    answered: str
    duration_s: float
    lanes: list[Lane]
    ticks: list[tuple[float, str]]
    frames: list[tuple[str, list[Thumbnail]]]
    answer: str

    @property
    def verdict(self) -> str:
        """Its mistakes in one line."""
        return "; ".join(mistake.text for mistake in self.mistakes)

    @property
    def is_right(self) -> bool:
        """Whether nothing is wrong with the answer."""
        return self.mistakes[0].kind == RIGHT


def order_clips(run: Run, clips: Clips) -> list[tuple[str, list[Mistake]]]:
    """The clips of a run that could be read, with their mistakes, the worst first."""
    references = {key: reference for key, reference in clips.references.items() if not run.rows[key].get("error")}
    scores = {key: run.rows[key].get("scores") or {} for key in references}
    return worst_first(run.predictions, references, scores, run.gives_times)


def show_clips(run: Run, clips: Clips, ordered: list[tuple[str, list[Mistake]]]) -> list[ShownClip]:
    """
    Decode and lay out clips.

    Args:
        run ([`Run`]):
            Whose answers are shown.
        clips ([`Clips`]):
            Its clips.
        ordered (`list[tuple[str, list[Mistake]]]`):
            From [`order_clips`], as many as are to be shown.

    Returns:
        `list[ShownClip]`: In that order.

    Raises:
        ValueError: If a clip cannot be decoded.
    """
    bar = tqdm(ordered, desc="clips of the page", unit="clip", delay=2)
    return [_show(run, clips, key, mistakes) for key, mistakes in bar]


def _show(run: Run, clips: Clips, key: str, mistakes: list[Mistake]) -> ShownClip:
    row, reference = run.rows[key], clips.references[key]
    decoder, duration_s = open_clip(clips.video(key), f"clip {key}")
    own = list(ERRORS[reference["exercise"]])
    predicted = {error["label"] for error in row["errors"]}
    intervals = [("predicted {}, {}", error) for error in row["errors"] if run.gives_times]
    intervals += [("missed {}, {} in the reference", e) for e in reference["errors"] if e["label"] not in predicted]
    if not run.gives_times:
        intervals += [("named {}, {} in the reference", e) for e in reference["errors"] if e["label"] in predicted]
    return ShownClip(
        key=key,
        mistakes=mistakes,
        exercise=spoken(reference["exercise"]),
        answered=_answered(row, bool(run.settings.get("is_told_exercise"))),
        duration_s=duration_s,
        lanes=make_lanes(own + sorted(predicted - set(own)), row, (0.0, duration_s), reference),
        ticks=ticks((0.0, duration_s)),
        frames=[
            (
                text.format(spoken(error["label"]), times_text(error["start"], error["end"])),
                interval_thumbnails(decoder, error["start"], error["end"]),
            )
            for text, error in intervals
        ],
        answer=row.get("answer") or "",
    )


def _answered(row: dict, is_told: bool) -> str:
    """The exercise that was answered, and how sure; a model that was told it has nothing to be sure of."""
    name, probability = spoken(row["exercise"] or "no exercise"), (row.get("scores") or {}).get(row["exercise"])
    if is_told:
        return f"{name}, as it was told"
    return name if probability is None else f"{name} ({probability:.2f})"
