"""Several repetitions of one simulated lifter in one video, a pure function of the arguments: to be cut apart."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from .body import Body
from .clip import QUANTIZER, simulate_clip
from .drawing import draw_clip
from .motion import Repetition
from .sampling import FPS, sample_repetition
from .scene import Scene

REST_S = 0.5  # before the first repetition and after the last


@dataclass(frozen=True)
class RepetitionSet:
    """A set before it is drawn: `repetitions` and errors are on the video's clock, `size` is height and width."""

    body: Body
    scene: Scene
    size: tuple[int, int]
    repetitions: tuple[Repetition, ...]
    duration_s: float

    @property
    def turns_s(self) -> list[float]:
        """The middle of each repetition's hold: the bottom of a squat, the lockout of a press."""
        return [rep.start_s + rep.out_s + rep.hold_s / 2 for rep in self.repetitions]

    @property
    def pauses_s(self) -> list[tuple[float, float]]:
        """Where one repetition has ended and the next has not begun."""
        ends_s = [rep.start_s + rep.out_s + rep.hold_s + rep.back_s for rep in self.repetitions[:-1]]
        return list(zip(ends_s, [rep.start_s for rep in self.repetitions[1:]], strict=True))

    def draw(self) -> np.ndarray:
        """RGB frames, 30 a second: uint8, (T, height, width, 3)."""
        times_s = np.arange(round(self.duration_s * FPS)) / FPS
        cuts_s = [sum(pause) / 2 for pause in self.pauses_s]
        parts = np.split(times_s, np.searchsorted(times_s, cuts_s))
        frames = [
            draw_clip(self.body, repetition, self.scene, its_times_s, self.size)
            for repetition, its_times_s in zip(self.repetitions, parts, strict=True)
        ]
        return np.concatenate(frames)


def simulate_set(
    seed: int,
    index: int,
    num_repetitions: int,
    pause_s: tuple[float, float] = (0.5, 1.5),
    look: str = "studio",
    error_rate: float = 0.0,
) -> RepetitionSet:
    """
    A set of the lifter of clip number `index` of the simulated release `seed`.

    Args:
        seed (`int`): Seed of the release, not negative.
        index (`int`): Number of the clip; even ones are squats, odd ones overhead presses.
        num_repetitions (`int`): At least 1.
        pause_s (`tuple[float, float]`, *optional*, defaults to `(0.5, 1.5)`): Shortest and longest pause between
            repetitions, in seconds.
        look (`str`, *optional*, defaults to `"studio"`): `"studio"` or the harder `"gym"`.
        error_rate (`float`, *optional*, defaults to 0.0): Probability of each error in each repetition. One that
            happens before or after the way out and back is left out.

    Returns:
        `RepetitionSet`: Each repetition with a tempo of its own.
    """
    clip = simulate_clip(seed, index, look)
    rng = np.random.default_rng([seed, 9, index])
    repetitions, start_s = [], REST_S
    for _ in range(num_repetitions):
        drawn = sample_repetition(rng, clip.repetition.exercise, error_rate)
        way_s = drawn.out_s + drawn.hold_s + drawn.back_s
        repetitions.append(replace(_moved(drawn, start_s, way_s), sway=clip.repetition.sway))
        start_s += way_s + rng.uniform(*pause_s)
    duration_s = round((repetitions[-1].start_s + way_s + REST_S) * FPS) / FPS
    return RepetitionSet(clip.body, clip.scene, clip.size, tuple(repetitions), duration_s)


def write_frames(frames: np.ndarray, path: Path) -> None:
    """Write RGB frames (uint8, (T, height, width, 3)) as h264 mp4 at 30 fps."""
    import torch
    from torchcodec.encoders import VideoEncoder

    VideoEncoder(torch.from_numpy(frames).permute(0, 3, 1, 2).contiguous(), frame_rate=FPS).to_file(
        path, codec="libx264", pixel_format="yuv420p", preset="ultrafast", extra_options={"qp": str(QUANTIZER)}
    )


def _moved(repetition: Repetition, start_s: float, way_s: float) -> Repetition:
    """The repetition begun at another time, with the errors that lie in its way out and back."""
    shift_s = start_s - repetition.start_s
    moved = {
        label: [(start + shift_s, end + shift_s) for start, end in intervals]
        for label, intervals in repetition.errors.items()
    }
    inside = {
        label: kept
        for label, intervals in moved.items()
        if (kept := [(start, end) for start, end in intervals if start_s <= start and end <= start_s + way_s])
    }
    return replace(repetition, start_s=start_s, errors=inside)
