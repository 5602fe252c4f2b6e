from io import BytesIO

import numpy as np
from PIL import Image

from trainer.prediction.reliability import draw_reliability

PROBABILITY = np.array([0.05, 0.15, 0.19, 1.0])
IS_ANNOTATED = np.array([False, True, False, True])


def test_a_picture_with_a_panel_for_every_error():
    panel = {"before": PROBABILITY, "after": PROBABILITY / 2, "is_annotated": IS_ANNOTATED, "threshold": 0.5}
    panels = dict.fromkeys(("knees_forward", "knees_inward", "elbows", "knees"), panel)
    png = draw_reliability(panels, "a model")
    picture = np.asarray(Image.open(BytesIO(png)).convert("RGB"))
    assert picture.shape == (418, 1276, 3)
    quarters = np.array_split(picture, 4, axis=1)
    for quarter, color in zip(quarters, ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167)), strict=True):
        assert (quarter == color).all(-1).sum() > 100
    assert png == draw_reliability(panels, "a model")
