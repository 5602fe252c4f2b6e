"""Controls take away or change one thing, the same each time."""

import pytest
import torch

from fitness_aqa_dataset.wordings import QUESTION
from trainer.prediction.controls import PARAPHRASES, change_frames, question


@pytest.fixture
def frames():
    """Frame number t is filled with t."""
    return torch.arange(12, dtype=torch.uint8)[:, None, None, None].expand(12, 3, 4, 5).contiguous()


def test_blank_frames_are_grey(frames):
    blank = change_frames("blank", frames, "squat/1_1", 0)
    assert blank.shape == (12, 3, 4, 5) and blank.dtype == torch.uint8
    assert blank.unique().tolist() == [128]


def test_shuffled_frames_are_the_same_frames_in_an_order_of_the_id_and_the_seed(frames):
    order = change_frames("shuffled", frames, "squat/1_1", 0)[:, 0, 0, 0].tolist()
    assert sorted(order) == list(range(12))
    assert order != list(range(12))
    assert change_frames("shuffled", frames, "squat/1_1", 0)[:, 0, 0, 0].tolist() == order
    assert change_frames("shuffled", frames, "squat/1_2", 0)[:, 0, 0, 0].tolist() != order
    assert change_frames("shuffled", frames, "squat/1_1", 1)[:, 0, 0, 0].tolist() != order


@pytest.mark.parametrize("control", ["none", "paraphrased"])
def test_other_controls_leave_frames_alone(frames, control):
    assert change_frames(control, frames, "squat/1_1", 0) is frames


@pytest.mark.parametrize("control", ["none", "blank", "shuffled"])
def test_other_controls_leave_the_question_alone(control):
    assert question(control, "squat/1_1", 0) == QUESTION


def test_every_paraphrase_is_used_and_chosen_by_the_id():
    asked = [question("paraphrased", f"squat/{number}_1", 0) for number in range(200)]
    assert asked == [question("paraphrased", f"squat/{number}_1", 0) for number in range(200)]
    assert set(asked) == set(PARAPHRASES)
    assert QUESTION not in PARAPHRASES


@pytest.mark.parametrize("text", PARAPHRASES)
def test_a_paraphrase_asks_for_the_same(text):
    assert "Squat or an Overhead Press (OHP)" in text
    assert "mistake" in text or "wrong" in text
    assert not {"knee", "elbow"} & {
        word for word in ("knee", "elbow") if word in text.lower()
    }  # it gives nothing away
