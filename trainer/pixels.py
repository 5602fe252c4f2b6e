"""Pixels that travel as uint8 and become, where the model runs, the numbers that the processor would have made."""

import torch
from torchvision.transforms.v2 import functional as F
from transformers import ProcessorMixin

Normalization = tuple[tuple[float, ...], tuple[float, ...]]


def normalization_of(processor: ProcessorMixin) -> Normalization | None:
    """
    How a processor turns uint8 pixels into floats, if all its pixels become floats in the same way.

    Args:
        processor (`ProcessorMixin`):
            Its video processor and, where it has one, its image processor are looked at.

    Returns:
        `tuple` or `None`: Mean and standard deviation of the three channels, on the scale of uint8; `None` if one of
        the two does not rescale or normalize, or they do it differently.
    """
    parts = [processor.video_processor, getattr(processor, "image_processor", None)]
    found = set()
    for part in parts:
        if part is None:
            continue
        if not (part.do_rescale and part.do_normalize):
            return None
        # in float32, as transformers fuses the two steps
        scale = 1.0 / part.rescale_factor
        mean_std = (torch.tensor(values) * scale for values in (part.image_mean, part.image_std))
        found.add(tuple(tuple(values.tolist()) for values in mean_std))
    return found.pop() if len(found) == 1 else None


def as_bytes(batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A batch of pixels that were not rescaled, in one byte each, and SmolVLM's mask of pixels, else 8 bytes each."""
    batch = dict(batch)
    for name, tensor in batch.items():
        if name.startswith("pixel_values"):
            batch[name] = tensor.to(torch.uint8)  # SmolVLM's image processor pads whole numbers as float32
        elif name == "pixel_attention_mask":
            batch[name] = tensor.bool()
    return batch


def normalize_pixels(batch: dict, normalization: Normalization | None) -> dict:
    """
    Make floats of a batch's uint8 pixels, on the device where they are.

    Args:
        batch (`dict`):
            From a [`ConversationCollator`]. Pixels have the shape `(…, 3, H, W)`, or `(patches, 3 · T · H · W)` with
            the channels outermost, as Qwen's processors flatten them.
        normalization (`tuple`, *optional*):
            From [`normalization_of`].

    Returns:
        `dict`: The batch with float32 pixels, frames of padding 0 as the processors make them; as it is where pixels
        are floats already.
    """
    pixels = {
        name: tensor
        for name, tensor in batch.items()
        if name.startswith("pixel_values") and tensor.dtype == torch.uint8
    }
    if not pixels:
        return batch
    mean, std = normalization
    batch = dict(batch)
    for name, tensor in pixels.items():
        is_flat = tensor.ndim == 2
        floats = tensor.float()
        image = floats.view(len(floats), 3, -1, 1) if is_flat else floats
        F.normalize(image, list(mean), list(std), inplace=True)
        batch[name] = floats
    if "num_frames" in batch:  # LLaVA-Video's
        for video, length in zip(batch["pixel_values_videos"], batch["num_frames"].tolist(), strict=True):
            video[length:] = 0
    if "pixel_attention_mask" in batch:  # SmolVLM's: it takes images that are all 0 for padding
        batch["pixel_values"].masked_fill_(~batch["pixel_attention_mask"][:, :, None].bool(), 0.0)
    return batch
