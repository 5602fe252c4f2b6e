import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fitness_aqa_dataset.synthetic.splits import split_by_source


def split(keys, seed=0):
    return split_by_source(keys, np.random.default_rng(seed))


@given(num_sources=st.integers(11, 60), per_source=st.integers(1, 4), seed=st.integers(0, 100))
def test_every_id_is_in_one_split_and_every_source_too(num_sources, per_source, seed):
    keys = [f"{source}_{number}" for source in range(1, num_sources + 1) for number in range(1, per_source + 1)]
    splits = split(keys, seed)
    assert list(splits) == ["train", "val", "test"]
    assert sorted(key for split in splits.values() for key in split) == sorted(keys)
    sources = [{key.split("_")[0] for key in split} for split in splits.values()]
    assert sum(map(len, sources)) == num_sources
    assert all(sources)


def test_shares_are_70_15_15_by_source():
    splits = split([f"{source}_{number}" for source in range(200) for number in (1, 2)])
    assert [len(keys) for keys in splits.values()] == [280, 60, 60]


def test_ids_stay_in_the_order_given():
    keys = [f"{source}_1" for source in range(40)]
    for ids in split(keys).values():
        assert ids == [key for key in keys if key in ids]
