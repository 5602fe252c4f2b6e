"""The answer as it stands on the page: the clip, a timeline with frames below it, errors with probabilities, words."""

from dataclasses import dataclass
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, PackageLoader, StrictUndefined

from fitness_aqa_dataset.frames import sample_frames
from fitness_aqa_dataset.taxonomy import ERRORS
from model_card.space.answer import Answer
from model_card.space.clip_video import clip_video
from trainer.report.feedback import Repetition, video_feedback
from trainer.report.style import ERROR_COLOURS, spoken
from trainer.report.thumbnails import Thumbnail, make_thumbnail, open_clip
from trainer.report.tracks import times_text
from trainer.report.words import percent

TEMPLATES = Path(__file__).parent / "templates"
STRIP_FRAMES = 8


@dataclass
class ErrorLine:
    """One error of the exercise in words: its name and colour, `yes` or `no`, its probability, and when it happens."""

    name: str
    colour: str
    answer: str
    probability: str
    times: str


@dataclass
class Part:
    """One repetition: what the report says of it, and what is only here."""

    said: Repetition
    answer: str
    errors: list[ErrorLine]
    strip: list[Thumbnail]


def render_answer(path: Path, answer: Answer, is_upload: bool) -> str:
    """
    Write an answer as HTML that needs no file.

    Args:
        path (`Path`):
            The clip.
        answer ([`Answer`]):
            To it.
        is_upload (`bool`):
            Whether it is a visitor's, which is deleted, or one of the examples.

    Returns:
        `str`: The clip and all frames are in it as data URLs.

    Raises:
        ValueError: If the clip cannot be decoded to its end.
    """
    feedback = video_feedback("", str(path), answer.rows)
    decoder, _ = open_clip(str(path), path.name)
    for said in feedback.repetitions:
        for lane in said.lanes:
            lane.note = ""  # its probability stands in the table
    parts = [
        Part(said, row["answer"], error_lines(row), frame_strip(decoder, *row["window"]))
        for row, said in zip(answer.rows, feedback.repetitions, strict=True)
    ]
    return render(
        "answer.html",
        name=path.name,
        is_upload=is_upload,
        video=clip_video(path, answer.rows),
        parts_of_clip=parts,
        labels=feedback.labels,
        settings=answer.settings,
        has_probabilities=answer.settings["decode"] == "score",
        fits_calibration=answer.fits_calibration,
    )


def error_lines(row: dict) -> list[ErrorLine]:
    """Every error of the exercise in a row of predictions, whether it was named, how probable it is, and when."""
    scores = row["scores"]
    lines = []
    for label in ERRORS.get(row["exercise"], ()):
        spans = [(error["start"], error["end"]) for error in row["errors"] if error["label"] == label]
        lines.append(
            ErrorLine(
                name=spoken(label),
                colour=ERROR_COLOURS[label],
                answer="yes" if spans else "no",
                probability=percent(scores[label]) if label in scores else "–",
                times=" and ".join(times_text(start, end) for start, end in spans if end > start) or "–",
            )
        )
    return lines


def frame_strip(decoder, start_s: float, end_s: float) -> list[Thumbnail]:
    """Frames from the middles of equal parts of a repetition, to stand side by side over its time axis."""
    half_s = (end_s - start_s) / STRIP_FRAMES / 2
    last_s = (len(decoder) - 1) / decoder.metadata.average_fps
    first_s = min(start_s + half_s, last_s)
    frames, times_s, _ = sample_frames(
        decoder, STRIP_FRAMES, start_s=first_s, end_s=max(end_s - half_s, first_s + half_s)
    )
    return [make_thumbnail(frame, time_s, "") for frame, time_s in zip(frames, times_s, strict=True)]


def render(template: str, **context) -> str:
    """Fill a template of this folder, which may take parts from the report's; what comes from data is escaped."""
    loader = ChoiceLoader([FileSystemLoader(TEMPLATES), PackageLoader("trainer.report")])
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(**context)
