import shutil

import pytest

from model_card.run_files import read_run


def test_reads_every_file(run_dir):
    run = read_run(run_dir)
    assert [row["id"] for row in run.references][:2] == ["squat/1_1", "squat/1_2"]
    assert run.predictions["squat/2_1"]["exercise"] is None
    assert run.trainer_state["global_step"] == 30
    assert run.training_config["num_frames"] == 12
    assert run.num_parameters == 12
    assert run.scores["after"]["map"]["paper"] == 0.3456


def test_json_config_is_read_where_there_is_no_yaml(run_dir):
    (run_dir / "model" / "training_config.yaml").unlink()
    (run_dir / "model" / "training_config.json").write_text('{"num_frames": 9}')
    assert read_run(run_dir).training_config == {"num_frames": 9}
    (run_dir / "model" / "training_config.json").unlink()
    assert read_run(run_dir).training_config == {}


def test_missing_folder_names_make_demo(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere: no such run folder\. `make demo` makes runs/demo"):
        read_run(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("scores.json", "make demo"),
        ("references.jsonl", "make demo"),
        ("predictions.jsonl", "python -m trainer.predict"),
        ("model/trainer_state.json", "accelerate launch -m trainer.sft --config trainer/recipes/demo.yaml"),
        ("release", "python -m fitness_aqa_dataset synthesize"),
    ],
)
def test_missing_file_names_it_and_its_command(run_dir, name, command):
    path = run_dir / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(FileNotFoundError, match=f"demo/{name}: missing. Make it with `{command}`"):
        read_run(run_dir)


def test_missing_checkpoint(run_dir):
    (run_dir / "model" / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"model: no \*\.safetensors file, so no checkpoint.*trainer\.sft"):
        read_run(run_dir)


def test_trainer_state_without_losses(run_dir):
    (run_dir / "model" / "trainer_state.json").write_text('{"log_history": [{"step": 1, "train_loss": 2.0}]}')
    with pytest.raises(ValueError, match=r"trainer_state\.json: `log_history` holds no entry.*Set `logging_steps`"):
        read_run(run_dir)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a: [1", r"training_config\.yaml: not valid YAML"), ("- a\n- b\n", "expected `key: value` lines, got list")],
)
def test_damaged_training_config(run_dir, text, message):
    (run_dir / "model" / "training_config.yaml").write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        read_run(run_dir)
    assert "\n" not in str(caught.value)
