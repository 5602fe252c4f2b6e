"""
Shapes of the lifter in the picture, for `drawing` to fill: lists of `(depth (T,), outline (T, K, 2), colour (3,) or
(T, 3))`.

`at` holds projected joints by name, each (T, 3) or more: x and y in pixels and the distance from the camera in metres;
`scale` is pixels per metre. T frames, K corners.
"""

import numpy as np

from .body import Body
from .scene import Scene

STEEL_RGB = np.array([84.0, 88.0, 94.0])
# from, to, width at either end in metres, colour, share of the limb under cloth
LIMBS = (
    ("knee", "ankle", 0.120, 0.082, "skin", 0.0),
    ("hip", "knee", 0.185, 0.125, "shorts", 0.0),
    ("heel", "toe", 0.085, 0.075, "shoes", 0.0),
    ("shoulder", "elbow", 0.125, 0.095, "skin", 0.45),
    ("elbow", "wrist", 0.092, 0.066, "skin", 0.0),
)


def shadow(at: dict, scene: Scene, scale: float) -> list:
    """The shadow on the floor, behind everything."""
    center = (at["ankle_l"] + at["ankle_r"])[..., :2] / 2 + [0, 0.05 * scale]
    return [(at["pelvis"][:, 2] + 9, ellipse(center, 0.42 * scale, 0.07 * scale), scene.floor * 0.82)]


def limbs(at: dict, body: Body, scene: Scene, scale: float) -> list:
    """Legs, feet and arms as shaded capsules."""
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
            shapes.append((depth, capsule(a, b, *widths), colour * 0.78))
            shapes.append((depth - 1e-4, capsule(a + shift, b + shift, *widths * 0.7), colour))
            if clothed:
                sleeve = capsule(a, a + (b - a) * clothed, widths[0] * 1.08, widths[0] * 1.02)
                shapes.append((depth - 2e-4, sleeve, scene.shirt * light * 0.85))
    return shapes


def trunk(at: dict, body: Body, scene: Scene, scale: float) -> list:
    """A straight trunk between shoulders and hips, in three layers."""
    depth = trunk_depth(at)
    left, right, neck = at["shoulder_l"][:, :2], at["shoulder_r"][:, :2], at["neck"][:, :2]
    hip_l, hip_r = at["hip_l"][:, :2], at["hip_r"][:, :2]
    width = 0.075 * body.girth * scale
    out = (left - right) / np.linalg.norm(left - right, axis=1, keepdims=True) * width
    half = [(neck, 1.0), (left, 0.4), (hip_l * 0.65 + left * 0.35, 0.75), (hip_l, 0.9)]
    other = [(hip_r, 0.9), (hip_r * 0.65 + right * 0.35, 0.75), (right, 0.4), (neck, 1.0)]
    outline = np.stack([p + out * k for p, k in half] + [p - out * k for p, k in other], axis=1)
    center = outline.mean(axis=1, keepdims=True)
    inner = center + (outline - center) * 0.8 - np.array([0.012, 0.01]) * scale
    return [
        (depth, outline, scene.shirt * 0.86),
        (depth - 1e-4, inner, scene.shirt),
        (depth - 2e-4, capsule(at["hip_l"], at["hip_r"], width * 1.15, width * 1.15), scene.shorts * 0.9),
    ]


def bent_trunk(at: dict, body: Body, scene: Scene, scale: float) -> list:
    """A trunk around a spine that may be round, seen from the side: slices from the far side to the near one."""
    shapes = []
    names = sorted((name for name in at if name.startswith("slice_")), key=lambda name: -at[name][0, 0, 2])
    for layer, name in enumerate(names):
        outline, depth = at[name][..., :2], trunk_depth(at) - layer * 1e-4
        shapes.append((depth, outline, scene.shirt * (0.72 + 0.28 * layer / (len(names) - 1))))
    width = 0.2 * body.girth * scale / 2
    return [*shapes, (depth - 1e-4, capsule(at["hip_l"], at["hip_r"], width, width), scene.shorts * 0.9)]


def head(at: dict, body: Body, scene: Scene, scale: float) -> list:
    """Neck, hair and face."""
    depth = trunk_depth(at)
    radius = 0.108 * body.height / 1.75 * scale
    middle, before = at["head"][:, :2], np.minimum(depth, at["head"][:, 2])
    return [
        (depth + 2e-4, capsule(at["neck"], at["head"], 0.055 * scale, 0.055 * scale), scene.skin * 0.8),
        (before - 0.02, ellipse(middle - [0, 0.035 * scale], radius, radius), scene.hair),
        (before - 0.0201, ellipse(middle + [0, 0.012 * scale], radius * 0.92, radius * 0.92), scene.skin),
    ]


def barbell(at: dict, scene: Scene, scale: float, behind_neck: bool) -> list:
    """Bar, plates and the hands around the bar; a bar `behind_neck` is farther away than the trunk."""
    depth = (at["bar_l"][:, 2] + at["bar_r"][:, 2]) / 2
    if behind_neck:
        depth = np.maximum(depth, trunk_depth(at) + 1e-3)
    inset = (at["bar_l"] - at["bar_r"]) * -0.06
    bar = capsule(at["bar_l"] - inset, at["bar_r"] + inset, 0.022 * scale, 0.022 * scale)
    shapes = [(depth, bar, STEEL_RGB)]
    for side in "lr":
        rim = at[f"plate_{side}"][..., :2]
        center, plate_depth = rim.mean(axis=1, keepdims=True), at[f"bar_{side}"][:, 2] - 0.05
        for layer, (share, colour) in enumerate(
            [(1, scene.plate * 0.8), (0.86, scene.plate), (0.25, STEEL_RGB * 1.8)]
        ):
            shapes.append((plate_depth - layer * 1e-4, center + (rim - center) * share, colour))
        hand = ellipse(at[f"wrist_{side}"][:, :2], 0.05 * scale, 0.05 * scale)
        shapes.append((np.minimum(at[f"wrist_{side}"][:, 2], depth) - 0.06, hand, scene.skin * 0.93))
    return shapes


def trunk_depth(at: dict) -> np.ndarray:
    """Distance of the trunk's middle from the camera in metres, shape (T,)."""
    return (at["shoulder_l"][:, 2] + at["shoulder_r"][:, 2] + 2 * at["pelvis"][:, 2]) / 4


def ellipse(center: np.ndarray, radius_x: float, radius_y: float) -> np.ndarray:
    """Outline, shape (T, 20, 2), around points (T, 2)."""
    turn = np.linspace(0, 2 * np.pi, 20, endpoint=False)
    return center[:, None] + np.stack([radius_x * np.cos(turn), radius_y * np.sin(turn)], axis=1)


def capsule(a: np.ndarray, b: np.ndarray, radius_a: float, radius_b: float) -> np.ndarray:
    """Outline, shape (T, 14, 2), of half circles around the points `a` and `b` (T, 2 or more) and what is between."""
    way = (b - a)[:, :2]
    angle = np.arctan2(way[:, 1], way[:, 0])[:, None]
    cap = np.linspace(np.pi / 2, 3 * np.pi / 2, 7)
    caps = []
    for point, radius, turn in ((a, radius_a, angle + cap), (b, radius_b, angle + np.pi + cap)):
        caps.append(point[:, None, :2] + radius * np.stack([np.cos(turn), np.sin(turn)], axis=-1))
    return np.concatenate(caps, axis=1)
