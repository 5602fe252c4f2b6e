"""The page of runs on labelled clips: scores beside published and trivial ones, controls, and the worst mistakes."""

from dataclasses import dataclass

from tqdm import tqdm

from metrics.fitness_aqa.records import ERRORS
from metrics.fitness_aqa.trivial import trivial_predictions
from trainer.report import tables
from trainer.report.clips import Clips, load_clips
from trainer.report.conclusions import conclusions
from trainer.report.controls import CONTROLS, control_run
from trainer.report.length_control import length_predictions
from trainer.report.mistakes import RIGHT, RULE, Mistake, worst_first
from trainer.report.page import render
from trainer.report.probability_figures import draw_precision_recall, draw_reliability
from trainer.report.published import NOTES
from trainer.report.run_files import Run
from trainer.report.score_figures import draw_table4, draw_yes_rate
from trainer.report.scoring import Answers, both_rates, score, yes_rates
from trainer.report.style import data_uri, spoken
from trainer.report.thumbnails import Thumbnail, interval_thumbnails, open_clip
from trainer.report.timeline_figure import draw_timeline
from trainer.report.tracks import Lane, make_lanes, ticks, times_text

CONTROL_TEXT = {
    "blank": "blank video",
    "shuffled": "shuffled frames",
    "paraphrased": "question paraphrased",
}


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
        """Its mistakes in one line, with how sure the answer was."""
        return "; ".join(mistake.text for mistake in self.mistakes)


def labelled_page(runs: list[Run], with_controls: bool, max_clips: int) -> tuple[str, dict[str, bytes]]:
    """
    Score runs and make their page.

    Args:
        runs (`list[Run]`):
            On the same labelled clips.
        with_controls (`bool`):
            Whether to show, and make where missing, each run's answers to blank, shuffled and paraphrased clips.
        max_clips (`int`):
            Clips of the first run to show, at least 1.

    Returns:
        `tuple[str, dict[str, bytes]]`: The HTML page, and its figures as PNG files by name.

    Raises:
        FileNotFoundError, ValueError: If data or a clip is gone, or something does not fit together.
    """
    clips = load_clips(runs)
    references = list(clips.references.values())
    scored = [score(run.name, _in_order(run, clips), references) for run in runs]
    trivial = trivial_predictions(references)
    untimed = [{**p, "errors": [{**error, "start": 0.0, "end": 0.0} for error in p["errors"]]} for p in trivial]
    always, constant = score("Always yes", untimed, references), score("Constant interval", trivial, references)
    length = score("Clip length alone", length_predictions(clips), references) if clips.train_durations_s else None
    controls = [_control_answers(run, clips, references) if with_controls else {} for run in runs]

    published, own = tables.table4(scored, [always, constant])
    rates = _rates(references, scored, controls)
    synthetic = clips.is_synthetic
    figures = {
        "table4": draw_table4(scored, [always, constant], synthetic),
        "yes_rate": draw_yes_rate([(name, of_label, of_both) for name, _, of_label, of_both in rates], synthetic),
    }
    with_numbers = [(index, run) for index, run in enumerate(scored) if run.has_probability]
    if with_numbers:
        figures["reliability"] = draw_reliability(with_numbers, references, synthetic)
        figures["precision_recall"] = draw_precision_recall(with_numbers, references, synthetic)
    order = worst_clips(runs[0], clips)
    shown = [_shown(runs[0], clips, *item) for item in tqdm(order[:max_clips], desc="clips of the page", unit="clip")]
    if shown:
        drawn = [(clip.key, clip.verdict, clip.duration_s, clip.lanes) for clip in shown]
        figures["timeline"] = draw_timeline(drawn, synthetic)
    html = render(
        "labelled.html",
        runs=runs,
        clips=clips,
        published=published,
        own=own,
        header=tables.table4_header(),
        notes=NOTES,
        ap_table=tables.ap_table(scored, references),
        ap_header=[*(spoken(label) for labels in ERRORS.values() for label in labels), "mean"],
        control_header=tables.control_header(),
        control_groups=_control_groups(scored, always, length, controls),
        with_controls=with_controls,
        has_length=length is not None,
        rate_header=tables.rate_header(),
        rate_rows=[tables.rate_row(*row) for row in rates],
        without_numbers=[run.name for run in scored if not run.has_probability],
        calibrated=[run.name for run in runs if run.settings.get("calibration")],
        shown=shown,
        rule=RULE,
        num_wrong=sum(mistakes[0].kind != RIGHT for _, mistakes in order),
        num_clips=len(order),
        unread=[(run.name, key, row["error"]) for run in runs for key, row in run.rows.items() if row.get("error")],
        pictures={name: data_uri(png) for name, png in figures.items()},
    )
    return html, figures


def _in_order(run: Run, clips: Clips) -> list[dict]:
    return [run.predictions[key] for key in clips.references]


def _control_answers(run: Run, clips: Clips, references: list[dict]) -> dict[str, Answers]:
    return {
        control: score(CONTROL_TEXT[control], _in_order(control_run(run, control), clips), references)
        for control in CONTROLS
    }


def _control_groups(
    runs: list[Answers], always: Answers, length: Answers | None, controls: list[dict[str, Answers]]
) -> list[tuple[list[tables.Row], list[str]]]:
    """For every run its rows and what to conclude from them."""
    groups = []
    for run, of_run in zip(runs, controls, strict=True):
        rows = [tables.control_row(run, "run"), tables.control_row(always, "trivial")]
        rows += [tables.control_row(length, "trivial")] if length else []
        rows += [tables.control_row(control, "control", f"of {run.name}") for control in of_run.values()]
        groups.append((rows, conclusions(run, always, length, of_run)))
    return groups


def _rates(references: list[dict], runs: list[Answers], controls: list[dict[str, Answers]]) -> list[tuple]:
    """Name, kind, yes rates and rates of both errors of truth, runs and controls."""
    rows = [("truth", "trivial", yes_rates(references, references), both_rates(references, references))]
    for run, of_run in zip(runs, controls, strict=True):
        rows.append((run.name, "run", run.yes_rate, run.both_rate))
        rows += [(f"{run.name}, {c.name}", "control", c.yes_rate, c.both_rate) for c in of_run.values()]
    return rows


def worst_clips(run: Run, clips: Clips) -> list[tuple[str, list[Mistake]]]:
    """The clips of a run that could be read, the worst mistakes first."""
    references = {key: reference for key, reference in clips.references.items() if not run.rows[key].get("error")}
    scores = {key: run.rows[key].get("scores") or {} for key in references}
    return worst_first(run.predictions, references, scores)


def _shown(run: Run, clips: Clips, key: str, mistakes: list[Mistake]) -> ShownClip:
    row, reference = run.rows[key], clips.references[key]
    decoder, duration_s = open_clip(clips.video(key), f"clip {key}")
    own = list(ERRORS[reference["exercise"]])
    labels = own + sorted({error["label"] for error in row["errors"]} - set(own))
    frames = [
        (f"predicted {spoken(error['label'])}, {times_text(error['start'], error['end'])}", error)
        for error in row["errors"]
    ]
    missed = {error["label"] for error in reference["errors"]} - {error["label"] for error in row["errors"]}
    frames += [
        (f"missed {spoken(error['label'])}, {times_text(error['start'], error['end'])} in the reference", error)
        for error in reference["errors"]
        if error["label"] in missed
    ]
    probability = (row.get("scores") or {}).get(row["exercise"])
    answered = spoken(row["exercise"] or "no exercise") + ("" if probability is None else f" ({probability:.2f})")
    return ShownClip(
        key=key,
        mistakes=mistakes,
        exercise=spoken(reference["exercise"]),
        answered=answered,
        duration_s=duration_s,
        lanes=make_lanes(labels, row, (0.0, duration_s), reference),
        ticks=ticks((0.0, duration_s)),
        frames=[(text, interval_thumbnails(decoder, error["start"], error["end"])) for text, error in frames],
        answer=row.get("answer") or "",
    )
