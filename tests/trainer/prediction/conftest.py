"""A model that has learnt nothing, and two rows about one clip whose prompts differ in length."""

import pytest
import torch
from transformers import AutoModelForImageTextToText, AutoProcessor

from tests.trainer.clip_rows import make_row, write_clip
from trainer.collator import ConversationCollator


@pytest.fixture(scope="package")
def untrained(tiny_base, tmp_path_factory):
    """Model, processor, collator of prompts with four frames, and the rows."""
    clip = write_clip(tmp_path_factory.mktemp("clips") / "noise.mp4")
    model = AutoModelForImageTextToText.from_pretrained(tiny_base, dtype=torch.float32).eval()
    processor = AutoProcessor.from_pretrained(tiny_base)
    rows = [make_row(clip), make_row(clip, question="And which one is it in this clip?")]
    return model, processor, ConversationCollator(processor, 4, generate=True), rows
