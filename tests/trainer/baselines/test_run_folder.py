import json

import pytest
import yaml

from trainer.baselines.arguments import BaselineArguments
from trainer.baselines.decisions import Decisions, IntervalRule
from trainer.baselines.groups import Group
from trainer.baselines.run_folder import (
    arguments_of,
    group_folder,
    is_baseline_run,
    read_clip_recipe,
    read_decisions,
    read_recipe,
    rules_as_json,
    state_of_run,
)

RECIPE = {"system": "md", "dataset_name": "release", "models": "exercise", "num_frames": 8, "learning_rate": 0.001}


def write_recipe(folder, content: object):
    folder.mkdir(exist_ok=True)
    (folder / "recipe.yaml").write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return folder


def write_models(folder, *names: str, content: bytes = b"1"):
    for name in names:
        model = folder / "models" / name
        model.mkdir(parents=True, exist_ok=True)
        (model / "model.safetensors").write_bytes(content)
        for file in ("trainer_state.json", "train_results.json"):  # of a training that has come to its end
            (model / file).write_text("{}")
    return folder


def test_what_a_run_was_told(tmp_path):
    assert read_recipe(write_recipe(tmp_path, RECIPE)) == RECIPE
    assert is_baseline_run(tmp_path)
    assert is_baseline_run(str(tmp_path))


def test_no_run(tmp_path):
    with pytest.raises(FileNotFoundError) as error:
        read_recipe(tmp_path / "run")
    assert str(error.value) == (
        f"{tmp_path / 'run' / 'recipe.yaml'}: no such file. Give the folder of a run of trainer.baselines.train."
    )
    assert not is_baseline_run(tmp_path / "run")


@pytest.mark.parametrize("content", ["", "- md\n", "num_frames: 8\n", "md\n"])
def test_a_run_of_something_else(tmp_path, content):
    write_recipe(tmp_path, content)
    with pytest.raises(ValueError) as error:
        read_recipe(tmp_path)
    assert str(error.value) == (
        f"{tmp_path / 'recipe.yaml'}: is not of a baseline, which has a `system`. Give a run of "
        "trainer.baselines.train."
    )
    assert not is_baseline_run(tmp_path)


@pytest.mark.parametrize("content", ["system: [md\n", "a: b: c\n"])
def test_a_damaged_recipe_is_one_line(tmp_path, content):
    write_recipe(tmp_path, content)
    with pytest.raises(ValueError, match=r"recipe\.yaml: cannot be read \(.+\)\. Train the run again\.") as error:
        read_recipe(tmp_path)
    assert "\n" not in str(error.value)
    assert not is_baseline_run(tmp_path)


def test_a_recipe_that_is_no_text(tmp_path):
    (tmp_path / "recipe.yaml").write_bytes(b"\xff\xfe\x00system")
    with pytest.raises(ValueError, match=r"recipe\.yaml: cannot be read \(.+\)\. Train the run again\."):
        read_recipe(tmp_path)


def test_a_run_about_clips(tmp_path):
    assert read_clip_recipe(write_recipe(tmp_path, RECIPE)) == RECIPE
    of_clips = RECIPE | {"dataset_config": "video"}
    assert read_clip_recipe(write_recipe(tmp_path, of_clips)) == of_clips


def test_a_run_about_pictures(tmp_path):
    write_recipe(tmp_path, RECIPE | {"system": "cvcspc", "dataset_config": "lumbar"})
    with pytest.raises(ValueError) as error:
        read_clip_recipe(tmp_path)
    assert str(error.value) == (
        f"{tmp_path}: is about pictures (lumbar) and answers no clips. Give a run about video."
    )
    assert is_baseline_run(tmp_path)


def test_the_arguments_in_a_recipe():
    args = arguments_of(RECIPE)
    assert args == BaselineArguments("md", "release", models="exercise", num_frames=8)


def test_where_a_model_lies(tmp_path):
    group = Group("squat", ("squat",), ("knees_forward", "knees_inward"))
    assert group_folder(tmp_path, group) == tmp_path / "models" / "squat"


def test_the_state_of_a_run_is_that_of_its_models(tmp_path):
    run = write_models(write_recipe(tmp_path / "run", RECIPE), "squat", "overhead_press")
    state = state_of_run(run)
    assert state_of_run(run) == state
    (run / "predictions.jsonl").write_text("{}\n")
    assert state_of_run(run) == state
    write_models(run, "overhead_press", content=b"12")
    assert state_of_run(run) != state


def test_the_state_of_a_mean_is_that_of_its_runs(tmp_path):
    runs = [write_models(write_recipe(tmp_path / name, RECIPE), "squat", "overhead_press") for name in ("a", "b")]
    mean = write_recipe(tmp_path / "mean", {"system": "mean", "runs": list(map(str, runs))})
    state = state_of_run(mean)
    assert state_of_run(mean) == state
    write_models(runs[1], "squat", content=b"12")
    assert state_of_run(mean) != state


@pytest.mark.parametrize("is_begun", [True, False])
def test_a_model_that_is_not_trained_yet(tmp_path, is_begun):
    run = write_models(write_recipe(tmp_path / "run", RECIPE), "squat")
    if is_begun:
        write_models(run, "overhead_press")
        (run / "models" / "overhead_press" / "trainer_state.json").unlink()
    with pytest.raises(FileNotFoundError) as error:
        state_of_run(run)
    assert str(error.value) == (
        f"{run / 'models' / 'overhead_press'}: no model. Train the run to its end: the same command goes on."
    )


LABELS = ("knees_forward", "knees_inward", "elbows", "knees")
RULES = {label: {"threshold": 0.1 * place, "hit_rate": 0.2} for place, label in enumerate(LABELS, start=1)}


def write_calibration(folder, **changes):
    entries = {label: {"temperature": 2.0, "threshold": 0.3} for label in LABELS}
    content = {"labels": entries, "predictions": {}, "intervals": RULES} | changes
    (folder / "calibration.json").write_text(json.dumps(content))


def test_how_a_run_decides(tmp_path):
    write_calibration(tmp_path)
    decisions = read_decisions(tmp_path, intervals=True)
    assert decisions.calibration.threshold("knees") == 0.3
    assert decisions.rule("knees_inward") == IntervalRule(0.2, 0.2)
    assert decisions.intervals
    assert not read_decisions(tmp_path, intervals=False).intervals


@pytest.mark.parametrize("is_there", [True, False])
def test_without_a_calibration_there_are_defaults(tmp_path, is_there):
    if is_there:
        write_calibration(tmp_path)
    decisions = read_decisions(tmp_path, intervals=True, use_calibration=not is_there)
    assert decisions == Decisions(None, {}, True)
    assert decisions.rule("knees") == IntervalRule(0.5, 0.5)


@pytest.mark.parametrize(
    ("intervals", "reason"),
    [
        ([], "'list' object has no attribute 'items'"),
        ({"knees": 0.5}, ".*must be a mapping.*"),
        ({"knees": {"share": 0.5}}, ".*unexpected keyword argument 'share'"),
        ({"knees": {"threshold": 0}}, "a share that is not between 0 and 1"),
        ({"knees": {"threshold": 1.1}}, "a share that is not between 0 and 1"),
        ({"knees": {"hit_rate": -0.1}}, "a share that is not between 0 and 1"),
        ({"knees": {"hit_rate": "all"}}, ".*not supported between.*"),
    ],
)
def test_damaged_intervals(tmp_path, intervals, reason):
    write_calibration(tmp_path, intervals=intervals)
    with pytest.raises(
        ValueError,
        match=rf"calibration\.json: no `intervals` that can be read \({reason}\)\. Remove it and train again\.",
    ):
        read_decisions(tmp_path, intervals=True)


def test_a_calibration_of_another_command_has_no_intervals(tmp_path):
    write_calibration(tmp_path)
    content = json.loads((tmp_path / "calibration.json").read_text())
    del content["intervals"]
    (tmp_path / "calibration.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=r"no `intervals` that can be read \('intervals'\)"):
        read_decisions(tmp_path, intervals=True)


def test_a_torn_calibration(tmp_path):
    (tmp_path / "calibration.json").write_text('{"labels": {"knees_f')
    with pytest.raises(ValueError, match=r"calibration\.json: not a calibration that can be read"):
        read_decisions(tmp_path, intervals=True)


def test_rules_come_back_from_a_file(tmp_path):
    rules = {label: IntervalRule(0.35, 0.6) for label in LABELS}
    write_calibration(tmp_path, intervals=rules_as_json(rules))
    assert read_decisions(tmp_path, intervals=True).rules == rules
