"""Every value of a wrong type is one line that names the file, the key and the cure."""

import json

import pytest
import yaml

from model_card.run_files import read_run
from tests.model_card.conftest import change_settings


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("decode", "beam", r"`decode` must be one of free, constrained, score, got 'beam'\. Bring the file back, or"),
        ("clip_reduction", "halves", r"`clip_reduction` must be one of none, windows, phases, got 'halves'"),
        ("synthetic", "yes", r"`synthetic` must be true, false or null, got 'yes'"),
        ("synthetic_model", 1, r"`synthetic_model` must be true, false or null, got 1"),
        ("num_frames", "12", r"`num_frames` must be a whole number, got '12'"),
        ("data", ["a"], r"`data` must be a text, got \['a'\]"),
    ],
)
@pytest.mark.parametrize("name", ["predictions", "predictions_before"])
def test_settings(run_dir, name, key, value, message):
    change_settings(run_dir / f"{name}.jsonl", **{key: value})
    with pytest.raises(ValueError, match=rf"{name}\.settings\.json: {message}"):
        read_run(run_dir)


@pytest.mark.parametrize(
    ("name", "key", "value", "message"),
    [
        ("environment.json", "packages", ["torch"], r"`packages` must be names with texts or null, got \['torch'\]"),
        (
            "environment.json",
            "packages",
            {"torch": 2},
            r"`packages` must be names with texts or null, got \{'torch",
        ),
        ("environment.json", "rows_a_step", "8", r"`rows_a_step` must be a whole number, got '8'"),
        ("train_results.json", "train_runtime", "long", r"`train_runtime` must be a number, got 'long'"),
        ("train_results.json", "num_rows", 1.5, r"`num_rows` must be a whole number, got 1\.5"),
        ("trainer_state.json", "epoch", "two", r"`epoch` must be a number, got 'two'"),
        ("trainer_state.json", "global_step", True, r"`global_step` must be a whole number, got True"),
        (
            "trainer_state.json",
            "log_history",
            [{"step": 1, "loss": "x"}],
            r"`log_history\.loss` must be a number, got 'x'\. Bring the file back, or train again",
        ),
        ("trainer_state.json", "log_history", [{"loss": 1.0}], r"an entry of `log_history` has a loss and no `step`"),
    ],
)
def test_what_the_training_wrote(run_dir, name, key, value, message):
    path = run_dir / "model" / name
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: value}))
    with pytest.raises(ValueError, match=rf"model/{name}: {message}"):
        read_run(run_dir)


@pytest.mark.parametrize("value", [None, 3, ""])
def test_a_recipe_that_names_no_base(run_dir, value):
    path = run_dir / "model" / "recipe.yaml"
    recipe = yaml.safe_load(path.read_text()) | {"model_name_or_path": value}
    path.write_text(yaml.safe_dump(recipe))
    with pytest.raises(ValueError, match=r"recipe\.yaml: `model_name_or_path` must be a text, "):
        read_run(run_dir)


def test_an_adapter_names_its_base_itself(trained_dir):
    (trained_dir / "recipe.yaml").write_text("num_frames: 12\n")
    assert read_run(trained_dir).config["base_model_name_or_path"] == "somebody/base-7b"
