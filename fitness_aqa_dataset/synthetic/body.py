"""The lifter's body: limb lengths in metres, drawn at random but independent of any error."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Body:
    """
    Proportions and habits of one lifter; every length in metres, every angle in radians.

    Lengths are typical adult values (Winter, Biomechanics and Motor Control of Human Movement, table of segment
    lengths as fractions of height), scaled by the height and varied by a few per cent.
    """

    height: float
    shank: float
    thigh: float
    torso: float
    upper_arm: float
    forearm: float
    hip_half_width: float
    shoulder_half_width: float
    girth: float  # factor on limb widths
    ankle_half_width: float  # half the stance
    knee_half_width: float  # half the knee gap of a knee that tracks the toes, at full bend
    toe_out: float
    grip_half_width: float

    ANKLE_HEIGHT = 0.07

    @property
    def leg(self) -> float:
        """Length of the straight leg from ankle to hip, in metres."""
        return self.shank + self.thigh


def sample_body(rng: np.random.Generator) -> Body:
    """
    Draw one lifter.

    Args:
        rng (`numpy.random.Generator`):
            Source of randomness; the same state gives the same body.

    Returns:
        `Body`: Height in [1.58, 1.92] m, the rest in proportion.
    """
    height = rng.uniform(1.58, 1.92)

    def part(fraction: float) -> float:
        return height * fraction * rng.uniform(0.96, 1.04)

    hip, shoulder = part(0.055), part(0.115)
    ankle = hip + rng.uniform(0.06, 0.12)
    return Body(
        height=height,
        shank=part(0.246),
        thigh=part(0.245),
        torso=part(0.288),
        upper_arm=part(0.176),
        forearm=part(0.158),
        hip_half_width=hip,
        shoulder_half_width=shoulder,
        girth=rng.uniform(0.88, 1.18),
        ankle_half_width=ankle,
        knee_half_width=ankle + rng.uniform(0.05, 0.10),
        toe_out=rng.uniform(0.25, 0.55),
        grip_half_width=shoulder + rng.uniform(0.06, 0.12),
    )
