"""Continuations read as one tree behind a cache equal conversations read whole, in every family of models."""

import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from tests.trainer.clip_rows import make_row, write_clip
from tests.trainer.other_models import OTHER_MODELS, make_other_model
from trainer.collator import ConversationCollator
from trainer.prediction.continuations import Prompts

TEXTS = [
    [
        "The subject is performing a Squat.",
        "The subject is performing a OHP. Elbows: no.",
        "Knees: no.",
        "Knees: yes.",
    ],
    ["Elbows: no.", "Elbows: from 1 to 2 seconds.", "Elbows: from 1 to 3 seconds."],
]


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return write_clip(tmp_path_factory.mktemp("clips") / "noise.mp4")


@pytest.fixture(scope="module", params=["ours", *OTHER_MODELS])
def model_and_processor(request, tmp_path_factory, tiny_base):
    if request.param == "smolvlm":
        pytest.importorskip("num2words", reason="SmolVLM's processor needs num2words")
    folder = tiny_base
    if request.param != "ours":
        folder = make_other_model(request.param, tmp_path_factory.mktemp("models") / request.param)
    model = AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
    return model, AutoProcessor.from_pretrained(folder)


@pytest.fixture(scope="module")
def prompts_of_two_lengths(clip, model_and_processor):
    """Two rows whose prompts differ in length, so that one is padded on its left."""
    rows = [make_row(clip), make_row(clip, question="Which exercise is it, and is there a mistake to be seen in it?")]
    return rows, ConversationCollator(model_and_processor[1], 4, generate=True)


def read_whole(model, collator, row, sequences):
    """
    For each sequence the sum of log-probabilities of its tokens, each among those with which the sequences go on from
    there, from one pass over prompt and sequence.
    """
    sums = []
    for ids in sequences:
        logits, total = logits_behind(model, collator, row, ids), 0.0
        for place, id in enumerate(ids):
            others = {other[place] for other in sequences if other[:place] == ids[:place]}
            chosen = logits[place, sorted(others)].log_softmax(-1)
            total += chosen[sorted(others).index(id)].item()
        sums.append(total)
    return sums


def logits_behind(model, collator, row, ids):
    """Logits before each of the tokens that follow a prompt."""
    batch = dict(collator([row]))
    length = batch["input_ids"].shape[1]
    for name in ("input_ids", "attention_mask", "mm_token_type_ids"):
        if name in batch:
            more = torch.tensor([ids]) if name == "input_ids" else torch.full((1, len(ids)), int(name[0] == "a"))
            batch[name] = torch.cat([batch[name], more], 1)
    return model(**batch).logits[0, length - 1 : -1].double()


@torch.no_grad()
def test_a_tree_equals_whole_conversations(model_and_processor, prompts_of_two_lengths):
    model, processor = model_and_processor
    rows, collator = prompts_of_two_lengths
    ids = [[tuple(processor.tokenizer(text)["input_ids"]) for text in texts] for texts in TEXTS]
    prompts = Prompts(model, collator(rows))
    expected = [read_whole(model, collator, row, of_row) for row, of_row in zip(rows, ids, strict=True)]
    for _ in range(2):  # the cache is as it was
        for found, wanted in zip(prompts.log_probabilities(ids), expected, strict=True):
            assert found == pytest.approx(wanted, abs=2e-4)
    prompts.keep([1])
    assert prompts.log_probabilities(ids[1:])[0] == pytest.approx(expected[1], abs=2e-4)
