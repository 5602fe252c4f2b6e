"""
Forward and backward of the 7B shape in bfloat16 with activation checkpointing: speed, and memory beside the plan's.

No optimizer: AdamW's states of a full tuning do not fit one GPU. Weights and pixels are random; logits are made of the
answer's positions only, as the trainer does.
"""

import argparse
import statistics
import time
from collections import Counter

import torch
from torch import nn
from tqdm import tqdm

from benchmarks.plan import CASES, real_inputs, settings, small_config
from trainer.plan.fake_step import follow_parts, trace_step
from trainer.plan.shape import LLAVA_VIDEO_7B, build_model, load_config

NUM_TEXT_TOKENS = 340  # prompt with 32 times, and answer
ADAMW_BYTES = 16  # a parameter that learns, with float32 weights, gradients and states
TRAININGS = {"LoRA": CASES["LoRA"], "full": CASES["bfloat16 weights"]}


class PartClock:
    """Seconds by part of the model; setting `part`, as [`follow_parts`] does, ends the part before."""

    def __init__(self):
        self.seconds, self._part, self._since_s = Counter(), "rest", 0.0

    @property
    def part(self) -> str:
        """`str`: What is at work."""
        return self._part

    @part.setter
    def part(self, part: str) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        now_s = time.perf_counter()
        self.seconds[self._part] += now_s - self._since_s
        self._part, self._since_s = part, now_s

    def start(self) -> None:
        """Begin a step."""
        self.part = "inputs"
        self.seconds = Counter()


def measure(options: argparse.Namespace) -> None:
    """
    Print tokens/s, the share of the peak in the language model, and memory, of LoRA and of a full tuning.

    Args:
        options (`argparse.Namespace`):
            `runs`, `num_frames`, `peak_tflops`; `tiny` for a small model on a CPU.
    """
    device, config = ("cpu", small_config()) if options.tiny else ("cuda", load_config(LLAVA_VIDEO_7B))
    for name, changes in TRAININGS.items():
        sizes = {"num_frames": options.num_frames, "num_text_tokens": NUM_TEXT_TOKENS}
        arguments, model_args, batch = settings(**changes, **sizes)
        planned = trace_step(config, arguments, model_args, batch, "ddp")
        with torch.device(device):
            model = build_model(config, arguments, model_args, torch.bfloat16)
        with torch.no_grad():
            for weight in model.parameters():
                weight.normal_(0, 0.02)
        num_trainable = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
        inputs = real_inputs(config, batch, device)
        clock = PartClock()
        follow_parts(model, clock)
        times = [step(model, inputs, clock) for _ in tqdm(range(options.runs + 1), desc=name)][1:]
        seconds = statistics.median(sum(parts.values()) for parts in times)
        language_s = statistics.median(parts["language_model"] for parts in times)
        # Attention itself left out, layers that are computed again for the backward pass counted.
        share = planned.flops["language_model"] / language_s / (options.peak_tflops * 1e12)
        peak = 0 if options.tiny else torch.cuda.max_memory_allocated()
        num_tokens = inputs["input_ids"].numel()
        print(
            f"{name}, {num_trainable / 1e6:,.0f} M parameters learn, {num_tokens} tokens: {seconds:.2f} s, "
            f"{num_tokens / seconds:.0f} tokens/s; language model {language_s:.2f} s, {share:.1%} of "
            f"{options.peak_tflops:g} TFLOP/s; peak {peak / 1e9:.1f} GB, planned {planned.peak()[0] / 1e9:.1f} GB "
            f"(AdamW in float32 would add up to {ADAMW_BYTES * num_trainable / 1e9:.1f} GB)"
        )
        del model, inputs
        if not options.tiny:
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()


def step(model: nn.Module, inputs: dict, clock: PartClock) -> Counter:
    """Forward and backward; seconds by part."""
    clock.start()
    device = inputs["input_ids"].device
    with torch.autocast(device.type, torch.bfloat16):
        logits = model(**inputs).logits.float().flatten(0, 1)
    nn.functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.int64, device=device)).backward()
    clock.part = "rest"
    model.zero_grad(set_to_none=True)
    return clock.seconds
