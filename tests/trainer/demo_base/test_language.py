"""Token batches of the second stage, about *synthetic* clips."""

import re

import numpy as np
import pytest
import torch

from trainer.demo_base.language import ClipReader
from trainer.demo_base.settings import LanguageStage

SEED, NUM_CLIPS = 13, 6
STAGE = LanguageStage(steps=1, batch_clips=3, learning_rate=1e-3, max_tokens=620, spans_only=False)
SPANS = LanguageStage(steps=1, batch_clips=3, learning_rate=1e-3, max_tokens=700, spans_only=True)


@pytest.fixture(scope="module")
def reader(demo_processor):
    return ClipReader(demo_processor, SEED, NUM_CLIPS)


@pytest.fixture(scope="module")
def batch(reader):
    return reader.batch(np.array([0, 1, 4]), np.random.default_rng(0), STAGE)


@pytest.fixture(scope="module")
def texts(batch, demo_processor):
    """Each row's text without the padding."""
    rows = [demo_processor.tokenizer.decode(ids) for ids in batch.input_ids]
    return [re.sub(r"(<\|endoftext\|>)+$", "", row) for row in rows]


def test_a_row_is_one_conversation_about_one_clip(texts):
    for text in texts:
        video = "<video>" * 320  # 16 frames of 20 tokens
        opening = (
            f"<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n{video}\nThe video lasts "
        )
        assert text.startswith(opening)
        assert text.endswith("<|im_end|>")
        instruction, question = text.removeprefix(opening).split("\n")[:2]
        assert re.fullmatch(
            r"for \d\.\d\d seconds, and 16 frames are uniformly sampled from it\. These frames are located at "
            r"0\.00s(,\d\.\d\ds){15}\.Please answer the following questions related to this video\.",
            instruction,
        )
        assert question.endswith("<|im_end|>")
        assert text.count("The video lasts") == 1


def test_turns_follow_each_other_in_the_chat_s_form(texts, demo_processor):
    for text in texts:
        turns = text.split("<|im_start|>")[1:]
        assert [turn.split("\n")[0] for turn in turns] == ["system"] + ["user", "assistant"] * ((len(turns) - 1) // 2)
        assert len(turns) >= 5  # several questions
    for text in texts:
        assert len(demo_processor.tokenizer(text)["input_ids"]) <= 620


def test_labels_are_the_answers_and_their_ends_and_nothing_else(batch, texts, demo_processor):
    for ids, labels, text in zip(batch.input_ids, batch.labels, texts, strict=True):
        answers = re.findall(r"<\|im_start\|>assistant\n(.*?<\|im_end\|>)", text, re.DOTALL)
        learnt = labels != -100
        assert demo_processor.tokenizer.decode(labels[learnt]) == "".join(answers)
        assert torch.equal(labels[learnt], ids[learnt])


def test_frame_ends_are_the_last_tokens_of_the_frames(batch):
    video = batch.input_ids == 3
    assert batch.frame_ends.shape == (16,)
    for row in video:
        first = row.nonzero()[0].item()
        assert batch.frame_ends.tolist() == [first + 20 * frame + 19 for frame in range(16)]
    assert video.sum(dim=1).tolist() == [320] * 3


def test_time_ends_are_the_seconds_after_the_listed_times(batch, texts, demo_processor):
    assert batch.time_ends.shape == (3, 16)
    for ids, ends, text in zip(batch.input_ids, batch.time_ends, texts, strict=True):
        listed = re.search(r"located at (.*?)\.Please", text).group(1).split(",")
        assert demo_processor.tokenizer.convert_ids_to_tokens(ids[ends].tolist()) == ["s"] * 16
        # each is the end of one listed time: what stands before it is that time, digit by digit
        read = [demo_processor.tokenizer.decode(ids[end - 4 : end + 1]) for end in ends.tolist()]
        assert read == listed


def test_padding_is_on_the_right_and_not_learnt(batch):
    for ids, labels in zip(batch.input_ids, batch.labels, strict=True):
        length = int((labels != -100).nonzero()[-1]) + 1
        assert (ids[length:] == 0).all()
        assert (ids[:length] != 0).all()


def test_the_generator_decides_the_questions(reader):
    first, same, other = (reader.batch(np.array([2]), np.random.default_rng(seed), STAGE) for seed in (1, 1, 2))
    assert torch.equal(first.input_ids, same.input_ids)
    assert not torch.equal(first.input_ids, other.input_ids)


def test_the_second_stage_only_asks_from_when_to_when(reader, demo_processor):
    ids = reader.batch(np.arange(NUM_CLIPS), np.random.default_rng(0), SPANS).input_ids
    assert 620 < ids.shape[1] <= 700
    for row in ids:
        questions = re.findall(r"(?:video\.|user)\n(.*?)<\|im_end\|>", demo_processor.tokenizer.decode(row))
        assert len(questions) >= 2
        assert all("rom when to when" in question for question in questions)
