import numpy as np

from trainer.report.clips import Clips
from trainer.report.length_control import best_f1_threshold, length_predictions


def reference(*spans):
    errors = [{"label": "knees_forward", "start": start, "end": end} for start, end in spans]
    return {"exercise": "squat", "errors": errors}


def test_the_threshold_of_the_best_f1():
    has_error = np.array([False, True, False, True])
    # from 0.2: precision 2/3, recall 1, F1 0.8; from 0.9: 1, 1/2, 0.667
    assert best_f1_threshold(has_error, np.array([0.1, 0.2, 0.3, 0.9])) == 0.2


def test_long_clips_have_the_error():
    train_s = {f"t{number}": 2.0 + 0.1 * number for number in range(20)}
    clips = Clips(
        references={key: reference() for key in ("short", "long", "unread")},
        durations_s={"short": 2.0, "long": 3.9},
        train_references={
            key: reference((1.0, 2.0 + (number % 2))) if number >= 10 else reference()
            for number, key in enumerate(train_s)
        },
        train_durations_s=train_s,
        inputs=None,
        is_synthetic=True,
    )
    short, long, unread = length_predictions(clips)
    assert short["errors"] == []
    # the median of ten intervals, half of them to 2.0 s and half to 3.0 s
    assert long["errors"] == [{"label": "knees_forward", "start": 1.0, "end": 2.5, "score": None}]
    assert short["scores"]["knees_forward"] < 0.2 < 0.8 < long["scores"]["knees_forward"]
    assert abs(unread["scores"]["knees_forward"] - 0.5) < 0.05  # the median length
    assert long["scores"]["knees_inward"] == 0.0  # no such error in the train split
