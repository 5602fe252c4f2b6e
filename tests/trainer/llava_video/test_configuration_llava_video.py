import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoConfig

from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration
from trainer.llava_video.configuration_llava_video import NEWLINE_POSITIONS, POOL_MODES, count_video_tokens


@pytest.mark.parametrize(
    ("newline_position", "pool_mode", "num_tokens"),
    [  # two frames of 27x27 patches: 14x14 pooled ones with bilinear, 13x13 with the others
        ("grid", "bilinear", 420),
        ("grid", "average", 364),
        ("grid", "max", 364),
        ("frame", "bilinear", 394),
        ("one_token", "bilinear", 393),
        ("no_token", "bilinear", 392),
        ("no_token", "average", 338),
    ],
)
def test_counts_of_the_real_patch_grid(newline_position, pool_mode, num_tokens):
    config = LlavaVideoConfig(mm_newline_position=newline_position, mm_spatial_pool_mode=pool_mode)
    assert config.num_patches_side == 27
    assert config.num_video_tokens(2) == num_tokens


def test_one_real_frame_takes_210_tokens_bilinear_and_182_average():
    assert count_video_tokens(1, 27, "grid", "bilinear", 2) == 210
    assert count_video_tokens(1, 27, "grid", "average", 2) == 182


@pytest.mark.parametrize(
    ("side", "stride", "pool_mode", "num_tokens"),
    [
        (3, 2, "bilinear", 6),  # 2x2 and two newlines
        (3, 2, "max", 2),  # 1x1 and one newline
        (5, 2, "bilinear", 12),
        (5, 2, "average", 6),
        (5, 3, "bilinear", 6),
        (27, 3, "bilinear", 90),
        (27, 3, "max", 90),
        (27, 1, "average", 756),
        (8, 3, "bilinear", 12),
        (8, 3, "average", 6),
    ],
)
def test_counts_of_other_grids_and_strides(side, stride, pool_mode, num_tokens):
    vision_config = {"model_type": "siglip_vision_model", "image_size": 14 * side + 6, "patch_size": 14}
    config = LlavaVideoConfig(
        vision_config=vision_config, mm_spatial_pool_mode=pool_mode, mm_spatial_pool_stride=stride
    )
    assert (config.num_patches_side, config.num_video_tokens(1)) == (side, num_tokens)


@pytest.mark.parametrize(
    ("num_frames", "stride", "pool_mode", "num_tokens"),
    [  # a slow frame of 27x27 patches takes 14x15+1 tokens (average 13x14+1), a fast one 7x8+1 (average 6x7+1)
        (1, 10, "bilinear", 211),
        (10, 10, "bilinear", 211 + 9 * 57),
        (11, 10, "bilinear", 2 * 211 + 9 * 57),
        (32, 10, "bilinear", 4 * 211 + 28 * 57),
        (3, 1, "bilinear", 3 * 211),
        (4, 3, "average", 2 * 183 + 2 * 43),
    ],
)
def test_counts_of_slowfast(num_frames, stride, pool_mode, num_tokens):
    config = LlavaVideoConfig(add_faster_video=True, faster_token_stride=stride, mm_spatial_pool_mode=pool_mode)
    assert config.num_video_tokens(num_frames) == num_tokens


def test_default_tower_is_so400m_without_its_last_layer_and_head():
    tower = LlavaVideoConfig().vision_config
    assert (tower.num_hidden_layers, tower.hidden_size, tower.image_size) == (26, 1152, 384)
    assert tower.vision_use_head is False


UNKNOWN = [
    (
        {"mm_newline_position": "row"},
        "mm_newline_position must be one of grid, frame, one_token, no_token, got 'row'",
    ),
    ({"mm_spatial_pool_mode": "mean"}, "mm_spatial_pool_mode must be one of bilinear, average, max, got 'mean'"),
    ({"mm_spatial_pool_stride": 0}, "mm_spatial_pool_stride must be at least 1, got 0"),
    (
        {"mm_spatial_pool_stride": 28, "mm_spatial_pool_mode": "max"},
        r"mm_spatial_pool_stride 28 leaves nothing of a frame of 27x27 patches \(max pooling by 28\)",
    ),
    (
        {"mm_spatial_pool_stride": 14, "mm_spatial_pool_mode": "average", "add_faster_video": True},
        r"mm_spatial_pool_stride 14 leaves nothing of a frame of 27x27 patches \(average pooling by 28\)",
    ),
    (
        {"add_faster_video": True, "mm_newline_position": "frame"},
        "add_faster_video needs mm_newline_position grid, got 'frame'",
    ),
    ({"faster_token_stride": 0}, "faster_token_stride must be at least 1, got 0"),
]


@pytest.mark.parametrize(("settings", "message"), UNKNOWN)
def test_unknown_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        LlavaVideoConfig(**settings)


def test_a_setting_changed_later_is_refused_by_the_model():
    config = LlavaVideoConfig()
    config.mm_newline_position = "row"
    with pytest.raises(ValueError, match="mm_newline_position must be one of .*, got 'row'"):
        LlavaVideoForConditionalGeneration(config)


@pytest.mark.parametrize("stride", [1, 27])
def test_the_widest_and_the_narrowest_pooling_are_taken(stride):
    config = LlavaVideoConfig(mm_spatial_pool_stride=stride, mm_spatial_pool_mode="max")
    assert config.pooled_side == 27 // stride


@given(
    newline_position=st.sampled_from(NEWLINE_POSITIONS),
    pool_mode=st.sampled_from(POOL_MODES),
    stride=st.integers(1, 13),
    faster_token_stride=st.integers(1, 40),
    add_faster_video=st.booleans(),
)
def test_round_trip_through_a_dict(newline_position, pool_mode, stride, faster_token_stride, add_faster_video):
    settings = {
        "mm_newline_position": newline_position,
        "mm_spatial_pool_mode": pool_mode,
        "mm_spatial_pool_stride": stride,
        "faster_token_stride": faster_token_stride,
        "add_faster_video": add_faster_video and newline_position == "grid",
    }
    again = LlavaVideoConfig.from_dict(LlavaVideoConfig(**settings).to_dict())
    assert {name: getattr(again, name) for name in settings} == settings


def test_round_trip_through_a_file(tmp_path):
    original = {"architectures": ["LlavaQwenForCausalLM"], "torch_dtype": "bfloat16", "mm_tunable_parts": None}
    config = LlavaVideoConfig(
        vision_config={"model_type": "siglip_vision_model", "hidden_size": 32, "num_attention_heads": 4},
        text_config={"model_type": "qwen2", "hidden_size": 48, "rope_theta": 5e5},
        mm_newline_position="frame",
        mm_spatial_pool_stride=3,
        video_token_id=7,
        original_config=original,
    )
    config.save_pretrained(tmp_path)
    again = AutoConfig.from_pretrained(tmp_path)
    assert type(again) is LlavaVideoConfig
    assert (again.mm_newline_position, again.mm_spatial_pool_stride, again.video_token_id) == ("frame", 3, 7)
    assert (again.vision_config.hidden_size, again.text_config.hidden_size) == (32, 48)
    assert again.text_config.rope_parameters["rope_theta"] == 5e5
    assert again.original_config == original
