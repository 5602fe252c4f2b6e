"""The timeline of one clip as a page draws it: for every error a lane of bars, in percent of the time axis."""

from dataclasses import dataclass, field
from math import ceil, floor

from trainer.report.style import ERROR_COLOURS, spoken

# At most this many labelled seconds below a timeline, so that they stand apart on a phone.
MAX_TICKS = 6


@dataclass
class Bar:
    """
    Args:
        left (`float`), width (`float`): Percent of the time axis.
        text (`str`): Said of it where the pointer rests on it.
        opacity (`float`): In [0, 1].
    """

    left: float
    width: float
    text: str
    opacity: float = 1.0


@dataclass
class Lane:
    """
    One error of one clip.

    Args:
        label (`str`), colour (`str`): The error and its colour.
        reference (`list[Bar]`, *optional*): True intervals; `None` where they are unknown.
        prediction (`list[Bar]`): Named intervals.
        heat (`list[Bar]`): Probability over time as opacity; may be empty.
        note (`str`): Beside its name.
    """

    label: str
    colour: str
    reference: list[Bar] | None
    prediction: list[Bar]
    heat: list[Bar] = field(default_factory=list)
    note: str = ""

    @property
    def name(self) -> str:
        """For people."""
        return spoken(self.label)

    @property
    def description(self) -> str:
        """In words what is drawn, for those who do not see it."""
        parts = [] if self.reference is None else [f"reference {_listed(self.reference)}"]
        return f"{self.name}: {', '.join([*parts, f'prediction {_listed(self.prediction)}'])}"


def make_lanes(
    labels: list[str], row: dict, window_s: tuple[float, float], reference: dict | None = None
) -> list[Lane]:
    """
    Lay out the errors of one answer.

    Args:
        labels (`list[str]`):
            Errors to show, one lane each.
        row (`dict`):
            Of the predictions file.
        window_s (`tuple[float, float]`):
            First and last instant of the axis, seconds on the clip's clock.
        reference (`dict`, *optional*):
            As `to_reference` returns it.

    Returns:
        `list[Lane]`: In the order of the labels.
    """
    scores, curves = row.get("scores") or {}, row.get("frame_scores") or {}
    lanes = []
    for label in labels:
        probability = scores.get(label)
        untimed = any(error["label"] == label and error["end"] <= error["start"] for error in row["errors"])
        notes = [f"{probability:.2f}"] if probability is not None else []
        notes += ["named without times"] if untimed else []
        lanes.append(
            Lane(
                label=label,
                colour=ERROR_COLOURS[label],
                reference=None if reference is None else _bars(reference["errors"], label, window_s),
                prediction=_bars(row["errors"], label, window_s),
                heat=_heat(row.get("frame_times") or [], curves.get(label) or [], window_s),
                note=", ".join(notes),
            )
        )
    return lanes


def ticks(window_s: tuple[float, float]) -> list[tuple[float, str]]:
    """Places of the labelled instants of an axis, in percent, and their labels: whole seconds, or fewer."""
    start_s, end_s = window_s
    step_s = max(1, ceil((end_s - start_s) / MAX_TICKS))
    return [
        (100 * (second - start_s) / (end_s - start_s), f"{second} s")
        for second in range(ceil(start_s), floor(end_s) + 1, step_s)
    ]


def times_text(start_s: float, end_s: float) -> str:
    """An interval in words."""
    return f"{start_s:.2f}–{end_s:.2f} s"


def _bars(errors: list[dict], label: str, window_s: tuple[float, float]) -> list[Bar]:
    spans_s = [(error["start"], error["end"]) for error in errors if error["label"] == label]
    return [
        _bar(start_s, end_s, times_text(start_s, end_s), window_s) for start_s, end_s in spans_s if end_s > start_s
    ]


def _bar(start_s: float, end_s: float, text: str, window_s: tuple[float, float], opacity: float = 1.0) -> Bar:
    """The part inside the axis, and so wide that it is seen."""
    first_s, last_s = window_s
    left = 100 * (min(max(start_s, first_s), last_s) - first_s) / (last_s - first_s)
    right = 100 * (min(max(end_s, first_s), last_s) - first_s) / (last_s - first_s)
    return Bar(left, max(right - left, 0.5), text, opacity)


def _heat(times_s: list[float], curve: list[float], window_s: tuple[float, float]) -> list[Bar]:
    """One cell a frame, each from half way to the frame before it to half way to the next."""
    if not curve:
        return []
    middles_s = [(before + after) / 2 for before, after in zip(times_s, times_s[1:], strict=False)]
    edges_s = [window_s[0], *middles_s, window_s[1]]
    return [
        _bar(start_s, end_s, f"{time_s:.2f} s: {probability:.2f}", window_s, probability)
        for start_s, end_s, time_s, probability in zip(edges_s, edges_s[1:], times_s, curve, strict=False)
    ]


def _listed(bars: list[Bar]) -> str:
    return " and ".join(bar.text for bar in bars) or "none"
