"""The page of runs on labelled clips: scores beside published and trivial ones, controls, and the worst mistakes."""

from tqdm import tqdm

from trainer.baselines.words import models_text, short_name, system_text
from trainer.report import tables
from trainer.report.clips import load_clips
from trainer.report.detection_table import detection_header, detection_table
from trainer.report.intervals import LABELS
from trainer.report.mistakes import RIGHT, RULE
from trainer.report.page import render
from trainer.report.probability_figures import draw_precision_recall, draw_reliability
from trainer.report.published import NOTES
from trainer.report.run_files import Run
from trainer.report.score_figures import draw_table4, draw_yes_rate
from trainer.report.scored_rows import Scored, score_all
from trainer.report.shown_clips import ShownClip, order_clips, show_clips
from trainer.report.style import data_uri, spoken
from trainer.report.timeline_figure import draw_timeline


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
