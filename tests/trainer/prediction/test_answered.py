import json

import pytest

from trainer.prediction.answered import read_answered

SCORES = {"squat": 0.8, "overhead_press": 0.2, "knees_forward": 0.6, "knees_inward": 0.0, "elbows": 0.2, "knees": 0.1}
ANSWERS = [
    {"id": "squat/1", "scores": SCORES},
    {"id": "press/1", "scores": SCORES},
    {"id": "press/2", "scores": SCORES | {"overhead_press": 0.0005, "elbows": 0.0}},
    {"id": "squat/2", "error": "broken", "scores": {}},
]
REFERENCES = [
    {"id": "press/1", "exercise": "overhead_press", "errors": [{"label": "elbows", "start": 0.5, "end": 1.0}]},
    {"id": "squat/2", "exercise": "squat", "errors": []},
    {"id": "squat/1", "exercise": "squat", "errors": [{"label": "knees_inward", "start": 0.5, "end": 1.0}]},
    {"id": "press/2", "exercise": "overhead_press", "errors": []},
]


@pytest.fixture
def files(tmp_path):
    def write(answers=ANSWERS, references=REFERENCES, **settings):
        paths = tmp_path / "answers.jsonl", tmp_path / "references.jsonl"
        for path, rows in zip(paths, (answers, references), strict=True):
            path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        settings = {"decode": "score", "control": "none", "calibration": None} | settings
        (tmp_path / "answers.settings.json").write_text(json.dumps(settings))
        return paths

    return write


def test_probabilities_are_those_given_the_true_exercise(files):
    answered = read_answered(*files(num_frames=16))
    assert {label: probability.tolist() for label, (probability, _) in answered.labels.items()} == {
        "knees_forward": [0.75],
        "knees_inward": [0.0],
        "elbows": [1.0],
        "knees": [0.5],
    }
    assert {label: annotated.tolist() for label, (_, annotated) in answered.labels.items()} == {
        "knees_forward": [False],
        "knees_inward": [True],
        "elbows": [True],
        "knees": [False],
    }
    assert answered.num_left_out == 2  # one that could not be read, one that was taken for a squat
    assert answered.settings["num_frames"] == 16


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"decode": "baseline", "system": "md"},
            r"answers\.settings\.json: these are answers of a baseline \(md\), which `trainer\.baselines\.train` has "
            r"calibrated\. Give answers of `python -m trainer\.predict`",
        ),
        (
            {"answers": [{"id": "squat/1", "answer": "The subject", "scores": {}}]},
            r"answers\.jsonl, line 1, id 'squat/1': `scores` has no probability of squat, overhead_press, .*"
            r"Only trainer\.predict --decode score",
        ),
        (
            {"answers": [{"id": "squat/1", "scores": SCORES | {"knees": 1.5}}]},
            r"line 1, id 'squat/1': `scores`: knees must be a probability in \[0, 1\], got 1\.5",
        ),
        (
            {"answers": ANSWERS[:3]},
            r"1 ids are in one file only \(squat/2\)\. Give answers and references of the same",
        ),
        (
            {"answers": ANSWERS[:1], "references": REFERENCES[2:3]},
            r"references\.jsonl: no clip of overhead press .* elbows and knees cannot be calibrated",
        ),
        ({"calibration": "model/calibration.json"}, r"calibrated already, with model/calibration\.json\. .*--no_cal"),
        ({"control": "blank"}, r"answers to the control 'blank'"),
    ],
)
def test_what_cannot_be_calibrated_is_one_line(files, changes, message):
    with pytest.raises(ValueError, match=message) as error:
        read_answered(*files(**changes))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["answers.jsonl", "references.jsonl", "answers.settings.json"])
def test_a_missing_file(files, tmp_path, name):
    paths = files()
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=rf"{name}: no such file\. "):
        read_answered(*paths)


def test_torn_settings(files, tmp_path):
    paths = files()
    (tmp_path / "answers.settings.json").write_text('{"deco')
    with pytest.raises(ValueError, match=r"answers\.settings\.json: is no JSON .*Answer the clips again"):
        read_answered(*paths)
