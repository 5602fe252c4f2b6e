"""Do the placeholders in the text fit the features that the model makes? Compared before the first step."""

import inspect

import torch
from torch import nn

PIXELS = {"video": "pixel_values_videos", "image": "pixel_values"}


@torch.no_grad()
def compare_counts(model: nn.Module, batch: dict[str, torch.Tensor]) -> None:
    """
    Compare the number of features that the model makes of a batch's videos and images with that of placeholders in
    the text. LLaVA-Video says it by itself; other models encode the batch.

    Args:
        model (`torch.nn.Module`):
            A video-language model of transformers, whole: not yet sharded or wrapped.
        batch (`dict[str, torch.Tensor]`):
            From a [`ConversationCollator`], its pixels as floats.

    Raises:
        ValueError: If the two numbers differ; the message names both and likely causes.
    """
    for kind, pixels in PIXELS.items():
        token_id = getattr(model.config, f"{kind}_token_id", None)
        if token_id is None:  # SmolVLM takes frames for images and has no token of videos
            continue
        num_features = count_features(model, batch, kind) if pixels in batch else 0
        num_placeholders = int((batch["input_ids"] == token_id).sum())
        if num_placeholders != num_features:
            raise ValueError(
                f"the text has {num_placeholders} {kind} placeholders (token {token_id}), and the model makes "
                f"{num_features} features of the {kind}s. Likely causes: the processor is not the one saved with this "
                "model (its image size, patch size, pooling or newlines differ), settings of the model were changed "
                "and not the processor's, or the text was cut. Load both from one checkpoint."
            )


def count_features(model: nn.Module, batch: dict[str, torch.Tensor], kind: str) -> int:
    """
    Features that a model makes of a batch's videos or images.

    Args:
        model (`torch.nn.Module`), batch (`dict[str, torch.Tensor]`):
            As in [`compare_counts`].
        kind (`str`):
            `video` or `image`.

    Returns:
        `int`: Embeddings that the language model would get in place of placeholders.
    """
    if hasattr(model.config, "num_video_tokens"):  # ours knows: at 7B, encoding would take minutes on a CPU
        videos = batch[PIXELS[kind]]
        counts = batch["num_frames"].tolist() if "num_frames" in batch else [videos.shape[1]] * len(videos)
        return sum(model.config.num_video_tokens(count) for count in counts)
    encode = getattr(model, f"get_{kind}_features")
    names = inspect.signature(encode).parameters
    inputs = {name: tensor.to(model.device) for name, tensor in batch.items() if name in names}
    inputs[PIXELS[kind]] = inputs[PIXELS[kind]].to(model.dtype)
    features = encode(**inputs).pooler_output
    features = [features] if isinstance(features, torch.Tensor) else features
    return sum(part.shape[:-1].numel() for part in features)
