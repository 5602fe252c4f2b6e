import json
import math

import pytest

from model_card.scores import exercise_clip_counts, null_to_nan, read_scores


def test_null_is_read_as_nan(run_dir):
    scores = read_scores(run_dir / "scores.json")
    assert math.isnan(scores["after"]["mcc"]["elbows"])
    assert scores["after"]["mcc"]["knees"] == 0.96
    assert math.isnan(null_to_nan({"a": {"b": None}})["a"]["b"])


def test_clip_counts_come_from_support(run_dir):
    assert exercise_clip_counts(read_scores(run_dir / "scores.json")) == {"squat": 5, "overhead_press": 2}


def test_all_missing_numbers_are_listed_at_once(run_dir):
    path = run_dir / "scores.json"
    scores = json.loads(path.read_text())
    del scores["after"]["f1"]["knees"]
    scores["blank"]["map"]["paper"] = "0.3"
    path.write_text(json.dumps(scores))
    with pytest.raises(ValueError, match=r"no number at after\.f1\.knees, blank\.map\.paper \(2 in all\)"):
        read_scores(path)


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
    with pytest.raises(ValueError, match=rf"scores\.json: {message}.*`make demo`"):
        read_scores(path)
