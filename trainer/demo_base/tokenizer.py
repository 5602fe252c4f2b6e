"""A small byte-level BPE tokenizer: any text can be written, digits stand alone, ChatML marks are single tokens."""

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from fitness_aqa_dataset.conversations import QUESTION
from fitness_aqa_dataset.frames import time_instruction
from fitness_aqa_dataset.synthetic import simulate_clip

from .questions import Measured, sample_question
from .settings import HELD_OUT_SEED

PAD, IM_START, IM_END, VIDEO = "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<video>"
VOCAB_SIZE = 640
# Plain English around body, place and time, so that common words are whole tokens.
PLAIN_TEXT = """
You are a helpful assistant. The system, the user and the assistant speak in turns. The subject is performing a
movement, lifting a barbell. Look at the body part: the left and the right knee, the knees, the elbows, the shoulders,
the hips, the feet. It moves forward, backward, inward, outward, up and down. The following is the answer. There is
nothing to see. He is making it, it is made as follows, and the one responsible for it is the following.
"""


def train_tokenizer() -> PreTrainedTokenizerFast:
    """
    Train the tokenizer on neutral questions, answers and time instructions.

    Returns:
        `PreTrainedTokenizerFast`: With `<|im_end|>` as end of sequence and `<|endoftext|>` for padding.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\d|\."), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=[PAD, IM_START, IM_END, VIDEO],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_texts(), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=IM_END,
        pad_token=PAD,
        additional_special_tokens=[IM_START, VIDEO],
        model_max_length=2048,
    )


def _texts():
    rng = np.random.default_rng(0)
    for index in range(200):
        clip = simulate_clip(HELD_OUT_SEED, index)
        measured = Measured(clip)
        for _ in range(6):
            yield "\n".join(sample_question(measured, rng))
        yield time_instruction(clip.repetition.duration_s, clip.times_s[::7].tolist())
        yield QUESTION
        yield from PLAIN_TEXT.split("\n")
