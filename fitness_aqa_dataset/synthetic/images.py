"""Still images of the image tasks, functions of (seed, index) alone: bottoms of squats, moments of barbell rows."""

from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np

from .body import Body, sample_body
from .drawing import draw_poses
from .motion import Repetition, joints
from .row import Row, row_joints
from .scene import Scene, project, sample_scene

IMAGES_PER_SOURCE = 2
EXERCISES = ("squat", "barbell_row")
TASKS = {"squat": ("shallow_squat",), "barbell_row": ("lumbar", "torso_angle")}
FIRST_SOURCE = {"squat": 500_001, "barbell_row": 700_001}
# Degrees: how far the thighs of a squat's bottom slope down to the knees, the line from hips to neck of a row. Between
# right and wrong is a gap, so that a person looking at it sees which it is.
DEPTH_DEG = {0: (-14.0, -3.0), 1: (16.0, 38.0)}
TRUNK_DEG = {0: (28.0, 45.0), 1: (63.0, 78.0)}
BULGE_M = {0: (0.0, 0.008), 1: (0.075, 0.1)}
# Larger than any image: what it shows must not show in the size of the file.
FILE_STEP_BYTES = 32 * 1024
QUALITY = 90


@dataclass(frozen=True)
class Image:
    """An image before it is drawn; `labels` say 0 or 1 for each task, `stream` is the seed of pose and framing."""

    key: str
    exercise: str
    labels: dict[str, int]
    body: Body
    scene: Scene
    size: tuple[int, int]
    stream: tuple[int, ...]

    def pose(self) -> tuple[dict[str, np.ndarray], tuple[int, int, int, int]]:
        """Joint positions as `draw_poses` takes them, one frame; and the crop: left, top, right, bottom in pixels."""
        rng = np.random.default_rng(self.stream)
        sample = _sample_squat if self.exercise == "squat" else _sample_row
        pose, extremes = sample(rng, self.body, self.labels)
        points = [
            project(joint, self.scene, self.body, self.exercise, self.size) for e in extremes for joint in e.values()
        ]
        return pose, _crop(rng, points, self.size)

    def draw(self) -> np.ndarray:
        """The cropped picture: RGB, uint8 in [0, 255], shape (height, width, 3)."""
        pose, (left, top, right, bottom) = self.pose()
        (frame,) = draw_poses(self.body, pose, self.exercise, self.scene, self.size)
        return frame[top:bottom, left:right]


def simulate_image(seed: int, exercise: str, index: int, look: str = "studio", error_rate: float = 0.45) -> Image:
    """
    The image number `index` of an exercise in the simulated release `seed`.

    Lifter, clothes and room belong to the source (two images each); pose, camera and labels to the image. The part of
    the scene that is cropped follows from the body and the camera, never from the pose, so that it tells no label.

    Args:
        seed (`int`): Seed of the release, not negative.
        exercise (`str`): `"squat"` (task `shallow_squat`) or `"barbell_row"` (tasks `lumbar` and `torso_angle`).
        index (`int`): Number of the image.
        look (`str`, *optional*, defaults to `"studio"`): `"studio"` or the harder `"gym"`.
        error_rate (`float`, *optional*, defaults to 0.45): Probability of each error.

    Returns:
        `Image`: With `key` in the release's form `<source>_<number>`.
    """
    source, number = divmod(index, IMAGES_PER_SOURCE)
    streams = [
        (seed, 6, EXERCISES.index(exercise), kind, key) for kind, key in enumerate((source, index, index, index))
    ]
    of_source, of_camera, of_errors = (np.random.default_rng(stream) for stream in streams[:3])
    body, scene = sample_body(of_source), sample_scene(of_source, look)
    height_px = int(of_source.integers(420, 640))
    low, high = (40, 75) if exercise == "squat" else (72, 108)
    azimuth = np.copysign(np.deg2rad(of_camera.uniform(low, high)), scene.azimuth)
    # From the side, large plates would hide the lower back.
    radius = scene.plate_radius * (1 if exercise == "squat" else 0.6)
    return Image(
        key=f"{FIRST_SOURCE[exercise] + source}_{number + 1}",
        exercise=exercise,
        labels={name: int(of_errors.random() < error_rate) for name in TASKS[exercise]},
        body=body,
        scene=replace(scene, azimuth=azimuth, plate_radius=radius),
        size=(height_px, round(height_px * 0.9)),
        stream=streams[3],
    )


def write_image(image: Image, path: Path) -> None:
    """
    Draw an image and write it as JPEG, whole or not at all.

    A comment of zero bytes fills the file up to a multiple of 32 KiB, so that its size does not tell what it shows.

    Args:
        image (`Image`): What to draw.
        path (`pathlib.Path`): The file, ending in `.jpg`.
    """
    _, encoded = cv2.imencode(".jpg", image.draw()[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    partial = path.with_name(f".{path.stem}.partial.jpg")
    partial.write_bytes(_fill_up(encoded.tobytes()))
    partial.replace(path)


def _sample_squat(rng: np.random.Generator, body: Body, labels: dict[str, int]) -> tuple[dict, list[dict]]:
    """The pose, and the farthest poses that either label can have."""
    share, sway = rng.random(), np.stack([[0.006, 0.03, 0.012], np.zeros(3), rng.uniform(0, 6.28, 3)], axis=1)
    # A very deep squat on its way down passes every angle of the thighs; when it does depends on the body.
    descent = Repetition("squat", 1.0, 0.0, 1.0, 0.0, 1.0, 1.5, {}, {}, sway)
    times_s = np.linspace(0.2, 1.0, 81)
    at = joints(body, descent, times_s)
    x, y, z = (at["hip_l"] - at["knee_l"]).T
    slopes_deg = np.degrees(np.arctan2(z, np.hypot(x, y)))
    low, high = DEPTH_DEG[labels["shallow_squat"]]
    wanted_deg = np.array([low + share * (high - low), DEPTH_DEG[0][0], DEPTH_DEG[1][1]])
    poses = joints(body, descent, np.interp(-wanted_deg, -slopes_deg, times_s))
    return {name: points[:1] for name, points in poses.items()}, [poses]


def _sample_row(rng: np.random.Generator, body: Body, labels: dict[str, int]) -> tuple[dict, list[dict]]:
    """As `_sample_squat`."""
    angle, bulge, pull = rng.random(), rng.random(), rng.uniform(0.0, 0.75)
    reach, tilt = rng.uniform(0.9, 0.96), rng.uniform(-0.02, 0.02)

    def moment(trunk: tuple[float, float], lumbar: tuple[float, float], pull: float) -> dict:
        degrees, bulge_m = (low + share * (high - low) for share, (low, high) in ((angle, trunk), (bulge, lumbar)))
        return row_joints(body, Row(np.deg2rad(degrees), bulge_m, reach, pull, tilt))

    pose = moment(TRUNK_DEG[labels["torso_angle"]], BULGE_M[labels["lumbar"]], pull)
    extremes = [moment(TRUNK_DEG[key], BULGE_M[1], hang) for key in (0, 1) for hang in (0.0, 0.75)]
    return pose, extremes


def _crop(rng: np.random.Generator, points: list[np.ndarray], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom in pixels: around every point of every pose that there could be, and a margin."""
    xy = np.concatenate([p[..., :2].reshape(-1, 2) for p in points])
    margin = rng.uniform([0.06, 0.06, 0.06, 0.03], [0.12, 0.1, 0.12, 0.07]) * size[0]
    left, top = np.maximum(xy.min(axis=0) - margin[:2], 0)
    right, bottom = np.minimum(xy.max(axis=0) + margin[2:], size[::-1])
    return int(left), int(top), int(right), int(bottom)


def _fill_up(encoded: bytes) -> bytes:
    """Put a comment (ISO 10918-1, B.2.4.5) after the start marker, up to the next multiple of 32 KiB."""
    missing = -(len(encoded) + 4) % FILE_STEP_BYTES
    return encoded[:2] + b"\xff\xfe" + (missing + 2).to_bytes(2, "big") + bytes(missing) + encoded[2:]
