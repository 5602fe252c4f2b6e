"""The page of runs on labelled clips: scores beside published and trivial ones, controls, and the worst mistakes."""

from dataclasses import dataclass

from tqdm import tqdm

from metrics.fitness_aqa.trivial import trivial_predictions
from trainer.baselines.words import models_text, short_name, system_text
from trainer.report import tables
from trainer.report.clips import Clips, load_clips
from trainer.report.conclusions import conclusions
from trainer.report.controls import control_run, controls_of
from trainer.report.detection_table import detection_header, detection_table
from trainer.report.intervals import LABELS
from trainer.report.length_control import length_predictions
from trainer.report.mistakes import RIGHT, RULE
from trainer.report.page import render
from trainer.report.probability_figures import draw_precision_recall, draw_reliability
from trainer.report.published import NOTES
from trainer.report.run_files import Run
from trainer.report.score_figures import draw_table4, draw_yes_rate
from trainer.report.scoring import Answers, both_rates, score, yes_rates
from trainer.report.shown_clips import ShownClip, order_clips, show_clips
from trainer.report.style import data_uri, spoken
from trainer.report.timeline_figure import draw_timeline

CONTROL_TEXT = {
    "blank": "blank video",
    "shuffled": "shuffled frames",
    "paraphrased": "question paraphrased",
}


@dataclass
class Scored:
    """
    All rows of the page's tables.

    Args:
        references (`list[dict]`): Of the clips, in their order.
        runs (`list[Answers]`): One a run.
        always (`Answers`): Every error of the true exercise in every clip, without times.
        constant (`Answers`): The same with the median interval.
        length (`Answers`, *optional*): From the clips' lengths; `None` without a train split.
        controls (`list[dict[str, Answers]]`): By control, for every run.
    """

    references: list[dict]
    runs: list[Answers]
    always: Answers
    constant: Answers
    length: Answers | None
    controls: list[dict[str, Answers]]

    @property
    def floors(self) -> list[Answers]:
        """The rows that know nothing, for Table 4."""
        return [row for row in (self.always, self.length, self.constant) if row]

    def rates(self) -> list[tuple[str, str, dict, dict]]:
        """Name, kind, yes rates and rates of both errors of truth, runs and controls."""
        truth = yes_rates(self.references, self.references), both_rates(self.references, self.references)
        rows = [("truth", "trivial", *truth)]
        for run, of_run in zip(self.runs, self.controls, strict=True):
            rows.append((run.name, "run", run.yes_rate, run.both_rate))
            rows += [(f"{run.name}, {c.name}", "control", c.yes_rate, c.both_rate) for c in of_run.values()]
        return rows

    def control_groups(self) -> list[tuple[list[tables.Row], list[str]]]:
        """For every run the rows of its table of controls, and what to conclude from them."""
        groups = []
        for run, of_run in zip(self.runs, self.controls, strict=True):
            rows = [tables.control_row(run, "run"), tables.control_row(self.always, "trivial")]
            rows += [tables.control_row(self.length, "trivial")] if self.length else []
            rows += [tables.control_row(control, "control", f"of {run.name}") for control in of_run.values()]
            groups.append((rows, conclusions(run, self.always, self.length, of_run)))
        return groups


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
    ordered = order_clips(runs[0], clips)
    shown = show_clips(runs[0], clips, ordered[:max_clips])
    scored = score_all(runs, clips, with_controls)
    figures = draw_figures(scored, shown, clips.is_synthetic)
    published, own = tables.table4(scored.runs, scored.floors)
    html = render(
        "labelled.html",
        runs=runs,
        answered_by=dict.fromkeys(answered_by(run) for run in runs),
        run_rows=[run_row(run) for run in runs],
        clips=clips,
        published=published,
        own=own,
        header=tables.table4_header(),
        notes=NOTES,
        ap_table=tables.ap_table(scored.runs, scored.references),
        ap_header=[*map(spoken, LABELS), "mean"],
        untimed=[run.name for run in runs if not run.gives_times],
        detection=detection_table([row for row in scored.floors if row is not scored.constant], scored.runs),
        detection_header=detection_header(),
        without_question=[run.name for run in runs if run.is_baseline],
        control_header=tables.control_header(),
        control_groups=scored.control_groups(),
        with_controls=with_controls,
        has_length=scored.length is not None,
        rate_header=tables.rate_header(),
        rate_rows=[tables.rate_row(*row) for row in scored.rates()],
        without_numbers=[run.name for run in scored.runs if not run.has_probability],
        calibrated=[run.name for run in runs if run.settings.get("calibration")],
        shown=shown,
        rule=RULE,
        num_wrong=sum(mistakes[0].kind != RIGHT for _, mistakes in ordered),
        num_clips=len(ordered),
        unread=[(run.name, key, row["error"]) for run in runs for key, row in run.rows.items() if row.get("error")],
        pictures={name: data_uri(png) for name, png in figures.items()},
    )
    return html, figures


def answered_by(run: Run) -> str:
    """Who answered, for the page's title."""
    how = short_name(run.settings) if run.is_baseline else f"decode {run.settings['decode']}"
    return f"{run.settings['model']} ({how})"


def run_row(run: Run) -> list[str]:
    """What the page's first table says of a run: what it is, model, decode, frames, clip reduction."""
    settings, what = run.settings, "video-language model, asked in words; not told which exercise it sees"
    if run.is_baseline:
        what = f"{system_text(settings)}. {models_text(settings).capitalize()}"
    shown = [settings["model"], settings["decode"], settings["num_frames"], settings.get("clip_reduction") or "none"]
    return [what, *map(str, shown)]


def score_all(runs: list[Run], clips: Clips, with_controls: bool) -> Scored:
    """Score the runs, what they are compared with, and their controls; see [`labelled_page`]."""
    references = list(clips.references.values())

    def score_run(name: str, run: Run) -> Answers:
        predictions = [run.predictions[key] for key in clips.references]
        note = models_text(run.settings) if run.is_baseline else ""
        return score(name, predictions, references, run.gives_times, note)

    trivial = trivial_predictions(references)
    untimed = [{**p, "errors": [{**error, "start": 0.0, "end": 0.0} for error in p["errors"]]} for p in trivial]
    has_train, has_errors = bool(clips.train_durations_s), any(reference["errors"] for reference in references)
    return Scored(
        references=references,
        runs=[score_run(run.name, run) for run in runs],
        always=score("Always yes", untimed, references, gives_times=False),
        constant=score("Constant interval", trivial, references, gives_times=has_errors),
        length=score("Clip length alone", length_predictions(clips), references) if has_train else None,
        controls=[
            {name: score_run(CONTROL_TEXT[name], control_run(run, name)) for name in controls_of(run) if with_controls}
            for run in runs
        ],
    )


def draw_figures(scored: Scored, shown: list[ShownClip], is_synthetic: bool) -> dict[str, bytes]:
    """
    Draw all figures there is something to draw in.

    Args:
        scored ([`Scored`]):
            The page's numbers.
        shown (`list[ShownClip]`):
            Its clips.
        is_synthetic (`bool`):
            Whether they are simulated; every figure says so.

    Returns:
        `dict[str, bytes]`: PNG files by name: `table4`, `yes_rate`, with clips `timeline`, with probabilities
        `reliability` and `precision_recall`.
    """
    rates = [(name, of_label, of_both) for name, _, of_label, of_both in scored.rates()]
    with_numbers = [(index, run) for index, run in enumerate(scored.runs) if run.has_probability]
    drawn = [(clip.key, clip.verdict, clip.duration_s, clip.lanes) for clip in shown]
    figures = {
        "table4": (draw_table4, scored.runs, scored.floors),
        "yes_rate": (draw_yes_rate, rates),
    }
    if with_numbers:
        figures["reliability"] = draw_reliability, with_numbers, scored.references
        figures["precision_recall"] = draw_precision_recall, with_numbers, scored.references
    if shown:
        figures["timeline"] = draw_timeline, drawn
    bar = tqdm(figures.items(), desc="figures of the page", unit="figure", delay=2)
    return {name: draw(*arguments, is_synthetic) for name, (draw, *arguments) in bar}
