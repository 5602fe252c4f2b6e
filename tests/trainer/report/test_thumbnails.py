import base64
import io

import pytest
import torch
from PIL import Image
from torchcodec.encoders import VideoEncoder

from trainer.report.thumbnails import interval_thumbnails, open_clip


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Two seconds at 10 frames a second, each frame a little brighter than the one before."""
    frames = torch.arange(20).mul(12).to(torch.uint8)[:, None, None, None].expand(20, 3, 64, 96).contiguous()
    path = tmp_path_factory.mktemp("clip") / "grey.mp4"
    VideoEncoder(frames, frame_rate=10).to_file(path, crf=0)
    return open_clip(str(path), "grey")


def brightness(thumbnail):
    kind, text = thumbnail.source.split(",")
    assert kind == "data:image/jpeg;base64"
    image = Image.open(io.BytesIO(base64.b64decode(text)))
    assert image.size == (240, 160) == (thumbnail.width, thumbnail.height)
    return image.convert("L").getpixel((100, 80))


def test_start_middle_and_end(clip):
    decoder, duration_s = clip
    assert duration_s == 2.0
    thumbnails = interval_thumbnails(decoder, 0.5, 1.5)
    assert [(one.moment, one.time_s) for one in thumbnails] == [("start", 0.5), ("middle", 1.0), ("end", 1.5)]
    assert [brightness(one) for one in thumbnails] == pytest.approx([60, 120, 180], abs=4)


@pytest.mark.parametrize(
    ("start_s", "end_s", "times_s"),
    [
        (1.5, 9.0, [1.5, 1.7, 1.9]),  # cut off at the clip's end
        (1.0, 1.01, [1.0, 1.1, 1.2]),  # made two frames long
        (1.99, 3.0, [1.8, 1.8, 1.9]),
    ],
)
def test_intervals_are_made_to_fit(clip, start_s, end_s, times_s):
    assert [one.time_s for one in interval_thumbnails(clip[0], start_s, end_s)] == times_s


@pytest.mark.parametrize(("start_s", "end_s"), [(2.0, 3.0), (1.0, 1.0), (5.0, 4.0)])
def test_nothing_to_see(clip, start_s, end_s):
    assert interval_thumbnails(clip[0], start_s, end_s) == []
