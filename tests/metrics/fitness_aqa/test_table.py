import pytest

from metrics.fitness_aqa.records import to_prediction, to_reference
from metrics.fitness_aqa.table import exercise_rows, format_table, headline, summarize, table_rows

ERROR = {"label": "knees_forward", "start": 1.0, "end": 2.5}
REFERENCES = [
    to_reference({"exercise": "squat", "errors": errors}, 0) for errors in ([ERROR], [], [{**ERROR, "start": 2.0}])
]


def summary(score=None):
    found = {**ERROR, "end": 2.0, "score": score}
    predictions = [{"exercise": "squat", "errors": [found]}, "Squat.", "?"]
    return summarize([to_prediction(p, i) for i, p in enumerate(predictions)], REFERENCES, 0.6)


def test_every_number_stands_beside_the_trivial_one():
    header, *rows = table_rows(summary())
    assert header == ["", "knees_forward", "knees_inward", "mean"]  # no overhead press, so no columns for it
    cells = {name: row for name, *row in rows}
    assert cells["clips with the error"] == ["2 of 3", "0 of 3", ""]
    assert cells["F1"] == ["0.6667 (0.8000)", "0.0000 (0.0000)", "0.3333 (0.4000)"]
    assert cells["recall"][0] == "0.5000 (1.0000)"
    # Of one constant interval, (1.5, 2.5): IoU 1 / 1.5 with the first, 0.5 with the last.
    assert cells["AP paper, correct IoU"] == ["0.3333 (0.3333)", "0.0000 (0.0000)", "0.1667 (0.1667)"]
    assert cells["mean IoU"][0] == "0.3333 (0.5833)"
    assert [cells[name][0] for name in ("true positives", "false positives", "false negatives", "true negatives")] == [
        "1 (2)",
        "0 (1)",
        "1 (0)",
        "1 (0)",
    ]
    assert "average precision" not in cells


def test_probabilities_add_two_rows():
    cells = {name: row for name, *row in table_rows(summary(score=0.75))}
    assert cells["average precision"][0] == "0.8333 (0.6667)"  # the missed one comes with the last
    assert cells["calibration error"][0] == "0.4167 (0.0000)"


def test_lines_of_all_clips():
    assert headline(summary()) == (
        "3 clips, IoU threshold 0.6: exercise accuracy 0.6667 (1.0000), answers read 0.6667 (1.0000)"
    )
    assert exercise_rows(summary()) == [
        ["exercise \\ answered", "squat", "overhead_press", "not read"],
        ["squat", "2", "0", "1"],
    ]


def test_the_text_is_aligned_and_says_what_the_brackets_are():
    lines = format_table(summary()).splitlines()
    assert lines[2].endswith("knees_inward             mean")
    assert {len(line) for line in lines if line.startswith(("F1", "AP"))} == {len(lines[2])}
    assert lines[-1].startswith("In brackets: the trivial answer, every error of the exercise in every clip")
    assert all(line == line.rstrip() for line in lines)


def test_no_clip_is_refused():
    with pytest.raises(ValueError, match="no clip to score"):
        summarize([], [])
