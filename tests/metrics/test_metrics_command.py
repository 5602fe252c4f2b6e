import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

import metrics
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


def test_table_scores_and_timeline(files, tmp_path, capsys):
    main([*files(PREDICTIONS, REFERENCES), "--out", str(tmp_path / "new" / "scores")])
    out = capsys.readouterr().out
    lines = {name: cells for name, *cells in (re.split("  +", line) for line in out.splitlines())}
    assert lines["F1"] == ["1.0000 (0.6667)", "0.0000 (0.0000)", "0.5000 (0.3333)"]
    assert lines["AP paper, correct IoU"] == ["0.5000 (0.5000)", "0.0000 (0.0000)", "0.2500 (0.2500)"]
    assert lines["true positives"] == ["1 (1)", "0 (0)"]
    assert out.splitlines()[-1].endswith("new/scores: scores.json, timeline.png")
    written = json.loads((tmp_path / "new" / "scores" / "scores.json").read_text())
    assert written["exercise_accuracy"] == 1.0
    assert written["mean_iou"]["knees_forward"] == pytest.approx(2 / 3)
    assert written["confusion"]["exercise"]["squat"] == {"squat": 2, "overhead_press": 0, "not read": 0}
    assert Image.open(tmp_path / "new" / "scores" / "timeline.png").size[0] == 750
    assert sorted(path.name for path in (tmp_path / "new" / "scores").iterdir()) == ["scores.json", "timeline.png"]


def test_results_replace_those_of_the_same_name_only(files, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "scores.json").write_text("old")
    main([*files(PREDICTIONS, REFERENCES), "--out", str(tmp_path)])
    assert json.loads((tmp_path / "scores.json").read_text())["parse_rate"] == 1.0
    names = ["notes.txt", "predictions.jsonl", "references.jsonl", "scores.json", "timeline.png"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_a_result_that_cannot_be_written_leaves_nothing_half_done(files, tmp_path):
    (tmp_path / "out" / ".timeline.png.partial").mkdir(parents=True)
    (tmp_path / "out" / "scores.json").write_text("old")
    with pytest.raises(SystemExit, match=r"^error: .*timeline.png.partial"):
        main([*files(PREDICTIONS, REFERENCES), "--out", str(tmp_path / "out")])
    assert (tmp_path / "out" / "scores.json").read_text() == "old"
    assert not (tmp_path / "out" / ".scores.json.partial").exists()


def test_the_picture_takes_as_many_clips_as_asked_for(files, tmp_path):
    arguments = [*files(PREDICTIONS, REFERENCES), "--out", str(tmp_path / "out"), "--timeline-clips"]
    main([*arguments, "1"])
    height = Image.open(tmp_path / "out" / "timeline.png").size[1]
    main([*arguments, "2"])
    assert Image.open(tmp_path / "out" / "timeline.png").size[1] == height + 34
    with pytest.raises(SystemExit, match="^error: num_clips: expected 1 to 400 clips in the picture, got 0"):
        main([*arguments, "0"])


def test_a_row_with_answer_and_structure_counts_by_its_structure(files, capsys):
    rows = [{**PREDICTIONS[1], "exercise": None, "errors": []}, PREDICTIONS[0]]
    main(files(rows, REFERENCES))
    assert "answers read 0.5000" in capsys.readouterr().out


def test_as_a_command_it_ends_with_one_line_and_exit_code_1(files, tmp_path):
    missing = str(tmp_path / "nowhere.jsonl")
    command = [sys.executable, "-m", "metrics", missing, files(PREDICTIONS, REFERENCES)[1]]
    done = subprocess.run(command, cwd=Path(metrics.__file__).parents[1], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"error: {missing}: no such file. Give a JSON Lines file with one row per clip.\n"


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
