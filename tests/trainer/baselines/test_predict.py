"""`python -m trainer.baselines.predict`, as a user starts it; all on *synthetic* clips."""

import json
import shutil
import signal
from pathlib import Path

import pytest

from metrics.files import read_pairs
from tests.trainer.baselines.end_to_end import run, start

LABELS = ("knees_forward", "knees_inward", "elbows", "knees")
CLIPS = {"train": 16, "validation": 4, "test": 4}


def predict(model: Path, data: Path, output: Path, *options: object):
    return run("predict", "--model", model, "--data", data, "--output", output, *options)


def rows_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def settings_of(path: Path) -> dict:
    return json.loads(path.with_suffix(".settings.json").read_text())


@pytest.mark.parametrize("name", ["md", "gymetricpose", "cvcspc_error"])
def test_the_answers_are_those_that_the_training_wrote(finished, release, tmp_path, name):
    ended = predict(finished(name), release, tmp_path / "rows.jsonl", "--references", tmp_path / "truth.jsonl")
    assert ended.succeeded().stdout == f"written: {tmp_path}/rows.jsonl (4 clips)\n"
    for file, of_run in (("rows.jsonl", "predictions.jsonl"), ("truth.jsonl", "references.jsonl")):
        assert (tmp_path / file).read_bytes() == (finished(name) / of_run).read_bytes()
    assert settings_of(tmp_path / "rows.jsonl") == settings_of(finished(name) / "predictions.jsonl")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl", "rows.settings.json", "truth.jsonl"]


@pytest.mark.parametrize("split", ["train", "validation"])
def test_another_split(finished, release, tmp_path, split):
    options = ("--split", split, "--references", tmp_path / "truth.jsonl", "--batch_size", 3)
    predict(finished("probe_all"), release, tmp_path / "rows.jsonl", *options).succeeded()
    predictions, _ = read_pairs(tmp_path / "rows.jsonl", tmp_path / "truth.jsonl")
    assert len(predictions) == CLIPS[split]
    assert settings_of(tmp_path / "rows.jsonl")["split"] == split


def test_only_the_first_clips(finished, release, tmp_path):
    model = finished("md")  # two models, and the one for presses has nothing to read
    predict(
        model, release, tmp_path / "rows.jsonl", "--limit", 1, "--references", tmp_path / "truth.jsonl"
    ).succeeded()
    assert rows_of(tmp_path / "rows.jsonl") == rows_of(model / "predictions.jsonl")[:1]
    assert [row["id"] for row in rows_of(tmp_path / "truth.jsonl")] == ["squat/10003_1"]


def test_another_release_with_damaged_and_missing_clips(finished, release, tmp_path):
    data = shutil.copytree(release, tmp_path / "release")
    videos = data / "Squat" / "Labeled_Dataset" / "videos"
    (videos / "10003_1.mp4").write_bytes(b"no video")
    (videos / "10003_2.mp4").unlink()
    model = finished("md")
    predict(model, data, tmp_path / "rows.jsonl", "--references", tmp_path / "truth.jsonl").succeeded()
    damaged, missing, *others = rows_of(tmp_path / "rows.jsonl")
    assert damaged == {
        "id": "squat/10003_1",
        "error": f"{videos}/10003_1.mp4: not a video but text; unpack or download it again",
        "answer": "",
        "exercise": None,
        "errors": [],
        "scores": {},
        "num_frames": 0,
        "window": None,
    }
    assert missing["error"].startswith(f"{videos}/10003_2.mp4: no such clip, but its id is in the split 'test'")
    assert others == rows_of(model / "predictions.jsonl")[2:]
    predictions, _ = read_pairs(tmp_path / "rows.jsonl", tmp_path / "truth.jsonl")
    assert [prediction["exercise"] for prediction in predictions] == [None, None, "overhead_press", "overhead_press"]
    assert settings_of(tmp_path / "rows.jsonl")["data"] == str(data)


@pytest.mark.parametrize("name", ["md", "gymetricpose", "probe_all"])
def test_clips_that_show_nothing_look_alike(finished, release, tmp_path, name):
    predict(finished(name), release, tmp_path / "rows.jsonl", "--control", "blank").succeeded()
    rows, usual = rows_of(tmp_path / "rows.jsonl"), rows_of(finished(name) / "predictions.jsonl")
    assert rows[0]["scores"] == rows[1]["scores"] and rows[2]["scores"] == rows[3]["scores"]
    assert all(row["scores"] != its["scores"] for row, its in zip(rows, usual, strict=True))
    settings = settings_of(tmp_path / "rows.jsonl")
    assert (settings["control"], settings["seed"]) == ("blank", None)


@pytest.mark.parametrize("name", ["md", "gymetricpose"])
def test_frames_in_another_order(finished, release, tmp_path, name):
    usual = [row["scores"] for row in rows_of(finished(name) / "predictions.jsonl")]
    for seed, file in ((0, "0.jsonl"), (0, "again.jsonl"), (5, "5.jsonl")):
        predict(finished(name), release, tmp_path / file, "--control", "shuffled", "--seed", seed).succeeded()
    assert (tmp_path / "0.jsonl").read_bytes() == (tmp_path / "again.jsonl").read_bytes()
    shuffled = [[row["scores"] for row in rows_of(tmp_path / file)] for file in ("0.jsonl", "5.jsonl")]
    assert usual != shuffled[0] != shuffled[1]
    assert settings_of(tmp_path / "5.jsonl")["seed"] == 5


def test_features_pooled_over_time_do_not_change_with_the_order(finished, release, tmp_path):
    predict(finished("probe_all"), release, tmp_path / "rows.jsonl", "--control", "shuffled").succeeded()
    usual = rows_of(finished("probe_all") / "predictions.jsonl")
    for row, its in zip(rows_of(tmp_path / "rows.jsonl"), usual, strict=True):
        assert row["scores"] == pytest.approx(its["scores"], abs=2e-6)


def test_without_intervals(finished, release, tmp_path):
    predict(finished("md"), release, tmp_path / "rows.jsonl", "--no_intervals").succeeded()
    rows, usual = rows_of(tmp_path / "rows.jsonl"), rows_of(finished("md") / "predictions.jsonl")
    assert [row["scores"] for row in rows] == [row["scores"] for row in usual]
    assert any(row["errors"] for row in rows)
    for row, its in zip(rows, usual, strict=True):
        assert [error["label"] for error in row["errors"]] == [error["label"] for error in its["errors"]]
        assert all((error["start"], error["end"]) == (0.0, 0.0) for error in row["errors"])
        assert " from " not in row["answer"] and row["frame_times"] == []
    assert settings_of(tmp_path / "rows.jsonl")["intervals"] is False


def test_without_the_calibration(finished, release, tmp_path):
    predict(finished("md"), release, tmp_path / "rows.jsonl", "--no_calibration").succeeded()
    labels = json.loads((finished("md") / "calibration.json").read_text())["labels"]
    rows, usual = rows_of(tmp_path / "rows.jsonl"), rows_of(finished("md") / "predictions.jsonl")
    for row, its in zip(rows, usual, strict=True):
        of_exercise = LABELS[:2] if row["exercise"] == "squat" else LABELS[2:]
        for label in of_exercise:
            own, temperature = row["scores"][label], labels[label]["temperature"]
            odds = (own / (1 - own)) ** (1 / temperature)
            assert its["scores"][label] == pytest.approx(odds / (1 + odds), abs=1e-4)
        assert [error["label"] for error in row["errors"]] == [
            label for label in of_exercise if row["scores"][label] >= 0.5
        ]
    settings = settings_of(tmp_path / "rows.jsonl")
    assert (settings["calibration"], settings["calibration_state"]) == (None, None)


def test_a_finished_file_is_left_alone_and_another_is_not_mixed_in(finished, release, tmp_path):
    model, output = finished("probe_all"), tmp_path / "rows.jsonl"
    predict(model, release, output).succeeded()
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()}
    again = predict(model, release, output).succeeded()
    assert again.stdout == f"{output}: finished already. Give --overwrite to start anew.\n"
    for options, what in (
        (("--limit", 2), "limit None → 2"),
        (("--control", "blank"), "control none → blank"),
        (("--no_intervals",), "intervals True → False"),
    ):
        error = predict(model, release, output, *options).error
        assert error == (
            f"error: {output}: begun with other settings: {what}. Give another --output, or --overwrite to start anew."
        )
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in tmp_path.iterdir()} == before
    predict(model, release, output, "--limit", 2, "--overwrite").succeeded()
    assert [row["id"] for row in rows_of(output)] == ["squat/10003_1", "squat/10003_2"]


def test_a_killed_run_leaves_nothing_or_all(finished, release, tmp_path):
    command = ["--model", finished("md"), "--data", release, "--output", tmp_path / "rows.jsonl"]
    running = start("predict", *command)
    running.wait_for((tmp_path / ".rows.jsonl.lock").exists, "start")
    assert running.end(signal.SIGKILL).code == -signal.SIGKILL
    assert not (tmp_path / "rows.jsonl").exists()
    run("predict", *command).succeeded()
    assert (tmp_path / "rows.jsonl").read_bytes() == (finished("md") / "predictions.jsonl").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.jsonl", "rows.settings.json"]


@pytest.fixture
def model(finished, tmp_path) -> Path:
    """A copy of a finished run that a test may damage."""
    return shutil.copytree(finished("md"), tmp_path / "model")


def fails(model: Path, release: Path, tmp_path: Path, *options: object) -> str:
    """The error, when nothing was written."""
    options = ("--references", tmp_path / "out" / "truth.jsonl", *options)
    error = predict(model, release, tmp_path / "out" / "rows.jsonl", *options).error
    assert not (tmp_path / "out").exists() or list((tmp_path / "out").iterdir()) == []
    return error


def test_a_folder_that_is_no_run(release, tmp_path):
    wanted = "Give the folder of a run of trainer.baselines.train."
    assert fails(tmp_path / "none", release, tmp_path) == f"error: {tmp_path}/none/recipe.yaml: no such file. {wanted}"
    (tmp_path / "recipe.yaml").write_text("model_name_or_path: tiny\n")  # of a fine-tuned LLaVA-Video
    assert fails(tmp_path, release, tmp_path) == (
        f"error: {tmp_path}/recipe.yaml: is not of a baseline, which has a `system`. Give a run of "
        "trainer.baselines.train."
    )
    (tmp_path / "recipe.yaml").write_text("{")
    assert fails(tmp_path, release, tmp_path).startswith(f"error: {tmp_path}/recipe.yaml: cannot be read (while")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda content: "{", "not a calibration that can be read (Expecting property name"),
        (lambda content: json.dumps({**content, "intervals": None}), "no `intervals` that can be read ("),
        (lambda content: json.dumps({**content, "intervals": {"knees": 1}}), "no `intervals` that can be read ("),
        (
            lambda content: json.dumps({**content, "intervals": {"knees": {"threshold": "half"}}}),
            "no `intervals` that can be read (",
        ),
        (
            lambda content: json.dumps({**content, "intervals": {"knees": {"threshold": 1.5}}}),
            "no `intervals` that can be read (a share that is not between 0 and 1). Remove it and train again.",
        ),
    ],
)
def test_a_damaged_calibration(model, release, tmp_path, change, message):
    path = model / "calibration.json"
    path.write_text(change(json.loads(path.read_text())))
    assert fails(model, release, tmp_path).startswith(f"error: {path}: {message}")


def test_a_model_that_is_missing_or_damaged(model, release, tmp_path):
    presses = model / "models" / "overhead_press"
    weights = presses / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    assert fails(model, release, tmp_path).startswith(f"error: {presses}: no model that can be read (Error while")
    weights.unlink()
    assert fails(model, release, tmp_path).startswith(f"error: {presses}: no model that can be read (Error no file")
    shutil.rmtree(presses)
    assert fails(model, release, tmp_path) == (
        f"error: {presses}: no model. Train the run to its end: the same command goes on."
    )


def test_a_run_about_pictures(model, release, tmp_path):
    recipe = (model / "recipe.yaml").read_text()
    (model / "recipe.yaml").write_text(recipe.replace("dataset_config: video", "dataset_config: lumbar"))
    assert fails(model, release, tmp_path) == (
        f"error: {model}: is about pictures (lumbar) and answers no clips. Give a run about video."
    )


def test_data_and_options_that_cannot_be(model, release, tmp_path):
    nowhere = tmp_path / "nowhere"
    assert fails(model, nowhere, tmp_path).startswith(f"error: {nowhere}: no such folder; give the folder that holds")
    for name in ("limit", "batch_size"):
        assert fails(model, release, tmp_path, f"--{name}", 0) == (
            f"error: --{name}: a whole number from 1 up is needed, got 0."
        )
    (tmp_path / "file").write_text("mine")
    error = predict(model, release, tmp_path / "file" / "rows.jsonl").error
    assert "file" in error and (tmp_path / "file").read_text() == "mine"
    error = predict(model, release, model).error
    assert error == f"error: {model}: is no file. Give another --output."
