"""A lifter with round numbers, whose poses can be worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest

from fitness_aqa_dataset.synthetic.body import Body
from fitness_aqa_dataset.synthetic.clip import Clip
from fitness_aqa_dataset.synthetic.motion import Repetition
from fitness_aqa_dataset.synthetic.scene import sample_scene

# Thighs and shins of 0.5 m and hips as wide as the stance: seen from the side, the legs are a flat triangle.
BODY = Body(
    height=1.75,
    shank=0.5,
    thigh=0.5,
    torso=0.5,
    upper_arm=0.3,
    forearm=0.3,
    hip_half_width=0.2,
    shoulder_half_width=0.2,
    girth=1.0,
    ankle_half_width=0.2,
    knee_half_width=0.2,
    toe_out=0.0,
    grip_half_width=0.2,
)


def _round_clip(exercise: str, errors: dict, **body) -> Clip:
    """Three seconds without sway: standing until 0.5 s, out by 1 s, held until 2 s, back by 2.5 s."""
    repetition = Repetition(
        exercise=exercise,
        duration_s=3.0,
        start_s=0.5,
        out_s=0.5,
        hold_s=1.0,
        back_s=0.5,
        depth=1.0,
        errors=errors,
        strength=dict.fromkeys(errors, 1.0),
        sway=np.zeros((3, 3)),
    )
    scene = sample_scene(np.random.default_rng(0))
    return Clip("1_1", 0, repetition, replace(BODY, **body), scene, size=(288, 240))


def _with_errors(clip: Clip, errors: dict) -> Clip:
    return replace(clip, repetition=replace(clip.repetition, errors=errors))


@pytest.fixture(scope="session")
def round_clip():
    return _round_clip


@pytest.fixture(scope="session")
def with_errors():
    """The same clip, lifter and look with other errors."""
    return _with_errors
