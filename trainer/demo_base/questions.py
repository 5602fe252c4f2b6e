"""
Neutral questions about a simulated clip and their true answers: angles, widths, heights and when they occur.

They teach the tiny base to read bodies, time and language. No question and no answer names an exercise or says that
anything is an error: that is left to fine-tuning. "Knees" and "elbows", which are also names of errors, occur as parts
of the body.
"""

from dataclasses import dataclass

import numpy as np

from fitness_aqa_dataset.synthetic import Clip
from fitness_aqa_dataset.synthetic.quantities import measure

SHORTEST_S = 0.3


@dataclass(frozen=True)
class Subject:
    """Something that can be measured: how it is named, what is asked of it, and between which limits."""

    name: str
    quantity: str
    words: tuple[str, ...]
    above: bool
    limits: tuple[float, ...]
    unit: str
    step: float


SUBJECTS = (
    Subject("shin angle", "shin_tilt", ("the shins tilted by more than", "the shins leaning over more than"), True,
            (20, 25, 30, 35, 40), "degrees", 5),
    Subject("knee bend", "knee_bend", ("the knees bent by more than", "the legs folded by more than"), True,
            (20, 30, 50, 70, 90), "degrees", 10),
    Subject("knee gap", "knee_gap", ("the knees closer together than", "the gap of the knees below"), False,
            (0.6, 0.7, 0.8, 0.9), "ankle widths", 0.1),
    Subject("elbow gap", "elbow_gap", ("the elbows farther apart than", "the gap of the elbows above"), True,
            (1.1, 1.2, 1.3), "hand widths", 0.1),
    Subject("bar height", "bar_height", ("the bar higher over the shoulders than", "the bar up by more than"), True,
            (0.2, 0.4, 0.6, 0.8), "arm lengths", 0.1),
    Subject("hip height", "hip_height", ("the hips lower over the ankles than", "the hips down below"), False,
            (0.6, 0.7, 0.8, 0.9), "leg lengths", 0.1),
    Subject("trunk angle", "trunk_lean", ("the trunk leaning by more than", "the back tilted by more than"), True,
            (10, 20, 30), "degrees", 5),
)  # fmt: skip
EXTREMES = (
    ("When are the hips lowest?", "hip_height", -1),
    ("When is the bar highest over the shoulders?", "bar_height", 1),
    ("When are the knees bent the most?", "knee_bend", 1),
    ("When are the shins tilted the most?", "shin_tilt", 1),
)
PLACES = {"squat": "behind the neck", "overhead_press": "in front of the neck"}


class Measured:
    """A clip's quantities on a fine clock, from which every answer is read."""

    def __init__(self, clip: Clip):
        self.exercise = clip.repetition.exercise
        self.duration_s = clip.repetition.duration_s
        self.times_s = np.arange(0, self.duration_s, 1 / 60)
        self.quantities = {name: values.astype(np.float32) for name, values in measure(clip, self.times_s).items()}

    def span_s(self, subject: Subject, limit: float) -> tuple[float, float] | None:
        """First and last time beyond the limit in seconds; `None` if it never is."""
        values = self.quantities[subject.quantity]
        beyond = self.times_s[values > limit] if subject.above else self.times_s[values < limit]
        return (float(beyond[0]), float(beyond[-1])) if len(beyond) else None


def sample_question(measured: Measured, rng: np.random.Generator, spans_only: bool = False) -> tuple[str, str]:
    """
    One question about a clip and its answer.

    Args:
        measured (`Measured`): The clip.
        rng (`numpy.random.Generator`): Decides which question.
        spans_only (`bool`, *optional*, defaults to `False`): Ask only from when to when something is true.

    Returns:
        `tuple[str, str]`: Question and true answer; times in seconds with one decimal, or two where asked for.
    """
    kind = rng.random() * (0.75 if spans_only else 1.0)
    if kind < 0.40:
        return _ask_list(measured, rng)
    if kind < 0.75:
        return _ask_span(measured, rng)
    if kind < 0.90:
        return _ask_value(measured, rng)
    return _ask_extreme(measured, rng)


def _span_text(span: tuple[float, float], exact: bool) -> str:
    if exact:
        return f"from frame time {span[0]:.2f}s to {span[1]:.2f}s"
    return f"from {span[0]:.1f} to {span[1]:.1f} seconds"


def _sample_statement(
    measured: Measured, subject: Subject, rng: np.random.Generator
) -> tuple[Subject, str, tuple[float, float] | None]:
    """A statement about the subject, or about another one where this one is only beyond its limits for an instant."""
    while True:
        limit = subject.limits[rng.integers(len(subject.limits))]
        span = measured.span_s(subject, limit)
        # What lasts an instant falls between the sampled frames: not asked, with another limit instead.
        if span is None or span[1] - span[0] >= SHORTEST_S:
            return subject, f"{subject.words[rng.integers(len(subject.words))]} {limit:g} {subject.unit}", span
        if rng.random() < 0.2:
            subject = SUBJECTS[rng.integers(len(SUBJECTS))]


def _ask_list(measured: Measured, rng: np.random.Generator) -> tuple[str, str]:
    chosen = [SUBJECTS[i] for i in rng.choice(len(SUBJECTS), size=rng.integers(2, 4), replace=False)]
    exact = rng.random() < 0.2
    statements = [_sample_statement(measured, subject, rng) for subject in chosen]
    names = [subject.name.capitalize() for subject, _, _ in statements]
    question = "Where is the bar held, and from when to when are these true? "
    question += " ".join(f"{name}: {text}." for name, (_, text, _) in zip(names, statements, strict=True))
    answers = [f"{n}: {_span_text(s, exact) if s else 'no'}." for n, (_, _, s) in zip(names, statements, strict=True)]
    question += " Answer to the hundredth." if exact else ""
    return question, f"The bar is held {PLACES[measured.exercise]}. " + " ".join(answers)


def _ask_span(measured: Measured, rng: np.random.Generator) -> tuple[str, str]:
    _, text, span = _sample_statement(measured, SUBJECTS[rng.integers(len(SUBJECTS))], rng)
    exact = rng.random() < 0.3
    question = (
        f"From when to when {'is' if text.startswith(('the bar', 'the trunk', 'the back', 'the gap')) else 'are'}"
    )
    question += f" {text}?" + (" Answer to the hundredth." if exact else "")
    return question, f"It is {_span_text(span, exact)}." if span else "It is never so."


def _ask_value(measured: Measured, rng: np.random.Generator) -> tuple[str, str]:
    subject = SUBJECTS[rng.integers(len(SUBJECTS))]
    index = rng.integers(len(measured.times_s))
    value = round(float(measured.quantities[subject.quantity][index]) / subject.step) * subject.step
    return (
        f"What is the {subject.name} at {measured.times_s[index]:.1f} seconds?",
        f"The {subject.name} is {value:.0f} degrees." if subject.unit == "degrees" else f"The {subject.name} is "
        f"{value:.1f} {subject.unit}.",
    )  # fmt: skip


def _ask_extreme(measured: Measured, rng: np.random.Generator) -> tuple[str, str]:
    question, name, sign = EXTREMES[rng.integers(len(EXTREMES))]
    values = sign * measured.quantities[name]
    # The middle of a hold, not whichever end of it is higher by a hair.
    near = measured.times_s[values >= values.max() - 0.03 * (values.max() - values.min())]
    return question, f"At {near.mean():.1f} seconds."
