"""
Draws the simulated lifter with OpenCV: limbs as shaded capsules in order of depth, a barbell, a plain room.

Shapes: T frames, K corners. Outlines are computed for all frames at once; only the filling goes frame by frame.
"""

from collections.abc import Iterator

import cv2
import numpy as np

from .body import Body
from .motion import Repetition, joints
from .scene import Scene, project
from .shapes import barbell, bent_trunk, head, limbs, shadow, trunk

SHIFT = 4  # OpenCV's fixed-point positions: sixteenths of a pixel


def draw_clip(
    body: Body, repetition: Repetition, scene: Scene, times_s: np.ndarray, size: tuple[int, int]
) -> np.ndarray:
    """
    Draw frames of a clip.

    Args:
        body (`Body`), repetition (`Repetition`), scene (`Scene`):
            Who, which motion, which look.
        times_s (`numpy.ndarray`):
            Times of the frames in seconds, shape (T,).
        size (`tuple[int, int]`):
            Frame height and width in pixels.

    Returns:
        `numpy.ndarray`: RGB frames, uint8 in [0, 255], shape (T, height, width, 3).
    """
    pose = joints(body, repetition, times_s)
    return np.stack(list(draw_poses(body, pose, repetition.exercise, scene, size)))


def draw_poses(
    body: Body, pose: dict[str, np.ndarray], exercise: str, scene: Scene, size: tuple[int, int]
) -> Iterator[np.ndarray]:
    """
    Draw a lifter in given poses, frame by frame: a whole clip of frames is slow to come by in memory.

    Args:
        body (`Body`), scene (`Scene`):
            Who, which look.
        pose (`dict[str, numpy.ndarray]`):
            Joint positions in metres, each (T, 3), as `motion.joints` or `row.row_joints` gives them.
        exercise (`str`):
            `"squat"`, `"overhead_press"` or `"barbell_row"`.
        size (`tuple[int, int]`):
            Frame height and width in pixels.

    Returns:
        `Iterator[numpy.ndarray]`: T RGB frames, uint8 in [0, 255], shape (height, width, 3).
    """
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    rim = scene.plate_radius * np.stack([0 * turn, np.cos(turn), np.sin(turn)], axis=1)
    pose = pose | {f"plate_{side}": pose[f"bar_{side}"][:, None] + rim for side in "lr"}
    at = {name: project(points, scene, body, exercise, size) for name, points in pose.items()}
    # Pixels per metre at the lifter's place; perspective changes widths by a few per cent only.
    metre = project(np.array([[0, 0, 0.8], [0, 0, 1.8]]), scene, body, exercise, size)
    scale = float(metre[0, 1] - metre[1, 1])
    drawn_trunk = bent_trunk if exercise == "barbell_row" else trunk
    shapes = limbs(at, body, scene, scale) + drawn_trunk(at, body, scene, scale) + head(at, body, scene, scale)
    shapes += barbell(at, scene, scale, behind_neck=exercise == "squat")
    room = _draw_room(scene, body, exercise, size)
    for frame in _paint(room, shadow(at, scene, scale) + shapes):
        _draw_boxes(frame, scene.foreground)
        yield frame


def _paint(room: np.ndarray, shapes: list) -> Iterator[np.ndarray]:
    """Fill every shape `(depth (T,), outline (T, K, 2), colour (3,) or (T, 3))`, the farthest first."""
    depths = np.stack([depth for depth, _, _ in shapes])
    outlines = [np.round(outline * 2**SHIFT).astype(np.int32) for _, outline, _ in shapes]
    num_frames = depths.shape[1]
    colours = np.stack([np.broadcast_to(colour, (num_frames, 3)) for _, _, colour in shapes])
    colours = np.clip(colours, 0, 255).astype(int).tolist()
    for t, order in enumerate(np.argsort(-depths, axis=0, kind="stable").T):
        frame = room.copy()
        for index in order:
            cv2.fillPoly(frame, [outlines[index][t]], colours[index][t], cv2.LINE_AA, SHIFT)
        yield frame


def _draw_room(scene: Scene, body: Body, exercise: str, size: tuple[int, int]) -> np.ndarray:
    height_px, width_px = size
    # The wall stands behind the lifter, seen from wherever the camera is.
    around = 1.2 * np.array([[0.0, -1.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    horizon = int(project(around, scene, body, exercise, size)[:, 1].min())
    rows = np.concatenate(
        [
            scene.wall * np.linspace(1.03, 0.95, height_px)[:horizon, None],
            scene.floor * np.linspace(0.92, 1.05, height_px - horizon)[:, None],
        ]
    )
    room = np.repeat(np.clip(rows, 0, 255).astype(np.uint8)[:, None], width_px, axis=1)
    _draw_boxes(room, scene.clutter)
    return room


def _draw_boxes(frame: np.ndarray, boxes: np.ndarray) -> None:
    """Fill the boxes (N, 7) of a scene in a frame (height, width, 3)."""
    height_px, width_px = frame.shape[:2]
    for x, y, w, h, *rgb in boxes:
        left, top = int(x * width_px), int(y * height_px)
        frame[top : top + int(h * height_px), left : left + int(w * width_px)] = np.clip(rgb, 0, 255)
