import json

import pytest

from metrics.__main__ import main

REFERENCES = [
    {"id": "a", "exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.5}]},
    {"id": "b", "exercise": "squat", "errors": []},
]
PREDICTIONS = [
    {"id": "b", "exercise": "squat", "errors": []},
    {"id": "a", "answer": "The subject is performing a Squat. Errors: knees forward from 1.0s to 2.0s."},
]


@pytest.fixture
def files(tmp_path):
    def write(predictions, references):
        paths = [tmp_path / "predictions.jsonl", tmp_path / "references.jsonl"]
        for path, rows in zip(paths, (predictions, references), strict=True):
            path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
        return [str(path) for path in paths]

    return write


def test_table_and_scores_file(files, tmp_path, capsys):
    main([*files(PREDICTIONS, REFERENCES), "--out", str(tmp_path / "new" / "scores")])
    lines = {line[:28].strip(): line[28:].split() for line in capsys.readouterr().out.splitlines()}
    assert lines["clips"] == ["2", "2", "0", "0"]
    assert lines["F1"] == ["1.0000", "0.0000", "0.0000", "0.0000", "0.5000"]
    assert lines["F1 of always 'yes'"][0] == "0.6667"
    assert lines["AP paper (correct IoU)"] == ["0.5000", "0.0000", "0.0000", "0.0000", "0.2500"]
    written = json.loads((tmp_path / "new" / "scores" / "scores.json").read_text())
    assert written["exercise_accuracy"] == 1.0
    assert written["mean_iou"]["knees_forward"] == pytest.approx(2 / 3)
    assert [path.name for path in (tmp_path / "new" / "scores").iterdir()] == ["scores.json"]


def test_a_row_with_answer_and_structure_counts_by_its_structure(files, capsys):
    rows = [{**PREDICTIONS[1], "exercise": None, "errors": []}, PREDICTIONS[0]]
    main(files(rows, REFERENCES))
    assert "answers read 0.5000" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("predictions", "references", "message"),
    [
        (["{"], REFERENCES, r"predictions.jsonl, line 1: is no JSON"),
        (["[]"], REFERENCES, r"line 1: expected an object with a text `id`, got \[\]"),
        ([PREDICTIONS[0]] * 2, REFERENCES, r"line 2: id 'b' occurs twice"),
        ([PREDICTIONS[0], {"id": "a"}], REFERENCES, r"line 2, id 'a': expected a text `answer`, or `exercise` and"),
        (PREDICTIONS, [{**REFERENCES[0], "exercise": "row"}], r"references.jsonl, line 1, id 'a': .*must be one of"),
        (PREDICTIONS[:1], REFERENCES, r"the ids of the two files differ: 1 only in \S*references.jsonl: a\."),
        (PREDICTIONS, REFERENCES[:1], r"the ids of the two files differ: 1 only in \S*predictions.jsonl: b\."),
        ([], [], "no clip to score"),
    ],
)
def test_wrong_files_end_in_one_line(files, tmp_path, predictions, references, message):
    with pytest.raises(SystemExit, match=message) as end:
        main([*files(predictions, references), "--out", str(tmp_path / "out")])
    assert end.value.code.startswith("error: ")
    assert "\n" not in end.value.code
    assert not (tmp_path / "out").exists()


def test_a_missing_file_and_a_bad_threshold(files, tmp_path):
    with pytest.raises(SystemExit, match="nowhere.jsonl: no such file. Give a JSON Lines file"):
        main([str(tmp_path / "nowhere.jsonl"), str(tmp_path / "nowhere.jsonl")])
    with pytest.raises(SystemExit, match="iou_threshold: expected a number in"):
        main([*files(PREDICTIONS, REFERENCES), "--iou-threshold", "0"])
