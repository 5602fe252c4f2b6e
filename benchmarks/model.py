"""
Forward and backward of LLaVA-Video against transformers' LlavaOnevision of the same size, at the same token count.

    python -m benchmarks.model                     about 100 M parameters, 32 frames
    python -m benchmarks.model --image-size 384    the patch grid of the real model; needs much more time on a CPU
    python -m benchmarks.model --seven-billion     the 7B shape with random weights; needs a GPU

Both models run with `one_token` newlines, the only layout that LlavaOnevision has, on the same weights; LLaVA-Video
then once more with its own grid of newlines, whose sequence is longer. Runs alternate. Memory is the peak of one more
run in a process of its own.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import torch
from tqdm import tqdm
from transformers import LlavaOnevisionConfig, LlavaOnevisionForConditionalGeneration

from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration

VIDEO_TOKEN_ID, NUM_TEXT_TOKENS, VOCAB_SIZE = 7, 64, 16384
KINDS = ("onevision", "ours", "ours, grid")


def sizes(image_size: int, seven_billion: bool) -> dict:
    """Keyword arguments that both configurations take."""
    tower = {"hidden_size": 512, "intermediate_size": 2048, "num_hidden_layers": 12, "num_attention_heads": 8}
    text = {"hidden_size": 640, "intermediate_size": 1920, "num_hidden_layers": 9, "num_attention_heads": 10}
    text |= {"num_key_value_heads": 2, "vocab_size": VOCAB_SIZE}
    if seven_billion:
        tower = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 26, "num_attention_heads": 16}
        text = {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28, "num_attention_heads": 28}
        text |= {"num_key_value_heads": 4, "vocab_size": 152064}
    tower |= {"image_size": image_size, "patch_size": 14, "vision_use_head": False}
    return {
        "vision_config": {"model_type": "siglip_vision_model", **tower},
        "text_config": {"model_type": "qwen2", **text},
        "video_token_index": VIDEO_TOKEN_ID,
    }


def build(kind: str, image_size: int, device: str, seven_billion: bool = False) -> torch.nn.Module:
    """One of `KINDS` with the same random weights; bfloat16 on a GPU."""
    shared = sizes(image_size, seven_billion)
    torch.manual_seed(0)
    torch.set_default_dtype(torch.bfloat16 if device == "cuda" else torch.float32)
    with torch.device(device):
        if kind == "onevision":
            return LlavaOnevisionForConditionalGeneration(LlavaOnevisionConfig(**shared))
        position = "grid" if kind == "ours, grid" else "one_token"
        return LlavaVideoForConditionalGeneration(LlavaVideoConfig(**shared, mm_newline_position=position))


def inputs(model: torch.nn.Module, kind: str, num_frames: int) -> dict:
    """One video of noise, its tokens and some text."""
    config = LlavaVideoConfig(
        vision_config=model.config.vision_config.to_dict(),
        mm_newline_position="grid" if kind == "ours, grid" else "one_token",
    )
    size = config.vision_config.image_size
    text = torch.full((1, NUM_TEXT_TOKENS), VIDEO_TOKEN_ID + 1)
    video = torch.full((1, config.num_video_tokens(num_frames)), VIDEO_TOKEN_ID)
    ids = torch.cat((text, video, text), dim=1).to(model.device)
    pixels = torch.randn(1, num_frames, 3, size, size).to(model.device, model.dtype)
    return {"input_ids": ids, "pixel_values_videos": pixels, "labels": ids, "use_cache": False}


def step(model: torch.nn.Module, batch: dict) -> tuple[float, float]:
    """Seconds of one forward and backward pass: on the clock, and of this process's own work on the CPU."""
    _wait(model)
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    model(**batch).loss.backward()
    _wait(model)
    seconds = time.perf_counter() - start_s, time.process_time() - start_cpu_s
    model.zero_grad(set_to_none=True)
    return seconds


def _wait(model: torch.nn.Module) -> None:
    if model.device.type == "cuda":
        torch.cuda.synchronize()


def peak_memory_mib(kind: str, options: argparse.Namespace) -> float:
    """Peak of one step in a process of its own: resident memory on a CPU, allocated memory on a GPU; MiB."""
    command = [sys.executable, "-m", "benchmarks.model", "--memory-of", kind]
    command += ["--image-size", str(options.image_size), "--num-frames", str(options.num_frames)]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[-1])


def print_memory(options: argparse.Namespace, device: str) -> None:
    """What [`peak_memory_mib`] reads."""
    model = build(options.memory_of, options.image_size, device)
    step(model, inputs(model, options.memory_of, options.num_frames))
    on_gpu = device == "cuda"
    peak = torch.cuda.max_memory_allocated() / 2**20 if on_gpu else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak if on_gpu else peak / 1024)


def compare(options: argparse.Namespace, device: str) -> None:
    """Print medians of alternating runs, their ratios and peak memory."""
    # First, while this process is small: what it holds would count as resident memory of its children.
    memory_mib = {kind: peak_memory_mib(kind, options) for kind in tqdm(KINDS, desc="memory")}
    models = {kind: build(kind, options.image_size, device) for kind in KINDS}
    batches = {kind: inputs(model, kind, options.num_frames) for kind, model in models.items()}
    size_m = sum(weight.numel() for weight in models["ours"].parameters()) / 1e6
    video = f"{options.num_frames} frames of {options.image_size} pixels"
    print(f"{size_m:.0f} M parameters, {video}, {models['ours'].dtype}")
    seconds = {kind: [] for kind in KINDS}
    for run in tqdm(range(options.runs + 1), desc="runs"):
        for kind in KINDS:
            taken = step(models[kind], batches[kind])
            if run:  # the first warms up
                seconds[kind].append(taken)
    for kind in KINDS:
        clock_s, cpu_s = (statistics.median(values) for values in zip(*seconds[kind], strict=True))
        # Other work on the machine comes and goes: a run is compared with the run of LlavaOnevision just before it.
        pairs = zip(seconds[kind], seconds["onevision"], strict=True)
        ratios = [[mine / theirs for mine, theirs in zip(run, base, strict=True)] for run, base in pairs]
        clock_ratio, cpu_ratio = (statistics.median(values) for values in zip(*ratios, strict=True))
        times = f"{clock_s:6.2f} s ({clock_ratio:.3f} x), {cpu_s:6.2f} s of CPU ({cpu_ratio:.3f} x)"
        print(f"{kind:11} {batches[kind]['input_ids'].shape[1]:6} tokens {times} {memory_mib[kind]:7.0f} MiB")


def measure_seven_billion(options: argparse.Namespace) -> None:
    """Print tokens/s and share of the bf16 peak of prefill and training step, on a GPU."""
    model = build("ours, grid", 384, "cuda", seven_billion=True)
    batch = inputs(model, "ours, grid", options.num_frames)
    num_tokens, num_patches = batch["input_ids"].shape[1], options.num_frames * model.config.num_patches_side**2
    tower, language = model.model.vision_tower, [model.model.language_model, model.lm_head]
    num_tower = sum(weight.numel() for weight in tower.parameters())
    num_language = sum(weight.numel() for module in language for weight in module.parameters())
    forward_flop = 2 * (num_tower * num_patches + num_language * num_tokens)  # attention itself left out
    model.activation_checkpointing_enable()
    runs = {"prefill": (_prefill, 1), "training step": (step, 4)}  # backward twice the forward, and it once again
    for name, (run, forwards) in runs.items():
        run(model, batch)
        seconds = statistics.median(run(model, batch)[0] for _ in tqdm(range(options.runs), desc=name))
        share = forwards * forward_flop / seconds / (options.peak_tflops * 1e12)
        print(f"{name}: {num_tokens / seconds:.0f} tokens/s, {share:.1%} of {options.peak_tflops} TFLOP/s")


@torch.no_grad()
def _prefill(model: torch.nn.Module, batch: dict) -> tuple[float, float]:
    _wait(model)
    start_s, start_cpu_s = time.perf_counter(), time.process_time()
    model(**{name: value for name, value in batch.items() if name != "labels"}, logits_to_keep=1)
    _wait(model)
    return time.perf_counter() - start_s, time.process_time() - start_cpu_s


def main() -> None:
    """Read the command line and run one of the three."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.model", description=__doc__.strip().splitlines()[0])
    parser.add_argument("--runs", type=int, default=5, help="timed runs of each, after one to warm up (default 5)")
    parser.add_argument("--num-frames", type=int, default=32, help="frames of the video (default 32)")
    parser.add_argument("--image-size", type=int, default=126, help="pixels along a side (default 126: 9x9 patches)")
    parser.add_argument("--seven-billion", action="store_true", help="the 7B shape with random weights, on a GPU")
    parser.add_argument("--peak-tflops", type=float, default=989.0, help="bf16 peak of the GPU (default 989, an H100)")
    parser.add_argument("--memory-of", choices=KINDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    if options.memory_of:
        return print_memory(options, device)
    name = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"device: {name}; torch {torch.__version__}")
    if not options.seven_billion:
        return compare(options, device)
    if device == "cpu":
        sys.exit("error: --seven-billion: a GPU is needed, this machine has none")
    measure_seven_billion(options)


if __name__ == "__main__":
    main()
