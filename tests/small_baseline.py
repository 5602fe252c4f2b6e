"""Real runs of `trainer.baselines`, too short to be worth anything, on a *synthetic* release."""

from pathlib import Path

import torch

from tests.trainer.baselines.end_to_end import training_of
from trainer.baselines import train
from trainer.baselines.arguments import make_parser


def train_small(system: str, release: Path, output_dir: Path, **changes: object) -> Path:
    """The command line of `trainer.baselines.train` in this process; returns the run's folder."""
    arguments = training_of(system, release, output_dir, **({"num_train_epochs": 2, "use_cpu": True} | changes))
    num_threads = torch.get_num_threads()
    torch.set_num_threads(1)
    train.main(*make_parser().parse_args_and_config(arguments))
    torch.set_num_threads(num_threads)
    return output_dir


def train_probe(release: Path, output_dir: Path, **changes: object) -> Path:
    """The quickest of the systems."""
    return train_small("probe", release, output_dir, **changes)
