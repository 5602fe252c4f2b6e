"""Which models a run has: one for both exercises, one an exercise, one an error, or one an image task."""

from dataclasses import dataclass

from fitness_aqa_dataset.taxonomy import ERRORS, EXERCISES
from trainer.baselines.arguments import BaselineArguments


@dataclass(frozen=True)
class Group:
    """
    One model of a run.

    Args:
        name (`str`): Of its folder.
        exercises (`tuple[str, ...]`): Whose clips it learns from and is asked about.
        labels (`tuple[str, ...]`): Errors, or the image task, that it answers.
    """

    name: str
    exercises: tuple[str, ...]
    labels: tuple[str, ...]

    @property
    def tells_exercise(self) -> bool:
        """Whether it has to tell which exercise it sees."""
        return len(self.exercises) > 1


def make_groups(args: BaselineArguments) -> list[Group]:
    """
    The models of a run.

    Args:
        args ([`BaselineArguments`]): `models` says which, an image task has one.

    Returns:
        `list[Group]`: Together they answer every error.
    """
    if args.dataset_config != "video":
        return [Group(args.dataset_config, (), (args.dataset_config,))]
    if args.models == "all":
        return [Group("all", EXERCISES, tuple(label for name in EXERCISES for label in ERRORS[name]))]
    if args.models == "exercise":
        return [Group(name, (name,), tuple(ERRORS[name])) for name in EXERCISES]
    return [Group(label, (name,), (label,)) for name in EXERCISES for label in ERRORS[name]]
