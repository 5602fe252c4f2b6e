import io

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from PIL import Image

from metrics.fitness_aqa.records import to_prediction, to_reference
from metrics.fitness_aqa.timeline import COLOURS, draw_timeline, sample_clips


def clips(num_squats, num_presses):
    exercises = ["squat"] * num_squats + ["overhead_press"] * num_presses
    return {f"clip {i}": {"exercise": exercise, "errors": []} for i, exercise in enumerate(exercises)}


def error(label, start, end):
    return {"label": label, "start": start, "end": end}


@pytest.mark.parametrize(
    ("num_squats", "num_presses", "num_clips", "expected"),
    [
        (3, 0, 40, {"squat": ["clip 0", "clip 1", "clip 2"]}),
        (5, 0, 3, {"squat": ["clip 0", "clip 2", "clip 4"]}),
        (6, 3, 3, {"squat": ["clip 0", "clip 5"], "overhead_press": ["clip 6"]}),
        (99, 1, 2, {"squat": ["clip 0"], "overhead_press": ["clip 99"]}),
    ],
)
def test_clips_are_evenly_spaced_over_both_exercises(num_squats, num_presses, num_clips, expected):
    assert sample_clips(clips(num_squats, num_presses), num_clips) == expected


def test_bars_lie_where_the_intervals_are():
    references = {
        "a": {"exercise": "squat", "errors": [error("knees_forward", 1.0, 2.5), error("knees_inward", 3, 4)]}
    }
    found = {"exercise": "squat", "errors": [error("knees_forward", 0.5, 2.0), error("elbows", 0, 1)]}
    panel = draw_timeline({"a": to_prediction(found, 0)}, references).axes[0]
    bars = [(bar.get_x(), bar.get_x() + bar.get_width(), bar.get_hatch(), bar.get_y()) for bar in panel.patches]
    assert [bar[:3] for bar in bars] == [(1.0, 2.5, None), (3.0, 4.0, None), (0.5, 2.0, "/////")]
    assert bars[0][3] < bars[2][3] < bars[1][3]  # from the top: forward, its prediction, inward
    assert panel.patches[1].get_facecolor()[:3] == to_rgb(COLOURS["knees_inward"])
    assert [label.get_text() for label in panel.get_yticklabels()] == ["a"]


def test_what_has_no_bar_is_said():
    references = {key: {"exercise": "squat", "errors": []} for key in "abc"}
    predictions = {
        "a": to_prediction({"exercise": "overhead_press", "errors": []}, 0),
        "b": to_prediction("?", 0),
        "c": to_prediction("Squat. Knees inward: yes.", 0),
    }
    panel = draw_timeline(predictions, references).axes[0]
    assert [text.get_text() for text in panel.texts] == ["answered: overhead_press", "answered: not read"]
    assert not panel.patches
    assert [line.get_color() for line in panel.lines if list(line.get_xdata()) == [0]] == [COLOURS["knees_inward"]]


def test_the_picture_says_how_many_clips_it_shows_and_can_be_saved():
    references = {key: to_reference(clip, 0) for key, clip in clips(30, 70).items()}
    predictions = {key: to_prediction("?", 0) for key in references}
    figure = draw_timeline(predictions, references, num_clips=10)
    assert figure.get_suptitle().endswith("clips drawn: 10 of 100, evenly spaced")
    png = io.BytesIO()
    figure.savefig(png, format="png")
    pixels = np.asarray(Image.open(png).convert("L"))
    assert pixels.shape[1] == 1500
    assert (pixels < 128).any()
    assert draw_timeline(predictions, references, 100).get_suptitle().endswith("clips drawn: all")


@pytest.mark.parametrize("num_clips", [0, 401])
def test_too_few_or_too_many_clips_are_refused(num_clips):
    with pytest.raises(ValueError, match=f"num_clips: expected 1 to 400 clips in the picture, got {num_clips}"):
        draw_timeline({}, {}, num_clips)


def test_a_dollar_in_an_id_is_a_letter():
    clip = {r"$\frac{a$": {"exercise": "squat", "errors": []}}
    draw_timeline({key: to_prediction(value, 0) for key, value in clip.items()}, clip).savefig(io.BytesIO())
