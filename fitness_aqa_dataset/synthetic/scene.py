"""What a clip looks like: clothes, light, background and camera, drawn independently of the motion."""

from dataclasses import dataclass

import numpy as np

from .body import Body

SKIN_RGB = ((236, 188, 152), (222, 168, 128), (198, 142, 104), (160, 108, 76), (118, 78, 56))
HAIR_RGB = ((32, 26, 24), (70, 48, 34), (120, 86, 50), (150, 150, 150), (44, 40, 46))
PLATE_RGB = ((176, 36, 40), (36, 70, 150), (40, 44, 48), (24, 112, 62), (190, 140, 30))
LOOKS = ("studio", "gym")


@dataclass(frozen=True)
class Scene:
    """Colours (RGB, 0–255), plates (metres) and the camera (radians, metres) of one clip."""

    skin: np.ndarray
    hair: np.ndarray
    shirt: np.ndarray
    shorts: np.ndarray
    shoes: np.ndarray
    plate: np.ndarray
    wall: np.ndarray
    floor: np.ndarray
    plate_radius: float
    clutter: np.ndarray  # (N, 7): box x, y, width, height in shares of the frame, and a colour
    foreground: np.ndarray  # as clutter, but before the lifter
    azimuth: float
    elevation: float
    zoom: float


def sample_scene(rng: np.random.Generator, look: str = "studio") -> Scene:
    """
    Draw the look of one clip.

    Args:
        rng (`numpy.random.Generator`):
            Source of randomness.
        look (`str`, *optional*, defaults to `"studio"`):
            `"studio"`: dark clothes before a plain light wall, camera 15–45° to either side. `"gym"`: any colours,
            clutter behind the lifter, in half of the scenes a rack's post or a bench before the lifter, camera up
            to 65° to the side and farther away; harder to read.

    Returns:
        `Scene`: The look.
    """
    gym = look == "gym"

    def colour(low: float, high: float, grey: float) -> np.ndarray:
        rgb = rng.uniform(low, high, 3)
        return rgb * (1 - grey) + rgb.mean() * grey

    boxes = rng.uniform([0, 0.05, 0.04, 0.1], [0.95, 0.6, 0.22, 0.4], size=(12 if gym else 0, 4))
    return Scene(
        skin=np.array(SKIN_RGB[rng.integers(len(SKIN_RGB))], float),
        hair=np.array(HAIR_RGB[rng.integers(len(HAIR_RGB))], float),
        shirt=colour(10, 220, 0.0) if gym else colour(30, 130, 0.2),
        shorts=colour(10, 220, 0.0) if gym else colour(14, 62, 0.5),
        shoes=colour(20, 200, 0.2) if gym else colour(30, 90, 0.6),
        plate=np.array(PLATE_RGB[rng.integers(len(PLATE_RGB))], float),
        wall=colour(90, 230, 0.3) if gym else colour(205, 240, 0.6),
        floor=colour(60, 190, 0.3) if gym else colour(150, 190, 0.6),
        plate_radius=rng.uniform(0.15, 0.225),
        clutter=np.concatenate([boxes, rng.uniform(50, 220, (len(boxes), 3))], axis=1),
        foreground=_sample_foreground(rng.spawn(1)[0]) if gym else np.zeros((0, 7)),
        azimuth=rng.choice([-1, 1]) * np.deg2rad(rng.uniform(5, 65) if gym else rng.uniform(15, 45)),
        elevation=np.deg2rad(rng.uniform(0, 12) if gym else rng.uniform(2, 8)),
        zoom=rng.uniform(0.6, 1.0) if gym else rng.uniform(0.94, 1.0),
    )


def _sample_foreground(rng: np.random.Generator) -> np.ndarray:
    """Boxes of a post or a bench, anywhere across the lifter's part of the frame; in half of the scenes none."""
    kind, left, width = rng.random(), rng.uniform(0.25, 0.7), rng.uniform(0.035, 0.07)
    steel, pad = rng.uniform(30, 200, 3), rng.uniform(10, 90, 3)
    if kind < 0.25:
        return np.array([[left, 0, width, 1, *steel], [left + width * 0.2, 0, width * 0.25, 1, *(steel * 1.25)]])
    if kind < 0.5:
        top, length = rng.uniform(0.68, 0.8), rng.uniform(0.25, 0.45)
        legs = [[left + length * share - 0.2, top, 0.03, 1 - top, *steel] for share in (0.1, 0.8)]
        return np.array([*legs, [left - 0.2, top, length, 0.05, *pad]])
    return np.zeros((0, 7))


def project(points: np.ndarray, scene: Scene, body: Body, exercise: str, size: tuple[int, int]) -> np.ndarray:
    """
    Perspective projection into the frame.

    The framing follows from the body and the exercise alone, never from the motion, so that it tells no error.

    Args:
        points (`numpy.ndarray`): Positions in metres, shape (..., 3).
        scene (`Scene`): Gives the camera.
        body (`Body`): Its height sets the frame.
        exercise (`str`): A press leaves room for the bar overhead.
        size (`tuple[int, int]`): Frame height and width in pixels.

    Returns:
        `numpy.ndarray`: Shape (..., 3): x and y in pixels (origin top left) and the distance from the camera in
        metres.
    """
    height_px, width_px = size
    top = body.height * (1.32 if exercise == "overhead_press" else 1.08)
    cos_a, sin_a = np.cos(scene.azimuth), np.sin(scene.azimuth)
    cos_e, sin_e = np.cos(scene.elevation), np.sin(scene.elevation)
    x, y, z = points[..., 0], points[..., 1], points[..., 2] - top / 2
    # The camera stands in front of the lifter: the lifter's left (x > 0) is at the right of the picture.
    side = cos_a * x - sin_a * y
    toward = sin_a * x + cos_a * y
    distance_m = 6.5
    depth = distance_m - (toward * cos_e + z * sin_e)
    up = z * cos_e - toward * sin_e
    focal = scene.zoom * min(height_px / (top * 1.04), width_px / 1.72) * distance_m
    return np.stack([width_px / 2 + focal * side / depth, height_px / 2 - focal * up / depth, depth], axis=-1)
