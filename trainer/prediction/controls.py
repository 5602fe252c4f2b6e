"""Controls: the same clips with something taken away that a right answer needs, or changed that it does not need."""

import torch

from fitness_aqa_dataset.augmentation import uniform
from fitness_aqa_dataset.wordings import QUESTION
from trainer.collator import blank_frames

CONTROLS = ("none", "blank", "shuffled", "paraphrased")

# The paper's question in other words: the same two exercises to choose from, the same three things asked.
PARAPHRASES = (
    "The person in the video is doing either a Squat or an Overhead Press (OHP). Which of the two is it? "
    "Is there a mistake in it? If there is, what is the mistake?",
    "This clip shows a Squat or an Overhead Press (OHP) exercise. Name the exercise. "
    "Does the subject make a mistake? If he does, which one?",
    "Is the subject performing a Squat or an Overhead Press (OHP)? "
    "Does he make any mistake? If so, say what mistake he makes.",
    "You see somebody who performs one of two exercises, a Squat or an Overhead Press (OHP). Which one do you see? "
    "Is it performed with a mistake? What is the mistake, if there is one?",
    "Tell whether the exercise is a Squat or an Overhead Press (OHP). "
    "Then tell whether the subject is making a mistake and, if he is, what mistake it is.",
    "A subject is exercising: it is a Squat or an Overhead Press (OHP). Which exercise is he doing? "
    "Does he do anything wrong? If yes, what does he do wrong?",
    "Which exercise is the subject performing, a Squat or an Overhead Press (OHP)? "
    "Can you see a mistake in how he performs it? If you can, what is it?",
    "The exercise in this video is a Squat or an Overhead Press (OHP). Please say which. "
    "Is the subject making a mistake in it? If that is so, which mistake?",
)


def change_frames(control: str, frames: torch.Tensor, id: str, seed: int) -> torch.Tensor:
    """
    The frames that are shown in place of a clip's.

    Args:
        control (`str`): One of `CONTROLS`; `paraphrased` leaves frames as they are.
        frames (`torch.Tensor`): RGB, uint8, shape `(T, 3, H, W)`.
        id (`str`): Of the clip, or of its window.
        seed (`int`): Decides the order of `shuffled`, together with the id.

    Returns:
        `torch.Tensor`: The same shape. `blank`: mid-grey. `shuffled`: the frames in a random order; their times, which
        the prompt says, stay where they were.
    """
    if control == "blank":
        return blank_frames(frames)
    if control == "shuffled":
        generator = torch.Generator().manual_seed(int(uniform(seed, id, "order of frames") * 2**53))
        return frames[torch.randperm(len(frames), generator=generator)]
    return frames


def question(control: str, id: str, seed: int) -> str:
    """
    What is asked about a clip.

    Args:
        control (`str`): One of `CONTROLS`.
        id (`str`): Of the clip.
        seed (`int`): With the id, chooses among `PARAPHRASES`.

    Returns:
        `str`: The paper's question, or with `paraphrased` one of `PARAPHRASES`.
    """
    if control == "paraphrased":
        return PARAPHRASES[int(uniform(seed, id, "question") * len(PARAPHRASES))]
    return QUESTION
