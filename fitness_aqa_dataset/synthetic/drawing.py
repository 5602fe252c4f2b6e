"""
Draws the simulated lifter with OpenCV: limbs as shaded capsules in order of depth, a barbell, a plain room.

Shapes: T frames, K corners. Outlines are computed for all frames at once; only the filling goes frame by frame.
"""

import cv2
import numpy as np

from .body import Body
from .motion import Repetition, joints
from .scene import Scene, project

SHIFT = 4  # OpenCV's fixed-point positions: sixteenths of a pixel
STEEL_RGB = np.array([84.0, 88.0, 94.0])
# from, to, width at either end in metres, colour, share of the limb under cloth
LIMBS = (
    ("knee", "ankle", 0.120, 0.082, "skin", 0.0),
    ("hip", "knee", 0.185, 0.125, "shorts", 0.0),
    ("heel", "toe", 0.085, 0.075, "shoes", 0.0),
    ("shoulder", "elbow", 0.125, 0.095, "skin", 0.45),
    ("elbow", "wrist", 0.092, 0.066, "skin", 0.0),
)


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
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    rim = scene.plate_radius * np.stack([0 * turn, np.cos(turn), np.sin(turn)], axis=1)
    pose |= {f"plate_{side}": pose[f"bar_{side}"][:, None] + rim for side in "lr"}
    at = {name: project(points, scene, body, repetition.exercise, size) for name, points in pose.items()}
    # Pixels per metre at the lifter's place; perspective changes widths by a few per cent only.
    metre = project(np.array([[0, 0, 0.8], [0, 0, 1.8]]), scene, body, repetition.exercise, size)
    scale = float(metre[0, 1] - metre[1, 1])
    shapes = _limbs(at, body, scene, scale) + _trunk_and_head(at, body, scene, scale)
    shapes += _barbell(at, scene, scale, behind_neck=repetition.exercise == "squat")
    return _paint(_draw_room(scene, body, repetition.exercise, size), _shadow(at, scene, scale) + shapes)


def _paint(room: np.ndarray, shapes: list) -> np.ndarray:
    """Fill every shape `(depth (T,), outline (T, K, 2), colour (3,) or (T, 3))`, the farthest first."""
    depths = np.stack([depth for depth, _, _ in shapes])
    outlines = [np.round(outline * 2**SHIFT).astype(np.int32) for _, outline, _ in shapes]
    num_frames = depths.shape[1]
    colours = np.stack([np.broadcast_to(colour, (num_frames, 3)) for _, _, colour in shapes])
    colours = np.clip(colours, 0, 255).astype(int).tolist()
    frames = np.repeat(room[None], num_frames, axis=0)
    for t, order in enumerate(np.argsort(-depths, axis=0, kind="stable").T):
        for index in order:
            cv2.fillPoly(frames[t], [outlines[index][t]], colours[index][t], cv2.LINE_AA, SHIFT)
    return frames


def _draw_room(scene: Scene, body: Body, exercise: str, size: tuple[int, int]) -> np.ndarray:
    height_px, width_px = size
    horizon = int(project(np.array([0.0, -1.2, 0.0]), scene, body, exercise, size)[1])
    rows = np.linspace(1.03, 0.95, height_px)[:, None, None]
    room = np.broadcast_to(scene.wall * rows, (height_px, width_px, 3)).copy()
    room[horizon:] = scene.floor * np.linspace(0.92, 1.05, height_px - horizon)[:, None, None]
    for x, y, w, h, *rgb in scene.clutter:
        left, top = int(x * width_px), int(y * height_px)
        room[top : top + int(h * height_px), left : left + int(w * width_px)] = rgb
    return np.clip(room, 0, 255).astype(np.uint8)


def _shadow(at: dict, scene: Scene, scale: float) -> list:
    center = (at["ankle_l"] + at["ankle_r"])[..., :2] / 2 + [0, 0.05 * scale]
    return [(at["pelvis"][:, 2] + 9, _ellipse(center, 0.42 * scale, 0.07 * scale), scene.floor * 0.82)]


def _limbs(at: dict, body: Body, scene: Scene, scale: float) -> list:
    shapes = []
    for start, end, wide, narrow, colour_name, clothed in LIMBS:
        for side in "lr":
            a, b = at[f"{start}_{side}"], at[f"{end}_{side}"]
            depth = (a[:, 2] + b[:, 2]) / 2
            # The far limb is darker: near and far are told apart even where they overlap.
            light = np.clip(1.0 - 0.9 * (depth - at["pelvis"][:, 2]), 0.68, 1.08)[:, None]
            widths = np.array([wide, narrow]) * body.girth * scale / 2
            colour = getattr(scene, colour_name) * light
            # A lighter core, shifted to the light at the upper left, makes the limb round.
            shift = np.array([-0.14, -0.10, 0.0]) * widths[0]
            shapes.append((depth, _capsule(a, b, *widths), colour * 0.78))
            shapes.append((depth - 1e-4, _capsule(a + shift, b + shift, *widths * 0.7), colour))
            if clothed:
                sleeve = _capsule(a, a + (b - a) * clothed, widths[0] * 1.08, widths[0] * 1.02)
                shapes.append((depth - 2e-4, sleeve, scene.shirt * light * 0.85))
    return shapes


def _trunk_and_head(at: dict, body: Body, scene: Scene, scale: float) -> list:
    depth = _trunk_depth(at)
    left, right, neck = at["shoulder_l"][:, :2], at["shoulder_r"][:, :2], at["neck"][:, :2]
    hip_l, hip_r = at["hip_l"][:, :2], at["hip_r"][:, :2]
    width = 0.075 * body.girth * scale
    out = (left - right) / np.linalg.norm(left - right, axis=1, keepdims=True) * width
    half = [(neck, 1.0), (left, 0.4), (hip_l * 0.65 + left * 0.35, 0.75), (hip_l, 0.9)]
    other = [(hip_r, 0.9), (hip_r * 0.65 + right * 0.35, 0.75), (right, 0.4), (neck, 1.0)]
    outline = np.stack([p + out * k for p, k in half] + [p - out * k for p, k in other], axis=1)
    center = outline.mean(axis=1, keepdims=True)
    inner = center + (outline - center) * 0.8 - np.array([0.012, 0.01]) * scale
    radius = 0.108 * body.height / 1.75 * scale
    head, before = at["head"][:, :2], np.minimum(depth, at["head"][:, 2])
    return [
        (depth + 2e-4, _capsule(at["neck"], at["head"], 0.055 * scale, 0.055 * scale), scene.skin * 0.8),
        (depth, outline, scene.shirt * 0.86),
        (depth - 1e-4, inner, scene.shirt),
        (depth - 2e-4, _capsule(at["hip_l"], at["hip_r"], width * 1.15, width * 1.15), scene.shorts * 0.9),
        (before - 0.02, _ellipse(head - [0, 0.035 * scale], radius, radius), scene.hair),
        (before - 0.0201, _ellipse(head + [0, 0.012 * scale], radius * 0.92, radius * 0.92), scene.skin),
    ]


def _barbell(at: dict, scene: Scene, scale: float, behind_neck: bool) -> list:
    depth = (at["bar_l"][:, 2] + at["bar_r"][:, 2]) / 2
    if behind_neck:
        depth = np.maximum(depth, _trunk_depth(at) + 1e-3)
    inset = (at["bar_l"] - at["bar_r"]) * -0.06
    bar = _capsule(at["bar_l"] - inset, at["bar_r"] + inset, 0.022 * scale, 0.022 * scale)
    shapes = [(depth, bar, STEEL_RGB)]
    for side in "lr":
        rim = at[f"plate_{side}"][..., :2]
        center, plate_depth = rim.mean(axis=1, keepdims=True), at[f"bar_{side}"][:, 2] - 0.05
        for layer, (share, colour) in enumerate(
            [(1, scene.plate * 0.8), (0.86, scene.plate), (0.25, STEEL_RGB * 1.8)]
        ):
            shapes.append((plate_depth - layer * 1e-4, center + (rim - center) * share, colour))
        hand = _ellipse(at[f"wrist_{side}"][:, :2], 0.05 * scale, 0.05 * scale)
        shapes.append((np.minimum(at[f"wrist_{side}"][:, 2], depth) - 0.06, hand, scene.skin * 0.93))
    return shapes


def _trunk_depth(at: dict) -> np.ndarray:
    return (at["shoulder_l"][:, 2] + at["shoulder_r"][:, 2] + 2 * at["pelvis"][:, 2]) / 4


def _ellipse(center: np.ndarray, radius_x: float, radius_y: float) -> np.ndarray:
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    return center[:, None] + np.stack([radius_x * np.cos(turn), radius_y * np.sin(turn)], axis=1)


def _capsule(a: np.ndarray, b: np.ndarray, radius_a: float, radius_b: float) -> np.ndarray:
    """Outline, shape (T, 14, 2), of half circles around the points `a` and `b` (T, 2 or more) and what is between."""
    way = (b - a)[:, :2]
    angle = np.arctan2(way[:, 1], way[:, 0])[:, None]
    cap = np.linspace(np.pi / 2, 3 * np.pi / 2, 7)
    caps = []
    for point, radius, turn in ((a, radius_a, angle + cap), (b, radius_b, angle + np.pi + cap)):
        caps.append(point[:, None, :2] + radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
    return np.concatenate(caps, axis=1)
