"""The committed base."""

import json
from pathlib import Path

import pytest
import torch

from trainer.demo_base import settings
from trainer.demo_base.tower import check_gate
from trainer.loading import load_checkpoint

CHECKPOINT = Path(__file__).parents[3] / "trainer" / "demo_base" / "checkpoint"


@pytest.fixture(scope="module")
def report():
    return json.loads((CHECKPOINT / "training.json").read_text())


def test_it_is_at_most_8_mb_and_holds_no_pickle():
    files = list(CHECKPOINT.iterdir())
    assert sum(file.stat().st_size for file in files) <= 8_000_000
    assert {file.suffix for file in files} == {".json", ".jinja", ".safetensors"}


def test_it_has_the_form_that_the_code_would_make():
    model, processor = load_checkpoint(str(CHECKPOINT), dtype=torch.float32)
    tokenizer = processor.tokenizer
    wanted = settings.base_config(
        len(tokenizer), processor.video_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id
    )
    for part in ("vision_config", "text_config"):
        have, want = getattr(model.config, part), getattr(wanted, part)
        for name in ("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"):
            assert getattr(have, name) == getattr(want, name)
    assert model.config.num_video_tokens(settings.NUM_FRAMES) == processor.num_video_tokens(settings.NUM_FRAMES) == 320
    assert all(torch.isfinite(weight).all() for weight in model.parameters())


def test_its_tower_passed_the_gate(report):
    check_gate(report["tower"]["explained_variance"])
    assert report["tower"]["loss"][-1] < report["tower"]["loss"][0] / 4


def test_its_figures_say_that_they_are_synthetic(report):
    assert "synthetic" in report["data"]
    first, last = report["language"]["answer_and_pose_loss"][0][0], report["language"]["answer_and_pose_loss"][-1][0]
    assert report["language"]["held_out_answer_loss"] < first / 2
    assert last < first / 2
