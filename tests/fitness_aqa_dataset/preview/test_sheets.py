import PIL.Image
import pytest

from fitness_aqa_dataset.preview import draw_preview


@pytest.mark.parametrize("name", ["video", "shallow_squat", "lumbar", "torso_angle", "unlabeled"])
def test_every_config_has_a_picture(whole_release, tmp_path, name):
    path = draw_preview(str(whole_release), str(tmp_path / f"{name}.png"), name=name)
    with PIL.Image.open(path) as image:
        image.load()
        assert image.format == "PNG" and image.width == 1276 and image.height > 200
    assert [file.name for file in tmp_path.glob("*.png*")] == [f"{name}.png"]


@pytest.mark.parametrize(("name", "id"), [("lumbar", "barbell_row/40_2"), ("unlabeled", "squat/50_1")])
def test_an_id_of_another_config(whole_release, tmp_path, name, id):
    shown = draw_preview(whole_release, tmp_path / "one.png", name=name, id=id)
    assert shown.read_bytes() != draw_preview(whole_release, tmp_path / "default.png", name=name).read_bytes()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"name": "videos"},
            r"^no config is called 'videos'\. Choose among video, shallow_squat, lumbar, torso_angle",
        ),
        (
            {"id": "squat/10_3"},
            r"^squat/10_3: no such id among the 8 of 'video'; the nearest are squat/10_2, squat/10_1",
        ),
        (
            {"name": "lumbar", "id": "40_9"},
            r"^40_9: no such id among the 3 of 'lumbar'; the nearest are barbell_row/40",
        ),
        ({"num_frames": 1}, r"^num_frames: from 2 to 64 frames fit on a sheet, got 1$"),
        ({"name": "unlabeled", "num_frames": 65}, r"^num_frames: from 2 to 64 frames fit on a sheet, got 65$"),
    ],
)
def test_wrong_arguments(whole_release, tmp_path, settings, message):
    with pytest.raises(ValueError, match=message):
        draw_preview(whole_release, tmp_path / "sheet.png", **settings)
    assert not list(tmp_path.glob("*.png*"))


def test_wrong_places(release, tmp_path):
    with pytest.raises(ValueError, match=r"sheet\.gif: the picture is a PNG file"):
        draw_preview(release, tmp_path / "sheet.gif")
    with pytest.raises(FileNotFoundError, match="there is no folder"):
        draw_preview(release, tmp_path / "missing" / "sheet.png")
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder"):
        draw_preview(tmp_path / "nowhere", tmp_path / "sheet.png")
    with pytest.raises(ValueError, match="no unlabelled clips"):
        draw_preview(release, tmp_path / "sheet.png", name="unlabeled")


def test_splits_without_ids(whole_release, tmp_path, write_json):
    folder = whole_release / "BarbellRow/Labeled_Dataset/Splits/Splits_Lumbar_Error"
    for split in ("train", "val", "test"):
        write_json(folder / f"{split}_ids.json", [])
    with pytest.raises(
        ValueError, match=r"the splits of 'lumbar' are empty, there is nothing to draw; choose another"
    ):
        draw_preview(whole_release, tmp_path / "sheet.png", name="lumbar")
