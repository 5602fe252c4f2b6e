import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.temporal_map.segment_ap import temporal_map


def prediction(start, end, score, label="a"):
    return {"label": label, "start": start, "end": end, "score": score}


def reference(start, end, label="a"):
    return {"label": label, "start": start, "end": end}


def quadratic_oracle(predictions, references, threshold):
    """The definition, step by step, for one label."""
    ranked = sorted(((p["score"], v, p) for v, ps in enumerate(predictions) for p in ps), key=lambda item: -item[0])
    free, total, hits, curve = [list(refs) for refs in references], sum(map(len, references)), 0, {}
    for rank, (score, video, p) in enumerate(ranked, start=1):
        possible = free[video] if p["end"] > p["start"] else []
        shared = [max(min(p["end"], r["end"]) - max(p["start"], r["start"]), 0) for r in possible]
        ious = [s / (p["end"] - p["start"] + r["end"] - r["start"] - s) for s, r in zip(shared, possible, strict=True)]
        if max(ious, default=0) >= threshold:
            possible.pop(len(ious) - 1 - ious[::-1].index(max(ious)))
            hits += 1
        curve[score] = (hits / total, hits / rank)  # one point per score: the last one stays
    recalls = [0, *sorted({recall for recall, _ in curve.values()})]
    heights = [max(p for r, p in curve.values() if r >= recall) for recall in recalls[1:]]
    return sum((b - a) * height for a, b, height in zip(recalls, recalls[1:], heights, strict=False))


@st.composite
def videos(draw):
    """Predictions (also without length, and of equal scores) and references, on a grid: IoUs are equal too."""
    times = st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda t: (t[0], t[0] + t[1]))
    lengths = st.sampled_from([-2, 0, 1, 2, 3, 5])
    detection = st.tuples(st.integers(0, 12), lengths, st.integers(0, 9), st.sampled_from("ab"))
    references = draw(st.lists(st.lists(st.tuples(times, st.sampled_from("ab")), max_size=4), min_size=1, max_size=4))
    predicted = [draw(st.lists(detection, max_size=6)) for _ in references]
    return (
        [
            [prediction(start, start + length, score / 8, k) for start, length, score, k in video]
            for video in predicted
        ],
        [[reference(*span, k) for span, k in video] for video in references],
    )


def of_label(videos, label):
    return [[segment for segment in video if segment["label"] == label] for video in videos]


@given(videos(), st.sampled_from([0.1, 0.3, 0.5, 0.75, 1.0]))
@settings(max_examples=200, deadline=None)
def test_agrees_with_the_quadratic_oracle(case, threshold):
    result = temporal_map(*case, [threshold])
    labels = {segment["label"] for video in case[1] for segment in video}
    want = {k: quadratic_oracle(of_label(case[0], k), of_label(case[1], k), threshold) for k in labels}
    assert {k: values[0] for k, values in result["ap"].items()} == pytest.approx(want, abs=1e-12)
    assert result["average_map"] == pytest.approx(sum(want.values()) / max(len(want), 1), abs=1e-12)


@given(videos(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_order_of_videos_changes_nothing(case, random):
    predictions, references = case
    order = list(range(len(references)))
    random.shuffle(order)
    shuffled = temporal_map([predictions[i] for i in order], [references[i] for i in order])
    assert shuffled == temporal_map(predictions, references)


@given(videos(), st.sampled_from([-1.0, 0.0]))
@settings(max_examples=60, deadline=None)
def test_a_last_false_positive_never_raises_ap(case, score):
    predictions, references = case
    worse = [[*predictions[0], prediction(90, 91, score)], *predictions[1:]]  # 0 is the lowest that a case can have
    before, after = temporal_map(predictions, references)["ap"], temporal_map(worse, references)["ap"]
    assert all(b <= a for label in before for a, b in zip(before[label], after[label], strict=True))
