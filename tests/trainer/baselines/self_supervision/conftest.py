"""The *synthetic* release's unlabelled clips, and the truth about each: the simulated lifter it was drawn from."""

import pytest

from fitness_aqa_dataset.synthetic.clip import Clip
from fitness_aqa_dataset.synthetic.unlabeled import simulate_unlabeled
from trainer.baselines.self_supervision.unlabeled_clips import load_unlabeled


@pytest.fixture(scope="session")
def unlabeled_rows(release):
    """Four squats and four overhead presses."""
    return load_unlabeled(str(release))


@pytest.fixture(scope="session")
def simulated() -> dict[str, Clip]:
    """By row id; with the seed and the rates of the fixture `release`."""
    clips = simulate_unlabeled(24, seed=7, look="studio", error_rate=0.45, second_rate=0.1)
    return {f"{clip.repetition.exercise}/{clip.key}": clip for clip in clips}
