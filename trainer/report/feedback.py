"""The page of a user's own videos: what was seen in each, in plain words, with frames and a timeline."""

from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from fitness_aqa_dataset.taxonomy import ERRORS, EXERCISES
from trainer.report.overlay import overlay_paths, write_overlay
from trainer.report.page import render
from trainer.report.run_files import Run
from trainer.report.style import spoken
from trainer.report.thumbnails import Thumbnail, interval_thumbnails, open_clip
from trainer.report.tracks import Lane, make_lanes, ticks
from trainer.report.words import finding, nothing_found, percent

NOT_ADVICE = (
    "This is the output of a machine-learning model. It can be wrong, it is no medical advice, and it does not "
    "replace a coach or a physician. Stop if something hurts."
)


@dataclass
class Repetition:
    """
    What is said of one clip, or of one repetition of it.

    Args:
        title (`str`): `Repetition 2`; empty where the video has one.
        exercise (`str`): In words.
        findings (`list[str]`): One sentence for each error that is named.
        verdict (`str`): Of one without findings.
        lanes (`list[Lane]`): One an error of the exercise.
        ticks (`list[tuple[float, str]]`): Of the time axis.
        frames (`list[tuple[str, list[Thumbnail]]]`): Of each finding.
        cells (`dict[str, str]`): By error, for the table of repetitions.
        times (`str`): From when to when, in words.
    """

    title: str
    exercise: str
    findings: list[str]
    verdict: str
    lanes: list[Lane]
    ticks: list[tuple[float, str]]
    frames: list[tuple[str, list[Thumbnail]]]
    cells: dict[str, str]
    times: str


@dataclass
class VideoFeedback:
    """
    Args:
        run (`str`): Name of the run.
        path (`str`): Of the file.
        repetitions (`list[Repetition]`): In its order; empty where it could not be read.
        problem (`str`): Why it could not be read.
    """

    run: str
    path: str
    repetitions: list[Repetition]
    problem: str = ""

    @property
    def name(self) -> str:
        """Of the file."""
        return Path(self.path).name

    @property
    def labels(self) -> list[str]:
        """The errors that the table of repetitions has columns for."""
        return [
            label for labels in ERRORS.values() for label in labels if any(label in r.cells for r in self.repetitions)
        ]


def feedback_page(runs: list[Run], overlay: Path | None) -> tuple[str, dict[str, bytes]]:
    """
    Make the page of runs on a user's own videos, and the videos with the errors drawn into them.

    Args:
        runs (`list[Run]`):
            One or more; with several the page says which one each video's feedback is of.
        overlay (`Path`, *optional*):
            Video to write, of one run; a folder where it has several.

    Returns:
        `tuple[str, dict[str, bytes]]`: The HTML page; it has no figures.

    Raises:
        FileNotFoundError: If a video is gone.
        ValueError: If there are overlays to write of several runs, or a video cannot be read.
    """
    if overlay and len(runs) > 1:
        raise ValueError(f"--overlay: {len(runs)} runs would be drawn into the same videos. Give one run.")
    rows_of = {(run.name, path): rows for run in runs for path, rows in _by_video(run).items()}
    readable = [path for (_, path), rows in rows_of.items() if not rows[0].get("error")]
    if gone := [path for path in readable if not Path(path).is_file()]:
        more = f", and {len(gone) - 1} more are" if len(gone) > 1 else ""
        raise FileNotFoundError(
            f"{gone[0]}: the video of {runs[0].path} is gone{more}. Put it back, or start where it can be found."
        )
    targets = overlay_paths(readable, overlay) if overlay else {}
    videos = [video_feedback(*key, rows) for key, rows in tqdm(rows_of.items(), desc="videos", unit="video", delay=2)]
    for path, target in targets.items():
        write_overlay(path, rows_of[runs[0].name, path], target)
    html = render(
        "feedback.html",
        runs=runs,
        videos=videos,
        not_advice=NOT_ADVICE,
        exercises=[spoken(exercise) for exercise in EXERCISES],
        has_scores=any(row.get("scores") for run in runs for row in run.rows.values()),
        is_calibrated=all(run.settings.get("calibration") for run in runs),
        is_simulated=any(run.settings.get("synthetic") for run in runs),
        is_synthetic_model=any(run.settings.get("synthetic_model") for run in runs),
    )
    return html, {}


def _by_video(run: Run) -> dict[str, list[dict]]:
    """Rows of a run by video file, in its order."""
    rows_of: dict[str, list[dict]] = {}
    for key, row in run.rows.items():
        rows_of.setdefault(row.get("video", key), []).append(row)
    return rows_of


def video_feedback(run_name: str, path: str, rows: list[dict]) -> VideoFeedback:
    """
    Put the answer to one video into words.

    Args:
        run_name (`str`), path (`str`):
            Of the run and of the file, which is opened for its frames.
        rows (`list[dict]`):
            Its rows of predictions, one a repetition.

    Returns:
        [`VideoFeedback`]: With what is said of each repetition.

    Raises:
        ValueError: If the video cannot be read, though its rows say nothing of that.
    """
    if problem := rows[0].get("error"):
        return VideoFeedback(run_name, path, [], problem)
    decoder, duration_s = open_clip(path, path)
    repetitions = []
    for row in rows:
        title = f"Repetition {row['repetition']}" if len(rows) > 1 else ""
        repetitions.append(_repetition(row, title, decoder, duration_s))
    return VideoFeedback(run_name, path, repetitions)


def _repetition(row: dict, title: str, decoder, duration_s: float) -> Repetition:
    exercise, scores = row["exercise"], row.get("scores") or {}
    window_s = tuple(row.get("window") or (0.0, duration_s))
    labels = list(ERRORS.get(exercise, ()))
    named = [error for error in row["errors"] if error["label"] in labels]
    found = {error["label"] for error in named}
    findings = [finding(error, scores) for error in named]
    probability = scores.get(exercise)
    name = spoken(exercise).capitalize() if exercise else "The exercise was not recognised"
    return Repetition(
        title=title,
        exercise=name + (f" ({percent(probability)})" if probability is not None else ""),
        findings=findings,
        verdict="" if findings else nothing_found(exercise, scores),
        lanes=make_lanes(labels, row, window_s),
        ticks=ticks(window_s),
        frames=[
            (text, interval_thumbnails(decoder, error["start"], error["end"]))
            for text, error in zip(findings, named, strict=True)
            if error["end"] > error["start"]
        ],
        cells={label: _cell(label, found, scores) for label in labels},
        times=f"{window_s[0]:.1f}–{window_s[1]:.1f} s",
    )


def _cell(label: str, found: set[str], scores: dict[str, float]) -> str:
    answer = "yes" if label in found else "no"
    return f"{answer} ({percent(scores[label])})" if label in scores else answer
