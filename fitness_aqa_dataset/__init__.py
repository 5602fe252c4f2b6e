"""
Fitness-AQA for video-language models: the raw release in, conversations about its clips out.

Importing the package makes `datasets.load_dataset("fitness_aqa", "video", data_dir=…)` work.
"""

from .augmentation import AUGMENTATIONS, augment_frames
from .balancing import dynamic_step, two_step
from .builder import FitnessAQA, load_fitness_aqa
from .conversations import QUESTION, add_messages, to_conversation
from .frames import sample_frames, time_instruction

__all__ = [
    "AUGMENTATIONS",
    "QUESTION",
    "FitnessAQA",
    "add_messages",
    "augment_frames",
    "dynamic_step",
    "load_fitness_aqa",
    "sample_frames",
    "time_instruction",
    "to_conversation",
    "two_step",
]
