from dataclasses import fields

import pytest
from trl import ModelConfig

from trainer.arguments import DataArguments, TrainingArguments
from trainer.help import MODEL, TRAINING, WATCHING, print_help


def test_help_is_short_and_names_our_settings(capsys):
    print_help("Fine-tune a model.\n\n    accelerate launch …")
    text = capsys.readouterr().out
    assert text.startswith("Fine-tune a model.")
    assert len(text.splitlines()) < 110
    for setting in fields(DataArguments):
        assert f"  --{setting.name} " in text
    assert "--dataset_name                Folder of the raw release, folder that `prepare` made" in text
    assert "(required)" in text and "--help_all" in text
    assert max(map(len, text.splitlines())) <= 118


def test_every_setting_named_exists():
    assert set(MODEL.split()) <= {setting.name for setting in fields(ModelConfig)}
    assert set((TRAINING + " " + WATCHING).split()) <= {setting.name for setting in fields(TrainingArguments)}


def test_everything_on_demand(capsys):
    print_help("x", everything=True)
    text = capsys.readouterr().out
    assert "--adam_beta1" in text and "--dataset_name" in text


def test_the_command_prints_it(python):
    ended = python("-m", "trainer.sft", "--help")
    assert ended.returncode == 0
    assert ended.stdout.startswith("Fine-tune a video-language model on Fitness-AQA conversations")


def test_a_setting_that_does_not_exist(python, tmp_path):
    (tmp_path / "r.yaml").write_text("learning_rat: 1\n")
    arguments = ["--config", tmp_path / "r.yaml", "--dataset_name", "x", "--output_dir", "y", "--use_cpu"]
    ended = python("-m", "trainer.sft", *arguments)
    assert ended.returncode == 1
    assert "learning_rat" in ended.stderr.splitlines()[-1] and "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"num_frames": 0}, "num_frames: a whole number from 1 up is needed, got 0"),
        ({"vary_by_epoch": ["tempo"]}, "vary_by_epoch: expected wording and"),
    ],
)
def test_wrong_values(settings, message):
    with pytest.raises(ValueError, match=message):
        DataArguments("x", **settings)
