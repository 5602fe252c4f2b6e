"""A simulated lifter, rendered to mp4 clips in the layout of the Fitness-AQA release: data for demo and tests."""

from .clip import Clip, simulate_clip
from .release import synthesize_release

__all__ = ["Clip", "simulate_clip", "synthesize_release"]
