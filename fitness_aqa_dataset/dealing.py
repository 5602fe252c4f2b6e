"""Which clip gets which augmentation when a group grows: dealt in turn, no two rows alike."""

from math import lcm

from .augmentation import make_augmentation, uniform


def shuffled(ids: list[str], seed: int) -> list[str]:
    """In an order that depends on the seed and the ids alone."""
    return sorted(ids, key=lambda id: (uniform(seed, id, "order"), id))


def deal(ids: list[str], names: list[str], repeatable: list[str], num_rows: int) -> list[tuple[str, str, int]]:
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


def different_draws(id: str, seed: int, num_copies: int, angle_range: tuple[float, float]) -> list[int]:
    """
    The first so many copies of a clip's rotation whose angles differ, in float32 as the column holds them.

    Raises:
        ValueError: If the range is too narrow for so many.
    """
    draws = {}
    for copy in range(100 * num_copies):
        draws.setdefault(make_augmentation("rotation", id, seed, copy, angle_range)["angle"], copy)
        if len(draws) == num_copies:
            return list(draws.values())
    raise ValueError(
        f"`angle_range` {angle_range} is too narrow for {num_copies} different angles a clip. Give a wider one."
    )
