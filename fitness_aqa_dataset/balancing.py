"""
The paper's two ways to balance the groups of errors, as pure functions of `id`, `exercise` and `errors`.

A group is an exercise with one combination of its errors: the first only, the second only, both, none.
The result depends on the seed and the rows' ids, never on their order.
"""

from math import lcm

from datasets import Dataset

from .augmentation import ANGLE_RANGE, AUGMENTATION_FEATURE, AUGMENTATIONS, IDENTITY, make_augmentation, uniform
from .taxonomy import EXERCISES


def dynamic_step(
    dataset: Dataset,
    seed: int = 0,
    augmentations: tuple[str, ...] = AUGMENTATIONS,
    angle_range: tuple[float, float] = ANGLE_RANGE,
) -> Dataset:
    """
    Grow every group to exactly the size of the largest of its exercise by augmented rows; remove nothing.

    The added rows are spread over the clips of the group (counts differ by at most one) and over the augmentations
    (likewise, as long as every clip has had each of them at most once). A group that needs more than that repeats
    rotations with other angles, so no row is there twice.

    Args:
        dataset (`Dataset`):
            Original rows with `id`, `exercise` and `errors`.
        seed (`int`, *optional*, defaults to `0`):
            Decides which clips and augmentations come first, and the angles.
        augmentations (`tuple[str, ...]`, *optional*, defaults to `AUGMENTATIONS`):
            Names to choose from; `none`, the row itself, is always there.
        angle_range (`tuple[float, float]`, *optional*, defaults to `(0.0, 50.0)`):
            Lowest and highest angle of rotations, in degrees, counter-clockwise positive.

    Returns:
        `Dataset`: The rows in the order of id and augmentation, with the column `augmentation`. A combination of
        errors that no clip has stays empty.

    Raises:
        ValueError: If an id is there twice, an augmentation is unknown, or a group cannot reach the size because
            `augmentations` are too few and none is a rotation with a range of angles.
    """
    unknown = sorted(set(augmentations) - set(AUGMENTATIONS))
    if unknown:
        raise ValueError(f"no augmentation is called {unknown[0]!r}. Choose among {', '.join(AUGMENTATIONS)}.")
    names = [name for name in AUGMENTATIONS[1:] if name in augmentations]
    # a single angle would make the same row again
    repeatable = [name for name in names if "rotation" in name and angle_range[0] < angle_range[1]]
    groups = _groups(dataset)
    rows = []
    for (exercise, errors), ids in groups.items():
        size = max(len(other) for (its_exercise, _), other in groups.items() if its_exercise == exercise)
        deals = _deal(_shuffled(ids, seed), names, repeatable, size - len(ids))
        if len(deals) < size - len(ids):
            raise ValueError(
                f"{exercise}, errors {' and '.join(errors) or 'none'}: {len(ids)} clips give {len(ids) + len(deals)} "
                f"rows with the augmentations {', '.join(names) or 'none'}, but the largest group has {size}. "
                "Add more augmentations, or `rotation` with a range of angles: it can be repeated with other angles."
            )
        rows += [(id, IDENTITY) for id in ids]
        rows += [(id, make_augmentation(name, id, seed, copy, angle_range)) for id, name, copy in deals]
    return _select(dataset, rows)


def two_step(dataset: Dataset, seed: int = 0) -> tuple[Dataset, Dataset]:
    """
    The data of the paper's two training steps: everything as it is, then a small set with equal groups.

    Args:
        dataset (`Dataset`):
            Original rows with `id`, `exercise` and `errors`.
        seed (`int`, *optional*, defaults to `0`):
            Decides which clips stay in the second step.

    Returns:
        `tuple[Dataset, Dataset]`: First, all rows. Second, every group of either exercise cut to the size of the
        smallest one that has clips, each kept clip once as it is and once flipped. Both in the order of id, with the
        column `augmentation`.

    Raises:
        ValueError: If an id is there twice.
    """
    groups = _groups(dataset)
    size = min(len(ids) for ids in groups.values())
    kept = [id for ids in groups.values() for id in _shuffled(ids, seed)[:size]]
    first = [(id, IDENTITY) for ids in groups.values() for id in ids]
    second = [(id, make_augmentation(name, id, seed)) for id in kept for name in ("none", "horizontal_flip")]
    return _select(dataset, first), _select(dataset, second)


def _groups(dataset: Dataset) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """Ids by (exercise, labels of its errors)."""
    groups, seen = {}, set()
    for row in dataset.select_columns(["id", "exercise", "errors"]):  # never touch the video: it would be decoded
        if row["id"] in seen:
            raise ValueError(f"id {row['id']!r} is there twice. Balance original rows, before any are augmented.")
        seen.add(row["id"])
        exercise = row["exercise"] if isinstance(row["exercise"], str) else EXERCISES[row["exercise"]]
        errors = tuple(sorted({error["label"] for error in row["errors"]}))
        groups.setdefault((exercise, errors), []).append(row["id"])
    return groups


def _shuffled(ids: list[str], seed: int) -> list[str]:
    return sorted(ids, key=lambda id: (uniform(seed, id, "order"), id))


def _deal(ids: list[str], names: list[str], repeatable: list[str], num_rows: int) -> list[tuple[str, str, int]]:
    """
    Deal (id, name, copy) to the clips in turn, no two alike: first every name, then the repeatable again and again.

    Clip `k % num_ids` gets name `k % num_names`, moved on by one each time both cycles close together. So a clip has
    every name once before any comes twice, and the names' counts differ by at most one.
    """
    deals, copy = [], 0
    while len(deals) < num_rows and names:
        block = min(len(ids) * len(names), num_rows - len(deals))
        cycle = lcm(len(ids), len(names))
        deals += [(ids[k % len(ids)], names[(k + k // cycle) % len(names)], copy) for k in range(block)]
        names, copy = repeatable, copy + 1
    return deals


def _select(dataset: Dataset, rows: list[tuple[str, dict]]) -> Dataset:
    index_of = {id: index for index, id in enumerate(dataset["id"])}
    rows = sorted(rows, key=lambda row: (row[0], AUGMENTATIONS.index(row[1]["name"]), row[1]["angle"]))
    selected = dataset.select([index_of[id] for id, _ in rows])
    if "augmentation" in dataset.column_names:
        selected = selected.remove_columns("augmentation")
    return selected.add_column(
        "augmentation", [augmentation for _, augmentation in rows], feature=AUGMENTATION_FEATURE
    )
