"""
The training steps that `benchmarks.training` compares, each kind in a process of its own that takes a step when told.

A process is asked over a pipe, so that two kinds can run by turns while each has its own peak of memory.
"""

import multiprocessing
import resource
import time
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np
import psutil
import torch
from datasets import Dataset
from torch import nn
from torchcodec.decoders import VideoDecoder
from transformers import AutoTokenizer, PrinterCallback, TrainerCallback, logging
from trl import SFTTrainer

from fitness_aqa_dataset import time_instruction
from trainer.arguments import DataArguments, TrainingArguments
from trainer.collator import ConversationCollator
from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration, LlavaVideoProcessor
from trainer.rows import prepare_rows
from trainer.sampling import EpochSampler
from trainer.sft_trainer import VideoSFTTrainer

TOKENIZER, VIDEO_TOKEN_ID = "trainer/demo_base/checkpoint", 3
GB = 1e9
LEARNING_RATE = 1e-5
# Patches and heads of the real model, its vocabulary, and everything else small enough for two cores.
TOWER = {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 8, "num_attention_heads": 6}
TEXT = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 6, "num_attention_heads": 8}
TEXT |= {"num_key_value_heads": 2, "vocab_size": 152064}


class AllLogits(VideoSFTTrainer):
    """Ours, but the loss is the model's own: logits of every position."""

    def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None):
        return model(**inputs, use_cache=False).loss


class FusedHead(VideoSFTTrainer):
    """Ours, but the loss is TRL's, through its fused head."""

    compute_loss = SFTTrainer.compute_loss


TRAINERS = {"ours": VideoSFTTrainer, "all logits": AllLogits, "TRL's fused head": FusedHead}


class Turns:
    """
    One step when the other side of the pipe says so.

    Args:
        connection (`Connection`): Gets resident memory before the first step, then seconds and loss of each.
        gradients_path (`Path`): Where the first step's gradients go.
        model (`str`): What is trained, in words.
    """

    def __init__(self, connection: Connection, gradients_path: Path, model: str):
        self.connection, self.gradients_path, self.model = connection, gradients_path, model
        self.worker_bytes, self.start_s, self.start_cpu_s = 0, 0.0, 0.0

    def begin(self) -> bool:
        """Say that all is ready, and wait; whether there is a step to take."""
        self.connection.send({"before": psutil.Process().memory_info().rss / GB, "model": self.model})
        return self._wait()

    def keep_gradients(self, model: nn.Module) -> None:
        """Write the gradients of the first step."""
        if not self.gradients_path.exists():
            named = model.named_parameters()
            torch.save({name: weight.grad for name, weight in named if weight.grad is not None}, self.gradients_path)

    def end(self, loss: float, num_tokens: int) -> bool:
        """Tell of a step, and wait; whether there is another to take."""
        seconds, cpu_seconds = time.perf_counter() - self.start_s, cpu_time_s() - self.start_cpu_s
        # What a worker shares with this process is in this process's peak already.
        workers = psutil.Process().children()
        self.worker_bytes = max(self.worker_bytes, sum(worker.memory_full_info().uss for worker in workers))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 + self.worker_bytes
        told = {"peak": peak / GB, "worker": self.worker_bytes / GB}
        told |= {"seconds": seconds, "cpu_seconds": cpu_seconds, "loss": loss, "num_tokens": num_tokens}
        self.connection.send(told)
        return self._wait()

    def _wait(self) -> bool:
        go_on = self.connection.recv()
        self.start_s, self.start_cpu_s = time.perf_counter(), cpu_time_s()
        return go_on


def cpu_time_s() -> float:
    """Seconds of CPU of this process and its workers, those that have ended included."""
    process = psutil.Process()
    ended = process.cpu_times()
    running = [each.cpu_times() for each in (process, *process.children())]
    return ended.children_user + ended.children_system + sum(times.user + times.system for times in running)


class TrainInTurns(TrainerCallback):
    """[`Turns`] for a trainer that logs every step; the log is the last of a step."""

    def __init__(self, turns: Turns):
        self.turns, self.num_tokens = turns, 0

    def on_train_begin(self, args, state, control, **kwargs):
        self.turns.begin()

    def on_pre_optimizer_step(self, args, state, control, model=None, **kwargs):
        self.turns.keep_gradients(model)

    def on_log(self, args, state, control, logs=None, **kwargs):
        if "loss" in logs:
            num_tokens, self.num_tokens = logs["num_tokens"] - self.num_tokens, logs["num_tokens"]
            control.should_training_stop = not self.turns.end(logs["loss"], num_tokens)


def take_turns(connection: Connection, kind: str, release: Path, num_frames: int, image_size: int) -> None:
    """
    Main function of a process.

    Args:
        connection (`Connection`): See [`Turns`]; gets `True` for each step and then `False`.
        kind (`str`): `plain`, or one of `TRAINERS`.
        release (`Path`): Simulated release; gradients are written beside it.
        num_frames (`int`), image_size (`int`): Frames of a clip, and pixels along their sides.
    """
    multiprocessing.set_start_method(None, force=True)  # workers start as in a run, not as this process was
    config = make_config(image_size)
    model, processor, rows = make_model(config), make_processor(config), read_rows(release, num_frames)
    turns = Turns(connection, release.parent / f"gradients of {kind}.pt", describe(model))
    if kind == "plain":
        return train_plainly(turns, model, processor, rows, num_frames)
    trainer = make_trainer(kind, model, processor, rows, num_frames, release.parent, logging_steps=1)
    trainer.add_callback(TrainInTurns(turns))
    trainer.train()


def train_undisturbed(
    connection: Connection, release: Path, num_frames: int, image_size: int, num_steps: int, logging_steps: int
) -> None:
    """As [`take_turns`] for ours, without waiting for anybody; gives the trainer's own log."""
    multiprocessing.set_start_method(None, force=True)  # workers start as in a run, not as this process was
    config = make_config(image_size)
    model, processor, rows = make_model(config), make_processor(config), read_rows(release, num_frames)
    settings = {"max_steps": num_steps, "logging_steps": logging_steps}
    trainer = make_trainer("ours", model, processor, rows, num_frames, release.parent, **settings)
    trainer.train()
    connection.send([entry for entry in trainer.state.log_history if "loss" in entry])


def make_config(image_size: int) -> LlavaVideoConfig:
    """The mid-size model; its video token is that of the demo's tokenizer, which has few of the words."""
    return LlavaVideoConfig(
        vision_config={"model_type": "siglip_vision_model", "patch_size": 14, "image_size": image_size, **TOWER},
        text_config={"model_type": "qwen2", **TEXT},
        video_token_index=VIDEO_TOKEN_ID,
    )


def make_processor(config: LlavaVideoConfig) -> LlavaVideoProcessor:
    """With the demo's tokenizer."""
    return LlavaVideoProcessor.from_config(config, AutoTokenizer.from_pretrained(TOKENIZER))


def make_model(config: LlavaVideoConfig) -> LlavaVideoForConditionalGeneration:
    """Random weights, the same in every process."""
    torch.manual_seed(0)
    return LlavaVideoForConditionalGeneration(config)


def describe(model: LlavaVideoForConditionalGeneration) -> str:
    """Size of a model, and the share of its head, which decides what logits cost."""
    total, head = sum(weight.numel() for weight in model.parameters()), model.lm_head.weight.numel()
    size, tower = f"{total / 1e6:.0f} M parameters", model.config.vision_config
    return f"{size}, {head / total:.0%} of them in the head, {tower.image_size} pixels, {model.dtype}"


def read_rows(release: Path, num_frames: int) -> Dataset:
    """Conversations over the release's clips, nothing augmented."""
    return prepare_rows(DataArguments(str(release), num_frames=num_frames, balancing="none"), seed=0)


def make_trainer(
    kind: str,
    model: nn.Module,
    processor: LlavaVideoProcessor,
    rows: Dataset,
    num_frames: int,
    folder: Path,
    **changes,
) -> VideoSFTTrainer:
    """One of `TRAINERS` as `trainer.build` makes it, with one worker."""
    settings = {"use_cpu": True, "bf16": False, "activation_checkpointing": False, "max_steps": 10**6}
    settings |= {"learning_rate": LEARNING_RATE, "lr_scheduler_type": "constant", "weight_decay": 0.0}
    settings |= {"per_device_train_batch_size": 1, "dataloader_num_workers": 1, "save_strategy": "no"}
    settings |= {"output_dir": str(folder / "out"), "report_to": "none", "disable_tqdm": True}
    logging.set_verbosity_error()
    trainer = TRAINERS[kind](
        model=model,
        args=TrainingArguments(**settings | changes),
        train_dataset=rows,
        processing_class=processor,
        data_collator=ConversationCollator(processor, num_frames, uint8_pixels=True),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def train_plainly(turns: Turns, model: nn.Module, processor: LlavaVideoProcessor, rows: Dataset, num_frames: int):
    """The loop of a script that knows transformers and nothing of this project's training."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, weight_decay=0.0, fused=True)
    model.train()
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
    return {**batch, "labels": batch["input_ids"].masked_fill(~is_answer, -100)}


def decode_whole(path: str) -> tuple[torch.Tensor, float]:
    """All frames of a clip, and its frame rate."""
    decoder = VideoDecoder(path)
    return decoder[:], decoder.metadata.average_fps
