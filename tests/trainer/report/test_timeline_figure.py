import io

from PIL import Image

from trainer.report.timeline_figure import draw_timeline
from trainer.report.tracks import make_lanes

ROW = {
    "errors": [{"label": "elbows", "start": 1.0, "end": 2.0}],
    "frame_times": [0.0, 2.0],
    "frame_scores": {"elbows": [0.2, 0.9]},
}
REFERENCE = {"errors": [{"label": "elbows", "start": 0.5, "end": 1.5}]}
CLIP = ("press/$1_$2", "elbows: IoU 0.33", 3.0, make_lanes(["elbows", "knees"], ROW, (0.0, 3.0), REFERENCE))


def test_one_clip_has_its_errors_colour():
    image = Image.open(io.BytesIO(draw_timeline([CLIP], False))).convert("RGB")
    # 9 inches of 130 dots; 0.75 for the head, 1.06 for the clip, 0.45 for the axis
    assert image.size == (1170, 293)
    colours = {colour for _, colour in image.getcolors(100_000)}
    assert (0, 158, 115) in colours  # elbows
    assert (204, 121, 167) not in colours  # knees


def test_no_more_clips_than_a_picture_can_hold():
    # 0.75 + 40 * 1.06 + 0.45 inches of 130 dots
    assert Image.open(io.BytesIO(draw_timeline([CLIP] * 500, True))).size == (1170, 5668)
