from io import BytesIO

import numpy as np
from PIL import Image

from trainer.curves import draw_curves

LOG = [
    {
        "step": 1,
        "loss": 2.0,
        "grad_norm": 1.0,
        "learning_rate": 1e-5,
        "learning_rate/tower": 1e-6,
        "tokens_per_second": 9.0,
    },
    {"step": 2, "eval_loss": 1.9, "eval_runtime": 3.0},
    {"step": 2, "eval_macro_f1": 0.5, "eval_f1/knees": 0.5, "eval_map/paper": 0.1},
    {
        "step": 3,
        "loss": 1.0,
        "grad_norm": 1.0,
        "learning_rate": 5e-6,
        "learning_rate/tower": 5e-7,
        "tokens_per_second": 9.0,
    },
]


def picture(log):
    return np.asarray(Image.open(BytesIO(draw_curves(log, "a run"))).convert("RGB"))


def test_a_picture_with_a_panel_for_what_was_logged():
    whole, loss_only = picture(LOG), picture([{"step": 1, "loss": 2.0}, {"step": 3, "loss": 1.0}])
    assert whole.shape[1] == loss_only.shape[1] == 1232  # two columns
    assert whole.shape[0] > 2 * loss_only.shape[0]  # six panels, and one
    assert (whole < 128).any()


def test_a_log_with_nothing_in_it():
    assert picture([]).shape[2] == 3


def test_the_same_log_gives_the_same_bytes():
    assert draw_curves(LOG, "a run") == draw_curves(LOG, "a run")
