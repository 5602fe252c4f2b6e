import json

import numpy as np
import PIL.Image
import pytest
import torch
from torchcodec.encoders import VideoEncoder

from fitness_aqa_dataset.preview import draw_preview
from fitness_aqa_dataset.preview.clip_sheet import augmentation_text, draw_clip_sheet
from fitness_aqa_dataset.preview.style import figure_style
from fitness_aqa_dataset.records import ClipRecord

KNEES_FORWARD, KNEES_INWARD = "#0072B2", "#D55E00"


def draw(clips, key="10_1", exercise="squat", errors=(), id=None, num_frames=4, seed=0, is_synthetic=False):
    record = ClipRecord(id or f"{exercise}/{key}", clips / f"{key}.mp4", exercise, errors, "train")
    with figure_style():
        return draw_clip_sheet(record, num_frames, seed, is_synthetic)


def test_bar_and_underlines_lie_at_the_pixels_of_the_interval(release, tmp_path, find_color):
    # 45 frames at 30 fps, error from 0.5 to 1.25 s; frames 0, 14, 29, 44 at 0, 0.467, 0.967, 1.467 s: one is inside.
    # The axes begin at 1.5 in and are 8.8 in wide for 4 × 0.4889 s, the first frame 1.1 in from the left:
    # 110 × (1.5 + 8.8 × (0.5 + 0.2444) / 1.9556) = 533 and 110 × (1.5 + 8.8 × (1.25 + 0.2444) / 1.9556) = 905.
    # A frame is 1.9 in high and 1.425 in wide, the third in the middle of 1.5 + 2.5 × 2.2 = 7.0 in: 692 to 848.
    path = draw_preview(release, tmp_path / "sheet.png", id="squat/10_1", num_frames=4)
    found = find_color(path, KNEES_FORWARD)
    assert sum(rows for (first, last), rows in found.items() if abs(first - 692) <= 2 and abs(last - 848) <= 2) >= 4
    bars = [run for run in found if abs(run[0] - 533) <= 2]
    assert sum(found[run] for run in bars) >= 15
    assert max(last for first, last in found) == pytest.approx(905, abs=2)
    assert min(first for first, last in found) == pytest.approx(533, abs=2)
    assert not find_color(path, KNEES_INWARD)


def test_lanes_are_those_of_the_exercise_in_its_order(clips, written):
    figure = draw(clips, "20_1", "overhead_press", (("knees", 0.5, 1.25),))
    lanes = figure.axes[1]
    assert [label.get_text() for label in lanes.get_yticklabels()] == ["elbows", "knees"]
    elbows, knees = lanes.get_yticks()
    assert lanes.get_ylim()[1] == 0 < elbows < knees  # y grows downwards
    texts = {text.get_text(): text.get_position()[1] for text in figure.texts}
    assert texts["no"] > texts["0.50 – 1.25 s"]  # in parts of the page, from the bottom


def test_what_is_written(clips, written):
    errors = (("knees_forward", 0.25, 0.5), ("knees_inward", 0.25, 1.0), ("knees_forward", 1.5, 1.75))
    strings = written(draw(clips, "10_2", errors=errors, num_frames=5))
    assert "Squat · squat/10_2" in strings
    assert "2.00 s · 30 fps · 60 frames · 48 × 64 pixels · train split" in strings
    assert {"0.00 s", "0.47 s", "0.97 s", "1.47 s", "1.97 s"} <= set(strings)
    assert {"0.25 – 0.50 s\n1.50 – 1.75 s", "0.25 – 1.00 s"} <= set(strings)
    assert not [string for string in strings if "imulated" in string]
    assert any(string.startswith("Simulated clip · 1.50 s") for string in written(draw(clips, is_synthetic=True)))


def test_augmented_rows_show_the_same_frames(clips, written):
    figure = draw(clips)
    frames, _, *augmented = figure.axes
    assert len(augmented) == 5
    assert [len(row.images) for row in augmented] == [4] * 5
    plain = [int(np.median(image.get_array().data)) for image in frames.images]
    # a frame's brightness is twice its number, less what the encoder loses
    assert plain == pytest.approx([0, 28, 58, 88], abs=3)
    shown = [[int(np.median(image.get_array().data)) for image in row.images] for row in augmented]
    inverted = [255 - value for value in plain]
    assert shown == [plain, inverted, plain, inverted, plain]
    names = ["flipped", "colours inverted", "rotated 24°", "flipped,\ncolours inverted", "flipped,\nrotated 24°"]
    assert [string for string in written(figure) if "flip" in string or "inv" in string or "rot" in string] == names


def test_words_of_augmentations():
    augmentation = {"name": "horizontal_flip+rotation", "horizontal_flip": True, "invert_colors": False, "angle": 7.6}
    assert augmentation_text(augmentation) == "flipped,\nrotated 8°"


def test_the_seed_turns_the_rotation(clips):
    turned = [draw(clips, seed=seed).axes[4].images[3].get_array() for seed in (0, 0, 1)]
    assert (turned[0] == turned[1]).all() and (turned[0] != turned[2]).any()


@pytest.mark.parametrize("size", [(426, 240), (180, 320), (64, 48)], ids=["portrait", "landscape", "tiny"])
@pytest.mark.parametrize("num_frames", [2, 16])
def test_nothing_overlaps(tmp_path, clips, assert_readable, size, num_frames):
    frames = torch.zeros((50, 3, *size), dtype=torch.uint8)
    VideoEncoder(frames, frame_rate=30).to_file(tmp_path / "1_1.mp4", codec="libx264", preset="ultrafast")
    errors = (("knees_forward", 0.0, 0.5), ("knees_forward", 0.6, 1.666), ("knees_inward", 0.3, 0.35))
    long_id = f"squat/{'a_long_$name$_' * 12}1"
    assert_readable(draw(tmp_path, "1_1", errors=errors, id=long_id, num_frames=num_frames))


def test_many_intervals_and_very_short_clips(clips, assert_readable):
    many = tuple(("knees_forward", index / 10, index / 10 + 0.05) for index in range(9))
    assert_readable(draw(clips, errors=many, num_frames=64))


def test_the_clip_with_the_most_errors_is_the_default_and_its_page_is_a_png(release, tmp_path, write_json):
    write_json(release / "synthetic.json", {"synthetic": True})
    default = draw_preview(release, tmp_path / "default.png")
    named = draw_preview(release, tmp_path / "named.png", id="squat/10_2")
    assert default.read_bytes() == named.read_bytes()
    with PIL.Image.open(default) as image:
        assert image.format == "PNG" and image.width == 1276
    (release / "synthetic.json").write_text(json.dumps({"synthetic": False}))
    assert draw_preview(release, named, id="squat/10_2").read_bytes() != default.read_bytes()
