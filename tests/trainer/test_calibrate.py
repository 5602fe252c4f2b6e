"""Every answer of a model here is about *synthetic* clips."""

import json
import shutil

import pytest
from PIL import Image

from trainer.calibrate import main
from trainer.predict import main as predict
from trainer.prediction.calibration import read_calibration

SCORES = {"squat": 1.0, "overhead_press": 0.0, "knees_forward": 0.9, "knees_inward": 0.9, "elbows": 0.0, "knees": 0.0}
PRESS = {"squat": 0.0, "overhead_press": 1.0, "knees_forward": 0.0, "knees_inward": 0.0, "elbows": 0.9, "knees": 0.9}
KNEES = {"label": "knees_forward", "start": 0.5, "end": 1.0}


def write_jsonl(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def model(tmp_path):
    """
    A folder in the place of a model, and answers beside it: of squats 40 say knees forward with 0.9, and 30 of them
    have it; 40 say so with 0.1, and 10 have it. Knees inward are there never, of presses nothing is.
    """
    folder = tmp_path / "model"
    folder.mkdir()
    answers, references = [], []
    for place in range(80):
        scores = SCORES | ({"knees_forward": 0.1} if place >= 40 else {})
        errors = [KNEES] if place < 30 or 40 <= place < 50 else []
        answers.append({"id": f"squat/{place}", "scores": scores})
        references.append({"id": f"squat/{place}", "exercise": "squat", "errors": errors})
    answers.append({"id": "press/1", "scores": PRESS})
    references.append({"id": "press/1", "exercise": "overhead_press", "errors": []})
    write_jsonl(tmp_path / "answers.jsonl", answers)
    write_jsonl(tmp_path / "references.jsonl", references)
    write_settings(tmp_path)
    return folder


def write_settings(folder, **changes):
    settings = {"decode": "score", "num_frames": 16, "split": "validation", "calibration": None, "synthetic": False}
    (folder / "answers.settings.json").write_text(json.dumps(settings | changes))


def calibrate(model, *options):
    files = ["--predictions", model.parent / "answers.jsonl", "--references", model.parent / "references.jsonl"]
    main(list(map(str, ["--model", model, *files, *options])))


def test_a_calibration_lies_with_the_model(model, capsys):
    calibrate(model)
    content = json.loads((model / "calibration.json").read_text())
    entry = content["labels"]["knees_forward"]
    assert entry["temperature"] == pytest.approx(2.0, abs=2e-3)  # 0.9 is right three times in four
    assert entry["threshold"] == 0.5
    assert (entry["num_clips"], entry["num_positives"]) == (80, 40)
    assert entry["before"]["calibration_error"] == pytest.approx(0.15)
    assert entry["after"]["calibration_error"] == pytest.approx(0.0, abs=1e-3)
    assert entry["cross_validated"]["log_loss"] < entry["before"]["log_loss"]
    assert entry["before"]["f1"] == entry["cross_validated"]["f1"] == 0.75
    assert (content["method"], content["criterion"], content["synthetic"]) == ("temperature", "f1", False)
    assert content["predictions"]["num_frames"] == 16
    assert read_calibration(model).calibrate("knees_forward", 0.9) == pytest.approx(0.75, abs=1e-3)
    assert Image.open(model / "calibration.png").width == 1276
    assert sorted(path.name for path in model.iterdir()) == ["calibration.json", "calibration.png"]
    printed = capsys.readouterr().out
    assert "knees_forward     80       40" in printed
    assert "0.1500 → " in printed
    assert "knees_inward, elbows, knees: fewer than 2 clips" in printed
    assert "ynthetic" not in printed and "warning" not in printed


def test_what_was_not_fitted_is_as_it_was(model):
    calibrate(model, "--method", "isotonic", "--criterion", "mcc")
    content = json.loads((model / "calibration.json").read_text())
    assert content["labels"]["knees_forward"]["isotonic"] == [[0.1, 0.25], [0.9, 0.75]]
    assert content["labels"]["elbows"]["temperature"] == 1.0
    assert content["labels"]["elbows"]["threshold"] == 0.5
    assert content["labels"]["elbows"]["cross_validated"] is None
    assert content["criterion"] == "mcc"


def test_the_same_answers_give_the_same_bytes(model, tmp_path):
    for name in ("first.json", "second.json"):
        calibrate(model, "--output", tmp_path / name)
    assert (tmp_path / "first.json").read_bytes() == (tmp_path / "second.json").read_bytes()
    assert (tmp_path / "first.png").read_bytes() == (tmp_path / "second.png").read_bytes()


def test_figures_of_simulated_clips_say_so(model, capsys):
    write_settings(model.parent, synthetic=True)
    calibrate(model)
    assert "Synthetic clips." in capsys.readouterr().out
    assert json.loads((model / "calibration.json").read_text())["synthetic"] is True


@pytest.mark.parametrize(
    ("split", "merge", "warning"),
    [
        ("validation", True, "trained on these clips"),
        ("validation", False, None),
        ("train", False, "trained on these clips"),
        ("test", True, "fitted to the test clips"),
    ],
)
def test_clips_that_are_no_evidence_are_warned_of(model, capsys, split, merge, warning):
    (model / "recipe.yaml").write_text(f"merge_validation: {str(merge).lower()}\n")
    write_settings(model.parent, split=split)
    calibrate(model)
    printed = capsys.readouterr().out
    assert ("warning" in printed) == (warning is not None)
    assert (warning or "") in printed


def test_a_clip_that_could_not_be_read_is_left_out(model, capsys):
    with (model.parent / "answers.jsonl").open("a") as file:
        file.write(json.dumps({"id": "squat/80", "error": "broken", "scores": {}}) + "\n")
    with (model.parent / "references.jsonl").open("a") as file:
        file.write(json.dumps({"id": "squat/80", "exercise": "squat", "errors": []}) + "\n")
    calibrate(model)
    assert "left out: 1 clips that could not be read" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "no/model"], r"^error: no/model: no such folder, .*--output FILE, which trainer\.predict takes"),
        (["--output", "calibration.txt"], r"^error: --output calibration\.txt: expected .* ends in \.json\."),
        (["--predictions", "no.jsonl"], r"^error: no\.jsonl: no such file\."),
    ],
)
def test_wrong_use_is_one_line(model, options, message):
    with pytest.raises(SystemExit, match=message) as ended:
        calibrate(model, *options)
    assert "\n" not in ended.value.code
    assert not list(model.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--predictions", "p.jsonl"], "--predictions needs --references"),
        (["--predictions", "p.jsonl", "--data", "d"], "not allowed with argument"),
        ([], "one of the arguments --data --predictions is required"),
        (
            ["--predictions", "p.jsonl", "--references", "r.jsonl", "--num_frames", "4"],
            "unrecognized arguments: --num_",
        ),
        (["--predictions", "p.jsonl", "--references", "r.jsonl", "--split", "test"], "--split belongs to --data"),
        (["--data", "d", "--references", "r.jsonl"], "--references belongs to --predictions"),
        (["--data", "d", "--method", "platt"], "invalid choice: 'platt'"),
    ],
)
def test_options_that_do_not_go_together(arguments, message, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--model", "m", *arguments])
    assert ended.value.code == 2
    assert message in capsys.readouterr().err


def test_a_recipe_that_cannot_be_read(model):
    (model / "recipe.yaml").write_text("a: [")
    with pytest.raises(SystemExit, match=r"^error: .*while parsing") as ended:
        calibrate(model)
    assert "\n" not in ended.value.code


def test_a_calibration_that_is_there_stays_when_a_later_one_fails(model):
    calibrate(model)
    before = (model / "calibration.json").read_bytes()
    write_jsonl(model.parent / "answers.jsonl", [{"id": "squat/1", "answer": "The subject", "scores": {}}])
    with pytest.raises(SystemExit, match="Only trainer.predict --decode score gives them"):
        calibrate(model)
    assert (model / "calibration.json").read_bytes() == before


def test_a_model_is_answered_calibrated_and_answers_with_it(trained, release, tmp_path, capsys):
    model = shutil.copytree(trained, tmp_path / "trained", ignore=shutil.ignore_patterns("checkpoint-*"))
    arguments = ["--model", model, "--data", release]
    main(list(map(str, arguments)))
    answers = (model / "calibration" / "validation.jsonl").read_bytes()
    assert len(answers.splitlines()) == 4
    content = json.loads((model / "calibration.json").read_text())
    assert content["synthetic"] is True
    assert content["predictions"]["num_frames"] == 4  # as in the model's recipe
    assert content["labels"]["elbows"]["num_clips"] == 2
    capsys.readouterr()

    main(list(map(str, arguments)))
    assert "finished already" in capsys.readouterr().out
    assert (model / "calibration" / "validation.jsonl").read_bytes() == answers

    test = [*map(str, arguments), "--output", str(tmp_path / "test.jsonl")]
    predict(test)
    settings = json.loads((tmp_path / "test.settings.json").read_text())
    assert settings["calibration"] == str(model / "calibration.json")
    # What was answered with a calibration cannot be calibrated.
    capsys.readouterr()
    predict([*test[:-1], str(tmp_path / "again.jsonl"), "--references", str(tmp_path / "references.jsonl")])
    files = ["--predictions", tmp_path / "again.jsonl", "--references", tmp_path / "references.jsonl"]
    with pytest.raises(SystemExit, match="were calibrated already"):
        main(list(map(str, ["--model", model, *files])))
