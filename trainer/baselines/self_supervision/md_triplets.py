"""
Triplets of MD, Motion Disentangling (Parmar et al., ECCV 2022): a repetition's way out, again, and its way back.

Shapes: T frames, S rows and columns.
"""

from functools import partial

import numpy as np
import torch
from datasets import Dataset, Features, Value

from fitness_aqa_dataset.frames import open_video, sample_frames
from trainer.baselines.self_supervision.augmentation import STRONG, Augmentation, augment_frames, generator_of
from trainer.baselines.self_supervision.decoding import resize, without_problems
from trainer.baselines.self_supervision.half_cycles import find_half_cycles

FEATURES = Features({"id": Value("string"), "halves": Value("binary"), "problem": Value("string")})
# 1.2 MB a row at 112 pixels: few are kept in memory before they are written
WRITER_BATCH_SIZE = 32


class HalfCycleTriplets:
    """
    Triplets of half-cycles of unlabelled clips.

    Every clip is decoded once and kept by `datasets`: two half-cycles of `num_frames` frames each, evenly spread, as
    bytes (1.2 MB a clip of 16 frames of 112 pixels, 12 GB for the release's 10460).

    Args:
        rows (`Dataset`):
            From [`~trainer.baselines.self_supervision.unlabeled_clips.load_unlabeled`]. Clips without two half-cycles
            and those that cannot be decoded are left out; the log says how many.
        num_frames (`int`, *optional*, defaults to 16):
            Frames of a half-cycle.
        image_size (`int`, *optional*, defaults to 112):
            Rows and columns of a frame, pixels.
        seed (`int`, *optional*, defaults to 0):
            Of what is drawn.
        augmentation ([`Augmentation`], *optional*, defaults to `STRONG`):
            Of each branch.

    Raises:
        ValueError: If no clip is left.
    """

    def __init__(
        self,
        rows: Dataset,
        num_frames: int = 16,
        image_size: int = 112,
        seed: int = 0,
        augmentation: Augmentation = STRONG,
    ):
        self.seed, self.augmentation = seed, augmentation
        self.shape = (2, num_frames, 3, image_size, image_size)
        decoded = rows.map(
            partial(_decode_halves, num_frames=num_frames, image_size=image_size),
            remove_columns=rows.column_names,
            features=FEATURES,
            writer_batch_size=WRITER_BATCH_SIZE,
            desc="decoding half-cycles",
        )
        self.halves = without_problems(decoded, len(rows))

    def __len__(self) -> int:
        return len(self.halves)

    def sample(self, index: int, epoch: int) -> dict[str, torch.Tensor]:
        """
        The triplet of a clip in an epoch; it hangs on the seed, the clip's id and the epoch alone.

        Args:
            index (`int`): Of the clip, below `len(self)`.
            epoch (`int`): Another one draws other augmentations.

        Returns:
            `dict[str, torch.Tensor]`: RGB, uint8, each `(num_frames, 3, S, S)`: `anchor`, the way out; `positive`,
            another augmentation of the same frames; `negative`, the way back. Either the first two or the last is
            reversed in time, so that the bar goes the same way in all three and only the lifter tells them apart.
        """
        row = self.halves[index]
        generator = generator_of(self.seed, row["id"], epoch, "half-cycles")
        out, back = torch.from_numpy(np.frombuffer(row["halves"], np.uint8).reshape(self.shape).copy())
        if generator.random() < 0.5:
            out = out.flip(0)
        else:
            back = back.flip(0)
        branches = {"anchor": out, "positive": out, "negative": back}
        return {name: augment_frames(frames, generator, self.augmentation) for name, frames in branches.items()}


def _decode_halves(row: dict, num_frames: int, image_size: int) -> dict:
    made = {"id": row["id"], "halves": b"", "problem": None}
    try:
        decoder = open_video(row["video"])
        fps = decoder.metadata.average_fps
        halves = find_half_cycles(np.array(row["bar_y"]), fps)
        if halves is None:
            return made | {"problem": "without a repetition"}
        spans = [(half.start / fps, (half.stop - 1) / fps) for half in halves]
        frames = [sample_frames(decoder, num_frames, start_s=start_s, end_s=end_s)[0] for start_s, end_s in spans]
    except ValueError:
        return made | {"problem": "that cannot be decoded"}
    return made | {"halves": torch.stack([resize(its, image_size) for its in frames]).numpy().tobytes()}
