"""Where settings come from, and what is said of those that do not fit."""

import pytest

from trainer.prediction.options import parse_options
from trainer.prediction.settings import settings_of

DATA = ["--data", "release"]
FREE = [*DATA, "--decode", "free"]


def options_of(*arguments):
    return parse_options("", ["--model", "m", "--output", "o.jsonl", *map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--overlap", 1], "--overlap does nothing without --clip_reduction windows. Leave it out."),
        (
            ["--overlap", 8, "--clip_reduction", "windows", "--num_frames", 8],
            r"--overlap: fewer frames than a window has are needed \(8\), got 8.",
        ),
    ],
)
def test_an_overlap_needs_windows_that_are_longer(arguments, message):
    with pytest.raises(ValueError, match=message):
        settings_of(options_of(*DATA, *arguments))


@pytest.mark.parametrize(("recipe", "reason"), [("a: [", "cannot be read"), ("- a", "no recipe, which is a list of")])
def test_a_damaged_recipe(tmp_path, recipe, reason):
    (tmp_path / "recipe.yaml").write_text(recipe)
    with pytest.raises(ValueError, match=f"recipe.yaml: {reason}.* Mend it or remove it.") as raised:
        settings_of(options_of(*DATA, "--model", tmp_path))
    assert "\n" not in str(raised.value)


def test_a_run_of_a_baseline(tmp_path):
    (tmp_path / "recipe.yaml").write_text("system: md\n")
    message = "is a run of md, no language model. Answer the clips with `python -m trainer.baselines.predict`."
    with pytest.raises(ValueError, match=message):
        settings_of(options_of(*DATA, "--model", tmp_path))


def test_settings_hold_what_rows_hang_on():
    settings = settings_of(options_of(*FREE, "--do_sample", "--top_p", 0.5))
    names = ("num_beams", "do_sample", "temperature", "top_p", "max_new_tokens", "seed")
    assert [settings[name] for name in names] == [1, True, 1.0, 0.5, 128, 0]
    assert settings_of(options_of(*DATA))["seed"] is None
    assert "num_beams" not in settings_of(options_of(*DATA))


def test_a_calibration_is_one_of_the_settings(tmp_path):
    model = [*DATA, "--model", tmp_path]
    assert settings_of(options_of(*model))["calibration"] is None
    (tmp_path / "calibration.json").write_text("{}")
    settings = settings_of(options_of(*model))
    assert settings["calibration"] == str(tmp_path / "calibration.json")
    assert settings_of(options_of(*model, "--no_calibration"))["calibration"] is None
    (tmp_path / "calibration.json").write_text("{} ")
    assert settings_of(options_of(*model))["calibration_state"] != settings["calibration_state"]
