from pathlib import Path

import pytest
import torch
from torchcodec.decoders import VideoDecoder
from torchcodec.encoders import VideoEncoder

from trainer.report.overlay import draw_errors, overlay_paths, write_overlay

BLUE, ORANGE = (0, 114, 178), (230, 159, 0)  # knees forward and knees inward


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    """Four seconds of light grey at 10 frames a second, 241 pixels high and 321 wide."""
    path = tmp_path_factory.mktemp("video") / "grey.mp4"
    frames = torch.full((40, 3, 241, 321), 200, dtype=torch.uint8)
    VideoEncoder(frames, frame_rate=10).to_file(path, pixel_format="yuv444p")
    return path


ROWS = [
    {"errors": [{"label": "knees_forward", "start": 1.0, "end": 2.0, "score": None}]},
    {"errors": [{"label": "knees_inward", "start": 2.5, "end": 3.5, "score": None}]},
]


def is_near(pixel, colour):
    return all(abs(int(got) - wanted) < 25 for got, wanted in zip(pixel, colour, strict=True))


@pytest.fixture(scope="module")
def overlay(video, tmp_path_factory) -> VideoDecoder:
    path = tmp_path_factory.mktemp("overlay") / "new" / "out.mp4"
    write_overlay(str(video), ROWS, path)
    assert [file.name for file in path.parent.iterdir()] == ["out.mp4"]
    return VideoDecoder(path)


def test_the_file_is_what_browsers_play(overlay):
    metadata = overlay.metadata
    assert (metadata.codec, metadata.pixel_format) == ("h264", "yuv420p")
    assert (metadata.width, metadata.height) == (320, 240)
    assert (len(overlay), metadata.average_fps) == (40, 10)


def test_bars_lie_where_the_errors_are(overlay):
    frame = overlay[0]
    # Two lanes of 10 pixels; a second is 80 pixels wide.
    upper, lower = frame[:, 225].T, frame[:, 235].T
    assert is_near(upper[120], BLUE)
    assert is_near(lower[240], ORANGE)
    for pixel in (upper[60], upper[200], upper[240], lower[120], lower[310]):
        assert is_near(pixel, (50, 50, 50))


def test_the_playhead_moves(overlay):
    for index, x in ((5, 40), (20, 160), (39, 312)):
        column = overlay[index][:, 222:238, x : x + 2].float().mean()
        assert column > 200, (index, x)


def test_the_name_is_shown_while_the_error_goes_on(overlay):
    def plate(index):  # top left, beside the text
        return overlay[index][:, 8, 8]

    assert [is_near(plate(index), BLUE) for index in (5, 9, 10, 15, 20, 21)] == [False, False, True, True, True, False]
    assert is_near(plate(30), ORANGE)
    assert is_near(plate(22), (200, 200, 200))


def test_a_video_without_errors_has_an_empty_bar():
    frame = torch.full((3, 100, 100), 200, dtype=torch.uint8)
    drawn = draw_errors(frame, [], 0.0, 1.0)
    assert drawn[:, 50, 50].tolist() == [200, 200, 200]
    assert drawn[:, 98, 50].tolist() == [50, 50, 50]


def test_where_overlays_go(tmp_path):
    assert overlay_paths(["a/x.mov"], tmp_path / "out.mp4") == {"a/x.mov": tmp_path / "out.mp4"}
    assert overlay_paths(["a/x.mov", "b/x.mp4", "b/y.mp4"], tmp_path / "out") == {
        "a/x.mov": tmp_path / "out" / "x.mp4",
        "b/x.mp4": tmp_path / "out" / "x-2.mp4",
        "b/y.mp4": tmp_path / "out" / "y.mp4",
    }
    # a name that another video has been given already
    assert overlay_paths(["a/x.mp4", "b/x.mp4", "c/x-2.mp4"], tmp_path / "out") == {
        "a/x.mp4": tmp_path / "out" / "x.mp4",
        "b/x.mp4": tmp_path / "out" / "x-2.mp4",
        "c/x-2.mp4": tmp_path / "out" / "x-2-2.mp4",
    }


def test_where_they_cannot_go(tmp_path):
    own = tmp_path / "x.mp4"
    own.write_text("")
    with pytest.raises(ValueError, match="x.mp4 is the video itself. Give another place"):
        overlay_paths([str(own)], own)
    with pytest.raises(ValueError, match="expected a file that ends in .mp4, got .*out.avi"):
        overlay_paths(["a.mp4"], tmp_path / "out.avi")
    with pytest.raises(ValueError, match="2 videos need a folder, got the file .*out.mp4"):
        overlay_paths(["a.mp4", "b.mp4"], tmp_path / "out.mp4")


def test_a_damaged_video_leaves_nothing(tmp_path):
    (tmp_path / "damaged.mp4").write_bytes(b"no video")
    with pytest.raises(ValueError, match="damaged.mp4: not a video that FFmpeg can decode"):
        write_overlay(str(tmp_path / "damaged.mp4"), ROWS, tmp_path / "out.mp4")
    assert [path.name for path in tmp_path.iterdir()] == ["damaged.mp4"]


def test_a_damaged_tail_leaves_nothing(tmp_path, video):
    path = tmp_path / "cut.mp4"
    frames = torch.randint(0, 255, (60, 3, 120, 160), dtype=torch.uint8)
    VideoEncoder(frames, frame_rate=10).to_file(path, extra_options={"movflags": "faststart"})
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(ValueError, match="cut.mp4: .*decode"):
        write_overlay(str(path), ROWS, tmp_path / "out.mp4")
    assert [file.name for file in tmp_path.iterdir()] == ["cut.mp4"]


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder that nobody can write into, Linux only")
def test_a_place_that_cannot_be_written(video):
    with pytest.raises(ValueError, match="/proc/out.mp4: cannot be written .*Give a place that can be written"):
        write_overlay(str(video), ROWS, Path("/proc/out.mp4"))
