"""How to load a model, as the card says it: the code is run, where this project is not installed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from torchcodec.encoders import VideoEncoder

from model_card.answer_files import state_of
from model_card.card import make_card
from model_card.run_files import read_run
from model_card.usage import render_usage
from tests.model_card.conftest import change_settings
from tests.stranger import WITHOUT_PROJECT
from trainer.llava_video.publishing import save_with_code
from trainer.loading import load_checkpoint
from trainer.pixels import normalization_of, normalize_pixels
from trainer.prediction.batches import Batches
from trainer.prediction.free import read_free
from trainer.prediction.inputs import list_videos

BASE = Path(__file__).parents[2] / "trainer" / "demo_base" / "checkpoint"
SAVE_INPUTS = """
from safetensors.torch import save_file
save_file({name: tensor.contiguous() for name, tensor in inputs.items()}, "inputs.safetensors")
"""


def python_block(text: str) -> str:
    return re.search(r"```python\n(.*?)```", text, flags=re.DOTALL).group(1)


@pytest.fixture
def real_model_run(run_dir):
    """The run with a model that runs: the demo's base, its code beside it."""
    shutil.rmtree(run_dir / "release")
    model, processor = load_checkpoint(str(BASE))
    save_with_code(run_dir / "model", model, processor)
    for name in ("predictions", "controls/predictions.blank"):
        change_settings(run_dir / f"{name}.jsonl", model_state=state_of(str(run_dir / "model")))
    return run_dir, model, processor


def test_the_cards_code_alone_gives_our_input_and_our_answer(real_model_run, tmp_path):
    run_dir, model, processor = real_model_run
    # 47 frames at 25 a second: neither the frames that are taken nor their times are round.
    noise = torch.randint(0, 256, (47, 3, 96, 64), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    VideoEncoder(noise, frame_rate=25).to_file(str(tmp_path / "clip.mp4"))
    code = python_block(make_card(read_run(run_dir)).text)
    assert f'NAME, NUM_FRAMES = "{run_dir.name}/model", 12' in code
    process = subprocess.run(
        [sys.executable, "-c", WITHOUT_PROJECT + code + SAVE_INPUTS],
        cwd=tmp_path,
        env=os.environ | {"HF_HOME": str(tmp_path / "home"), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert process.returncode == 0, process.stderr

    settings = {"num_frames": 12, "clip_reduction": "none", "overlap": 0, "control": "none", "seed": None}
    clips = list_videos([str(tmp_path / "clip.mp4")]).clips
    (prompt,) = Batches(clips, None, processor, settings | {"batch_size": 1})[0].prompts
    ours = normalize_pixels(prompt, normalization_of(processor))
    theirs = load_file(tmp_path / "inputs.safetensors")
    assert torch.equal(theirs["input_ids"], ours["input_ids"])
    assert theirs["pixel_values_videos"].shape == (1, 12, 3, 112, 112)
    assert torch.equal(theirs["pixel_values_videos"], ours["pixel_values_videos"])
    (reading,) = read_free(model, processor, ours, max_new_tokens=128, do_sample=False)
    assert len(reading.answer) > 3
    assert process.stdout.strip().splitlines()[-1] == reading.answer


def test_the_frames_it_takes_are_those_of_numpys_linspace(run_dir):
    code = python_block(make_card(read_run(run_dir)).text)
    taken = compile(re.search(r"^indices = (.*?)  #", code, flags=re.MULTILINE).group(1), "card", "eval")
    for num_frames in (2, 7, 8, 10, 16, 32, 60):
        for length in range(1, 450):
            found = eval(taken, {"NUM_FRAMES": num_frames, "last": length - 1})
            assert found == np.linspace(0, length - 1, num_frames).astype(int).tolist()


def test_names_the_run_as_seen_from_the_clone(run_dir, monkeypatch):
    monkeypatch.chdir(run_dir.parent)
    assert '"demo/model"' in python_block(make_card(read_run("demo")).text)
    monkeypatch.chdir(run_dir.parent.parent)
    assert f'"{run_dir.parent.name}/demo/model"' in python_block(make_card(read_run(run_dir)).text)


def test_code_that_does_not_lie_there_yet_is_asked_for(run_dir):
    run = read_run(run_dir)
    assert 'add_code("demo/model")' in make_card(run).text
    assert "add_code" not in make_card(run, repo_id="me/coach").text  # the push takes it along


@pytest.mark.parametrize("repo_id", [None, "me/coach"])
@pytest.mark.parametrize("layout", ["transformers", "adapter", "original"])
def test_every_layouts_code_is_python(run_dir, layout, repo_id):
    usage = render_usage(read_run(run_dir), layout, repo_id, "somebody/base-7b")
    for code in re.findall(r"```python\n(.*?)```", usage, flags=re.DOTALL):
        compile(code, "card", "exec")
    assert f"--model {repo_id or 'demo/model'} --videos clip.mp4" in usage
    assert ("somebody/base-7b" in usage) is (layout == "adapter")
    assert ("trust_remote_code=True" in usage) is (layout == "transformers")
    assert ("from_original" in usage) is (layout == "original")


def test_what_the_snippet_does_not_do_is_said(run_dir):
    run = read_run(run_dir)
    assert "weighed" not in render_usage(run, "transformers", None, "base")
    run.settings["after"].update(decode="score", clip_reduction="windows")
    usage = render_usage(run, "transformers", None, "base")
    assert "weighed, not generated" in usage
    assert "scores below are of windows of clips" in usage


def test_another_model_has_no_code_of_ours(run_dir):
    run = read_run(run_dir)
    run.processor["processor_class"] = "Qwen2_5_VLProcessor"
    usage = render_usage(run, "transformers", "me/coach", "base")
    assert "trust_remote_code" not in usage
    assert "python -m trainer.predict --model me/coach" in usage
