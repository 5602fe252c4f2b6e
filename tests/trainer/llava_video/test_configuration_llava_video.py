import pytest

from trainer.llava_video import LlavaVideoConfig
from trainer.llava_video.configuration_llava_video import count_video_tokens


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
    ("newline_position", "num_frame_tokens"), [("grid", 210), ("frame", 197), ("one_token", 196), ("no_token", 196)]
)
def test_distance_between_frames(newline_position, num_frame_tokens):
    assert LlavaVideoConfig(mm_newline_position=newline_position).num_frame_tokens == num_frame_tokens


def test_default_tower_is_so400m_without_its_last_layer_and_head():
    tower = LlavaVideoConfig().vision_config
    assert (tower.num_hidden_layers, tower.hidden_size, tower.image_size) == (26, 1152, 384)
    assert tower.vision_use_head is False


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"mm_newline_position": "row"},
            "mm_newline_position must be one of grid, frame, one_token, no_token, got 'row'",
        ),
        ({"mm_spatial_pool_mode": "mean"}, "mm_spatial_pool_mode must be one of bilinear, average, max, got 'mean'"),
        ({"mm_spatial_pool_stride": 0}, "mm_spatial_pool_stride must be at least 1, got 0"),
    ],
)
def test_unknown_settings_are_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        LlavaVideoConfig(**settings)


def test_round_trip_through_a_file(tmp_path):
    config = LlavaVideoConfig(mm_newline_position="frame", mm_spatial_pool_stride=3, video_token_id=7)
    config.save_pretrained(tmp_path)
    again = LlavaVideoConfig.from_pretrained(tmp_path)
    assert (again.mm_newline_position, again.mm_spatial_pool_stride, again.video_token_id) == ("frame", 3, 7)
