"""Answers as the model writes them."""

import torch

from trainer.prediction.reading import Reading


def read_free(model: torch.nn.Module, processor, batch: dict[str, torch.Tensor], **generation) -> list[Reading]:
    """
    Answer a batch with whatever words the model finds.

    Args:
        model: A video-language model with `generate`.
        processor: Its processor.
        batch (`dict[str, torch.Tensor]`): Prompts, padded on the left, on the model's device, pixels as floats.
        generation: For `generate`: `max_new_tokens`, `num_beams`, `do_sample`, `temperature`, `top_p` …

    Returns:
        `list[Reading]`: Texts only.
    """
    tokens = model.generate(**batch, **generation)
    new_tokens = tokens[:, batch["input_ids"].shape[1] :]
    answers = processor.batch_decode(new_tokens, skip_special_tokens=True)
    return [Reading(answer=answer.strip()) for answer in answers]
