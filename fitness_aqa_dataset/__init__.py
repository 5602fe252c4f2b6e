"""
Fitness-AQA for video-language models: the raw release in, conversations about its clips out.

Importing the package makes `datasets.load_dataset("fitness_aqa", "video", data_dir=…)` work.
"""

from .augmentation import AUGMENTATIONS, add_augmentation, augment_frames
from .balancing import dynamic_step, paper_code_dynamic_step, two_step
from .builder import FitnessAQA, load_fitness_aqa
from .clip_reduction import cut_clip, to_phases, to_windows
from .conversations import add_messages, to_conversation
from .frames import sample_frames, time_instruction
from .motion import find_phases, find_repetitions
from .windows import clip_windows, cut_errors
from .wordings import IMAGE_QUESTION, QUESTION

__all__ = [
    "AUGMENTATIONS",
    "IMAGE_QUESTION",
    "QUESTION",
    "FitnessAQA",
    "add_augmentation",
    "add_messages",
    "augment_frames",
    "clip_windows",
    "cut_clip",
    "cut_errors",
    "dynamic_step",
    "find_phases",
    "find_repetitions",
    "load_fitness_aqa",
    "paper_code_dynamic_step",
    "sample_frames",
    "time_instruction",
    "to_conversation",
    "to_phases",
    "to_windows",
    "two_step",
]
