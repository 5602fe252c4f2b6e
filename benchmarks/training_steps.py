"""
The training steps that `benchmarks.training` compares, each kind in a process of its own that takes a step when told.

A process is asked over a pipe, so that two kinds can run by turns while each has its own peak of memory.
"""

import multiprocessing
import resource
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import psutil
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import AutoTokenizer, PrinterCallback, TrainerCallback, logging
from trl import SFTTrainer

from benchmarks.plain_training import LEARNING_RATE, train_plainly
from trainer.arguments import DataArguments, TrainingArguments
from trainer.collator import ConversationCollator
from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration, LlavaVideoProcessor
from trainer.rows import prepare_rows
from trainer.sft_trainer import VideoSFTTrainer

TOKENIZER, VIDEO_TOKEN_ID = "trainer/demo_base/checkpoint", 3
GB = 1e9
# Patches and heads of the real model, its vocabulary, and everything else small enough for two cores.
TOWER = {"hidden_size": 384, "intermediate_size": 1536, "num_hidden_layers": 8, "num_attention_heads": 6}
TEXT = {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 6, "num_attention_heads": 8}
TEXT |= {"num_key_value_heads": 2, "vocab_size": 152064}
# As trainer/recipes/lora.yaml; its gradients are small, those of the first step 0 for one of the two factors.
LORA = {"r": 64, "lora_alpha": 128, "target_modules": r".*language_model.*\.(q|k|v|o|gate|up|down)_proj"}


class Sizes(NamedTuple):
    """
    Args:
        num_frames (`int`): Frames of a clip.
        image_size (`int`): Pixels along their sides.
        lora (`bool`): Adapters in the language model instead of a full tuning.
    """

    num_frames: int
    image_size: int
    lora: bool


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


def take_turns(connection: Connection, kind: str, release: Path, sizes: Sizes) -> None:
    """
    Main function of a process.

    Args:
        connection (`Connection`): See [`Turns`]; gets `True` for each step and then `False`.
        kind (`str`): `plain`, or one of `TRAINERS`.
        release (`Path`): Simulated release; gradients are written beside it.
        sizes ([`Sizes`]): What is trained.
    """
    model, processor, rows = make_parts(release, sizes)
    turns = Turns(connection, release.parent / f"gradients of {kind}.pt", describe(model))
    if kind == "plain":
        return train_plainly(turns, model, processor, rows, sizes.num_frames)
    trainer = make_trainer(kind, model, processor, rows, sizes.num_frames, release.parent, logging_steps=1)
    trainer.add_callback(TrainInTurns(turns))
    trainer.train()


def train_undisturbed(connection: Connection, release: Path, sizes: Sizes, num_steps: int, logging_steps: int) -> None:
    """As [`take_turns`] for ours, without waiting for anybody; gives the trainer's own log."""
    model, processor, rows = make_parts(release, sizes)
    settings = {"max_steps": num_steps, "logging_steps": logging_steps}
    trainer = make_trainer("ours", model, processor, rows, sizes.num_frames, release.parent, **settings)
    trainer.train()
    connection.send([entry for entry in trainer.state.log_history if "loss" in entry])


def make_parts(release: Path, sizes: Sizes) -> tuple[nn.Module, LlavaVideoProcessor, Dataset]:
    """Model, the same in every process, processor and rows."""
    multiprocessing.set_start_method(None, force=True)  # workers start as in a run, not as this process was
    config = make_config(sizes.image_size)
    torch.manual_seed(0)
    model = LlavaVideoForConditionalGeneration(config)
    if sizes.lora:
        model = get_peft_model(model, LoraConfig(**LORA))
    return model, make_processor(config), read_rows(release, sizes.num_frames)


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


def describe(model: nn.Module) -> str:
    """Size of a model, and the share of its head, which decides what logits cost."""
    learning = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    total, head = sum(weight.numel() for weight in model.parameters()), model.get_output_embeddings().weight.numel()
    return f"{total / 1e6:.0f} M parameters, {learning / 1e6:.0f} M of them learn, {head / total:.0%} are the head's"


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
    settings = {"use_cpu": True, "bf16": False, "activation_checkpointing": True, "max_steps": 10**6}
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
