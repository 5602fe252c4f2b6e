"""
The paper's ways to balance the groups of errors, as pure functions of `id`, `exercise` and `errors`.

A group is an exercise with one combination of its errors: the first only, the second only, both, none.
The result depends on the seed and the rows' ids, never on their order.
"""

from datasets import Dataset

from .augmentation import (
    ANGLE_RANGE,
    AUGMENTATION_FEATURE,
    AUGMENTATIONS,
    IDENTITY,
    check_augmentations,
    make_augmentation,
)
from .columns import set_column
from .dealing import deal, different_draws, shuffled
from .taxonomy import EXERCISES

# In the order of the authors' code, see `paper_code_dynamic_step`.
PAPER_CODE_ORDER = (
    "invert_colors",
    "rotation",
    "horizontal_flip",
    "horizontal_flip+invert_colors",
    "horizontal_flip+rotation",
)


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
        ValueError: If there is no row, an id is there twice, an augmentation is unknown, the range is not one, or a
            group cannot reach the size because `augmentations` are too few and none is a rotation with a range of
            angles that is wide enough.
    """
    check_augmentations(augmentations, angle_range)
    names = [name for name in AUGMENTATIONS[1:] if name in augmentations]
    # a single angle would make the same row again
    repeatable = [name for name in names if "rotation" in name and angle_range[0] < angle_range[1]]
    groups = _groups(dataset)
    rows = []
    for (exercise, errors), ids in groups.items():
        size = _largest(groups, exercise)
        deals = deal(shuffled(ids, seed), names, repeatable, size - len(ids))
        if len(deals) < size - len(ids):
            raise ValueError(
                f"{exercise}, errors {' and '.join(errors) or 'none'}: {len(ids)} clips give {len(ids) + len(deals)} "
                f"rows with the augmentations {', '.join(names) or 'none'}, but the largest group has {size}. "
                "Add more augmentations, or `rotation` with a range of angles: it can be repeated with other angles."
            )
        copies = 1 + max((copy for _, _, copy in deals), default=0)
        draws = {id: different_draws(id, seed, copies, angle_range) for id in ids} if copies > 1 else {}
        rows += [(id, IDENTITY) for id in ids]
        for id, name, copy in deals:
            rows.append((id, make_augmentation(name, id, seed, draws[id][copy] if draws else 0, angle_range)))
    return _select(dataset, rows)


def paper_code_dynamic_step(dataset: Dataset, seed: int = 0) -> Dataset:
    """
    Dynamic-Step as the authors' code does it, so that their published run can be repeated with its rows.

    Source: `build_llava_dataset_dynamic_step.py` in https://github.com/GaetanoDibenedetto/UMAP25 (commit e6f969a).

    The paper says that every group grows to the size of the largest of its exercise, and [`dynamic_step`] does that.
    The code differs in that

    - a clip gets each of the five augmentations at most once, so a group grows to at most six times its clips (of the
      release, knees inward only: 37 clips to 222 rows, not 781; both errors of the press: 98 to 588, not 880);
    - it has a fixed order: colour inversion, rotation, flip, flip + inversion, flip + rotation. With
      `ratio = largest / clips`, the first `int(ratio) - 1` are given to every clip of the group, the next one is
      *skipped*, and the one after it goes to the first clips in the order of their ids, as many as the fraction of
      the ratio asks for (truncated, at times one below the size). A group with a ratio from 5 to 6 gets no fraction.

    [`dynamic_step`] instead draws from the seed, and spreads rows evenly over clips and augmentations. Not the same
    as in the code: the angles. Its are drawn anew for each file that it writes, with a random state that cannot be
    had again; ours depend on `(seed, id)`, one a clip, 0 to 50 degrees as there.

    Args:
        dataset (`Dataset`):
            Original rows with `id`, `exercise` and `errors`; in the paper validation is merged into train.
        seed (`int`, *optional*, defaults to `0`):
            Decides the angles only.

    Returns:
        `Dataset`: The rows in the order of id and augmentation, with the column `augmentation`.

    Raises:
        ValueError: If there is no row, or an id is there twice.
    """
    groups = _groups(dataset)
    rows = []
    for (exercise, _), ids in groups.items():
        ratio = _largest(groups, exercise) / len(ids)
        num_whole = min(int(ratio) - 1, len(PAPER_CODE_ORDER))
        rows += [(id, IDENTITY) for id in ids]
        rows += [(id, make_augmentation(name, id, seed)) for name in PAPER_CODE_ORDER[:num_whole] for id in ids]
        num_more = int((ratio - int(ratio)) * len(ids))  # truncated as there, rounding errors included
        for name in PAPER_CODE_ORDER[num_whole + 1 : num_whole + 2]:
            rows += [(id, make_augmentation(name, id, seed)) for id in sorted(ids)[:num_more]]
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
        ValueError: If there is no row, or an id is there twice.
    """
    groups = _groups(dataset)
    size = min(len(ids) for ids in groups.values())
    kept = [id for ids in groups.values() for id in shuffled(ids, seed)[:size]]
    first = [(id, IDENTITY) for ids in groups.values() for id in ids]
    second = [(id, make_augmentation(name, id, seed)) for id in kept for name in ("none", "horizontal_flip")]
    return _select(dataset, first), _select(dataset, second)


def _groups(dataset: Dataset) -> dict[tuple[str, tuple[str, ...]], list[str]]:
    """Ids by (exercise, labels of its errors)."""
    if not len(dataset):
        raise ValueError("there is no row to balance. Give the rows of a split that has some, such as `train`.")
    groups, seen = {}, set()
    # never touch the video: it would be decoded
    for row in dataset.with_format(None).select_columns(["id", "exercise", "errors"]).to_list():
        if row["id"] in seen:
            raise ValueError(
                f"id {row['id']!r} is there twice. Balance original rows, before any are augmented, and give each an "
                "id of its own."
            )
        seen.add(row["id"])
        exercise = row["exercise"] if isinstance(row["exercise"], str) else EXERCISES[row["exercise"]]
        errors = tuple(sorted({error["label"] for error in row["errors"]}))
        groups.setdefault((exercise, errors), []).append(row["id"])
    return groups


def _largest(groups: dict[tuple[str, tuple[str, ...]], list[str]], exercise: str) -> int:
    return max(len(ids) for (its_exercise, _), ids in groups.items() if its_exercise == exercise)


def _select(dataset: Dataset, rows: list[tuple[str, dict]]) -> Dataset:
    index_of = {id: index for index, id in enumerate(dataset.with_format(None)["id"])}
    rows = sorted(rows, key=lambda row: (row[0], AUGMENTATIONS.index(row[1]["name"]), row[1]["angle"]))
    selected = dataset.select([index_of[id] for id, _ in rows])
    return set_column(selected, "augmentation", [augmentation for _, augmentation in rows], AUGMENTATION_FEATURE)
