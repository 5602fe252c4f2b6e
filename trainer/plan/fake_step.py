"""
One training step of the real model at its real size, on fake tensors: shapes, dtypes and lifetimes, no numbers.

Fake tensors lie on the CPU, whose kernels keep what those of a GPU keep; where autocast differs between the two, the
GPU's rule is put in. `fsdp2` runs torch's own `fully_shard` over a process group that sends nothing.
"""

import contextlib
import math
import warnings
from dataclasses import dataclass
from functools import partial

import torch
import torch.distributed as dist
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.distributed.device_mesh import DeviceMesh, init_device_mesh
from torch.distributed.fsdp import MixedPrecisionPolicy
from torch.testing._internal.distributed.fake_pg import FakeStore
from transformers import PreTrainedConfig
from trl import ModelConfig

from trainer.arguments import TrainingArguments
from trainer.llava_video import LlavaVideoConfig
from trainer.sharding import LAYER_CLASSES, shard_model

from .parts import follow_parts, unwrap
from .shape import fake_model
from .tracker import StepTracker


@dataclass(frozen=True)
class Batch:
    """
    Sizes of what one GPU gets at a time.

    Args:
        num_rows (`int`): Clips.
        num_frames (`int`): Frames of each.
        num_video_tokens (`int`): Tokens that they become.
        num_text_tokens (`int`): Prompt and answer.
        num_answer_tokens (`int`): Positions that need logits.
        full_logits (`bool`): Make the logits of all positions, to see what that would cost.
    """

    num_rows: int
    num_frames: int
    num_video_tokens: int
    num_text_tokens: int
    num_answer_tokens: int
    full_logits: bool = False


def norm_as_on_gpu(model: nn.Module) -> None:
    """Layer norms in float32, as autocast has them on a GPU and not on a CPU."""
    for module in model.modules():
        if isinstance(module, nn.LayerNorm):
            module.forward = partial(_norm_in_float32, module)


def _norm_in_float32(norm: nn.LayerNorm, hidden: torch.Tensor) -> torch.Tensor:
    return nn.functional.layer_norm(
        hidden.float(), norm.normalized_shape, norm.weight.float(), norm.bias.float(), norm.eps
    )


@contextlib.contextmanager
def fake_mesh(shape: tuple[int, ...]):
    """A mesh of ranks of which this process is the first and the others do not exist; nothing is sent."""
    dist.init_process_group("fake", store=FakeStore(), rank=0, world_size=math.prod(shape))
    try:
        yield init_device_mesh("cpu", shape, mesh_dim_names=("replicate", "shard")[-len(shape) :])
    finally:
        dist.destroy_process_group()


def trace_step(
    config: PreTrainedConfig,
    training_args: TrainingArguments,
    model_args: ModelConfig,
    batch: Batch,
    strategy: str,
    mesh_shape: tuple[int, ...] = (1,),
) -> StepTracker:
    """
    Follow one forward and backward pass.

    Args:
        config (`PreTrainedConfig`): Shape of the model.
        training_args (`TrainingArguments`): Precision, checkpointing, freezing.
        model_args (`ModelConfig`): Precision of the weights, attention, LoRA.
        batch (`Batch`): Sizes of the batch of one GPU.
        strategy (`str`): `ddp`: the whole model. `fsdp2`: sharded, as Accelerate does it.
        mesh_shape (`tuple[int, ...]`): For `fsdp2`: ranks that shard, or machines and ranks of a machine for hybrid
            sharding.

    Returns:
        [`StepTracker`]: Parts are `parameters`, `frozen parameters`, `gradients`, `communication`, `inputs`, `tower`,
        `projector`, `language_model` and `logits`.
    """
    with contextlib.ExitStack() as stack:
        stack.enter_context(warnings.catch_warnings())  # FSDP2's about views of fake tensors
        warnings.simplefilter("ignore")
        mesh = stack.enter_context(fake_mesh(mesh_shape)) if strategy == "fsdp2" else None
        mode = FakeTensorMode(allow_non_fake_inputs=True)
        model = fake_model(config, training_args, model_args, mode)
        stack.enter_context(mode)
        if strategy == "fsdp2":
            prepare_sharded(model, mesh, training_args.bf16)
        if isinstance(config, LlavaVideoConfig):
            unwrap(model).model.get_placeholder_mask = placeholder_mask
        tracker = StepTracker()
        if training_args.bf16:
            norm_as_on_gpu(model)
        with tracker:
            tracker.watch((weight for weight in model.parameters() if weight.requires_grad), "parameters")
            tracker.watch((weight for weight in model.parameters() if not weight.requires_grad), "frozen parameters")
            inputs = fake_batch(config, batch, model_args.attn_implementation == "eager")
            run_step(model, inputs, tracker, training_args.bf16)
            gradients = [weight.grad for weight in model.parameters() if weight.grad is not None]
            tracker.watch(gradients, "gradients")
            tracker.kept = tracker.live()
    return tracker


def prepare_sharded(model: nn.Module, mesh: DeviceMesh, bf16: bool) -> None:
    """As `fsdp2_prepare_model` of Accelerate 1.15: what learns in float32, transfers and computing in bfloat16."""
    for weight in model.parameters():
        if bf16 and weight.requires_grad:
            weight.data = weight.data.float()
    layers = LAYER_CLASSES
    if not isinstance(unwrap(model).config, LlavaVideoConfig):
        present = {type(module).__name__ for module in model.modules()}
        layers = tuple(present & set(unwrap(model)._no_split_modules or ()))
    policy = MixedPrecisionPolicy(*[torch.bfloat16] * 3) if bf16 else None
    shard_model(model, mesh, layer_classes=layers, mixed_precision=policy)


def fake_batch(config: PreTrainedConfig, batch: Batch, eager: bool) -> dict[str, torch.Tensor]:
    """Inputs of the model without content, and the positions of the answer; of another model only the text."""
    rows, length = batch.num_rows, batch.num_text_tokens + batch.num_video_tokens
    inputs = {"input_ids": torch.zeros(rows, length, dtype=torch.int64), "use_cache": False}
    if not batch.full_logits:
        inputs["logits_to_keep"] = torch.arange(length - batch.num_answer_tokens - 1, length - 1)
    mask = torch.ones(rows, 1, length, length, dtype=torch.float32 if eager else torch.bool)
    if not isinstance(config, LlavaVideoConfig):
        rope = getattr(config.get_text_config(), "rope_parameters", None) or {}
        axes = (3,) if "mrope_section" in rope else ()
        positions = torch.zeros(*axes, rows, length, dtype=torch.int64)
        return inputs | {"attention_mask": mask, "position_ids": positions}
    size = config.vision_config.image_size
    inputs["pixel_values_videos"] = torch.zeros(rows, batch.num_frames, 3, size, size)
    # What transformers makes of a mask whose values it can read: none for a row without padding, as causal attention
    # needs none; several rows are padded to one length, and eager attention adds its mask to the scores.
    inputs["attention_mask"] = {"full_attention": mask if eager or rows > 1 else None}
    return inputs


def run_step(model: nn.Module, inputs: dict, tracker: StepTracker, autocast: bool) -> None:
    """Forward and backward under a tracker that is told which part of the model is at work."""
    follow_parts(model, tracker)
    device = inputs["input_ids"].device
    with torch.autocast(device.type, torch.bfloat16, enabled=autocast):
        logits = model(**inputs).logits
    tracker.saved = tracker.live()
    logits = logits.float().flatten(0, 1)
    loss = nn.functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.int64, device=device))
    del logits
    loss.backward()


def placeholder_mask(input_ids=None, inputs_embeds=None, **features) -> tuple[torch.Tensor, torch.Tensor]:
    """In place of the model's own, which compares counts: fake tokens have no values to count."""
    return (torch.zeros_like(inputs_embeds, dtype=torch.bool),) * 2
