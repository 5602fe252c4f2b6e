"""Batches of clips, decoded and turned into prompts by the workers of a data loader."""

from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import torch
from datasets import Dataset
from torchcodec.decoders import VideoDecoder

from fitness_aqa_dataset.checking.headers import box_problem
from fitness_aqa_dataset.clip_reduction import clip_windows, cut_clip
from fitness_aqa_dataset.frames import open_video
from trainer.collator import ConversationCollator
from trainer.media import Media, read_media
from trainer.prediction.controls import change_frames, question
from trainer.prediction.inputs import Clip, reason

NO_FRAMES = torch.empty(0, 3, 0, 0, dtype=torch.uint8)
# A piece of a phase that is shorter is left to its neighbour.
FEWEST_FRAMES = 2


@dataclass
class ShownClip:
    """
    Args:
        clip ([`Clip`]): What is answered.
        problem (`str`, *optional*): Why it cannot be read; then there is nothing else.
        windows (`list[tuple[float, float]]`): What is shown of it, start and end in seconds on the file's clock.
        media (`list[Media]`): Times and length of each window on its own clock, without its frames.
    """

    clip: Clip
    problem: str | None = None
    windows: list[tuple[float, float]] = field(default_factory=list)
    media: list[Media] = field(default_factory=list)


@dataclass
class Batch:
    """
    Args:
        clips (`list[ShownClip]`): Consecutive clips of the input.
        prompts (`list[dict[str, torch.Tensor]]`): Of all windows of all clips, so many at once as answer together.
    """

    clips: list[ShownClip]
    prompts: list[dict[str, torch.Tensor]]


class PromptCollator(ConversationCollator):
    """[`~trainer.collator.ConversationCollator`] for windows that have been decoded already."""

    def prompts(self, rows: list[dict], media: list[Media]) -> dict[str, torch.Tensor]:
        """
        Args:
            rows (`list[dict]`): With `id` and `messages`.
            media (`list[Media]`): What each shows.

        Returns:
            `dict[str, torch.Tensor]`: Prompts, padded on the left, and pixels.
        """
        conversations = [self._conversation(row, shown) for row, shown in zip(rows, media, strict=True)]
        return self._process(conversations, media)


class Batches(torch.utils.data.Dataset):
    """
    Batch k holds the clips from k · `batch_size` on, whatever has been answered: so its prompts, their padding and the
    last digits of scores are always the same.

    Args:
        clips (`list[Clip]`): All of them.
        rows (`Dataset`, *optional*): Where those that lie in Parquet are.
        processor (`ProcessorMixin`): The model's.
        settings (`dict`): `num_frames`, `clip_reduction`, `overlap`, `control`, `seed` and `batch_size`.
    """

    def __init__(self, clips: list[Clip], rows: Dataset | None, processor, settings: dict):
        self.clips, self.rows, self.settings = clips, rows, settings
        self.batch_size = settings["batch_size"]
        self.collator = PromptCollator(processor, settings["num_frames"], generate=True, uint8_pixels=True)

    def __len__(self) -> int:
        return -(-len(self.clips) // self.batch_size)

    def ids(self, index: int) -> list[str]:
        """Ids of the rows of a batch."""
        return [clip.id for clip in self.clips[index * self.batch_size : (index + 1) * self.batch_size]]

    def __getitem__(self, index: int) -> Batch:
        clips = [self._read(clip) for clip in self.clips[index * self.batch_size : (index + 1) * self.batch_size]]
        rows, media = [], []
        for shown in clips:
            asked = question(self.settings["control"], shown.clip.id, self.settings["seed"])
            messages = [{"role": "user", "content": asked}]
            rows += [{"id": shown.clip.id, "messages": messages} for _ in shown.media]
            media += shown.media
        starts = range(0, len(rows), self.batch_size)
        prompts = [
            self.collator.prompts(rows[start : start + self.batch_size], media[start : start + self.batch_size])
            for start in starts
        ]
        for shown in clips:  # the model needs no more of them than their times
            shown.media = [replace(window, frames=NO_FRAMES) for window in shown.media]
        return Batch(clips, prompts)

    def _read(self, clip: Clip) -> ShownClip:
        """Decode the windows of a clip; if one of them cannot be, the clip cannot be read."""
        problem = clip.problem
        if problem is None:
            try:
                video = {"bytes": None, "path": clip.path} if clip.row is None else self.rows[clip.row]["video"]
                problem = self._box_problem(clip, video)
                if problem is None:
                    return self._decode(clip, video)
            except (ValueError, OSError) as error:
                problem = str(error)
        return ShownClip(clip, reason(clip, problem))

    def _box_problem(self, clip: Clip, video: dict) -> str | None:
        if clip.span is not None:  # looked at when repetitions were found
            return None
        name = Path(video["path"] or clip.id)
        problem = box_problem(name, video["bytes"])
        return problem and problem.line(name)

    def _decode(self, clip: Clip, video: dict) -> ShownClip:
        shown, decoder = ShownClip(clip), open_video(video)
        decoder.metadata.path = video["path"]  # for messages about its frames
        for number, window in enumerate(self._cut(clip, decoder)):
            media = read_media({"video": decoder, "window": window}, self.settings["num_frames"])
            id = f"{clip.id} {number}"
            media.frames = change_frames(self.settings["control"], media.frames, id, self.settings["seed"])
            start_s = window["start"] if window else 0.0
            shown.windows.append((start_s, window["end"] if window else media.duration_s))
            shown.media.append(media)
        return shown

    def _cut(self, clip: Clip, decoder: VideoDecoder) -> list[dict | None]:
        """Windows of a clip or repetition; `None` for a whole clip, which is then read as training reads it."""
        reduction, num_frames, overlap = (self.settings[name] for name in ("clip_reduction", "num_frames", "overlap"))
        if reduction == "none":
            return [None if clip.span is None else {"start": clip.span[0], "end": clip.span[1]}]
        if clip.span is None:
            return cut_clip(decoder, reduction, num_frames, overlap)
        fps, (start_s, end_s) = decoder.metadata.average_fps, clip.span
        if reduction == "windows":
            windows = clip_windows(max(round((end_s - start_s) * fps), 1), fps, num_frames, overlap)
            return [{name: time + start_s for name, time in window.items()} for window in windows]
        phases = [
            {"start": max(phase["start"], start_s), "end": min(phase["end"], end_s)} for phase in _phases_of(clip.path)
        ]
        long_enough = [phase for phase in phases if phase["end"] - phase["start"] >= FEWEST_FRAMES / fps]
        return long_enough or [{"start": start_s, "end": end_s}]


@lru_cache(maxsize=1)
def _phases_of(path: str) -> list[dict]:
    """Of a video, whose repetitions come one after the other and need it looked through once."""
    return cut_clip(path, "phases")
