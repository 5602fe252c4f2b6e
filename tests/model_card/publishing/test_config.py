import pytest

from model_card.publishing.config import read_config, with_default_names

WHOLE = "namespace: me\nrun: runs/demo\ndataset: runs/data\ntag: v0.1\n"


def test_what_is_left_out_has_a_default(tmp_path):
    (tmp_path / "publish.yaml").write_text(WHOLE + "names: {model: mine}\n")
    config = read_config(tmp_path / "publish.yaml")
    names = [config.repo_id(piece) for piece in ("dataset", "temporal_map", "fitness_aqa", "model", "space")]
    assert names == ["me/fitness-aqa", "me/temporal_map", "me/fitness_aqa", "me/mine", "me/exercise-feedback"]
    assert (config.public, config.layout, config.base_model, config.shorten_paths) == (False, None, None, False)


def test_default_names_of_simulated_things_say_so(tmp_path):
    (tmp_path / "publish.yaml").write_text(WHOLE + "names: {model: mine}\n")
    config = with_default_names(read_config(tmp_path / "publish.yaml"), True, True)
    assert [config.repo_id(piece) for piece in ("dataset", "model")] == ["me/fitness-aqa-synthetic", "me/mine"]
    (tmp_path / "publish.yaml").write_text(WHOLE)
    config = with_default_names(read_config(tmp_path / "publish.yaml"), False, True)
    assert config.repo_id("dataset") == "me/fitness-aqa"
    assert config.repo_id("model") == "me/llava-video-fitness-aqa-synthetic"


WRONG = {
    "namespace: [a": "cannot be read as YAML (",
    "a: 2024-13-45\n": "cannot be read as YAML (month must be in 1..12); mend it or take it away",
    "- a\n": "expected `key: value` lines with the keys namespace, run, dataset, tag",
    WHOLE + "colour: red\n": "`colour`: no such key; there are namespace, run, dataset, tag, names, ",
    "namespace: me\nrun: a\ntag: v0.1\n": "the key `dataset` is missing; namespace, run, dataset, tag are needed",
    WHOLE + "public: 1\n": "`public`: expected bool, got 1",
    WHOLE.replace("v0.1", "0.1"): "`tag`: expected str, got 0.1",
    WHOLE.replace("v0.1", "first"): "`tag`: expected vX.Y or vX.Y.Z, such as v0.1, got 'first'",
    WHOLE + "layout: flat\n": "`layout`: expected one of adapter-only, merged, original-layout, got 'flat'",
    WHOLE.replace(": me", ": me/x"): "`namespace`: expected a user or an organisation",
    WHOLE + "names: {metric: x}\n": "`names.metric`: no name to choose; there are dataset, model, space",
    WHOLE + "names: {model: a/b}\n": "`names.model`: expected a name without a namespace, got 'a/b'",
    WHOLE + "names: {space: temporal_map}\n": "`names.space`: a metric has this name already; choose another",
}


@pytest.mark.parametrize("text", WRONG)
def test_wrong_files_are_named(text, tmp_path):
    path = tmp_path / "publish.yaml"
    path.write_text(text)
    with pytest.raises(ValueError) as error:
        read_config(path)
    assert str(error.value).startswith(str(path)) and WRONG[text] in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such file; give a YAML file with the keys namespace, run"):
        read_config(tmp_path / "publish.yaml")
