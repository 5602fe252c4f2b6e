"""What a model made of one sample: a clip, a window of it, or one repetition. Decoders write it, the rest reads it."""

from dataclasses import dataclass, field


@dataclass
class Interval:
    """
    Args:
        start (`float`), end (`float`): Seconds on the sample's own clock, `start` < `end`.
        score (`float`): Probability that it overlaps the true interval by an IoU of at least 0.5, given that the error
            is there.
    """

    start: float
    end: float
    score: float


@dataclass
class Reading:
    """
    Args:
        answer (`str`, *optional*):
            The text that was generated; `None` where alternatives were scored.
        exercise_scores (`dict[str, float]`):
            Probability of each exercise, sum 1; empty where text was generated, and so are the next four.
        label_scores (`dict[str, float]`):
            For every error the probability that it is there if the exercise is its own.
        intervals (`dict[str, Interval]`):
            For every error its best interval, if it is there at all.
        frame_times (`list[float]`):
            Times of the frames that were shown, seconds on the sample's own clock.
        frame_scores (`dict[str, list[float]]`):
            For every error and frame the probability that the error is going on then, if the exercise is its own.
    """

    answer: str | None = None
    exercise_scores: dict[str, float] = field(default_factory=dict)
    label_scores: dict[str, float] = field(default_factory=dict)
    intervals: dict[str, Interval] = field(default_factory=dict)
    frame_times: list[float] = field(default_factory=list)
    frame_scores: dict[str, list[float]] = field(default_factory=dict)
