"""What models say about clips, as numbers that were worked out by hand."""

import math

import numpy as np
import pytest
import torch
from datasets import Dataset
from torch import nn

from trainer.baselines.configuration import BaselineConfig
from trainer.baselines.modeling import BaselineModel, window_places
from trainer.baselines.pose_graph.subsequences import strided_subsequences
from trainer.baselines.readings import WINDOW_SUBSEQUENCES, ClipReading, mean_reading, read_clips, window_times


@pytest.mark.parametrize(
    ("window_frames", "expected"),
    [
        (1, [0.0, 1.0, 2.0, 3.0]),
        (2, [0.0, 0.5, 1.5, 2.5]),  # the frame before and the frame itself
        (3, [1 / 3, 1.0, 2.0, 8 / 3]),  # of 0 0 1, 0 1 2, 1 2 3 and 2 3 3 seconds
    ],
)
def test_a_window_is_in_the_middle_of_its_frames(small_config, window_frames, expected):
    config = small_config("md", window_frames=window_frames)
    assert window_times(config, 3.0).tolist() == pytest.approx(expected)


@pytest.mark.parametrize(
    ("window_frames", "num_subsequences", "last_s", "expected"),
    [
        # of sub-sequences 0 3 6 9, 1 4 7 10 and 2 5 8 11 the first two are looked at
        (1, 3, 11.0, [0.5, 3.5, 6.5, 9.5]),
        (2, 3, 11.0, [0.5, 2.0, 5.0, 8.0]),
        (1, 2, 7.0, [0.5, 2.5, 4.5, 6.5]),
        (1, 1, 3.0, [0.0, 1.0, 2.0, 3.0]),
    ],
)
def test_windows_of_poses_lie_in_the_sub_sequences_looked_at(
    small_config, window_frames, num_subsequences, last_s, expected
):
    config = small_config("gymetricpose", window_frames=window_frames, num_subsequences=num_subsequences)
    assert window_times(config, last_s).tolist() == pytest.approx(expected)


@pytest.mark.parametrize("num_clip_frames", [49, 108, 441])
def test_windows_of_poses_are_when_their_frames_were(small_config, num_clip_frames):
    config = small_config("gymetricpose", num_frames=8, window_frames=2, num_subsequences=10)
    times_s = np.arange(num_clip_frames) / 30
    poses = np.broadcast_to(times_s[:, None, None], (num_clip_frames, 17, 3))  # each pose is the time of its frame
    looked_at = strided_subsequences(poses, 8, 10)[:WINDOW_SUBSEQUENCES, :, 0, 0]
    taken_s = looked_at[:, window_places(8, 2).numpy()].mean(axis=(0, 2))
    assert np.abs(window_times(config, times_s[-1]) - taken_s).max() < 1 / 30


class MeanAndLast(nn.Module):
    """Two features of a clip of single numbers: their mean, and the last of them."""

    feature_size = 2

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        return torch.cat([numbers.mean(dim=1), numbers[:, -1]], dim=1)


def toy_model(labels: list[str], tells_exercise: bool) -> BaselineModel:
    """Its first logit is the mean of what it is shown, its second the last number."""
    model = BaselineModel(
        BaselineConfig(
            "probe",
            num_frames=2,
            window_frames=1,
            dropout=0.0,
            labels=labels,
            tells_exercise=tells_exercise,
            sample_size=1,
        )
    ).eval()
    model.encoder, model.head = MeanAndLast(), nn.Linear(2, 2)
    nn.init.eye_(model.head.weight)
    nn.init.zeros_(model.head.bias)
    return model


def decoded_rows(*clips: list[float]) -> Dataset:
    """Clips `a`, `b`, … of single numbers, as `decode_rows` gives them, of 2 seconds, the last frame at 1.5 s."""
    rows = [
        {
            "id": "abc"[place],
            "sample": np.array(numbers, np.float32).tobytes(),
            "shape": [len(numbers), 1],
            "duration_s": 2.0,
            "last_s": 1.5,
            "problem": None,
        }
        for place, numbers in enumerate(clips)
    ]
    return Dataset.from_list(rows)


LN3 = math.log(3)  # of a probability of 3/4
CLIPS = ([0.0, LN3 * 2], [0.0, 0.0], [-LN3, -LN3])


@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_probabilities_of_clips_and_windows(batch_size):
    readings = {id: ClipReading(id) for id in "abc"}
    model = toy_model(["elbows", "knees"], tells_exercise=False)
    read_clips(model, decoded_rows(*CLIPS), readings, batch_size, intervals=True)
    assert readings["a"].label_scores == pytest.approx({"elbows": 0.75, "knees": 0.9})  # odds of 3 and of 9
    assert readings["b"].label_scores == pytest.approx({"elbows": 0.5, "knees": 0.5})
    assert readings["c"].label_scores == pytest.approx({"elbows": 0.25, "knees": 0.25})
    assert readings["a"].frame_scores["elbows"] == pytest.approx([0.5, 0.9])
    assert readings["a"].frame_scores["knees"] == pytest.approx([0.5, 0.9])
    assert readings["c"].frame_scores["knees"] == pytest.approx([0.25, 0.25])
    assert (readings["a"].duration_s, readings["a"].frame_times_s) == (2.0, [0.0, 1.5])
    assert readings["a"].exercise_scores == {}


def test_the_last_logit_tells_the_exercise():
    readings = {"a": ClipReading("a")}
    read_clips(toy_model(["elbows"], tells_exercise=True), decoded_rows(CLIPS[0]), readings, 8, intervals=True)
    assert readings["a"].label_scores == pytest.approx({"elbows": 0.75})
    assert readings["a"].exercise_scores == pytest.approx({"squat": 0.1, "overhead_press": 0.9})
    assert set(readings["a"].frame_scores) == {"elbows"}


def test_without_intervals_no_window_is_read():
    readings = {"a": ClipReading("a")}
    read_clips(toy_model(["elbows", "knees"], False), decoded_rows(CLIPS[0]), readings, 8, intervals=False)
    assert readings["a"].label_scores == pytest.approx({"elbows": 0.75, "knees": 0.9})
    assert readings["a"].frame_scores == {}


def test_models_of_several_groups_add_to_one_reading():
    readings = {"a": ClipReading("a")}
    for labels in (["elbows", "knees"], ["knees_forward", "knees_inward"]):
        read_clips(toy_model(labels, False), decoded_rows(CLIPS[0]), readings, 8, intervals=True)
    assert set(readings["a"].label_scores) == {"elbows", "knees", "knees_forward", "knees_inward"}


def make_reading(press: float, knees: float, curve: list[float], times_s: tuple[float, ...] = (0.0, 1.0, 2.0)):
    return ClipReading(
        "a",
        2.5,
        {"squat": 1 - press, "overhead_press": press},
        {"knees": knees},
        list(times_s),
        {"knees": curve},
    )


def test_the_mean_of_readings():
    mean = mean_reading([make_reading(0.75, 0.5, [0.0, 0.5, 1.0]), make_reading(0.25, 0.25, [1.0, 0.0, 0.5])])
    assert mean == ClipReading(
        "a",
        2.5,
        {"squat": 0.5, "overhead_press": 0.5},
        {"knees": 0.375},
        [0.0, 1.0, 2.0],
        {"knees": [0.5, 0.25, 0.75]},
    )
    one = make_reading(0.75, 0.5, [0.0, 0.5, 1.0])
    assert mean_reading([one]) == one


def test_curves_at_other_times_are_read_at_those_of_the_first():
    # between 0.5 at 0.5 s and 0.25 at 1.5 s lies 0.375, beyond the last time stands the last value
    other = make_reading(0.75, 0.5, [0.5, 0.25, 0.0], times_s=(0.5, 1.5, 1.75))
    mean = mean_reading([make_reading(0.75, 0.5, [0.0, 0.0, 0.0]), other])
    assert mean.frame_times_s == [0.0, 1.0, 2.0]
    assert mean.frame_scores["knees"] == pytest.approx([0.25, 0.1875, 0.0])


def test_without_intervals_there_is_no_mean_curve():
    readings = [make_reading(0.75, 0.5, []), make_reading(0.25, 0.25, [])]
    for reading in readings:
        reading.frame_scores = {}
    assert mean_reading(readings).frame_scores == {}
    assert mean_reading(readings).label_scores == {"knees": 0.375}


def test_a_clip_that_one_could_not_read_has_no_mean():
    readings = [make_reading(0.75, 0.5, [0.0, 0.5, 1.0]), ClipReading("a", problem="a.mp4: cut short")]
    assert mean_reading(readings) == ClipReading("a", problem="a.mp4: cut short")
    assert mean_reading(readings[::-1]) == ClipReading("a", problem="a.mp4: cut short")
