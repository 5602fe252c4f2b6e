import pytest

from trainer.report.words import finding, nothing_found, percent

FOUND = {"label": "knees_forward", "start": 1.2, "end": 2.4}


def test_a_finding_in_a_lifters_words():
    assert finding(FOUND, {"knees_forward": 0.87}) == "knees forward, 1.2–2.4 s, 87 %"
    assert finding(FOUND, {}) == "knees forward, 1.2–2.4 s"
    assert finding(FOUND | {"start": 0.0, "end": 0.0}, {"knees_forward": 0.87}) == "knees forward, 87 %"


def test_nothing_found_says_what_was_considered():
    scores = {"elbows": 0.3, "knees": 0.004}
    assert nothing_found("overhead_press", scores) == "No mistake found. Looked for: elbows 30 %, knees < 1 %."
    assert nothing_found("squat", {}) == "No mistake found. Looked for: knees forward, knees inward."
    assert nothing_found(None, {}) == "Nothing can be said about mistakes."


@pytest.mark.parametrize(
    ("probability", "text"), [(0.0, "< 1 %"), (0.01, "1 %"), (0.555, "56 %"), (0.99, "99 %"), (0.999, "> 99 %")]
)
def test_percents(probability, text):
    assert percent(probability) == text
