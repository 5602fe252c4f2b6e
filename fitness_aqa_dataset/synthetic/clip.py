"""One simulated clip, a pure function of (seed, index): who lifts what, how it looks, and its mp4 bytes."""

import struct
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from ..taxonomy import EXERCISES
from .body import Body, sample_body
from .drawing import draw_clip, draw_poses
from .motion import Repetition, joints
from .sampling import FPS, add_second_intervals, sample_repetition
from .scene import Scene, sample_scene

CLIPS_PER_SOURCE = 2
WIDTH_PX, HEIGHTS_PX = 240, (240, 256, 272, 288)
# Larger than any clip: moving more must not show in the size of the file.
FILE_STEP_BYTES = 192 * 1024
QUANTIZER = 26


@dataclass(frozen=True)
class Clip:
    """A clip before it is drawn; `times_s` (T,) are its frame times and `size` its height and width in pixels."""

    key: str
    source: int
    repetition: Repetition
    body: Body
    scene: Scene
    size: tuple[int, int]

    @property
    def times_s(self) -> np.ndarray:
        return np.arange(round(self.repetition.duration_s * FPS)) / FPS

    def joints(self, times_s: np.ndarray) -> dict[str, np.ndarray]:
        """Joint positions in metres at the given times (T,), each (T, 3); see `motion.joints`."""
        return joints(self.body, self.repetition, times_s)

    def draw(self, times_s: np.ndarray) -> np.ndarray:
        """RGB frames at the given times (T,): uint8, (T, height, width, 3)."""
        return draw_clip(self.body, self.repetition, self.scene, times_s, self.size)


def simulate_clip(
    seed: int,
    index: int,
    look: str = "studio",
    error_rate: float = 0.45,
    second_interval_rate: float = 0.0,
    present: tuple[str, ...] | None = None,
) -> Clip:
    """
    The clip number `index` of the simulated release `seed`.

    Lifter, clothes, room and camera belong to the source (two clips each); motion, tempo and errors to the clip.

    Args:
        seed (`int`): Seed of the release, not negative.
        index (`int`): Number of the clip; even ones are squats, odd ones overhead presses.
        look (`str`, *optional*, defaults to `"studio"`): `"studio"` or the harder `"gym"`.
        error_rate (`float`, *optional*, defaults to 0.45): Probability of each error.
        second_interval_rate (`float`, *optional*, defaults to 0.0): Probability that an error comes twice, where the
            body allows it; a release has some, but who asks when an error happens wants one answer.
        present (`tuple[str, ...]`, *optional*): The errors that the clip has, instead of drawn ones.

    Returns:
        `Clip`: With `key` in the release's form `<source>_<number>`.
    """
    exercise = EXERCISES[index % 2]
    source, number = divmod(index // 2, CLIPS_PER_SOURCE)
    of_source = np.random.default_rng([seed, 1, index % 2, source])
    of_clip = np.random.default_rng([seed, 2, index])
    body, scene = sample_body(of_source), sample_scene(of_source, look)
    size = (int(of_source.choice(HEIGHTS_PX)), WIDTH_PX)
    repetition = sample_repetition(of_clip, exercise, error_rate, present)
    add_second_intervals(np.random.default_rng([seed, 4, index]), repetition, second_interval_rate)
    return Clip(f"{10001 + 2 * source + index % 2}_{number + 1}", source, repetition, body, scene, size)


def write_clip(clip: Clip, path: Path) -> None:
    """
    Draw a clip and write it as h264 mp4 at 30 fps, whole or not at all.

    One encoder thread and a constant quantizer: the same bytes on every run, and a first frame that does not depend
    on what follows. The file is filled up to a multiple of 192 KiB, so that its size does not tell how much moves.

    Args:
        clip (`Clip`): What to draw.
        path (`pathlib.Path`): The file, ending in `.mp4`.
    """
    import torch
    from torchcodec.encoders import VideoEncoder

    frames = draw_poses(clip.body, clip.joints(clip.times_s), clip.repetition.exercise, clip.scene, clip.size)
    planes = np.empty((len(clip.times_s), 3, *clip.size), np.uint8)
    for frame, its_planes in zip(frames, planes, strict=True):
        cv2.split(frame, list(its_planes))  # into them: six times as fast as transposing the whole clip
    partial = path.with_name(f".{path.stem}.partial.mp4")
    VideoEncoder(torch.from_numpy(planes), frame_rate=FPS).to_file(
        partial,
        codec="libx264",
        pixel_format="yuv420p",
        preset="ultrafast",
        extra_options={"qp": str(QUANTIZER), "threads": "1", "g": str(FPS)},
    )
    _fill_up(partial)
    partial.replace(path)


def _fill_up(path: Path) -> None:
    """Append a `free` box (ISO 14496-12, 8.1.2), which every reader skips, up to the next multiple of 192 KiB."""
    missing = -(path.stat().st_size + 8) % FILE_STEP_BYTES
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", missing + 8, b"free") + bytes(missing))
