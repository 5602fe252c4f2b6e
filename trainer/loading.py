"""A checkpoint's model and processor, or one clear message."""

from contextlib import contextmanager, suppress
from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import StrictDataclassError
from peft import PeftConfig, PeftModel
from safetensors import SafetensorError
from torch import nn
from transformers import (
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING,
    AutoConfig,
    AutoModelForImageTextToText,
    AutoProcessor,
    GenerationConfig,
    PreTrainedConfig,
    ProcessorMixin,
)
from transformers.distributed.utils import is_local_dist_rank_0
from transformers.integrations import is_fsdp_enabled
from transformers.utils import cached_file, find_adapter_config_file, logging

from trainer.llava_video import LlavaVideoConfig, LlavaVideoForConditionalGeneration, LlavaVideoProcessor
from trainer.llava_video.conversion import TOKENIZER_FILES, read_original
from trainer.llava_video.original_weights import stored_dtype

ORIGINAL_ARCHITECTURES = ["LlavaQwenForCausalLM"]
HUB_OPTIONS = ("revision", "token", "cache_dir", "local_files_only")
# What a processor has to know of its model, under the same names.
SHARED_FIELDS = (
    "mm_newline_position",
    "mm_spatial_pool_mode",
    "mm_spatial_pool_stride",
    "add_faster_video",
    "faster_token_stride",
)


def load_checkpoint(name: str, *, config_overrides: dict | None = None, **options) -> tuple[nn.Module, ProcessorMixin]:
    """
    Load a video-language model and its processor.

    Under FSDP with `cpu_ram_efficient_loading` only the first process of a machine reads the weights; the others
    have a model of the same shapes that takes no memory until Accelerate fills it, when it shards it.

    Args:
        name (`str`):
            Folder of a checkpoint in our layout, in the original one of LLaVA-Video, or of a LoRA adapter; or a model
            on the Hub in one of the three.
        config_overrides (`dict`, *optional*):
            Fields of the model's configuration to change before it is built, such as
            `{"add_faster_video": True, "faster_token_stride": 4}`; those of a part as a dictionary under its name.
            Parameters that this adds are initialised, and the processor is made to agree.
        options:
            Keyword arguments of `AutoModelForImageTextToText.from_pretrained`.

    Returns:
        `tuple[torch.nn.Module, ProcessorMixin]`: Model and processor. Of an adapter, its `peft.PeftModel` on the base
        that its `adapter_config.json` names.

    Raises:
        ValueError: If there is no such checkpoint, it cannot be read, or a field is unknown or has a wrong value.
    """
    hub = {option: options[option] for option in HUB_OPTIONS if option in options}
    with _one_message(name):
        adapter = find_adapter_config_file(name, **hub)
        settings = {} if adapter else PreTrainedConfig.get_config_dict(name, **hub)[0]
    if adapter:
        return _load_adapter(name, config_overrides or {}, hub, options)
    if settings.get("architectures") == ORIGINAL_ARCHITECTURES:
        return _load_original(name, config_overrides or {}, hub, options)
    with _one_message(name):
        config = AutoConfig.from_pretrained(name, **hub)
        processor = AutoProcessor.from_pretrained(name, **hub)
    override_config(config, config_overrides or {})
    for field in SHARED_FIELDS:
        if field in (config_overrides or {}) and hasattr(processor, field):
            setattr(processor, field, config_overrides[field])
    with _one_message(name):
        if _is_filled_by_another_process(options):
            return _build_empty(name, config, hub, options), processor
        return AutoModelForImageTextToText.from_pretrained(name, config=config, **options), processor


def override_config(config: PreTrainedConfig, changes: dict, where: str = "") -> None:
    """
    Set fields of a configuration.

    Args:
        config (`PreTrainedConfig`):
            Changed in place.
        changes (`dict`):
            New values by field; a dictionary for a field that is a configuration itself.
        where (`str`, *optional*):
            Start of the fields' names in messages.

    Raises:
        ValueError: If a field is unknown, or a value is none that it can have.
    """
    for field, value in changes.items():
        if not hasattr(config, field):
            known = ", ".join(sorted(config.to_dict()))
            raise ValueError(f"{where}{field}: the model's configuration has no such field. It has {known}.")
        part = getattr(config, field)
        if isinstance(part, PreTrainedConfig):
            override_config(part, value, f"{where}{field}.")
            continue
        try:
            setattr(config, field, value)
        except StrictDataclassError as error:
            raise ValueError(f"{where}{field}: {' '.join(str(error).split())}") from None
    if isinstance(config, LlavaVideoConfig):
        config.check_settings()


def _load_original(name: str, changes: dict, hub: dict, options: dict) -> tuple[nn.Module, ProcessorMixin]:
    folder = Path(name)
    if not folder.is_dir():
        with _one_message(name):
            wanted = ["*.json", "*.safetensors", *TOKENIZER_FILES]
            folder = Path(snapshot_download(name, allow_patterns=wanted, **hub))
    options = {option: value for option, value in options.items() if option not in hub}
    try:
        config, tokenizer = read_original(folder)
        if tokenizer is None:
            raise ValueError(f"{name}: no tokenizer. Put {' and '.join(TOKENIZER_FILES[:2])} beside the weights.")
        override_config(config, changes)
        if config.dtype is None:
            config.dtype = stored_dtype(folder)
        if _is_filled_by_another_process(options):
            model = _build_empty(folder, config, {}, options)
        else:
            model = LlavaVideoForConditionalGeneration.from_original(folder, config=config, **options)
    except (OSError, SafetensorError) as error:  # say already what and where
        raise ValueError(str(error)) from None
    model.name_or_path = model.config.name_or_path = name  # not a folder of the cache: adapters note it as their base
    return model, LlavaVideoProcessor.from_config(config, tokenizer)


def _load_adapter(name: str, changes: dict, hub: dict, options: dict) -> tuple[nn.Module, ProcessorMixin]:
    with _one_message(name):
        base = PeftConfig.from_pretrained(name, **hub).base_model_name_or_path
        has_processor = cached_file(name, "processor_config.json", _raise_exceptions_for_missing_entries=False, **hub)
        processor = AutoProcessor.from_pretrained(name, **hub) if has_processor else None
    if isinstance(processor, LlavaVideoProcessor):  # saved with the settings that the adapter was trained with
        changes = {field: getattr(processor, field) for field in SHARED_FIELDS} | changes
    options = {option: value for option, value in options.items() if option != "revision"}  # the adapter's
    try:
        if changes.get("add_faster_video") and not PreTrainedConfig.get_config_dict(base)[0].get("add_faster_video"):
            raise ValueError(
                f"{base} has no faster token, and an adapter cannot hold one. Load the base with config_overrides="
                "{'add_faster_video': True}, save it with its processor, and train the adapter on that."
            )
        model, base_processor = load_checkpoint(base, config_overrides=changes, **options)
    except ValueError as error:
        raise ValueError(f"{name}: its base model (adapter_config.json, base_model_name_or_path): {error}") from None
    with _one_message(name):
        return PeftModel.from_pretrained(model, name, **hub), processor or base_processor


def _is_filled_by_another_process(options: dict) -> bool:
    # as in transformers, which cannot send quantised weights from process to process
    return is_fsdp_enabled() and not is_local_dist_rank_0() and options.get("quantization_config") is None


def _build_empty(name: str | Path, config: PreTrainedConfig, hub: dict, options: dict) -> nn.Module:
    """
    A model whose weights are memory that nothing was written to, which is memory not yet taken.

    With a name `from_pretrained` reads the weights in every process (transformers 5.23), so it gets an empty state.
    Weights do not stay on the meta device: there all have the address 0, and by their addresses Accelerate 1.15 tells
    the optimizer's parameters from each other when it shards the model.
    """
    kept = {option: value for option, value in options.items() if option in ("dtype", "attn_implementation")}
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # all weights are missing, as they should be
    try:
        model = MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING[type(config)].from_pretrained(
            None, config=config, state_dict={}, **kept
        )
    finally:
        logging.set_verbosity(verbosity)
    model._apply(lambda tensor: torch.empty_like(tensor, device="cpu") if tensor.is_meta else tensor)
    model.tie_weights()
    with suppress(OSError):  # not every checkpoint has one
        model.generation_config = GenerationConfig.from_pretrained(name, **hub)
    if isinstance(model, LlavaVideoForConditionalGeneration):
        model.suppress_video_token()
    return model


@contextmanager
def _one_message(name: str):
    try:
        yield
    except (ValueError, OSError, SafetensorError) as error:
        # transformers takes a folder that is not there for a model on the Hub and speaks of that, in several lines
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"{name}: no checkpoint that can be loaded ({reason}). Give the folder that holds config.json, "
            "model.safetensors and the processor's files, or the name of a model on the Hub."
        ) from None
