"""The whole making of a base, in small, on *synthetic* clips: a gate that closes, then the second stage."""

import json

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText, AutoProcessor

from trainer.demo_base import settings
from trainer.demo_base.__main__ import build_model, main
from trainer.demo_base.tower import GATE
from trainer.llava_video import LlavaVideoForConditionalGeneration, LlavaVideoProcessor


@pytest.fixture
def small(monkeypatch):
    sizes = {"NUM_POOL_CLIPS": 4, "NUM_HELD_OUT_CLIPS": 2, "TOWER_STEPS": 20, "TOWER_BATCH_FRAMES": 8}
    stages = tuple(settings.LanguageStage(10, 2, 2e-3, 620, spans_only) for spans_only in (False, True))
    for name, value in (sizes | {"LANGUAGE_STAGES": stages}).items():
        monkeypatch.setattr(settings, name, value)


def test_a_fresh_model_is_the_same_every_time_and_fits_its_processor():
    (first, processor), (second, _) = build_model(), build_model()
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), second.parameters(), strict=True))
    assert first.config.num_video_tokens(16) == processor.num_video_tokens(16) == 320
    assert sum(parameter.numel() for parameter in first.parameters()) < 4_000_000  # 8 MB in float16


def test_a_base_from_nothing_but_this_repository(small, tmp_path, monkeypatch):
    work, output = tmp_path / "work", tmp_path / "checkpoint"
    arguments = ["--work", str(work), "--output", str(output)]
    with pytest.raises(SystemExit, match=r"^error: the tower does not see enough: explained variance of .* < 0\.9"):
        main(arguments)
    assert not output.exists()

    # A tower that failed is not kept; twenty steps pass a gate that stands open.
    assert not (work / "tower.json").exists()
    for name in GATE:
        monkeypatch.setitem(GATE, name, -1e9)
    main(arguments)
    figures = json.loads((work / "tower.json").read_text())

    model = AutoModelForImageTextToText.from_pretrained(output, dtype=torch.float32)
    assert type(model) is LlavaVideoForConditionalGeneration
    assert type(AutoProcessor.from_pretrained(output)) is LlavaVideoProcessor
    tower, fresh = load_file(work / "tower.safetensors"), build_model()[0].state_dict()
    for name, weight in model.state_dict().items():
        if name.startswith("model.vision_tower."):
            assert torch.equal(weight, tower[name].half().float())  # as the first stage left it
    for name in ("model.multi_modal_projector.linear_1.weight", "model.image_newline", "lm_head.weight"):
        assert not torch.equal(model.state_dict()[name], fresh[name].half().float())
    assert not torch.equal(
        model.state_dict()["model.multi_modal_projector.linear_1.weight"],
        tower["model.multi_modal_projector.linear_1.weight"].half().float(),
    )

    report = json.loads((output / "training.json").read_text())
    assert report["tower"] == figures
    assert report["num_parameters"] == sum(weight.numel() for weight in fresh.values())
    assert "synthetic" in report["data"]
    assert 0 < report["language"]["held_out_answer_loss"] < 6.5  # less than for 640 equal tokens
    assert len(report["language"]["answer_and_pose_loss"]) == 2  # one mean for each stage of ten steps
