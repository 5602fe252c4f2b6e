"""
What a model made of a clip's windows, joined into what it made of the clip, on the clip file's own clock.

Scores. Exercise: the geometric mean over windows, normalised. Probability of an error: the highest of all windows, for
it is enough that it shows in one. Its probability over time: the windows' one behind the other, the mean where they
show the same frame. Its interval: the stretch around the highest of them in which it stays above half of that, half a
frame's distance added at both ends. The interval's score is the mean over that stretch divided by the probability of
the error: near 1 where the error, if there is one, is going on all the time.

Texts. Exercise: the one that most windows name, the first named of several. Intervals of one error that touch, overlap
or leave a gap of no more than the distance of two frames are one; windows that name another exercise do not count.
"""

import math
from collections import Counter, defaultdict
from dataclasses import replace

import numpy as np

from fitness_aqa_dataset.conversations import to_conversation
from fitness_aqa_dataset.taxonomy import ERRORS
from metrics.fitness_aqa.parsing import parse_answer
from trainer.prediction.reading import Interval, Reading

# Frames that are this close are the same one, seen in two windows.
SAME_FRAME_S = 1e-4
SMALLEST = 1e-12


def move(reading: Reading, start_s: float) -> Reading:
    """
    A reading of scores on another clock.

    Args:
        reading ([`Reading`]): Of a part of a clip.
        start_s (`float`): Where the part begins on the clip's clock, in seconds.

    Returns:
        [`Reading`]: On the clip's clock.
    """
    return replace(
        reading,
        intervals={
            label: Interval(interval.start + start_s, interval.end + start_s, interval.score)
            for label, interval in reading.intervals.items()
        },
        frame_times=[time + start_s for time in reading.frame_times],
    )


def merge_scores(readings: list[Reading], windows: list[tuple[float, float]]) -> Reading:
    """
    Join the scores of a clip's windows.

    Args:
        readings (`list[Reading]`): Of each window, on its own clock.
        windows (`list[tuple[float, float]]`): Start and end of each on the clip's clock, in seconds.

    Returns:
        [`Reading`]: On the clip's clock. One window's is as it was, but moved.
    """
    moved = [move(reading, start) for reading, (start, _) in zip(readings, windows, strict=True)]
    if len(moved) == 1:
        return moved[0]
    labels = moved[0].label_scores
    label_scores = {label: max(reading.label_scores[label] for reading in moved) for label in labels}
    span = min(start for start, _ in windows), max(end for _, end in windows)
    times, intervals, frame_scores = [], {}, {}
    for label in labels:
        times, frame_scores[label] = _join(moved, label)
        if interval := peak_interval(times, frame_scores[label], label_scores[label], span):
            intervals[label] = interval
    return Reading(None, _mean_exercise(moved), label_scores, intervals, times, frame_scores)


def peak_interval(
    times: list[float], scores: list[float], label_score: float, span: tuple[float, float]
) -> Interval | None:
    """
    The stretch around the highest score in which scores stay above half of it.

    Args:
        times (`list[float]`): Ascending, in seconds.
        scores (`list[float]`): Probability that the error is going on, one a time.
        label_score (`float`): Probability that it is there at all.
        span (`tuple[float, float]`): Start and end of the clip, which the stretch does not leave.

    Returns:
        [`Interval`], *optional*: `None` where all scores are 0.
    """
    peak = int(np.argmax(scores))
    if not scores[peak] > 0 or not label_score > 0:
        return None
    first = last = peak
    while first > 0 and scores[first - 1] > scores[peak] / 2:
        first -= 1
    while last < len(scores) - 1 and scores[last + 1] > scores[peak] / 2:
        last += 1
    margin = _spacing(times) / 2
    score = float(np.mean(scores[first : last + 1])) / label_score
    return Interval(max(times[first] - margin, span[0]), min(times[last] + margin, span[1]), min(score, 1.0))


def merge_texts(
    answers: list[str],
    windows: list[tuple[float, float]],
    frame_times: list[list[float]],
    style: str,
    decimals: int,
) -> dict:
    """
    Join the answers about a clip's windows.

    Args:
        answers (`list[str]`): About each window, with times on its own clock.
        windows (`list[tuple[float, float]]`): Start and end of each on the clip's clock, in seconds.
        frame_times (`list[list[float]]`): Times of the frames that each showed, on its own clock.
        style (`str`), decimals (`int`): Form in which the joined answer is written.

    Returns:
        `dict`: `answer`, `exercise` and `errors`, each `{"label", "start", "end", "score"}` on the clip's clock. Where
        no window names an exercise, the answer is all of theirs one behind the other, with their own times.
    """
    found = [parse_answer(answer, images=False) for answer in answers]
    named = Counter(said["exercise"] for said in found if said["exercise"])
    exercise = named.most_common(1)[0][0] if named else None
    spans = defaultdict(list)
    for said, (start, _) in zip(found, windows, strict=True):
        if said["exercise"] == exercise:
            for error in said["errors"]:
                is_timed = error["end"] > error["start"]
                offset = start if is_timed else 0.0  # 0 to 0 says that there is one, and not when
                spans[error["label"]].append((error["start"] + offset, error["end"] + offset))
    gap = max(map(_spacing, frame_times))
    errors = [
        {"label": label, "start": round(start, 3), "end": round(end, 3), "score": None}
        for label, its_spans in spans.items()
        for start, end in _union(its_spans, gap)
    ]
    if exercise is None:
        return {"answer": " ".join(answers), "exercise": None, "errors": errors}
    its_errors = [error for error in errors if error["label"] in ERRORS[exercise]]
    row = {"id": "", "exercise": exercise, "errors": its_errors}
    messages = to_conversation(row, style=style, decimals=decimals, merge_intervals=False)["messages"]
    return {"answer": messages[1]["content"][0]["text"], "exercise": exercise, "errors": errors}


def _mean_exercise(readings: list[Reading]) -> dict[str, float]:
    means = {
        name: math.exp(np.mean([math.log(max(reading.exercise_scores[name], SMALLEST)) for reading in readings]))
        for name in readings[0].exercise_scores
    }
    return {name: mean / sum(means.values()) for name, mean in means.items()}


def _join(readings: list[Reading], label: str) -> tuple[list[float], list[float]]:
    """Times and scores of all windows in the order of time, each frame once."""
    pairs = sorted(pair for r in readings for pair in zip(r.frame_times, r.frame_scores[label], strict=True))
    groups: list[list[tuple[float, float]]] = []
    for time, score in pairs:
        if groups and time - groups[-1][0][0] < SAME_FRAME_S:
            groups[-1].append((time, score))
        else:
            groups.append([(time, score)])
    return [group[0][0] for group in groups], [float(np.mean([score for _, score in group])) for group in groups]


def _union(spans: list[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Intervals in the order of time, joined where they are closer than `gap`; those without times only if alone."""
    timed = sorted(span for span in spans if span[1] > span[0])
    joined = timed[:1] or spans[:1]
    for start, end in timed[1:]:
        if start <= joined[-1][1] + gap + SAME_FRAME_S:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _spacing(times: list[float]) -> float:
    """Typical distance of two frames, in seconds; of one frame 0."""
    distances = np.diff(np.unique(times))
    return float(np.median(distances)) if len(distances) else 0.0
