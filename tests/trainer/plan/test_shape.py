"""Where the shape comes from, what learns, tokens of a clip."""

import shutil
from pathlib import Path

import pytest

from trainer.plan.shape import count_tokens, load_config

DATA = Path(__file__).parents[2] / "data"


def test_the_original_layout_and_ours(small_model):
    assert load_config(str(DATA / "llava_video_golden")).mm_newline_position == "grid"
    assert load_config(str(small_model)).num_video_tokens(8) == 8 * 4 * 5


def test_settings_of_the_model_are_changed(small_model):
    config = load_config(str(small_model), {"add_faster_video": True, "faster_token_stride": 4})
    assert config.num_video_tokens(8) == 2 * (4 * 5 + 1) + 6 * (2 * 3 + 1)


def test_slowfast_of_the_recipe_takes_what_it_says():
    config = load_config("lmms-lab/LLaVA-Video-7B-Qwen2", {"add_faster_video": True, "faster_token_stride": 10})
    assert config.num_video_tokens(90) == 6516


def test_the_folders_tokenizer_counts(make_planner, demo_processor, small_model, tmp_path):
    planner = make_planner()
    assert planner.tokens["video"] == 160
    folder = shutil.copytree(small_model, tmp_path / "model")
    demo_processor.tokenizer.save_pretrained(folder)
    counted = count_tokens(planner.config, planner.data_args, str(folder))
    assert counted["answer"] != planner.tokens["answer"]
    text = "The subject is performing a Squat."
    assert len(demo_processor.tokenizer(text).input_ids) < counted["answer"] < 200


def test_a_checklist_has_a_longer_answer_than_decimals_take_away(make_planner):
    sentence, short = make_planner(), make_planner(decimals=0)
    assert short.tokens["answer"] < sentence.tokens["answer"]


def test_what_learns(make_planner):
    frozen = make_planner(freeze=["tower", "newline"]).parameters
    assert frozen["tower"][0] == frozen["newline"][0] == 0
    assert frozen["projector"][0] == frozen["projector"][1] == 64 * 96 + 96 + 96 * 96 + 96
    lora = make_planner(use_peft=True, lora_r=4, lora_target_modules=[r".*language_model.*\.q_proj"]).parameters
    assert lora["language_model"][0] == 4 * (96 + 96)
    assert lora["tower"][0] == lora["projector"][0] == 0


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"model_name_or_path": "no/such-model"}, "no/such-model: no model whose config.json can be read"),
        ({"model_settings": {"mm_newlines": "grid"}}, "mm_newlines: the model's configuration has no such field"),
        ({"freeze": ["towers"]}, "freeze: no parameter is of 'towers'"),
        ({"freeze": ["tower", "projector", "language_model", "newline"]}, "leaves nothing to learn"),
        ({"dataset_config": ["lumbar"]}, "num_rows: known for the clips of train and validation only"),
        ({"model_name_or_path": None}, "model_name_or_path: the recipe names no model"),
    ],
)
def test_what_cannot_be_planned(make_planner, changes, message):
    with pytest.raises(ValueError, match=message):
        make_planner(**changes).num_rows()


def test_a_broken_config(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"config.json: no JSON"):
        load_config(str(tmp_path))
