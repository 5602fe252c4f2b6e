"""Second commands that must not go wrong silently; on *synthetic* clips."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

from fitness_aqa_dataset.prepare import prepare_release
from trainer.arguments import DataArguments
from trainer.output_folder import locked
from trainer.rows import fingerprint_rows, prepare_rows

QUICK = {"max_steps": 6, "save_steps": 2, "logging_steps": 2, "bf16": False, "dataloader_num_workers": 0}


@pytest.fixture
def stopped(make_recipe, release, fine_tune, tmp_path):
    """A run of six steps as if it had been killed after its fourth; returns its folder."""
    output_dir = tmp_path / "stopped"
    fine_tune(make_recipe(**QUICK, save_total_limit=3), release, output_dir)
    shutil.rmtree(output_dir / "checkpoint-6")
    (output_dir / "trainer_state.json").unlink()
    (output_dir / "model.safetensors").unlink()
    return output_dir


def test_a_run_killed_in_its_final_save_takes_no_step_more(make_recipe, release, fine_tune, tmp_path):
    recipe = make_recipe(**QUICK, lr_scheduler_type="constant")
    fine_tune(recipe, release, tmp_path / "out")
    before = load_file(tmp_path / "out" / "model.safetensors")
    for name in ("trainer_state.json", "model.safetensors"):
        (tmp_path / "out" / name).unlink()
    fine_tune(recipe, release, tmp_path / "out")
    after = load_file(tmp_path / "out" / "model.safetensors")
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert json.loads((tmp_path / "out" / "train_results.json").read_text())["steps"] == 6


def test_a_prepared_folder_made_again_is_read_again(release, tmp_path):
    data = shutil.copytree(release, tmp_path / "release")
    fingerprints = []
    for start in (None, 0.25):
        if start is not None:
            labels = data / "Squat/Labeled_Dataset/Labels/error_knees_forward.json"
            intervals = json.loads(labels.read_text())
            for key, spans in intervals.items():  # as many errors as before: the card stays as it is
                intervals[key] = [[span[0] + start, span[1] + start] for span in spans]
            labels.write_text(json.dumps(intervals))
            shutil.rmtree(tmp_path / "prepared")
        prepare_release(data, tmp_path / "prepared", progress=False)
        fingerprints.append(
            fingerprint_rows(prepare_rows(DataArguments(str(tmp_path / "prepared"), balancing="none"), 0))
        )
    assert fingerprints[0] != fingerprints[1]


def test_a_cut_prepared_file_is_one_line(release, tmp_path):
    folder = prepare_release(release, tmp_path / "prepared", progress=False)
    (shard,) = folder.glob("video/train-*.parquet")
    shard.write_bytes(shard.read_bytes()[:5000])
    with pytest.raises(ValueError, match="prepared") as error:
        prepare_rows(DataArguments(str(folder), balancing="none"), 0)
    assert "\n" not in str(error.value)


def test_a_mistake_does_not_block_its_correction(make_recipe, release, fine_tune, tmp_path):
    with pytest.raises(ValueError, match="freeze: no parameter is of 'towr'"):
        fine_tune(make_recipe(**QUICK, freeze=["towr"]), release, tmp_path / "out")
    fine_tune(make_recipe(**QUICK, freeze=["tower"]), release, tmp_path / "out")


def test_a_mistake_while_overwriting_costs_nothing(make_recipe, release, fine_tune, tmp_path):
    fine_tune(make_recipe(**QUICK), release, tmp_path / "out")
    before = {path.name for path in (tmp_path / "out").iterdir()}
    recipe = make_recipe(**QUICK, overwrite_output_dir=True)
    with pytest.raises(FileNotFoundError, match="no such folder"):
        fine_tune(recipe, tmp_path / "nowhere", tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == before


def test_overwriting_never_removes_the_base(make_recipe, release, fine_tune, stopped):
    recipe = make_recipe(**QUICK, overwrite_output_dir=True, model_name_or_path=str(stopped / "checkpoint-4"))
    with pytest.raises(ValueError, match="output_dir: .*stopped is what the run reads from"):
        fine_tune(recipe, release, stopped)
    assert (stopped / "checkpoint-4" / "model.safetensors").is_file()


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda folder: (folder / "optimizer.pt").unlink(),
            r"checkpoint-4: lacks optimizer\.pt \(save_only_model\?\)",
        ),
        (lambda folder: (folder / "model.safetensors").unlink(), "checkpoint-4: lacks the weights"),
        (
            lambda folder: cut(folder / "model.safetensors"),
            r"model\.safetensors: damaged \(.+\)\. Remove .*checkpoint-4 to",
        ),
        (lambda folder: cut(folder / "optimizer.pt"), r"optimizer\.pt: damaged \(cut short\)\. Remove"),
        (lambda folder: cut(folder / "trainer_state.json"), r"trainer_state\.json: damaged"),
    ],
)
def test_a_damaged_checkpoint_is_named(make_recipe, release, fine_tune, stopped, damage, message):
    damage(stopped / "checkpoint-4")
    with pytest.raises(ValueError, match=message) as error:
        fine_tune(make_recipe(**QUICK), release, stopped)
    assert "\n" not in str(error.value)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_the_projector_s_rate_may_not_change(make_recipe, release, fine_tune, stopped):
    with pytest.raises(ValueError, match="other settings: projector_learning_rate None → 0.5"):
        fine_tune(make_recipe(**QUICK, projector_learning_rate=0.5), release, stopped)


def test_half_the_batch_accumulated_twice_goes_on(make_recipe, release, fine_tune, stopped):
    with pytest.raises(
        ValueError, match="holds a run with 4 rows a step, now there are 2, and rows would be learnt twice"
    ):
        fine_tune(make_recipe(**QUICK | {"per_device_train_batch_size": 2}), release, stopped)
    settings = QUICK | {"per_device_train_batch_size": 2, "gradient_accumulation_steps": 2}
    fine_tune(make_recipe(**settings), release, stopped)
    assert json.loads((stopped / "train_results.json").read_text())["steps"] == 6


def test_checkpoints_of_another_program_are_not_taken(make_recipe, release, fine_tune, stopped):
    (stopped / "recipe.yaml").unlink()
    with pytest.raises(ValueError, match="stopped: holds checkpoints of another program. Give another folder"):
        fine_tune(make_recipe(**QUICK), release, stopped)


LOCKED = "import sys, time; from pathlib import Path; from trainer.output_folder import locked\n"
LOCKED += "with locked(Path(sys.argv[1])): print('locked', flush=True); time.sleep(60)"


def test_two_runs_do_not_write_into_one_folder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", LOCKED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "locked\n"
    with pytest.raises(ValueError, match="another run is writing there"), locked(tmp_path):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    time.sleep(0.1)
    with locked(tmp_path):  # the system let go of it
        pass


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"load_in_4bit": True}, "load_in_4bit, load_in_8bit: not possible here"),
        ({"loss_type": "dft"}, "loss_type: only nll is possible here, got 'dft'"),
        ({"train_sampling_strategy": "sequential"}, "train_sampling_strategy: only random is possible here"),
        ({"resume_from_checkpoint": "x"}, "resume_from_checkpoint: a run goes on by itself"),
        ({"gradient_accumulation_steps": 0}, "gradient_accumulation_steps: a whole number from 1 up is needed, got 0"),
        ({"eval_num_clips": 0}, "eval_num_clips: a whole number from 1 up is needed, got 0"),
        ({"num_frames": 4.5}, "num_frames: a whole number from 1 up is needed, got 4.5"),
        ({"freeze": [3]}, r"freeze: expected a list of words, got \[3\]"),
        ({"model_settings": "grid"}, r"model_settings: expected \{key: value, …\}, got 'grid'"),
        (
            {"answer_weights": {"none": None}},
            r"answer_weights: a weight must be a number above 0, got \{'none': None\}",
        ),
        ({"dataset_config": []}, "dataset_config: expected one or more configs, each once, got none"),
        ({"dataset_config": ["video", "video"]}, "each once, got video, video"),
        ({"model_name_or_path": "/no/such"}, "/no/such: no such folder. Give the folder of a checkpoint"),
        ({"max_steps": 0, "warmup_steps": 0}, "no step was taken: num_train_epochs, max_steps or"),
    ],
)
def test_what_would_do_nothing_or_fail_late_is_refused(make_recipe, release, fine_tune, tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        fine_tune(make_recipe(**QUICK | settings), release, tmp_path / "out")
    assert not (tmp_path / "out" / "model.safetensors").exists()


def test_words_alone_and_yaml_on_the_command_line(make_recipe, release, fine_tune, tmp_path):
    recipe = make_recipe(**QUICK | {"max_steps": 1}, freeze="tower", answer_weights="{none: 2.0}")
    fine_tune(recipe, release, tmp_path / "out")
    written = yaml.safe_load((tmp_path / "out" / "recipe.yaml").read_text())
    assert (written["freeze"], written["answer_weights"]) == (["tower"], {"none": 2.0})


def test_an_adapter_goes_on_only_as_what_it_is(make_recipe, release, fine_tune, tmp_path):
    lora = {"use_peft": True, "lora_r": 4, "lora_target_modules": ["q_proj", "v_proj"]}
    fine_tune(make_recipe(**QUICK | {"max_steps": 2}, **lora), release, tmp_path / "adapter")
    base = {"model_name_or_path": str(tmp_path / "adapter"), "freeze": []}
    for settings in ({}, lora | {"lora_r": 8}):
        with pytest.raises(ValueError, match="adapter: is an adapter, .* Give use_peft: true and lora_r: 4"):
            fine_tune(make_recipe(**QUICK | base, **settings), release, tmp_path / "out")
    fine_tune(make_recipe(**QUICK | base | {"max_steps": 2}, **lora), release, tmp_path / "out")
    one, other = (load_file(tmp_path / name / "adapter_model.safetensors") for name in ("adapter", "out"))
    assert one.keys() == other.keys() and any(not torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("text", ["a: [1", "- a\n- b\n"])
def test_a_recipe_that_is_none(python, tmp_path, text):
    (tmp_path / "r.yaml").write_text(text)
    ended = python("-m", "trainer.sft", "--config", tmp_path / "r.yaml", "--dataset_name", "x", "--output_dir", "y")
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("error: ") and "Traceback" not in ended.stderr
