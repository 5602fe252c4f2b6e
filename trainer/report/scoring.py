"""Scores of every row of the page's tables."""

from dataclasses import dataclass

import numpy as np

from metrics.fitness_aqa.probabilities import has_probability, interval_probability
from metrics.fitness_aqa.records import ERRORS, EXERCISE_OF
from metrics.fitness_aqa.scores import AP_NAMES, fitness_scores
from metrics.fitness_aqa.segment_ap import match_labels
from metrics.fitness_aqa.segments import to_segments
from metrics.temporal_map.bootstrap import bootstrap_intervals
from trainer.report.intervals import IOU_THRESHOLD, LABELS, NUM_RESAMPLES, SEED, bootstrap, count_clips


@dataclass
class Answers:
    """
    One set of answers and its scores.

    Args:
        name (`str`):
            Of its row.
        predictions (`list[dict]`):
            One a clip, as `to_prediction` returns them.
        counts (`np.ndarray`):
            From [`count_clips`].
        scores (`dict`):
            From `fitness_scores`.
        yes_rate (`dict[str, float]`):
            For every error the share of the clips of its exercise that it is named in.
        both_rate (`dict[str, float]`):
            For every exercise the share of its clips that both errors are named in.
        gives_times (`bool`, *optional*, defaults to `True`):
            `False`: errors are named without saying when, so that there is no AP.
        note (`str`, *optional*, defaults to `""`):
            Below its name.
    """

    name: str
    predictions: list[dict]
    counts: np.ndarray
    scores: dict
    yes_rate: dict[str, float]
    both_rate: dict[str, float]
    gives_times: bool = True
    note: str = ""

    @property
    def has_probability(self) -> bool:
        """Whether its answers come with probabilities."""
        return has_probability(self.predictions)

    @property
    def mean_mcc(self) -> float:
        """Mean of MCC over the errors that have clips."""
        return float(np.mean([self.scores["mcc"][label] for label in labels_of(self.scores)]))


def labels_of(scores: dict) -> list[str]:
    """The errors whose exercise has clips."""
    return [label for label in LABELS if scores["support"][label]["clips"]]


def score(
    name: str, predictions: list[dict], references: list[dict], gives_times: bool = True, note: str = ""
) -> Answers:
    """
    Score one set of answers.

    Args:
        name (`str`):
            Of its row.
        predictions (`list[dict]`), references (`list[dict]`):
            In one order, as `to_prediction` and `to_reference` return them.
        gives_times, note:
            See [`Answers`].

    Returns:
        `Answers`: Scores at IoU 0.5 and rates.
    """
    counts = count_clips(predictions, references)
    return Answers(
        name=name,
        predictions=predictions,
        counts=counts,
        scores=fitness_scores(predictions, references, IOU_THRESHOLD),
        yes_rate=yes_rates(predictions, references),
        both_rate=both_rates(predictions, references),
        gives_times=gives_times,
        note=note,
    )


def yes_rates(records: list[dict], references: list[dict]) -> dict[str, float]:
    """For every error the share of the clips of its exercise in which `records` name it; no clips, no entry."""
    rates = {}
    for label, exercise in EXERCISE_OF.items():
        named = [label in named_errors(record, exercise) for record in _of(records, references, exercise)]
        if named:
            rates[label] = float(np.mean(named))
    return rates


def both_rates(records: list[dict], references: list[dict]) -> dict[str, float]:
    """For every exercise the share of its clips in which `records` name both errors; no clips, no entry."""
    rates = {}
    for exercise in ERRORS:
        named = [len(named_errors(record, exercise)) == 2 for record in _of(records, references, exercise)]
        if named:
            rates[exercise] = float(np.mean(named))
    return rates


def named_errors(record: dict, exercise: str) -> set[str]:
    """Errors of an exercise that are named; none where another exercise is answered."""
    if record["exercise"] != exercise:
        return set()
    return {error["label"] for error in record["errors"]} & set(ERRORS[exercise])


def _of(records: list[dict], references: list[dict], exercise: str) -> list[dict]:
    pairs = zip(records, references, strict=True)
    return [record for record, reference in pairs if reference["exercise"] == exercise]


def ap_rows(answers: Answers, references: list[dict]) -> list[dict]:
    """
    AP of one run by each of the four definitions.

    Args:
        answers ([`Answers`]):
            The run.
        references (`list[dict]`):
            In its order.

    Returns:
        `list[dict]`: One for each of `AP_NAMES`: `name`, `ap` (`{label: float}`), `ap_interval` (`{label: (low,
        high)}`), `map` and `map_interval`.
    """
    intervals = bootstrap(answers.counts)
    detection = _detection_intervals(answers, references)
    rows = []
    for name in AP_NAMES:
        if name == "detection":
            of_labels, of_mean = detection
        else:
            of_labels = dict(zip(LABELS, intervals[name].tolist(), strict=True))
            of_mean = intervals[f"map_{name}"].tolist()
        scores = answers.scores
        row = {"name": name, "ap": scores["ap"][name], "map": scores["map"][name]}
        rows.append(row | {"ap_interval": of_labels, "map_interval": of_mean})
    return rows


def _detection_intervals(answers: Answers, references: list[dict]) -> tuple[dict, list | None]:
    """Of ActivityNet's AP, by the bootstrap of `metrics/temporal_map`; empty where no clip has an error."""
    predicted = to_segments(
        [
            [
                {**error, "score": interval_probability(error, prediction)}
                for error in prediction["errors"]
                if error["label"] in named_errors(prediction, reference["exercise"])
            ]
            for prediction, reference in zip(answers.predictions, references, strict=True)
        ],
        "predictions",
    )
    truth = to_segments([reference["errors"] for reference in references], "references")
    labels = match_labels(predicted, truth, [IOU_THRESHOLD])
    result = bootstrap_intervals(predicted, truth, labels, len(references), NUM_RESAMPLES, SEED)
    if result is None:
        return {}, None
    return {label: values[0] for label, values in result["ap"].items()}, result["average_map"]
