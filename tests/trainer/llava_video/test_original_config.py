import json

import pytest
import torch

from trainer.llava_video import LlavaVideoConfig
from trainer.llava_video.original_config import config_from_original, config_to_original


@pytest.fixture
def settings(data_folder):
    return json.loads((data_folder / "llava_video_golden/config.json").read_text())


def test_fields_are_honoured(settings, tower):
    settings |= {"mm_newline_position": "frame", "mm_spatial_pool_mode": "max", "mm_spatial_pool_stride": 3}
    settings |= {"eos_token_id": 11, "rope_scaling": None, "sliding_window": 32768, "use_sliding_window": False}
    config = config_from_original(settings, vision_config=tower, video_token_id=5)
    chosen = (config.mm_newline_position, config.mm_spatial_pool_mode, config.mm_spatial_pool_stride)
    assert chosen == ("frame", "max", 3)
    assert (config.vision_config.num_hidden_layers, config.vision_config.image_size) == (2, 98)
    assert config.text_config.rope_parameters == {"rope_theta": 1_000_000.0, "rope_type": "default"}
    assert (config.text_config.eos_token_id, config.text_config.num_key_value_heads) == (11, 2)
    assert (config.video_token_id, config.tie_word_embeddings, config.dtype) == (5, False, torch.float32)


def test_where_it_is_silent_the_original_codes_defaults_count(settings):
    for name in ("mm_newline_position", "mm_spatial_pool_stride", "add_faster_video"):
        del settings[name]
    config = config_from_original(settings | {"mm_spatial_pool_mode": None})
    chosen = (config.mm_newline_position, config.mm_spatial_pool_mode, config.mm_spatial_pool_stride)
    assert chosen == ("one_token", "bilinear", 2)
    assert (config.vision_config.num_hidden_layers, config.vision_config.hidden_size) == (26, 1152)
    assert config.video_token_id == 151647


def test_slowfast_and_a_tied_head(settings):
    settings |= {"add_faster_video": True, "faster_token_stride": 4, "tie_word_embeddings": True}
    config = config_from_original(settings)
    assert (config.add_faster_video, config.faster_token_stride, config.tie_word_embeddings) == (True, 4, True)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"architectures": ["LlavaMistralForCausalLM"]},
            "expected .*LlavaQwenForCausalLM.*, got .*LlavaMistralForCausalLM",
        ),
        (
            {"architectures": ["LlavaVideoForConditionalGeneration"]},
            "got .*LlavaVideoForCond.* loads with from_pretrained",
        ),
        ({"mm_projector_type": "linear"}, "`mm_projector_type`: expected 'mlp2x_gelu', got 'linear'"),
        ({"mm_patch_merge_type": "flat"}, "`mm_patch_merge_type`: expected 'spatial_unpad', got 'flat'"),
        (
            {"mm_newline_position": "row"},
            "mm_newline_position must be one of grid, frame, one_token, no_token, got 'row'",
        ),
        ({"mm_spatial_pool_mode": "sum"}, "mm_spatial_pool_mode must be one of bilinear, average, max, got 'sum'"),
        ({"mm_spatial_pool_stride": -1}, "mm_spatial_pool_stride must be at least 1, got -1"),
    ],
)
def test_what_is_not_llava_video_is_refused(settings, changed, message):
    with pytest.raises(ValueError, match=message):
        config_from_original(settings | changed)


def test_the_way_back_changes_nothing(settings, tower, tmp_path):
    settings |= {"mm_spatial_pool_stride": None, "rope_scaling": None, "tokenizer_padding_side": "right"}
    config_from_original(settings, vision_config=tower).save_pretrained(tmp_path)
    assert config_to_original(LlavaVideoConfig.from_pretrained(tmp_path)) == settings


def test_the_way_back_has_what_was_changed_since(settings, tower):
    config = config_from_original(settings, vision_config=tower)
    config.text_config.vocab_size = 512
    config.mm_newline_position = "frame"
    config.dtype = torch.bfloat16
    changed = {"vocab_size": 512, "mm_newline_position": "frame", "torch_dtype": "bfloat16"}
    assert config_to_original(config) == settings | changed


def test_a_model_that_was_never_in_the_original_layout(make_config):
    original = config_to_original(make_config(mm_newline_position="one_token"))
    assert original["architectures"] == ["LlavaQwenForCausalLM"]
    assert (original["mm_newline_position"], original["mm_patch_merge_type"]) == ("one_token", "spatial_unpad")
    assert (original["hidden_size"], original["vocab_size"], original["rope_theta"]) == (48, 264, 10_000.0)
    again = config_from_original(original, vision_config=make_config().vision_config.to_dict())
    assert again.text_config.to_dict() == make_config().text_config.to_dict()
