import subprocess

import pytest

from model_card.space import limits
from model_card.space.limits import check_clip


def make_clip(path, seconds, rate=1, size="64x64"):
    source = f"color=black:size={size}:rate={rate}:duration={seconds}"
    subprocess.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", source, str(path)], check=True)
    return path


def test_a_clip_of_a_minute_may_come_in(tmp_path):
    check_clip(make_clip(tmp_path / "a.mp4", 60))
    check_clip(make_clip(tmp_path / "a.webm", 3))


def test_a_longer_one_may_not(tmp_path):
    for name in ("a.mp4", "a.mkv"):
        message = (
            f"{name}: it lasts 62 seconds, and at most 60 are answered here. Cut it to one set and drop it again."
        )
        with pytest.raises(ValueError, match=message):
            check_clip(make_clip(tmp_path / name, 62))


def test_what_is_no_video_is_named(tmp_path):
    (tmp_path / "text.mp4").write_text("#EXTM3U\n/etc/passwd\n")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "picture.mp4").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    for name, what in (
        ("text.mp4", r"not a video but text\. Drop a whole video file, such as \.mp4, \.mov or \.webm\."),
        ("empty.mp4", r"empty \(0 bytes\)\. Drop a whole video file"),
        ("noise.mp4", "not a video that FFmpeg can decode"),
        ("picture.mp4", "not a video but a still image"),
        ("gone.mp4", "the file is no longer here. Drop the clip once more"),
    ):
        with pytest.raises(ValueError, match=f"^{name}: {what}") as raised:
            check_clip(tmp_path / name)
        assert str(tmp_path) not in str(raised.value) and "\n" not in str(raised.value)


def test_too_many_frames_or_pixels(tmp_path, monkeypatch):
    path = make_clip(tmp_path / "a.mp4", 2, rate=10)
    monkeypatch.setattr(limits, "MOST_FRAMES", 20)
    check_clip(path)
    monkeypatch.setattr(limits, "MOST_FRAMES", 19)
    with pytest.raises(ValueError, match="a.mp4: 20 frames of 64 × 64 pixels are more than can be looked at here"):
        check_clip(path)
    monkeypatch.setattr(limits, "MOST_FRAMES", 20)
    monkeypatch.setattr(limits, "MOST_PIXELS", 4095)
    with pytest.raises(ValueError, match="Drop a smaller copy"):
        check_clip(path)
