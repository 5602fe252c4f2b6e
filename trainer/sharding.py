"""How a model lies on the processes: what is found in it, the sharding that Accelerate does, and the whole state."""

import math

import torch
from accelerate import Accelerator
from torch import nn
from torch.distributed.algorithms._checkpoint.checkpoint_wrapper import checkpoint_wrapper
from torch.distributed.device_mesh import DeviceMesh
from torch.distributed.fsdp import CPUOffloadPolicy, MixedPrecisionPolicy, OffloadPolicy, fully_shard
from torch.distributed.tensor import DTensor
from torch.nn.parallel import DistributedDataParallel

# The blocks that are sharded one by one; `fsdp_transformer_layer_cls_to_wrap` of the files in `accelerate/`.
LAYER_CLASSES = ("SiglipEncoderLayer", "Qwen2DecoderLayer")


def shard_model(
    model: nn.Module,
    mesh: DeviceMesh | None = None,
    *,
    layer_classes: tuple[str, ...] = LAYER_CLASSES,
    activation_checkpointing: bool = False,
    reshard_after_forward: bool = True,
    mixed_precision: MixedPrecisionPolicy | None = None,
    cpu_offload: bool = False,
) -> nn.Module:
    """
    Shard a model with FSDP2 as Accelerate does: layers, embeddings and head one by one, the rest with the root.

    Args:
        model (`torch.nn.Module`):
            Changed in place: its parameters become `DTensor`. On any device, `meta` too.
        mesh (`DeviceMesh`, *optional*):
            One dimension shards; of two the first replicates and the second shards (HSDP). Defaults to all processes.
        layer_classes (`tuple[str, ...]`, *optional*):
            Names of the classes that are sharded one by one.
        activation_checkpointing (`bool`, *optional*, defaults to `False`):
            Compute the activations of the layers again in the backward pass, in FSDP's way: the checkpoint is inside
            of what is sharded, and random states are not kept.
        reshard_after_forward (`bool`, *optional*, defaults to `True`):
            Free a layer's whole weights between its forward and its backward pass.
        mixed_precision (`MixedPrecisionPolicy`, *optional*):
            Types that weights and gradients have in transfers and computing. Defaults to those of the weights.
        cpu_offload (`bool`, *optional*, defaults to `False`):
            Keep shards, gradients and the optimizer's state in the memory of the CPU.

    Returns:
        `torch.nn.Module`: The same model.

    Raises:
        ValueError: If the model has no layer of one of the classes.
    """
    layers = {name: module for name, module in model.named_modules() if type(module).__name__ in layer_classes}
    if missing := set(layer_classes) - {type(layer).__name__ for layer in layers.values()}:
        raise ValueError(
            f"{type(model).__name__} has no layer of the class {', '.join(sorted(missing))}. Name the classes of its "
            "repeated blocks as layer_classes (in an Accelerate file: fsdp_transformer_layer_cls_to_wrap)."
        )
    options = {
        "mesh": mesh,
        "mp_policy": mixed_precision or MixedPrecisionPolicy(),
        "offload_policy": CPUOffloadPolicy() if cpu_offload else OffloadPolicy(),
    }
    for name, layer in layers.items():
        if activation_checkpointing:
            layer = checkpoint_wrapper(layer, preserve_rng_state=False)
            model.set_submodule(name, layer)
        fully_shard(layer, reshard_after_forward=reshard_after_forward, **options)
    embeddings, head = model.get_input_embeddings(), model.get_output_embeddings()
    if embeddings.weight is head.weight:  # a shared parameter has to be in one group
        fully_shard([embeddings, head], reshard_after_forward=False, **options)
    else:
        fully_shard(embeddings, reshard_after_forward=reshard_after_forward, **options)
        fully_shard(head, reshard_after_forward=False, **options)  # its backward pass comes next
    return fully_shard(model, **options)


def find_sharding(model: nn.Module) -> dict:
    """
    Count what lies where in a model, whatever the configuration asked for.

    Args:
        model (`torch.nn.Module`):
            As it is trained: wrapped by DDP or DeepSpeed, or with `DTensor` parameters of FSDP2.

    Returns:
        `dict`: `num_parameters` (tensors), `num_sharded` (those of which a process holds a part), `num_shards` (the
        most parts of one), `num_replicas` (the most copies of a part), `wrapper` (`"DDP"`, `"DeepSpeed"` or `None`),
        `num_elements` and `num_local_elements` (numbers in all parameters, and those of them that this process holds).
    """
    found = {"num_parameters": 0, "num_sharded": 0, "num_shards": 1, "num_replicas": 1, "wrapper": None}
    found |= {"num_elements": 0, "num_local_elements": 0}
    if isinstance(model, DistributedDataParallel):
        found["wrapper"] = "DDP"
        found["num_replicas"] = torch.distributed.get_world_size(model.process_group)
    elif type(model).__name__ == "DeepSpeedEngine":  # not installed with this project
        found["wrapper"] = "DeepSpeed"
    for parameter in model.parameters():
        num_shards, num_replicas = 1, found["num_replicas"]
        num_elements = num_local = parameter.numel()
        if isinstance(parameter, DTensor):
            sizes = zip(parameter.placements, parameter.device_mesh.shape, strict=True)
            sharding = [size for placement, size in sizes if placement.is_shard()]
            num_shards = math.prod(sharding)
            num_replicas = parameter.device_mesh.size() // num_shards
            num_local = parameter.to_local().numel()
        elif hasattr(parameter, "ds_id"):  # ZeRO-3 leaves an empty tensor and its part beside it
            num_elements, num_local = parameter.ds_numel, parameter.ds_tensor.numel()
            num_shards = torch.distributed.get_world_size(parameter.ds_process_group)
        found["num_parameters"] += 1
        found["num_sharded"] += num_shards > 1
        found["num_shards"] = max(found["num_shards"], num_shards)
        found["num_replicas"] = max(found["num_replicas"], num_replicas)
        found["num_elements"] += num_elements
        found["num_local_elements"] += num_local
    return found


def describe_sharding(model: nn.Module) -> str:
    """
    What [`find_sharding`] found, in words.

    Args:
        model (`torch.nn.Module`):
            As it is trained, such as `trainer.model_wrapped` after the start of the training.

    Returns:
        `str`: Such as `432 of 432 parameters sharded over 4`, or `no parameter is sharded: every process holds the
        whole model (DDP, 2 copies)`.
    """
    found = find_sharding(model)
    if not found["num_sharded"]:
        copies = f" ({found['wrapper']}, {found['num_replicas']} copies)" if found["wrapper"] else ""
        return f"no parameter is sharded: every process holds the whole model{copies}"
    text = f"{found['num_sharded']} of {found['num_parameters']} parameters sharded over {found['num_shards']}"
    if found["num_replicas"] > 1:
        text += f", {found['num_replicas']} copies"
    share = found["num_local_elements"] / found["num_elements"]
    return f"{text}; this process holds {share:.1%} of {found['num_elements']:,} numbers"


def full_state_dict(accelerator: Accelerator, model: nn.Module) -> dict[str, torch.Tensor]:
    """
    All weights of a model in one process, under their own names; has to be called by every process.

    Args:
        accelerator (`Accelerator`):
            That prepared the model.
        model (`torch.nn.Module`):
            What `prepare` returned: `trainer.model_wrapped`.

    Returns:
        `dict[str, torch.Tensor]`: On the CPU in the first process, empty in the others. Under ZeRO-3 in 16 bits, and
        only if the file says `zero3_save_16bit_model: true`.
    """
    state = accelerator.get_state_dict(model)
    return {name: weight.cpu() for name, weight in state.items()} if accelerator.is_main_process else {}
