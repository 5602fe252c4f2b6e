"""All rows of the tables of a page on labelled clips: runs, their controls, and what knows nothing."""

from dataclasses import dataclass

from metrics.fitness_aqa.trivial import trivial_predictions
from trainer.baselines.words import models_text
from trainer.report import tables
from trainer.report.clips import Clips
from trainer.report.conclusions import conclusions
from trainer.report.controls import control_run, controls_of
from trainer.report.length_control import length_predictions
from trainer.report.run_files import Run
from trainer.report.scoring import Answers, both_rates, score, yes_rates

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


def score_all(runs: list[Run], clips: Clips, with_controls: bool) -> Scored:
    """Score the runs, what they are compared with, and their controls; see `labelled_page`."""
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
