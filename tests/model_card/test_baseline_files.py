"""Runs of baselines on *synthetic* clips as a card reads them, and what is said of those that are not whole."""

import json
import os
import shutil

import pytest

from model_card.baseline_files import read_baseline_run
from model_card.run_files import read_run
from tests.model_card.conftest import change_settings


@pytest.fixture
def probe(baselines, tmp_path):
    """A copy that a test may damage; it is the same model, because times of files are kept."""
    return shutil.copytree(baselines / "probe", tmp_path / "probe")


def test_one_model_an_exercise(baselines):
    run = read_baseline_run(baselines / "probe")
    (part,) = run.parts
    assert [(model.name, model.num_parameters) for model in part.models] == [
        ("squat", 770),  # mean, maximum and minimum of 128 numbers, and a constant, for two errors
        ("overhead_press", 770),
    ]
    assert part.stages == []
    assert list(run.scores) == ["after", "blank"]
    assert (run.is_told_exercise, run.gives_times, run.is_mean, run.is_synthetic) == (True, True, False, True)
    assert set(run.rules) == {"knees_forward", "knees_inward", "elbows", "knees"}
    assert run.calibration["predictions"]["split"] == "validation"


def test_a_stage_of_self_supervision(baselines):
    (part,) = read_baseline_run(baselines / "md").parts
    assert [stage.name for stage in part.stages] == ["squat", "overhead_press"]
    assert part.stages[0].train_results["started_from"] == "random"
    assert part.models[0].train_results["started_from"] == "self-supervision"


def test_a_mean_has_the_models_of_its_runs(baselines):
    run = read_baseline_run(baselines / "mean")
    assert run.is_mean
    assert [part.recipe["system"] for part in run.parts] == ["probe", "md"]
    assert [model.name for model in run.models] == ["squat", "overhead_press"] * 2


def test_a_run_for_both_exercises_without_intervals(baselines):
    run = read_baseline_run(baselines / "all")
    assert [(model.name, model.num_parameters) for model in run.models] == [("all", 5 * 385)]
    assert (run.is_told_exercise, run.gives_times, run.calibration, run.rules) == (False, False, None, {})


def refused(folder, error=ValueError) -> str:
    with pytest.raises(error) as raised:
        read_baseline_run(folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_models_that_were_trained_again(probe):
    os.utime(probe / "models" / "squat" / "model.safetensors", (0, 0))
    message = refused(probe)
    assert f"predictions.jsonl: the files of {probe} have changed since" in message or "answered, not" in message
    assert f"`python -m trainer.baselines.predict --model {probe}`" in message


def test_rows_that_were_changed(probe):
    path = probe / "predictions.jsonl"
    path.write_text(path.read_text().replace("squat", "Squat", 1))
    assert "predictions.jsonl: was changed since `python -m trainer.baselines.predict` wrote it" in refused(probe)


def test_another_calibration(probe):
    path = probe / "calibration.json"
    path.write_text(path.read_text() + " ")
    assert "as it was then, and" in (message := refused(probe))
    assert message.endswith(f"with `python -m trainer.baselines.predict --model {probe}`.")


def test_answers_under_a_control(probe):
    change_settings(probe / "predictions.jsonl", control="shuffled")
    assert "its settings say control shuffled, expected none" in refused(probe)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"decode": "score"}, "`decode` must be one of baseline, got 'score'"),
        ({"intervals": "no"}, "`intervals` must be true, false or null, got 'no'"),
        ({"system": "lstm"}, "`system` must be one of md, cvcspc"),
    ],
)
def test_damaged_settings(probe, changes, message):
    change_settings(probe / "predictions.jsonl", **changes)
    assert message in refused(probe)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("predictions.jsonl", "missing. Make it with `python -m trainer.baselines.predict --model"),
        ("references.jsonl", "missing. Make it with `python -m trainer.baselines.predict --model"),
        ("predictions.settings.json", "no such file"),
        ("models/squat/environment.json", "same command of `python -m trainer.baselines.train` again: it goes on"),
        ("models/squat/trainer_state.json", "no model. Train the run to its end"),
        ("recipe.yaml", "no such file. Give the folder of a run of trainer.baselines.train"),
    ],
)
def test_what_is_not_there(probe, name, message):
    (probe / name).unlink()
    assert message in refused(probe, FileNotFoundError)


def test_a_damaged_record_of_a_training(probe):
    (probe / "models" / "squat" / "train_results.json").write_text('{"num_epochs": "two"}')
    message = refused(probe)
    assert "train_results.json: `num_epochs` must be a whole number, got 'two'" in message
    assert message.endswith("or train again with `python -m trainer.baselines.train`.")


def test_a_run_about_pictures(probe):
    path = probe / "recipe.yaml"
    path.write_text(path.read_text().replace("dataset_config: video", "dataset_config: shallow_squat"))
    assert "is about pictures (shallow_squat) and answers no clips" in refused(probe)


def test_a_mean_whose_runs_are_gone(baselines, tmp_path):
    mean = shutil.copytree(baselines / "mean", tmp_path / "mean")
    (mean / "recipe.yaml").write_text(f"system: mean\nruns: [{tmp_path / 'gone'}]\ndataset_name: release\n")
    assert "gone/recipe.yaml: no such file" in refused(mean, FileNotFoundError)


def test_scores_of_other_rows(probe):
    (probe / "scores.json").write_text(json.dumps({"after": {}}))
    assert "was not made from these rows" in refused(probe)


def test_it_is_no_run_of_a_language_model(baselines):
    with pytest.raises(ValueError, match=r"probe: is a run of a baseline, .+ `python -m model_card push` brings it"):
        read_run(baselines / "probe")
