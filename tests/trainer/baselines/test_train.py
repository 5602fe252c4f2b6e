"""Whole runs of `python -m trainer.baselines.train`, started as a user starts them; all on *synthetic* clips."""

import hashlib
import json
import signal
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from transformers import set_seed

from metrics.files import read_pairs
from tests.trainer.baselines.end_to_end import LEARNS, RUNS, run, start, training_of
from trainer.baselines.configuration import BaselineConfig
from trainer.baselines.modeling import BaselineModel

# The *synthetic* release's test clips, in its order.
TEST_IDS = ["squat/10003_1", "squat/10003_2", "overhead_press/10004_1", "overhead_press/10004_2"]
LABELS = {"squat": ["knees_forward", "knees_inward"], "overhead_press": ["elbows", "knees"]}
MODELS = {
    "md": ["overhead_press", "squat"],
    "cvcspc": ["overhead_press", "squat"],
    "md_all": ["all"],
    "cvcspc_error": ["elbows", "knees", "knees_forward", "knees_inward"],
    "gymetricpose": ["elbows", "knees", "knees_forward", "knees_inward"],
    "probe_all": ["all"],
}


def rows_of(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "predictions.jsonl").read_text().splitlines()]


def numbers_of(folder: Path, name: str) -> dict:
    return json.loads((folder / "models" / name / "train_results.json").read_text())


def log_of(model: Path) -> list[float]:
    entries = json.loads((model / "trainer_state.json").read_text())["log_history"]
    return [entry["loss"] for entry in entries if "loss" in entry]


def times_of(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*")}


def same_weights(one: Path, other: Path) -> bool:
    """Bit for bit, of every model of a run."""
    names = sorted(path.name for path in (one / "models").iterdir())
    assert names == sorted(path.name for path in (other / "models").iterdir())
    pairs = [[load_file(run / "models" / name / "model.safetensors") for run in (one, other)] for name in names]
    return all(a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a) for a, b in pairs)


@pytest.mark.parametrize("name", RUNS)
def test_a_run_answers_the_test_clips(finished, release, name):
    folder = finished(name)
    rows = rows_of(folder)
    assert [row["id"] for row in rows] == TEST_IDS
    predictions, references = read_pairs(folder / "predictions.jsonl", folder / "references.jsonl")
    assert [reference["exercise"] for reference in references] == ["squat"] * 2 + ["overhead_press"] * 2
    assert len(predictions) == 4
    for row in rows:
        assert list(row["scores"]) == ["squat", "overhead_press", *LABELS["squat"], *LABELS["overhead_press"]]
        assert all(0 <= score <= 1 for score in row["scores"].values())
        assert row["scores"]["squat"] + row["scores"]["overhead_press"] == pytest.approx(1, abs=2e-6)
        assert list(row["frame_scores"]) == LABELS[row["exercise"]]
        assert all(0 <= score <= 1 for curve in row["frame_scores"].values() for score in curve)
        assert row["num_frames"] == 4 and row["window"][0] == 0 < row["window"][1]
    settings = json.loads((folder / "predictions.settings.json").read_text())
    content = (folder / "predictions.jsonl").read_bytes()
    assert settings["rows_state"] == hashlib.sha256(content).hexdigest()[:16]
    assert (settings["model"], settings["data"], settings["split"]) == (str(folder), str(release), "test")
    assert (settings["system"], settings["decode"]) == (RUNS[name][0], "baseline")
    assert (settings["synthetic"], settings["synthetic_model"]) == (True, True)
    assert sorted(path.name for path in (folder / "models").iterdir()) == MODELS[name]
    left = {path.name for path in folder.rglob("*") if path.name.startswith(".") or "partial" in path.name}
    assert left == set()


def test_a_model_of_one_exercise_is_told_it_and_one_of_both_recognises_it(finished):
    told, recognised = rows_of(finished("md")), rows_of(finished("probe_all"))
    assert [row["scores"]["squat"] for row in told] == [1.0, 1.0, 0.0, 0.0]
    assert [row["exercise"] for row in recognised] == ["squat"] * 2 + ["overhead_press"] * 2
    assert all(0 < row["scores"]["squat"] < 1 for row in recognised)
    settings = [json.loads((finished(name) / "predictions.settings.json").read_text()) for name in ("md", "probe_all")]
    assert [(each["models"], each["is_told_exercise"]) for each in settings] == [("exercise", True), ("all", False)]


def test_weights_move_and_the_loss_falls(finished):
    model = finished("md_all") / "models" / "all"
    losses = log_of(model)
    assert len(losses) == 6 and losses[-1] < 0.8 * losses[0]
    set_seed(42)  # the default
    initial = BaselineModel(BaselineConfig.from_pretrained(model))
    learnt = load_file(model / "model.safetensors")
    still = [name for name, value in initial.named_parameters() if torch.equal(value, learnt[name])]
    assert still == []


def test_training_begins_with_the_encoder_that_learnt_from_unlabelled_clips(finished):
    folder = finished("cvcspc")  # its learning rate is 0, but not that of self-supervision
    set_seed(42)
    initial = BaselineModel(BaselineConfig.from_pretrained(folder / "models" / "squat")).encoder.frame_encoder
    for exercise in ("squat", "overhead_press"):
        before = load_file(folder / "pretraining" / exercise / "model.safetensors")
        after = load_file(folder / "models" / exercise / "model.safetensors")
        names = [name for name, _ in initial.named_parameters()]
        assert len(names) == 60
        for name in names:
            assert torch.equal(after[f"encoder.frame_encoder.{name}"], before[f"encoder.{name}"])
        moved = [
            name for name, value in initial.named_parameters() if not torch.equal(value, before[f"encoder.{name}"])
        ]
        assert moved == names
        facts = json.loads((folder / "pretraining" / exercise / "train_results.json").read_text())
        assert (facts["num_rows"], facts["triplet_loss"]) == (8, "paper")  # four clips, two triplets each


def test_validation_clips_in_training(finished):
    folder = finished("md_all")
    assert not (folder / "calibration.json").exists()
    assert numbers_of(folder, "all")["num_rows"] == 20  # 16 and the 4 of the validation
    assert numbers_of(finished("probe_all"), "all")["num_rows"] == 16
    for row in rows_of(folder):
        of_exercise = row["scores"][row["exercise"]]
        named = [label for label in LABELS[row["exercise"]] if row["scores"][label] / of_exercise >= 0.5]
        assert [error["label"] for error in row["errors"]] == named
    settings = json.loads((folder / "predictions.settings.json").read_text())
    assert (settings["calibration"], settings["calibration_state"]) == (None, None)


def test_thresholds_come_from_the_validation_clips(finished):
    folder = finished("md")
    calibration = json.loads((folder / "calibration.json").read_text())
    assert calibration["predictions"]["split"] == "validation"
    assert (
        list(calibration["labels"]) == list(calibration["intervals"]) == [*LABELS["squat"], *LABELS["overhead_press"]]
    )
    named = 0
    for row in rows_of(folder):
        for label in LABELS[row["exercise"]]:
            is_named = label in [error["label"] for error in row["errors"]]
            assert is_named == (row["scores"][label] >= calibration["labels"][label]["threshold"] - 5e-7)
            named += is_named
    assert named


def test_a_run_without_intervals(finished):
    rows = rows_of(finished("cvcspc_error"))
    assert any(row["errors"] for row in rows)
    for row in rows:
        assert " from " not in row["answer"]
        assert row["frame_times"] == [] and all(curve == [] for curve in row["frame_scores"].values())
        for error in row["errors"]:
            assert (error["start"], error["end"], error["score"]) == (0.0, 0.0, row["scores"][error["label"]])
    with_times = rows_of(finished("md"))
    assert any(row["errors"] for row in with_times)
    assert all(" from frame time " in row["answer"] for row in with_times if row["errors"])
    assert all(0 <= e["start"] < e["end"] <= row["window"][1] + 0.01 for row in with_times for e in row["errors"])


def test_a_finished_run_is_left_alone(finished, release):
    folder = finished("probe_all")
    before = times_of(folder)
    system, changes = RUNS["probe_all"]
    ended = run("train", *training_of(system, release, folder, **changes, logging_steps=7)).succeeded()
    assert ended.stdout == f"{folder}: finished. Give another folder to start anew.\n"
    assert times_of(folder) == before


def test_other_settings_are_refused(finished, release):
    folder = finished("probe_all")
    before = times_of(folder)
    system, changes = RUNS["probe_all"]
    ended = run("train", *training_of(system, release, folder, **changes | {"num_frames": 3, "models": "error"}))
    assert ended.error.startswith(
        f"error: {folder}: holds a run with other settings: models 'all' → 'error', num_frames 4 → 3. Give the same"
    )
    assert times_of(folder) == before


def test_overwriting_starts_anew_and_keeps_what_is_not_of_a_run(release, tmp_path):
    run("train", *training_of("probe", release, tmp_path)).succeeded()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "scores").mkdir()
    before = (tmp_path / "predictions.jsonl").read_bytes()
    again = training_of("probe", release, tmp_path, models="all", merge_validation=True, overwrite_output_dir=True)
    run("train", *again).succeeded()
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "models",
        "notes.txt",
        "predictions.jsonl",
        "predictions.settings.json",
        "recipe.yaml",
        "references.jsonl",
        "scores",
    ]
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["all"]
    assert (tmp_path / "predictions.jsonl").read_bytes() != before
    assert yaml.safe_load((tmp_path / "recipe.yaml").read_text())["models"] == "all"


def test_a_run_that_is_stopped_and_killed_ends_with_the_same_weights(finished, release, tmp_path):
    whole, folder = finished("md_all"), tmp_path / "run"
    system, changes = RUNS["md_all"]
    command = ["train", *training_of(system, release, folder, **changes)]

    def checkpoint(step: int) -> Path:
        return folder / "models" / "all" / f"checkpoint-{step}"

    running = start(*command)
    running.wait_for(checkpoint(5).exists, "checkpoint")
    stopped = running.end(signal.SIGTERM)
    assert stopped.code == 143, stopped.stderr
    (step,) = [int(path.name.partition("-")[2]) for path in (folder / "models" / "all").glob("checkpoint-*")]
    assert f"stopped by SIGTERM at step {step}; the same command goes on\n" in stopped.stdout
    assert 5 <= step < 60 and not (folder / "predictions.jsonl").exists()

    smaller = run("train", *training_of(system, release, folder, **changes | {"per_device_train_batch_size": 2}))
    assert "all: holds a run with 4 rows a step, now there are 2, and rows would be learnt twice" in smaller.error

    running = start(*command)
    running.wait_for(lambda: any(checkpoint(later).exists() for later in range(step + 1, 60)), "later checkpoint")
    assert running.end(signal.SIGKILL).code == -signal.SIGKILL

    run(*command).succeeded()
    assert same_weights(whole, folder)
    assert rows_of(folder) == rows_of(whole)


def test_a_run_that_is_killed_between_two_models_ends_with_the_same_weights(finished, release, tmp_path):
    whole, folder = finished("md"), tmp_path / "run"
    command = ["train", *training_of("md", release, folder)]
    running = start(*command)
    running.wait_for((folder / "models" / "squat" / "trainer_state.json").exists, "first model")
    assert running.end(signal.SIGKILL).code == -signal.SIGKILL
    assert not (folder / "models" / "overhead_press" / "trainer_state.json").exists()
    ended = run(*command).succeeded()
    assert f"{folder}/models/squat:" not in ended.stdout  # it is not trained twice
    assert same_weights(whole, folder)
    assert rows_of(folder) == rows_of(whole)


def test_another_run_in_the_same_folder_waits_outside_and_ctrl_c_says_how_to_go_on(release, tmp_path):
    command = ["train", *training_of("md", release, tmp_path / "run", **LEARNS, self_supervised=False)]
    running = start(*command)
    running.wait_for((tmp_path / "run" / "models").exists, "training")
    second = run(*command)
    first = running.end(signal.SIGINT)
    assert second.error == (
        f"error: {tmp_path}/run: another run is writing there. Wait for it, or give another folder."
    )
    assert first.code == 1 and "Traceback" not in first.stderr
    assert "interrupted; the same command goes on from the last checkpoint\n" in first.stderr
    assert not (tmp_path / "run" / ".lock").exists()
