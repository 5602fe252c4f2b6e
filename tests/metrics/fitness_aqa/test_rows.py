import json

import pytest

from metrics.fitness_aqa.rows import pair_rows, read_rows

ERROR = {"label": "elbows", "start": 1.0, "end": 2.0}


def lines(*rows):
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()


def test_pairs_come_in_the_order_of_the_references():
    references = lines(*({"id": key, "exercise": "squat", "errors": []} for key in "ab"))
    predictions = lines(
        {"id": "b", "answer": "Squat."}, {"id": "a", "exercise": None, "errors": [], "answer": "Squat"}
    )
    predicted, truth = pair_rows(predictions, references)
    assert list(predicted) == list(truth) == ["a", "b"]
    assert [prediction["exercise"] for prediction in predicted.values()] == [None, "squat"]  # the structure counts


def test_empty_lines_line_ends_and_any_id():
    content = "\r\n".join(['{"id": "ü/1", "n": 1}', "", '{"id": "a\u2028b", "n": 2}']).encode()
    assert read_rows(content, "rows", lambda row, i: {"n": row["n"], "i": i}) == {
        "ü/1": {"n": 1, "i": 0},
        "a\u2028b": {"n": 2, "i": 1},
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"id": "a"}\n{"id": ', r"rows, line 2: is no JSON \(.*\). Write one JSON object per line."),
        (b'{"id": "\xff"}', r"rows, line 1: is no JSON"),
        (b"[" * 100_000, r"rows, line 1: is no JSON"),
        (b'{"id": 3}', r'rows, line 1: expected an object with a text `id`, got \{"id": 3\}'),
        (b'{"id": "a"}\n\n{"id": "a"}', r"rows, line 3: id 'a' occurs twice. Keep one row per clip."),
    ],
)
def test_bad_lines_are_named(content, message):
    with pytest.raises(ValueError, match=message):
        read_rows(content, "rows", lambda row, i: row)


def test_a_bad_value_is_named_by_line_id_clip_and_item():
    rows = [
        {"id": "a", "answer": "OHP."},
        {"id": "b", "exercise": "overhead_press", "errors": [ERROR, {**ERROR, "end": None}]},
    ]
    with pytest.raises(
        ValueError, match=r"^predictions, line 2, id 'b': predictions\[1\]\[1\]: `end` must be a finite"
    ):
        pair_rows(lines(*rows), b"")
    with pytest.raises(ValueError, match=r"line 1, id 'a': expected a text `answer`, or `exercise` and `errors`, got"):
        pair_rows(lines({"id": "a", "text": "OHP."}), b"")


def test_ids_that_differ_are_counted_and_the_first_ten_listed():
    predictions = lines(*({"id": f"p{i}", "answer": ""} for i in range(12)), {"id": "same", "answer": ""})
    references = lines(*({"id": key, "exercise": "squat", "errors": []} for key in ("r", "same")))
    with pytest.raises(ValueError) as error:
        pair_rows(predictions, references, "mine.jsonl", "truth.jsonl")
    assert str(error.value) == (
        "the ids of the two files differ: 12 only in mine.jsonl: p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, ...; "
        "1 only in truth.jsonl: r. Give both files the same clips."
    )
