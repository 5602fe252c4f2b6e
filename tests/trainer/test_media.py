"""What rows show: clips, images, grey; and what is said of those that cannot be read."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from tests.trainer.clip_rows import make_row, write_clip
from trainer.media import grey_media, read_media


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "noise.mp4")


def test_a_clip_and_its_times(clip):
    media = read_media(make_row(clip), 4)
    assert media.frames.shape == (4, 3, 64, 64)
    assert media.frames.dtype == torch.uint8
    assert media.times_s == pytest.approx([0, 14 / 30, 29 / 30, 44 / 30])
    assert media.duration_s == 1.5
    metadata = media.metadata()
    assert metadata.frames_indices == [0, 14, 29, 44]
    assert metadata.timestamps == pytest.approx([0, 14 / 30, 29 / 30, 44 / 30])
    assert (metadata.total_num_frames, metadata.fps, metadata.duration) == (45, 30, 1.5)


@pytest.mark.parametrize("how", ["path", "text", "bytes"])
def test_clips_in_every_form(clip, how):
    video = {"path": clip, "text": str(clip), "bytes": {"bytes": clip.read_bytes(), "path": "noise.mp4"}}[how]
    media = read_media({"id": "1", "video": video}, 2)
    assert torch.equal(media.frames, read_media(make_row(clip), 2).frames)


def damaged_behind_the_header(clip):
    data = bytearray(clip.read_bytes())
    start, end = data.find(b"mdat") + 4, data.find(b"moov") - 4
    data[start + (end - start) // 8 : end] = bytes(end - start - (end - start) // 8)
    return bytes(data)


@pytest.mark.parametrize("damage", ["header", "middle", "missing", "empty"])
@pytest.mark.parametrize("embedded", [False, True])
def test_clips_that_cannot_be_read_are_named(clip, tmp_path, damage, embedded):
    path = tmp_path / "32939_2.mp4"
    contents = {"header": b"no video", "middle": damaged_behind_the_header(clip), "empty": b""}
    if damage == "missing" and embedded:
        with pytest.raises(ValueError, match="the clip has neither bytes nor a path"):
            read_media({"id": "1", "video": {"bytes": None, "path": None}}, 4)
        return
    if damage != "missing":
        path.write_bytes(contents[damage])
    video = {"bytes": path.read_bytes() if embedded else None, "path": str(path)}
    with pytest.raises(ValueError, match=r"32939_2\.mp4: not a video that FFmpeg can decode"):
        read_media({"id": "1", "video": video}, 4)


def test_a_path_with_damage_behind_its_header_is_named(clip, tmp_path):
    path = tmp_path / "32939_2.mp4"
    path.write_bytes(damaged_behind_the_header(clip))
    for video in (path, str(path)):
        with pytest.raises(ValueError, match=r"32939_2\.mp4: not a video"):
            read_media({"id": "1", "video": video}, 4)


@pytest.fixture
def picture():
    """2 rows, 3 columns."""
    return np.arange(18, dtype=np.uint8).reshape(2, 3, 3) * 10


def png(picture, **options):
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("how", ["PIL", "path", "text", "bytes", "file"])
def test_images_in_every_form(picture, tmp_path, how):
    path = tmp_path / "7.png"
    path.write_bytes(png(picture))
    forms = {
        "PIL": Image.fromarray(picture),
        "path": path,
        "text": str(path),
        "bytes": {"bytes": png(picture), "path": None},
        "file": {"bytes": None, "path": str(path)},
    }
    media = read_media({"id": "1", "image": forms[how], "video": None}, 4)
    assert media.frames.shape == (1, 3, 2, 3)
    assert media.frames[0, :, 1, 2].tolist() == [150, 160, 170]
    assert media.times_s == []


def test_images_are_turned_upright_and_made_rgb(picture):
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    media = read_media({"id": "1", "image": {"bytes": png(picture, exif=exif), "path": None}}, 4)
    assert media.frames.shape == (1, 3, 3, 2)
    grey = read_media({"id": "1", "image": Image.fromarray(picture[..., 0], mode="L")}, 4)
    assert grey.frames[0, :, 0, 1].tolist() == [30, 30, 30]


@pytest.mark.parametrize("damage", ["other", "empty", "cut", "missing"])
def test_images_that_cannot_be_read_are_named(tmp_path, damage):
    path = tmp_path / "7.png"
    if damage != "missing":
        whole = png(np.zeros((90, 90, 3), dtype=np.uint8))
        path.write_bytes({"other": b"no image", "empty": b"", "cut": whole[:60]}[damage])
    with pytest.raises(ValueError, match=r"7\.png: not an image that Pillow can read .*Unpack or download it again"):
        read_media({"id": "1", "image": {"bytes": None, "path": str(path)}}, 4)


@pytest.mark.parametrize("row", [{"id": "1"}, {"id": "1", "image": {"bytes": None, "path": None}}])
def test_rows_that_show_nothing(row):
    with pytest.raises(ValueError, match="neither a clip nor an image, or no bytes and no path"):
        read_media(row, 4)


def test_grey_has_the_size_of_the_others(clip):
    other = read_media(make_row(clip), 4)
    media = grey_media({"id": "1", "video": {"bytes": None, "path": "gone.mp4"}}, 3, [other])
    assert media.frames.shape == (3, 3, 64, 64)
    assert media.frames.unique().tolist() == [128]
    assert media.times_s == [0.0, 1.0, 2.0]
    assert media.duration_s == 3.0
    image = grey_media({"id": "1", "image": "gone.png"}, 3, [other])
    assert image.frames.shape == (1, 3, 64, 64)
    assert image.times_s == []
    assert grey_media({"id": "1", "image": "gone.png"}, 3, []).frames.shape == (1, 3, 224, 224)


def test_a_window_is_a_clip_of_its_own(clip):
    whole = read_media(make_row(clip), 45)
    media = read_media(make_row(clip, window={"start": 0.5, "end": 1.0}), 15)
    assert torch.equal(media.frames, whole.frames[15:30])  # half-open: the frame at 1.0 s is the next window's
    assert media.times_s == pytest.approx([index / 30 for index in range(15)])
    assert media.duration_s == pytest.approx(0.5)
    assert media.metadata().total_num_frames == 15
    last = read_media(make_row(clip, window={"start": 1.0, "end": 1.5}), 2)
    assert torch.equal(last.frames, whole.frames[[30, 44]])
