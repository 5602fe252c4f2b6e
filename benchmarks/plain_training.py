"""A training as a script writes it that knows transformers and nothing of this project's training."""

import numpy as np
import torch
from datasets import Dataset
from torch import nn
from torchcodec.decoders import VideoDecoder

from fitness_aqa_dataset import time_instruction
from trainer.llava_video import LlavaVideoProcessor
from trainer.sampling import EpochSampler

LEARNING_RATE = 1e-5
IGNORE_INDEX = -100


def train_plainly(turns, model: nn.Module, processor: LlavaVideoProcessor, rows: Dataset, num_frames: int) -> None:
    """
    The loop.

    Args:
        turns ([`~benchmarks.training_steps.Turns`]): Says when to take a step, and gets seconds and loss of each.
        model (`torch.nn.Module`): Trained in place with AdamW.
        processor ([`LlavaVideoProcessor`]): Makes inputs of frames and messages.
        rows (`Dataset`): With clips and `messages`, taken in the trainer's order.
        num_frames (`int`): Frames of a clip.
    """
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.0, fused=True)
    model.train()
    model.activation_checkpointing_enable()  # the paper's setting, and that of the recipes
    go_on, sampler = turns.begin(), EpochSampler(len(rows), 0, seed=42)  # the seed of transformers
    while go_on:
        for index in sampler:
            batch = plain_batch(processor, rows[index], num_frames)
            loss = model(**batch, use_cache=False).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            turns.keep_gradients(model)
            optimizer.step()
            optimizer.zero_grad()
            go_on = turns.end(loss.item(), batch["input_ids"].numel())
            if not go_on:
                break
        sampler.epoch += 1


def plain_batch(processor: LlavaVideoProcessor, row: dict, num_frames: int) -> dict[str, torch.Tensor]:
    """A row as the processor makes it: the whole clip decoded, frames picked, pixels float32, in this process."""
    frames, fps = decode_whole(row["video"]["path"])
    indices = np.linspace(0, len(frames) - 1, num_frames).astype(int).tolist()
    question, answer = row["messages"]
    times = time_instruction(len(frames) / fps, [index / fps for index in indices])
    video = {"type": "video", "video": frames[indices]}
    text = next(part["text"] for part in question["content"] if part["type"] == "text")
    content = [video, {"type": "text", "text": f"{times}\n{text}"}]
    batch = processor.apply_chat_template(
        [question | {"content": content}, answer],
        tokenize=True,
        return_dict=True,
        return_tensors="pt",
        return_assistant_tokens_mask=True,
    )
    is_answer = torch.as_tensor(batch.pop("assistant_masks")).bool()
    return {**batch, "labels": batch["input_ids"].masked_fill(~is_answer, IGNORE_INDEX)}


def decode_whole(path: str) -> tuple[torch.Tensor, float]:
    """All frames of a clip, and its frame rate."""
    decoder = VideoDecoder(path)
    return decoder[:], decoder.metadata.average_fps
