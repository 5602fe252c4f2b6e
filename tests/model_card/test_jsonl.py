import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_card.jsonl import read_predictions, read_references

GOOD = {"id": "squat/1_1", "exercise": "squat", "errors": [], "answer": "…"}

ERRORS = st.builds(
    lambda label, start: {"label": label, "start": start, "end": start + 0.5},
    st.sampled_from(["knees_forward", "knees_inward", "elbows", "knees"]),
    st.floats(0, 100),
)
ROWS = st.lists(
    st.builds(
        lambda key, errors: {"id": f"squat/{key}", "exercise": "squat", "errors": errors},
        st.text(min_size=1),
        st.lists(ERRORS, max_size=3),
    ),
    min_size=1,
    unique_by=lambda row: row["id"],
)


@given(ROWS)
def test_rows_come_back_as_written(rows):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "references.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        assert read_references(path) == rows


@given(st.binary(max_size=60))
def test_any_bytes_end_in_one_value_error_naming_the_file(content):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "references.jsonl"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"references\.jsonl(, line \d+)?: "):
            read_references(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": 7}, "`id` is 7, expected a text such as 'squat/32939_2'"),
        ({"id": "deadlift/1"}, "`id` is 'deadlift/1', expected an id such as 'squat/32939_2'"),
        ({"id": "squat/0"}, "`id` is 'squat/0', expected an id that no line before has"),
        ({"exercise": "deadlift"}, "`exercise` is 'deadlift', expected one of"),
        ({"errors": None}, "`errors` is None, expected a list of {label, start, end}"),
        ({"errors": ["knees"]}, "`errors` is 'knees', expected a list of {label, start, end}"),
        ({"errors": [{"label": "back", "start": 0, "end": 1}]}, "`errors.label` is 'back', expected one of"),
        ({"errors": [{"label": "knees", "start": 0}]}, "`errors.end` is None, expected a number of seconds"),
        (
            {"errors": [{"label": "knees", "start": float("nan"), "end": 1}]},
            "`errors.start` is nan, expected a number",
        ),
    ],
)
def test_damaged_row_names_file_line_and_key(tmp_path, change, message):
    path = tmp_path / "references.jsonl"
    path.write_text(json.dumps({**GOOD, "id": "squat/0"}) + "\n" + json.dumps({**GOOD, **change}) + "\n")
    with pytest.raises(ValueError) as caught:
        read_references(path)
    assert str(caught.value).startswith(f"{path}, line 2: {message}")
    assert str(caught.value).endswith("Make the file again with `make demo`.")


def test_broken_json_names_file_and_line(tmp_path):
    path = tmp_path / "references.jsonl"
    path.write_text(json.dumps(GOOD) + '\n{"id": "squat/2"\n')
    with pytest.raises(ValueError, match=r"references\.jsonl, line 2: not valid JSON"):
        read_references(path)


def test_prediction_needs_its_answer_and_may_lack_an_exercise(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps({**GOOD, "exercise": None}))
    assert read_predictions(path, [GOOD])["squat/1_1"]["exercise"] is None
    path.write_text(json.dumps({**GOOD, "answer": None}))
    with pytest.raises(ValueError, match="line 1: `answer` is None, expected a text"):
        read_predictions(path, [GOOD])


def test_ids_on_one_side_only_are_listed(tmp_path):
    path = tmp_path / "predictions.jsonl"
    path.write_text(json.dumps({**GOOD, "id": "squat/9"}))
    with pytest.raises(ValueError, match=r"2 ids are only here or only in references\.jsonl: squat/1_1, squat/9\."):
        read_predictions(path, [GOOD])
