"""
The plan against what a real step needs, at sizes that this machine can run.

    python -m benchmarks.plan                   small models on the CPU, or on a GPU where there is one
    python -m benchmarks.plan --lines           at 7B, fake: whether peak memory is a straight line in frames
    python -m benchmarks.plan --seven-billion   LoRA of the 7B shape with random weights; needs a GPU

Planned: a fake step. Measured on a CPU: every allocation, as torch.profiler records it, scratch memory of kernels
included; on a GPU: `torch.cuda.max_memory_allocated`. Sharded: torch's `fully_shard` in two processes over gloo, which
is the sharding of FSDP2 but no launch of Accelerate; gloo copies what it reduces, for a while that differs from run to
run, so the measured peak does too.
"""

import argparse
import os
import sys
import tempfile
import warnings
from collections.abc import Callable

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.distributed.device_mesh import init_device_mesh
from torch.profiler import ProfilerActivity, profile
from trl import ModelConfig

from trainer.arguments import TrainingArguments
from trainer.llava_video import LlavaVideoConfig
from trainer.plan.fake_step import Batch, fake_batch, norm_as_on_gpu, prepare_sharded, run_step, trace_step
from trainer.plan.shape import LLAVA_VIDEO_7B, build_model, load_config
from trainer.plan.tracker import StepTracker

BATCH = {"num_rows": 1, "num_frames": 16, "num_text_tokens": 120, "num_answer_tokens": 40, "full_logits": False}
LORA = {"use_peft": True, "lora_r": 16, "lora_target_modules": [r".*language_model.*\.(q|k|v|o|gate|up|down)_proj"]}
CASES = {
    "float32": {},
    "float32, no checkpointing": {"activation_checkpointing": False},
    "bf16 autocast": {"bf16": True},
    "bf16 autocast, no checkpointing": {"bf16": True, "activation_checkpointing": False},
    "bfloat16 weights": {"bf16": True, "dtype": "bfloat16"},
    "eager attention": {"attn_implementation": "eager"},
    "frozen tower": {"freeze": ["tower"]},
    "LoRA": {"bf16": True, "dtype": "bfloat16", **LORA},
    "two clips": {"num_rows": 2},
    "all logits": {"full_logits": True},
}


def small_config() -> LlavaVideoConfig:
    """About 25 M parameters, 9x9 patches a frame."""
    tower = {"hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 6, "num_attention_heads": 4}
    text = {"hidden_size": 384, "intermediate_size": 1024, "num_hidden_layers": 6, "num_attention_heads": 6}
    return LlavaVideoConfig(
        vision_config={"model_type": "siglip_vision_model", "image_size": 126, "patch_size": 14, **tower},
        text_config={"model_type": "qwen2", "num_key_value_heads": 2, "vocab_size": 8192, **text},
        video_token_id=7,
    )


def settings(config: LlavaVideoConfig, **changes) -> tuple[TrainingArguments, ModelConfig, Batch]:
    """Settings of a case; keyword arguments are those of the three, by their names."""
    names = {"attn_implementation", "dtype"} | {name for name in changes if "lora" in name or "peft" in name}
    model = {name: changes.pop(name) for name in names & changes.keys()}
    batch = BATCH | {name: changes.pop(name) for name in BATCH.keys() & changes.keys()}
    batch["num_video_tokens"] = config.num_video_tokens(batch["num_frames"])
    training = {
        "activation_checkpointing": True,
        "bf16": False,
        "output_dir": tempfile.gettempdir(),
        "report_to": "none",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        arguments = TrainingArguments(**training | changes, use_cpu=not torch.cuda.is_available())
    return arguments, ModelConfig(**model), Batch(**batch)


def planned_peak(config: LlavaVideoConfig, num_shards: int = 1, **changes) -> int:
    """Peak bytes of one step, parameters and gradients included, on fake tensors."""
    arguments, model, batch = settings(config, **changes)
    strategy = "fsdp2" if num_shards > 1 else "ddp"
    return trace_step(config, arguments, model, batch, strategy, (num_shards,)).peak()[0]


def measured_peak(config: LlavaVideoConfig, device: str = "cpu", mesh=None, **changes) -> int:
    """Peak bytes of the same step with real weights, which are random."""
    arguments, model_args, batch = settings(config, **changes)
    with torch.device(device):
        model = build_model(config, arguments, model_args, getattr(torch, model_args.dtype))
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(0, 0.02)
    if mesh is not None:
        prepare_sharded(model, mesh, arguments.bf16)
    elif arguments.bf16 and device == "cpu":
        norm_as_on_gpu(model)
    inputs = real_inputs(config, batch, device, model_args.attn_implementation == "eager")
    before = sum(_local(weight).nbytes for weight in model.parameters())
    before += sum(value.nbytes for value in inputs.values() if isinstance(value, torch.Tensor))
    silent = StepTracker()  # never entered: only its hooks are used
    return peak_bytes(lambda: run_step(model, inputs, silent, arguments.bf16), before, device)


def real_inputs(config: LlavaVideoConfig, batch: Batch, device: str, eager: bool) -> dict:
    """As [`fake_batch`], with as many video tokens as the frames give, and noise."""
    with torch.device(device):
        inputs = fake_batch(config, batch, eager)
        inputs["input_ids"][:, : batch.num_video_tokens] = config.video_token_id
        inputs["pixel_values_videos"].normal_()
    return inputs


def peak_bytes(run: Callable[[], None], before: int, device: str) -> int:
    """Most bytes that are allocated at a time while `run` runs; on a CPU `before` is what was there before."""
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        run()
        return torch.cuda.max_memory_allocated()
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    events = profiler.profiler.kineto_results.events()
    memory = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    now = peak = before
    for _, size in memory:
        now += size
        peak = max(peak, now)
    return peak


def _local(weight: torch.Tensor) -> torch.Tensor:
    return weight.to_local() if hasattr(weight, "to_local") else weight


def measured_sharded_peak(num_processes: int = 2, **changes) -> int:
    """Peak bytes of the first of several processes that shard the small model over gloo."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "peak")
        mp.spawn(_sharded_process, (num_processes, folder, path, changes), num_processes)
        return torch.load(path)


def _sharded_process(rank: int, num_processes: int, folder: str, path: str, changes: dict) -> None:
    torch.set_num_threads(1)
    store = dist.FileStore(os.path.join(folder, "store"), num_processes)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=num_processes)
    peak = measured_peak(small_config(), mesh=init_device_mesh("cpu", (num_processes,)), **changes)
    if rank == 0:
        torch.save(peak, path)
    dist.destroy_process_group()


def compare(device: str) -> None:
    """Print planned and measured peaks of every case."""
    print(f"{'':36}{'planned MB':>12}{'measured MB':>12}{'deviation':>11}")
    for name, changes in CASES.items():
        planned, measured = planned_peak(small_config(), **changes), measured_peak(small_config(), device, **changes)
        print_row(name, planned, measured)
    if device == "cpu":
        for name in ("float32", "bf16 autocast", "frozen tower"):
            planned = planned_peak(small_config(), num_shards=2, **CASES[name])
            print_row(f"{name}, sharded over 2", planned, measured_sharded_peak(**CASES[name]))


def print_row(name: str, planned: float, measured: float) -> None:
    """One line of the comparison."""
    print(f"{name:36}{planned / 1e6:12.1f}{measured / 1e6:12.1f}{planned / measured - 1:+11.1%}", flush=True)


def check_lines() -> None:
    """Peak memory of the 7B shape at several frames, and what the line through 32 and 64 says."""
    config, peaks = load_config(LLAVA_VIDEO_7B), {}
    for num_frames in (32, 64, 8, 16, 128):
        options = {"bf16": True, "num_frames": num_frames, "num_text_tokens": 148 + 6 * num_frames}
        peaks[num_frames] = planned_peak(config, num_shards=4, **options)
        line = peaks[32] + (num_frames - 32) * (peaks.get(64, peaks[32]) - peaks[32]) / 32
        print_row(f"{num_frames} frames: line, fake step", line, peaks[num_frames])


def main() -> None:
    """Read the command line and run one of the three."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.plan", description=__doc__.strip().splitlines()[0])
    parser.add_argument("--lines", action="store_true", help="straight lines at 7B, on fake tensors")
    parser.add_argument("--seven-billion", action="store_true", help="LoRA of the 7B shape, on a GPU")
    options = parser.parse_args()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    name = torch.cuda.get_device_name() if device == "cuda" else f"CPU, {torch.get_num_threads()} threads"
    print(f"device: {name}; torch {torch.__version__}")
    if options.lines:
        return check_lines()
    if not options.seven_billion:
        return compare(device)
    if device == "cpu":
        sys.exit("error: --seven-billion: a GPU is needed, this machine has none")
    changes = CASES["LoRA"] | {"num_frames": 32, "num_text_tokens": 340}
    config = load_config(LLAVA_VIDEO_7B)
    print_row("7B, LoRA, 32 frames", planned_peak(config, **changes), measured_peak(config, device, **changes))


if __name__ == "__main__":
    main()
