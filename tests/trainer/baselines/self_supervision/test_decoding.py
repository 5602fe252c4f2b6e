import logging

import pytest
import torch
from datasets import Dataset, Features, Value

from trainer.baselines.self_supervision.decoding import resize, without_problems


def decoded(*problems: str | None) -> Dataset:
    features = Features({"number": Value("int32"), "problem": Value("string")})
    return Dataset.from_dict({"number": range(len(problems)), "problem": problems}, features=features)


def test_frames_become_squares():
    frames = torch.full((2, 3, 30, 50), 77, dtype=torch.uint8)
    assert torch.equal(resize(frames, 20), torch.full((2, 3, 20, 20), 77, dtype=torch.uint8))


def test_what_is_left_out_is_said_in_one_line(caplog):
    rows = without_problems(decoded(None, "that cannot be decoded", None, "without a repetition"), 4)
    assert rows["number"][:] == [0, 2]
    (record,) = caplog.records
    expected = "2 of 4 unlabelled clips are left out: 1 that cannot be decoded, 1 without a repetition"
    assert record.getMessage() == expected


def test_nothing_is_said_where_nothing_is_left_out(caplog):
    with caplog.at_level(logging.INFO):
        assert len(without_problems(decoded(None, None), 2)) == 2
    assert not caplog.records


def test_no_clip_is_left():
    message = "no triplets can be made of the 2 unlabelled clips: 2 without a repetition. .*`self_supervised: false`"
    with pytest.raises(ValueError, match=message):
        without_problems(decoded("without a repetition", "without a repetition"), 2)
