import json

from trainer.baselines.arguments import BaselineArguments
from trainer.baselines.configuration import BaselineConfig, make_config


def test_defaults():
    config = BaselineConfig()
    assert config.labels == ["knees_forward", "knees_inward", "elbows", "knees"]
    assert config.pos_weight == [1.0, 1.0, 1.0, 1.0]
    assert (config.system, config.tells_exercise, config.is_image) == ("md", True, False)
    assert BaselineConfig(labels=["lumbar"]).pos_weight == [1.0]


def test_what_of_a_run_its_models_hang_on():
    args = BaselineArguments(
        "gymetricpose",
        "release",
        models="error",
        num_frames=16,
        window_frames=4,
        image_size=64,
        width=32,
        hidden_size=64,
        num_subsequences=5,
        dropout=0.25,
        tower="a/tower",
        pretraining_epochs=3,
    )
    of_group = {"labels": ["knees"], "tells_exercise": False, "pos_weight": [2.5], "is_image": False}
    config = make_config(args, **of_group)
    settings = {
        "system": "gymetricpose",
        "num_frames": 16,
        "window_frames": 4,
        "image_size": 64,
        "width": 32,
        "hidden_size": 64,
        "num_subsequences": 5,
        "dropout": 0.25,
        "tower": "a/tower",
    }
    assert {name: getattr(config, name) for name in settings | of_group} == settings | of_group
    assert not hasattr(config, "pretraining_epochs")
    assert not hasattr(config, "dataset_name")


def test_a_configuration_comes_back_from_its_file(tmp_path):
    config = BaselineConfig(
        "probe", 16, 4, 64, 32, labels=["elbows"], tells_exercise=False, pos_weight=[1.5], sample_size=128, tower="t"
    )
    config.save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text())["model_type"] == "fitness_aqa_baseline"
    again = BaselineConfig.from_pretrained(tmp_path)
    assert again.to_dict() == config.to_dict()
    assert (again.labels, again.pos_weight, again.sample_size, again.num_frames) == (["elbows"], [1.5], 128, 16)
