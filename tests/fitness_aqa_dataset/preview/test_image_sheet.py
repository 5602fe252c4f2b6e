import numpy as np
import PIL.Image
import pytest

from fitness_aqa_dataset.preview.image_sheet import draw_image_sheet, draw_labels_sheet, read_image
from fitness_aqa_dataset.preview.style import figure_style
from fitness_aqa_dataset.records import ImageRecord


@pytest.fixture
def make_records(tmp_path):
    """Plain images of any sizes, each of a brightness of its own: 10 × its index."""

    def make_records(labels, sizes=((40, 30),), name="{index}_1") -> list[ImageRecord]:
        records = []
        for index, label in enumerate(labels):
            path = tmp_path / f"{index}.png"
            PIL.Image.fromarray(np.full((*sizes[index % len(sizes)], 3), 10 * index, np.uint8)).save(path)
            records.append(
                ImageRecord(f"barbell_row/{name.format(index=index)}", path, "torso_angle", label, "validation")
            )
        return records

    return make_records


def labels_sheet(records, num_images=4, seed=0, is_synthetic=False):
    with figure_style():
        return draw_labels_sheet(records, num_images, seed, is_synthetic)


def image_sheet(record, seed=0, is_synthetic=False):
    with figure_style():
        return draw_image_sheet(record, seed, is_synthetic)


def test_a_row_for_each_label_with_its_own_images(make_records, written):
    figure = labels_sheet(make_records([0, 1, 0, 1, 0, 0, 0]), num_images=4)
    correct, error = figure.axes
    brightness = [sorted(int(image.get_array()[0, 0, 0]) for image in axes.images) for axes in (correct, error)]
    assert len(brightness[0]) == 4 and set(brightness[0]) <= {0, 20, 40, 50, 60}
    assert brightness[1] == [10, 30]
    strings = written(figure)
    assert "Torso angle · images of the barbell row" in strings
    assert {"correct\n(5 images)", "error:\ntorso angle\n(2 images)", "1_1", "3_1"} <= set(strings)
    assert [shown.get_text() for shown in error.texts] == [
        f"{int(image.get_array()[0, 0, 0]) // 10}_1" for image in error.images
    ]


def test_a_label_without_images_has_no_row(make_records, written):
    figure = labels_sheet(make_records([0, 0]))
    assert len(figure.axes) == 1
    assert not [string for string in written(figure) if string.startswith("error")]


@pytest.mark.parametrize("num_images", [1, 16])
def test_nothing_overlaps(make_records, assert_readable, num_images):
    records = make_records([0, 1] * 12, [(40, 30), (30, 40), (90, 20)], "{index}_a_very_long_name_of_a_$source$_1")
    assert_readable(labels_sheet(records, num_images))
    assert_readable(image_sheet(records[0]))
    assert_readable(image_sheet(records[1]))


def test_one_image_and_its_augmentations(make_records, written):
    figure = image_sheet(make_records([0, 0, 1], sizes=[(400, 300)])[2], is_synthetic=True)
    (row,) = figure.axes
    assert [int(np.median(image.get_array().data)) for image in row.images] == [20, 20, 235, 20, 235, 20]
    assert (row.images[3].get_array() == 0).any()  # the corners that a rotation leaves black
    strings = written(figure)
    assert "Torso angle · barbell_row/2_1" in strings
    assert "Simulated image · error: torso angle · 300 × 400 pixels · validation split" in strings
    captions = [text.get_text() for text in row.texts]
    assert captions[:3] == ["as it is", "flipped", "colours inverted"]
    assert captions[3].startswith("rotated ") and captions[5] == f"flipped,\n{captions[3]}"
    correct = written(image_sheet(make_records([0])[0]))
    assert "correct (no error “torso angle”) · 30 × 40 pixels · validation split" in correct


@pytest.mark.parametrize("num_images", [0, 65])
def test_too_few_or_too_many_images(make_records, num_images):
    message = rf"^num_frames: from 1 to 64 images of a label fit on a sheet, got {num_images}$"
    with pytest.raises(ValueError, match=message):
        labels_sheet(make_records([0, 1]), num_images)


@pytest.mark.parametrize("content", [b"", b"no image", b"\x89PNG\r\n\x1a\n"])
def test_a_damaged_image_ends_with_its_name(tmp_path, content):
    (tmp_path / "bad.jpg").write_bytes(content)
    record = ImageRecord("squat/1_1", tmp_path / "bad.jpg", "shallow_squat", 0, "train")
    message = r"^/[^ ]*bad\.jpg: not an image that Pillow can decode \([^/]+\); unpack or download it again$"
    with pytest.raises(ValueError, match=message):
        read_image(record)


def test_a_picture_cut_short_ends_with_its_name(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    PIL.Image.fromarray(noise).save(tmp_path / "whole.jpg")
    (tmp_path / "cut.jpg").write_bytes((tmp_path / "whole.jpg").read_bytes()[:2000])
    with pytest.raises(ValueError, match=r"cut\.jpg: not an image that Pillow can decode \(.*truncated"):
        read_image(ImageRecord("squat/1_1", tmp_path / "cut.jpg", "shallow_squat", 0, "train"))


def test_a_grey_picture_is_read_as_rgb(tmp_path):
    PIL.Image.fromarray(np.full((5, 4), 77, np.uint8)).save(tmp_path / "grey.png")
    pixels = read_image(ImageRecord("squat/1_1", tmp_path / "grey.png", "shallow_squat", 0, "train"))
    assert pixels.shape == (5, 4, 3) and (pixels == 77).all()
