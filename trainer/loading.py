"""A checkpoint's model and processor, or one clear message."""

from safetensors import SafetensorError
from torch import nn
from transformers import AutoModelForImageTextToText, AutoProcessor, ProcessorMixin

import trainer.llava_video  # noqa: F401  registers the model with the Auto classes


def load_checkpoint(name: str, **options) -> tuple[nn.Module, ProcessorMixin]:
    """
    Load a video-language model and its processor.

    Args:
        name (`str`):
            Folder of the checkpoint, or a model on the Hub.
        options:
            Keyword arguments of `AutoModelForImageTextToText.from_pretrained`.

    Returns:
        `tuple[torch.nn.Module, ProcessorMixin]`: Model and processor.

    Raises:
        ValueError: If there is no such checkpoint or it cannot be read.
    """
    try:
        return AutoModelForImageTextToText.from_pretrained(name, **options), AutoProcessor.from_pretrained(name)
    except (ValueError, OSError, SafetensorError) as error:
        # transformers takes a folder that is not there for a model on the Hub and speaks of that, in several lines
        reason = str(error).strip().splitlines()[0]
        raise ValueError(
            f"{name}: no checkpoint that can be loaded ({reason}). Give the folder that holds config.json, "
            "model.safetensors and the processor's files, or the name of a model on the Hub."
        ) from None
