"""
Triplets of CVCSPC, Cross-View Cross-Subject Pose Contrastive learning (Parmar et al., ECCV 2022): frames of two clips
at the same height of the bar, and one at another height.

Shapes: S rows and columns.
"""

import logging
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from datasets import Dataset, Features, Value

from fitness_aqa_dataset.frame_chunks import frame_chunks
from trainer.baselines.self_supervision.augmentation import STRONG, Augmentation, augment_frames, generator_of
from trainer.baselines.self_supervision.decoding import REMEDY, resize, without_problems
from trainer.baselines.self_supervision.phases import bar_phases, distinct_frames, find_triplet

logger = logging.getLogger(__name__)
LONE = "no other clip of the exercise with the bar as high, or no frames 45–50° apart"
FEATURES = Features(
    {"clip": Value("int32"), "phase": Value("float64"), "frame": Value("binary"), "problem": Value("string")}
)
# A frame in which the bar has moved less since the last is left out: the lifter rests for most of a clip.
STEP_DEG = 2.0
# 38 kB a row at 112 pixels
WRITER_BATCH_SIZE = 256


class PhaseTriplets:
    """
    Triplets of frames of unlabelled clips, by the bar's height.

    Every clip is decoded once and kept by `datasets`: the frames in which the bar was seen, without those in which it
    has moved by less than 2° since the last, as bytes (38 kB each at 112 pixels, about 50 a simulated clip).

    Args:
        rows (`Dataset`):
            From [`~trainer.baselines.self_supervision.unlabeled_clips.load_unlabeled`]. Clips without triplets and
            those that cannot be decoded are left out; the log says how many.
        triplets_per_clip (`int`, *optional*, defaults to 8):
            Triplets of a clip in one epoch.
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
        triplets_per_clip: int = 8,
        image_size: int = 112,
        seed: int = 0,
        augmentation: Augmentation = STRONG,
    ):
        self.triplets_per_clip, self.image_size = triplets_per_clip, image_size
        self.seed, self.augmentation = seed, augmentation
        rows = rows.select(np.argsort(rows["id"]))  # so that the order of rows decides nothing
        decoded = rows.map(
            partial(_decode_frames, image_size=image_size),
            with_indices=True,
            batched=True,
            batch_size=1,
            remove_columns=rows.column_names,
            features=FEATURES,
            writer_batch_size=WRITER_BATCH_SIZE,
            desc="decoding frames",
        )
        self.frames = without_problems(decoded, len(rows))
        self.exercises = _by_exercise(rows, self.frames)
        clips = [(exercise, place) for exercise in self.exercises for place in range(len(exercise.ids))]
        self.anchors = [
            (exercise, place) for exercise, place in clips if find_triplet(exercise.phases, place, generator_of(seed))
        ]
        if not self.anchors:
            raise ValueError(f"no triplets can be made of the {len(clips)} unlabelled clips: {LONE}. {REMEDY}")
        if len(self.anchors) < len(clips):
            logger.warning("%d unlabelled clips have no triplets: %s", len(clips) - len(self.anchors), LONE)

    def __len__(self) -> int:
        return len(self.anchors) * self.triplets_per_clip

    def sample(self, index: int, epoch: int) -> dict[str, torch.Tensor]:
        """
        A triplet of a clip in an epoch; it hangs on the seed, the clip's id, which of its triplets it is and the epoch
        alone, beside what other clips there are.

        Args:
            index (`int`): Of the triplet, below `len(self)`; those of one clip follow each other.
            epoch (`int`): Another one draws other frames and augmentations.

        Returns:
            `dict[str, torch.Tensor]`: RGB, uint8, each `(3, S, S)`: `anchor`; `positive`, a frame of another clip of
            the same exercise at the same height of the bar; `negative`, one of the anchor's own clip 45–50° away.
        """
        clip, number = divmod(index, self.triplets_per_clip)
        exercise, place = self.anchors[clip]
        generator = generator_of(self.seed, exercise.ids[place], epoch, number, "phases")
        triplet = find_triplet(exercise.phases, place, generator)
        frames = {
            "anchor": exercise.first_frames[place] + triplet.anchor,
            "positive": exercise.first_frames[triplet.positive_clip] + triplet.positive,
            "negative": exercise.first_frames[place] + triplet.negative,
        }
        return {name: self._augmented(frame, generator) for name, frame in frames.items()}

    def _augmented(self, frame: int, generator: np.random.Generator) -> torch.Tensor:
        pixels = np.frombuffer(self.frames[frame]["frame"], np.uint8)
        pixels = torch.from_numpy(pixels.reshape(1, 3, self.image_size, self.image_size).copy())
        return augment_frames(pixels, generator, self.augmentation)[0]


@dataclass(frozen=True)
class _Exercise:
    """Clips of one exercise: id, phases of the frames, number of the first frame."""

    ids: list[str]
    phases: list[np.ndarray]
    first_frames: list[int]


def _by_exercise(rows: Dataset, frames: Dataset) -> list[_Exercise]:
    """The clips that have frames; those of a clip follow each other."""
    phases = np.array(frames["phase"])
    clips, first_frames = np.unique(np.array(frames["clip"]), return_index=True)
    ids, exercises = (np.array(rows[name])[clips] for name in ("id", "exercise"))
    phases_of = np.split(phases, first_frames[1:])
    members = [np.flatnonzero(exercises == exercise) for exercise in np.unique(exercises)]
    return [
        _Exercise(ids[clips].tolist(), [phases_of[clip] for clip in clips], first_frames[clips].tolist())
        for clips in members
    ]


def _decode_frames(batch: dict[str, list], indices: list[int], image_size: int) -> dict[str, list]:
    """A row for each frame of the one clip of a batch, or one that says what is wrong."""
    phases = bar_phases(np.array(batch["bar_y"][0], float))
    kept = distinct_frames(phases, STEP_DEG)
    problem = None if len(kept) else "without a bar that moves"
    if not problem:
        try:
            frames = _read_frames(batch["video"][0], kept, image_size)
        except ValueError:
            problem = "that cannot be decoded"
    if problem:
        return {"clip": indices, "phase": [0.0], "frame": [b""], "problem": [problem]}
    return {
        "clip": indices * len(kept),
        "phase": phases[kept].tolist(),
        "frame": [frame.tobytes() for frame in frames.numpy()],
        "problem": [None] * len(kept),
    }


def _read_frames(video: dict, indices: np.ndarray, image_size: int) -> torch.Tensor:
    """The frames of these indices, in order, uint8 `(N, 3, S, S)`."""
    frames, first = [], 0
    for chunk, _ in frame_chunks(video):
        chosen = indices[(indices >= first) & (indices < first + len(chunk))] - first
        if len(chosen):
            frames.append(resize(chunk[torch.from_numpy(chosen)], image_size))
        first += len(chunk)
    return torch.cat(frames)
