"""The paper's Table 2, how many clips of an exercise show which errors, dealt over the clips of a release."""

import numpy as np

from ..taxonomy import ERRORS, EXERCISES

# Clips of training and validation together, in the order: first error only, second only, both, none.
TABLE2 = {"squat": (781, 37, 159, 402), "overhead_press": (392, 551, 98, 880)}


def deal_groups(exercise: str, num_clips: int, seed: int) -> list[tuple[str, ...]]:
    """
    Deal the groups of Table 2 over the clips of an exercise.

    Args:
        exercise (`str`):
            `"squat"` or `"overhead_press"`.
        num_clips (`int`):
            Clips of this exercise.
        seed (`int`):
            Decides which clip gets which group.

    Returns:
        `list[tuple[str, ...]]`: The errors of each clip, `num_clips` entries. The groups have the paper's shares
        exactly, rounded by largest remainder.
    """
    first, second = ERRORS[exercise]
    groups = [(first,), (second,), (first, second), ()]
    quotas = np.array(TABLE2[exercise]) * num_clips / sum(TABLE2[exercise])
    counts = np.floor(quotas).astype(int)
    largest = np.argsort(counts - quotas, kind="stable")[: num_clips - counts.sum()]
    counts[largest] += 1
    order = np.random.default_rng([seed, 5, EXERCISES.index(exercise)]).permutation(num_clips)
    dealt = np.repeat(np.arange(len(groups)), counts)[order]
    return [groups[group] for group in dealt]
