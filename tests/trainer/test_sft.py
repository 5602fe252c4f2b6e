"""Every run here is on *synthetic* clips."""

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
from transformers import AutoModelForImageTextToText, AutoProcessor

from fitness_aqa_dataset import add_messages, load_fitness_aqa
from trainer.arguments import DataArguments
from trainer.collator import ConversationCollator
from trainer.llava_video import LlavaVideoForConditionalGeneration, LlavaVideoProcessor
from trainer.rows import prepare_rows

REPOSITORY = Path(__file__).parents[2]


def log_of(folder) -> list[dict]:
    return json.loads((folder / "trainer_state.json").read_text())["log_history"]


def losses_of(folder) -> list[float]:
    return [entry["loss"] for entry in log_of(folder) if "loss" in entry]


def test_the_loss_falls(trained):
    losses = losses_of(trained)
    assert len(losses) == 6  # 30 steps, one entry every 5
    assert losses[0] > 4  # 640 or so equal tokens would be 6.5
    assert losses[-1] < losses[0] / 2


def test_the_frozen_tower_stays_bit_for_bit_and_all_else_moves(tiny_base, trained):
    before, after = load_file(tiny_base / "model.safetensors"), load_file(trained / "model.safetensors")
    assert before.keys() == after.keys()
    unmoved = {name for name in before if torch.equal(before[name], after[name])}
    assert unmoved == {name for name in before if name.startswith("model.vision_tower.")}
    assert len(unmoved) > 30
    moved = before.keys() - unmoved
    assert {"model.image_newline", "lm_head.weight", "model.multi_modal_projector.linear_1.weight"} <= moved
    assert any(name.startswith("model.language_model.layers.1.") for name in moved)


def test_the_folder_is_a_complete_checkpoint(trained):
    files = {path.name for path in trained.iterdir()}
    assert {"model.safetensors", "config.json", "generation_config.json"} <= files
    assert {"processor_config.json", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja"} <= files
    assert {"trainer_state.json", "training_config.yaml", "train_results.json"} <= files
    assert not {path.suffix for path in trained.iterdir()} & {".pt", ".pth", ".pkl"}


def test_the_configuration_of_the_run_is_written_beside_it(trained, release, tiny_base):
    settings = yaml.safe_load((trained / "training_config.yaml").read_text())
    assert settings["dataset_name"] == str(release)
    assert settings["model_name_or_path"] == str(tiny_base)
    assert settings["freeze"] == ["vision_tower"]
    assert settings["style"] == "checklist"
    assert (settings["num_frames"], settings["max_steps"], settings["seed"]) == (4, 30, 3)
    assert settings["learning_rate"] == 1e-2
    assert (settings["num_processes"], settings["distributed_type"]) == (1, "NO")
    assert settings["num_rows"] >= 20  # 16 + 4 clips of train and validation, and what balancing adds
    assert not [name for name in settings if "token" in name]


@torch.no_grad()
def test_auto_classes_give_the_same_logits_as_the_weights_that_were_saved(trained, release):
    model = AutoModelForImageTextToText.from_pretrained(trained)
    processor = AutoProcessor.from_pretrained(trained)
    assert type(model) is LlavaVideoForConditionalGeneration
    assert type(processor) is LlavaVideoProcessor
    by_hand = LlavaVideoForConditionalGeneration(model.config).eval()
    by_hand.load_state_dict(load_file(trained / "model.safetensors"))
    rows = add_messages(load_fitness_aqa(release, split="test"), style="checklist", decimals=1)
    batch = ConversationCollator(processor, 4)([rows[0], rows[3]])
    loaded, expected = model.eval()(**batch), by_hand(**batch)
    assert torch.equal(loaded.logits, expected.logits)
    assert loaded.loss < 3  # new clips, the form of the answers is known; 6.5 knows nothing


@pytest.fixture
def data_args(release):
    return DataArguments(dataset_name=str(release), style="checklist", decimals=1)


def test_training_rows_are_train_and_validation_but_never_test(data_args, release):
    data_args.balancing = "none"
    rows = prepare_rows(data_args, seed=0)
    keys = [
        f"{exercise}/{key}"
        for exercise, folder in (("squat", "Squat"), ("overhead_press", "OHP"))
        for split in ("train", "val")
        for key in json.loads((release / folder / f"Labeled_Dataset/Splits/{split}_keys.json").read_text())
    ]
    assert len(keys) == 20
    assert sorted(rows["id"]) == sorted(keys)
    assert rows.column_names == ["id", "video", "augmentation", "messages"]
    assert set(rows[0]["video"]) == {"bytes", "path"}  # not decoded


def test_balanced_rows_have_as_many_of_every_group(data_args):
    data_args.augmentations = ["none", "horizontal_flip", "rotation"]
    rows = prepare_rows(data_args, seed=0)
    answers = [row["messages"][1]["content"][0]["text"] for row in rows]
    for exercise, first, second in (("a Squat", "Knees forward", "Knees inward"), ("a OHP", "Elbows", "Knees")):
        of_exercise = [answer for answer in answers if f"performing {exercise}." in answer]
        groups = {}
        for answer in of_exercise:
            group = f"{first}: no." in answer, f"{second}: no." in answer
            groups[group] = groups.get(group, 0) + 1
        assert len(groups) >= 3
        assert len(set(groups.values())) == 1
    assert {row["augmentation"]["name"] for row in rows} <= {"none", "horizontal_flip", "rotation"}


# What `make demo` uses; and Accelerate's way to torchrun, GPU or not (`--cpu --num_processes 2` starts one process).
ONE_PROCESS = ["--quiet", "--config_file", "trainer/accelerate/cpu.yaml", "--num_cpu_threads_per_process", "1"]
TWO_PROCESSES = ["--multi_gpu", "--num_processes", "2", "--num_machines", "1", "--main_process_port", "0"]


def launch(processes: list[str], recipe, release, output_dir) -> subprocess.Popen:
    command = [sys.executable, "-m", "accelerate.commands.launch", *processes, "-m", "trainer.sft", "--config", recipe]
    command += ["--dataset_name", release, "--output_dir", output_dir, "--seed", 3]
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.Popen(list(map(str, command)), cwd=REPOSITORY, start_new_session=True, **output)


def end(process: subprocess.Popen) -> None:
    """Kill the launcher and the processes it started, as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def is_whole(state: Path) -> bool:
    try:
        return "log_history" in json.loads(state.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return False


def test_a_killed_run_goes_on_from_its_checkpoint_to_the_same_weights(make_recipe, release, trained, tmp_path):
    recipe, output_dir = make_recipe(), tmp_path / "model"
    process = launch(ONE_PROCESS, recipe, release, output_dir)
    state = output_dir / "checkpoint-10" / "trainer_state.json"
    deadline = time.monotonic() + 120
    while not is_whole(state):
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    end(process)
    assert not (output_dir / "model.safetensors").exists()
    # What a run leaves that is killed while it saves: the model, not yet the state.
    half = output_dir / "checkpoint-20"
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    shutil.copy(output_dir / "checkpoint-10" / "model.safetensors", half)
    # Something that only the checkpoint knows: a run that starts anew would not have it in its log.
    known = json.loads(state.read_text())
    known["log_history"].append({"step": 10, "mark": "from the checkpoint"})
    state.write_text(json.dumps(known))

    process = launch(ONE_PROCESS, recipe, release, output_dir)
    messages = process.communicate(timeout=240)[0]
    assert process.returncode == 0, messages
    assert {"step": 10, "mark": "from the checkpoint"} in log_of(output_dir)
    assert json.loads((output_dir / "trainer_state.json").read_text())["global_step"] == 30
    # and as if nothing had happened: the same losses and weights as the run that was not interrupted
    assert losses_of(output_dir) == pytest.approx(losses_of(trained), abs=1e-3)
    resumed, whole = load_file(output_dir / "model.safetensors"), load_file(trained / "model.safetensors")
    assert max((resumed[name] - whole[name]).abs().max().item() for name in whole) < 1e-3


def test_two_processes_share_the_work_and_say_so(make_recipe, release, tmp_path):
    recipe = make_recipe(max_steps=2, logging_steps=1, save_strategy="no")
    process = launch(TWO_PROCESSES, recipe, release, tmp_path / "model")
    messages = process.communicate(timeout=240)[0]
    assert process.returncode == 0, messages
    settings = yaml.safe_load((tmp_path / "model" / "training_config.yaml").read_text())
    assert (settings["num_processes"], settings["distributed_type"]) == (2, "MULTI_CPU")
    assert len(losses_of(tmp_path / "model")) == 2
    # two steps of four rows in each of two processes, of the 31 balanced rows: four such steps are an epoch
    assert log_of(tmp_path / "model")[-1]["epoch"] == 0.5
    assert (tmp_path / "model" / "model.safetensors").is_file()


def test_no_such_folder_is_one_line_and_exit_code_1(python, make_recipe, tmp_path):
    recipe = make_recipe()
    ended = python(
        "-m", "trainer.sft", "--config", recipe, "--dataset_name", "no/such", "--output_dir", tmp_path / "o"
    )
    assert ended.returncode == 1
    assert ended.stderr.splitlines()[-1].startswith("error: ")
    assert "no/such: no such folder; give the folder that holds Squat/ and OHP/" in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
    assert not (tmp_path / "o" / "model.safetensors").exists()


def test_a_folder_without_a_release(data_args, tmp_path):
    data_args.dataset_name = str(tmp_path)
    with pytest.raises(ValueError, match=r"no Fitness-AQA release here, neither Squat/, nor OHP/"):
        prepare_rows(data_args, seed=0)


def test_no_such_base_is_said_in_one_line(make_recipe, release, fine_tune, tmp_path):
    with pytest.raises(
        ValueError, match=r"no/such/base: no checkpoint that can be loaded \(.*\)\. Give the folder"
    ) as e:
        fine_tune(make_recipe(model_name_or_path="no/such/base"), release, tmp_path)
    assert "\n" not in str(e.value)


def test_a_style_that_does_not_exist(data_args):
    data_args.style, data_args.balancing = "rhyme", "none"
    with pytest.raises(ValueError, match="no answer style is called 'rhyme'. Choose among sentence, checklist"):
        prepare_rows(data_args, seed=0)
