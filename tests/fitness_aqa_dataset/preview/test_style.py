import PIL.Image
import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure

from fitness_aqa_dataset.preview.style import ERROR_COLORS, figure_style, in_words, output_path, save_figure


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet", "sheet.png.pdf"])
def test_only_png_is_written(tmp_path, name):
    with pytest.raises(ValueError, match=rf"{name}: the picture is a PNG file; give a name that ends in \.png$"):
        output_path(tmp_path / name)


def test_the_folder_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"sheet\.png: there is no folder .*missing; make it or name another"):
        output_path(tmp_path / "missing" / "sheet.png")


def test_a_picture_replaces_the_one_before_and_is_the_same_each_time(tmp_path):
    path = output_path(tmp_path / "sheet.PNG")
    path.write_text("old")
    assert save_figure(Figure(figsize=(2, 1)), path) == path
    first = path.read_bytes()
    assert PIL.Image.open(path).size == (220, 110)
    save_figure(Figure(figsize=(2, 1)), path)
    assert path.read_bytes() == first
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_when_writing_fails(tmp_path):
    (tmp_path / "sheet.png").mkdir()
    with pytest.raises(OSError):
        save_figure(Figure(figsize=(2, 1)), tmp_path / "sheet.png")
    assert [path.name for path in tmp_path.iterdir()] == ["sheet.png"]


def test_the_look_does_not_leak():
    before = rcParams["font.size"], rcParams["text.parse_math"]
    with figure_style():
        assert rcParams["text.parse_math"] is False
    assert (rcParams["font.size"], rcParams["text.parse_math"]) == before


def test_every_error_has_a_colour_and_every_name_words():
    assert sorted(ERROR_COLORS) == ["elbows", "knees", "knees_forward", "knees_inward"]
    assert len(set(ERROR_COLORS.values())) == 4
    assert in_words("overhead_press") == "Overhead press"
