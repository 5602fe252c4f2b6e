import json
import math

import pytest

from model_card.scores import check_scores, compute_scores, exercise_clip_counts, labels_with_clips, null_to_nan

# Typed by hand from the seven clips of conftest.py.
F1 = {"knees_forward": 2 / 3, "knees_inward": 1.0, "elbows": 1.0, "knees": 0.0}
PAPER = {"knees_forward": 1 / 5, "knees_inward": 1 / 5, "elbows": 1 / 2, "knees": 0.0}


@pytest.fixture
def computed(finished_run):
    return compute_scores(finished_run / "predictions.jsonl", finished_run / "references.jsonl")


def write(path, computed):
    scores = {key: value for key, value in computed.items() if key != "temporal_map"}
    path.write_text(json.dumps({"after": scores, "temporal_map": {"after": computed["temporal_map"]}}))


def test_scores_of_the_rows(computed):
    assert computed["exercise_accuracy"] == pytest.approx(5 / 7)
    assert computed["f1"] == pytest.approx(F1)
    assert computed["ap"]["paper"] == pytest.approx(PAPER)
    assert computed["mcc"]["knees_forward"] == pytest.approx(3 / math.sqrt(24))
    # one label with AP 1/2 (one of two found, without a false one), two with 1, over five thresholds; knees has none
    assert computed["temporal_map"]["average_map"] == pytest.approx((0.5 + 1 + 1) / 3)


def test_counts(computed):
    assert exercise_clip_counts({"after": computed}) == {"squat": 5, "overhead_press": 2}
    computed["support"] |= {"elbows": {"positives": 0, "clips": 0}, "knees": {"positives": 0, "clips": 0}}
    assert labels_with_clips({"after": computed}) == ["knees_forward", "knees_inward"]


def test_file_that_agrees(computed, tmp_path):
    write(tmp_path / "scores.json", computed)
    check_scores(tmp_path / "scores.json", {"after": computed})


def test_a_difference_of_the_last_digits_is_none(computed, tmp_path):
    write(tmp_path / "scores.json", computed | {"macro_f1": computed["macro_f1"] * (1 + 1e-12)})
    check_scores(tmp_path / "scores.json", {"after": computed})


def test_null_is_nan(computed, tmp_path):
    write(tmp_path / "scores.json", computed | {"macro_f1": None})
    check_scores(tmp_path / "scores.json", {"after": computed | {"macro_f1": math.nan}})
    assert math.isnan(null_to_nan({"a": {"b": None}})["a"]["b"])


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("macro_f1", 0.7, r"after\.macro_f1 is 0\.7 in it, the rows give 0\.666"),
        ("macro_f1", None, r"after\.macro_f1 is None in it"),
        ("macro_f1", "0.6", r"after\.macro_f1 is 0\.6 in it"),
        ("map", {}, r"after\.map\.published is None in it"),
        ("temporal_map", {"average_map": 0.1}, r"temporal_map\.after\.average_map is 0\.1 in it"),
    ],
)
def test_difference_names_the_key_and_both_values(computed, tmp_path, key, value, shown):
    write(tmp_path / "scores.json", computed | {key: value})
    with pytest.raises(
        ValueError, match=rf"scores\.json: was not made from these rows: {shown}.*trainer\.score` again"
    ):
        check_scores(tmp_path / "scores.json", {"after": computed})


def test_file_without_the_models_scores(computed, tmp_path):
    (tmp_path / "scores.json").write_text('{"mine": {}}')
    with pytest.raises(ValueError, match=r"scores\.json: has no scores of `after`, and the run has rows of it\. Run"):
        check_scores(tmp_path / "scores.json", {"after": computed})


def test_rows_without_scores_are_refused_and_scores_without_rows_are_not_compared(computed, tmp_path):
    write(tmp_path / "scores.json", computed)
    with pytest.raises(ValueError, match=r"scores\.json: has no scores of `before`, and the run has rows of it\. Run"):
        check_scores(tmp_path / "scores.json", {"before": computed, "after": computed})
    check_scores(tmp_path / "scores.json", {})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"after": ', "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[]", "expected a JSON object, got list"),
    ],
)
def test_damaged_file(tmp_path, content, message):
    path = tmp_path / "scores.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"scores\.json: {message}.*`python -m trainer\.score` again"):
        check_scores(path, {})
