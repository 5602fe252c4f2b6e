import shutil

import numpy as np
import pytest
from PIL import Image

from model_card.run_files import read_run
from model_card.timeline import draw_timeline


def close_to(pixels, color) -> int:
    return int((np.abs(pixels.astype(int) - color).max(axis=-1) < 40).sum())


def test_frames_and_bars_are_there(run_dir, tmp_path):
    path = draw_timeline(read_run(run_dir), tmp_path / "timeline.png")
    image = Image.open(path).convert("RGB")
    pixels = np.asarray(image)
    assert image.width == 1210
    assert 6 * 200 < image.height < 6 * 400  # six clips: four squats and the two presses
    # 8 frames of 6 clips, each with a square of 24 × 24 of its 64 × 48 pixels, drawn 0.95 × 117.6 = 112 pixels wide.
    assert close_to(pixels, (255, 0, 255)) == pytest.approx(6 * 8 * (24 / 64 * 112) ** 2, rel=0.1)
    for reference_color in ((0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00), (0x00, 0x9E, 0x73)):
        assert (pixels == reference_color).all(axis=-1).sum() > 1000
    assert not (pixels == (0xCC, 0x79, 0xA7)).all(axis=-1).any()  # nobody has the error `knees`


def test_bar_lies_where_the_interval_is(run_dir, tmp_path):
    run = read_run(run_dir)
    for row in run.references:
        row["errors"] = []
    for row in run.predictions.values():
        row["errors"] = []
    run.references[3]["errors"] = [{"label": "knees_forward", "start": 0.25, "end": 0.75}]
    pixels = np.asarray(Image.open(draw_timeline(run, tmp_path / "timeline.png")).convert("RGB"))
    columns = np.flatnonzero((pixels == (0x00, 0x72, 0xB2)).all(axis=-1).any(axis=0))
    # The axis runs over one second from 1.3 to 11 - 1.15 inches, at 110 dots an inch.
    assert columns.min() == pytest.approx(110 * (1.3 + 0.25 * 8.55), abs=2)
    assert columns.max() == pytest.approx(110 * (1.3 + 0.75 * 8.55), abs=2)


def test_clip_that_is_not_at_hand_has_bars_and_no_frames(run_dir, tmp_path):
    videos = run_dir / "release" / "Squat" / "Labeled_Dataset" / "videos"
    whole = Image.open(draw_timeline(read_run(run_dir), tmp_path / "whole.png"))
    (videos / "2_2.mp4").write_text("not a video")
    (videos / "1_1.mp4").unlink()
    image = Image.open(draw_timeline(read_run(run_dir), tmp_path / "timeline.png")).convert("RGB")
    pixels = np.asarray(image)
    # two of six clips, each with frames of 0.95 × 117.6 × 48 / 64 = 84 pixels
    assert whole.height - image.height == pytest.approx(2 * 84, abs=3)
    assert close_to(pixels, (255, 0, 255)) == pytest.approx(4 * 8 * (24 / 64 * 112) ** 2, rel=0.1)
    assert (pixels == (0x00, 0x72, 0xB2)).all(axis=-1).sum() > 1000


def test_no_frames_at_all(run_dir, tmp_path, capsys):
    run = read_run(run_dir)
    shutil.rmtree(run_dir / "release")
    run.settings["after"]["data"] = "gone"
    pixels = np.asarray(Image.open(draw_timeline(run, tmp_path / "timeline.png")).convert("RGB"))
    (warning,) = capsys.readouterr().err.splitlines()
    assert "timeline.png: 6 of 6 clips are drawn without frames, squat/2_2 first: they cannot be read" in warning
    assert close_to(pixels, (255, 0, 255)) == 0
    assert (pixels == (0x00, 0x72, 0xB2)).all(axis=-1).sum() > 1000
