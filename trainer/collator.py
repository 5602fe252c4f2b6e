"""Rows into batches: only the sampled frames are decoded, the time instruction is written, the prompt is masked."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from transformers import ProcessorMixin

from fitness_aqa_dataset import augment_frames
from trainer.answers import IGNORE_INDEX, encode_ending, place_labels, special_token_ids
from trainer.chat import Conversation, render, shows_as_image, write_messages
from trainer.media import GREY, Media, read_rows
from trainer.pixels import as_bytes, normalization_of


def blank_frames(frames: torch.Tensor) -> torch.Tensor:
    """Mid-grey frames of the same shape: what is left of a clip is its length. A control, not an augmentation."""
    return torch.full_like(frames, GREY)


@dataclass
class ConversationCollator:
    """
    Collate rows of clips or images with `messages` for a video-language model of transformers. Of the processor it
    takes the chat template and one call for the whole batch.

    Args:
        processor (`ProcessorMixin`):
            Of any model that knows videos.
        num_frames (`int`):
            Frames sampled from each clip.
        generate (`bool`, *optional*, defaults to `False`):
            `True`: prompts only, padded on the left, for `generate`. `False`: whole conversations with `labels`.
        change_frames (`Callable`, *optional*):
            Applied to the frames, uint8 (T, 3, H, W), of every clip or image, after its augmentation.
        max_length (`int`, *optional*):
            Most tokens of a conversation, its video included. A longer one is an error and never cut.
        uint8_pixels (`bool`, *optional*, defaults to `False`):
            Give pixels as they are after resizing, a quarter of the bytes; [`normalize_pixels`] does the rest where
            the model runs. Without effect where [`normalization_of`] gives `None`.
        on_bad_clip (`str`, *optional*, defaults to `"error"`):
            What becomes of a clip or image that cannot be decoded. `"skip"`: the row is grey and nothing of it is
            learnt.
        vary (`Callable`, *optional*):
            `vary(row, epoch)` gives the row that is shown in a later epoch than the first.
    """

    processor: ProcessorMixin
    num_frames: int
    generate: bool = False
    change_frames: Callable[[torch.Tensor], torch.Tensor] | None = None
    max_length: int | None = None
    uint8_pixels: bool = False
    on_bad_clip: str = "error"
    vary: Callable[[dict, int], dict] | None = None
    # Shared memory: workers of a data loader that already run see another epoch.
    _epoch: torch.Tensor = field(
        default_factory=lambda: torch.zeros((), dtype=torch.int64).share_memory_(),
        init=False,
        repr=False,
        compare=False,
    )

    def __post_init__(self):
        if self.num_frames < 1:
            raise ValueError(f"`num_frames` must be at least 1, got {self.num_frames}.")
        if self.on_bad_clip not in ("error", "skip"):
            raise ValueError(f"on_bad_clip: expected error or skip, got {self.on_bad_clip!r}.")

    def set_epoch(self, epoch: int) -> None:
        """Tell which epoch it is, from 0, in this process and in all workers; before the data loader is iterated."""
        self._epoch.fill_(epoch)

    def __call__(self, rows: list[dict]) -> dict[str, torch.Tensor]:
        """
        Args:
            rows (`list[dict]`):
                Rows with `id`, `messages` and `video` (undecoded) or `image`; optionally `augmentation`, `weight`
                (`float`), and `is_padding` (`bool`): nothing is decoded, the row is grey and nothing of it is learnt.

        Returns:
            `dict[str, torch.Tensor]`: What the processor makes: `input_ids` and `attention_mask`, int64 (B, L), and
            pixels under the names that the model has for them. That is all for generating; otherwise also `labels`,
            int64 (B, L): the token ids of the answer and its end of turn, -100 elsewhere; with weights
            `answer_weights`, float32 (B,), 1 for a row without; with `on_bad_clip="skip"` `num_skipped`, int64, no
            dimension.

        Raises:
            ValueError: If a clip or image cannot be decoded, a conversation is too long, has a placeholder or special
                token in its text, or its answer is not found in its tokens. The message names the row.
        """
        epoch = int(self._epoch)
        if self.vary is not None and epoch > 0:
            rows = [self.vary(row, epoch) for row in rows]
        media, is_unread = read_rows(rows, self.num_frames, self.on_bad_clip)
        for row, shown in zip(rows, media, strict=True):
            self._change(row, shown)
        conversations = [self._conversation(row, shown) for row, shown in zip(rows, media, strict=True)]
        batch = self._process(conversations, media)
        self._check_lengths(rows, batch)
        if self.generate:
            return batch
        is_grey = [unread or bool(row.get("is_padding")) for row, unread in zip(rows, is_unread, strict=True)]
        batch["labels"] = self._labels(rows, conversations, is_grey, batch)
        if any(row.get("weight") is not None for row in rows):
            weights = [1.0 if row.get("weight") is None else row["weight"] for row in rows]
            batch["answer_weights"] = torch.tensor(weights, dtype=torch.float32)
        if self.on_bad_clip == "skip":
            batch["num_skipped"] = torch.tensor(sum(is_unread))
        return batch

    def _change(self, row: dict, media: Media) -> None:
        if row.get("augmentation") is not None and not row.get("is_padding"):
            media.frames = augment_frames(media.frames, row["augmentation"])
        if self.change_frames is not None:
            media.frames = self.change_frames(media.frames)

    def _conversation(self, row: dict, media: Media) -> Conversation:
        with _naming(row):
            return render(self.processor, write_messages(self.processor, row, media), self.generate)

    def _process(self, conversations: list[Conversation], media: list[Media]) -> dict[str, torch.Tensor]:
        """The processor's one call."""
        clips = [shown for shown in media if not shows_as_image(self.processor, shown)]
        images = [[shown.frames[0]] for shown in media if shows_as_image(self.processor, shown)]
        if clips and images and self._same_names():
            raise ValueError(
                f"{type(self.processor).__name__} gives images and clips the same names, so that a batch cannot hold "
                "both. Train on clips and on images apart."
            )
        raw = {"do_rescale": False, "do_normalize": False}
        raw = raw if self.uint8_pixels and normalization_of(self.processor) is not None else {}
        metadata = [shown.metadata() for shown in clips]
        batch = self.processor(
            text=[conversation.prompt + conversation.ending for conversation in conversations],
            videos=[shown.frames for shown in clips] or None,
            images=images or None,
            # The template has written them.
            text_kwargs={
                "padding": True,
                "padding_side": "left" if self.generate else "right",
                "add_special_tokens": False,
            },
            videos_kwargs={"do_sample_frames": False, "video_metadata": metadata, **raw} if clips else {},
            images_kwargs=raw if images else {},
            return_tensors="pt",
        )
        return as_bytes(batch) if raw else dict(batch)

    def _same_names(self) -> bool:
        """Whether an image's pixels would take the place of a clip's (SmolVLM)."""
        names = [
            set(part.model_input_names) for part in (self.processor.image_processor, self.processor.video_processor)
        ]
        return not names[0].isdisjoint(names[1])

    def _check_lengths(self, rows: list[dict], batch: dict[str, torch.Tensor]) -> None:
        if self.max_length is None:
            return
        ids = [*self.processor.video_token_ids, *self.processor.image_token_ids]
        placeholders = torch.tensor([id for id in ids if id is not None])
        lengths = batch["attention_mask"].sum(1).tolist()
        for row, input_ids, length in zip(rows, batch["input_ids"], lengths, strict=True):
            if length > self.max_length:
                num_video_tokens = int(torch.isin(input_ids, placeholders).sum())
                raise ValueError(
                    f"row {row['id']!r}: {length} tokens, {num_video_tokens} of them of its video, and max_length is "
                    f"{self.max_length}. A conversation is never cut: raise max_length, or lower num_frames."
                )

    def _labels(self, rows: list[dict], conversations: list[Conversation], is_grey: list[bool], batch: dict):
        special_ids = special_token_ids(self.processor.tokenizer)
        labels = torch.full_like(batch["input_ids"], IGNORE_INDEX)
        lengths = batch["attention_mask"].sum(1).tolist()
        for index, (row, conversation) in enumerate(zip(rows, conversations, strict=True)):
            if not is_grey[index]:
                input_ids = batch["input_ids"][index, : lengths[index]]
                with _naming(row):
                    ending = encode_ending(self.processor.tokenizer, conversation, special_ids)
                    labels[index, : lengths[index]] = place_labels(input_ids, *ending)
        return labels


@contextmanager
def _naming(row: dict) -> Iterator[None]:
    """What is wrong with a row is said with its id."""
    try:
        yield
    except ValueError as error:
        raise ValueError(f"row {row['id']!r}: {error}") from None
