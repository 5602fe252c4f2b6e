"""Rows into batches: only the sampled frames are decoded, the time instruction is written, the prompt is masked."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from transformers import ProcessorMixin

from fitness_aqa_dataset import augment_frames, sample_frames, time_instruction

IGNORE_INDEX = -100


def blank_frames(frames: torch.Tensor) -> torch.Tensor:
    """Mid-grey frames of the same shape: what is left of a clip is its length. A control, not an augmentation."""
    return torch.full_like(frames, 128)


@dataclass
class ConversationCollator:
    """
    Collate rows with `video` and `messages` for a video-language model; leans on the processor's chat template only.

    Args:
        processor (`ProcessorMixin`):
            Its `apply_chat_template` takes frames inside the message and marks the assistant's tokens.
        num_frames (`int`):
            Frames sampled from each clip.
        generate (`bool`, *optional*, defaults to `False`):
            `True`: prompts only, padded on the left, for `generate`. `False`: whole conversations with `labels`.
        change_frames (`Callable`, *optional*):
            Applied to the frames, uint8 (T, 3, H, W), of every clip, after its augmentation.
    """

    processor: ProcessorMixin
    num_frames: int
    generate: bool = False
    change_frames: Callable[[torch.Tensor], torch.Tensor] | None = None

    def __call__(self, rows: list[dict]) -> dict[str, torch.Tensor]:
        """
        Args:
            rows (`list[dict]`):
                Rows with `video`, `messages` and, optionally, `augmentation`.

        Returns:
            `dict[str, torch.Tensor]`: What the processor makes: `input_ids` and `attention_mask`, int64 (B, L),
            `pixel_values_videos`, float32 (B, T, 3, H, W); and unless generating `labels`, int64 (B, L): the token
            ids of the answer and its `<|im_end|>`, -100 elsewhere.

        Raises:
            ValueError: If a clip cannot be decoded.
        """
        conversations = [self._conversation(row) for row in rows]
        batch = self.processor.apply_chat_template(
            conversations,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            add_generation_prompt=self.generate,
            return_assistant_tokens_mask=not self.generate,
            processor_kwargs={"padding": True, "padding_side": "left" if self.generate else "right"},
        )
        batch = dict(batch)
        if not self.generate:
            answers = torch.as_tensor(batch.pop("assistant_masks")).bool()
            batch["labels"] = batch["input_ids"].masked_fill(~answers, IGNORE_INDEX)
        return batch

    def _conversation(self, row: dict) -> list[dict]:
        frames, times_s, duration_s = sample_frames(row["video"], self.num_frames)
        if "augmentation" in row:
            frames = augment_frames(frames, row["augmentation"])
        if self.change_frames is not None:
            frames = self.change_frames(frames)
        user, *answers = row["messages"]
        texts = [{"type": "text", "text": part["text"]} for part in user["content"] if part["type"] == "text"]
        video = [
            {"type": "video", "video": frames},
            {"type": "text", "text": time_instruction(duration_s, times_s)},
        ]
        prompt = {"role": "user", "content": video + texts}
        return [prompt] if self.generate else [prompt, *answers]
