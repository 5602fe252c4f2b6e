import pytest
from datasets import Dataset
from hypothesis import given
from hypothesis import strategies as st

from trainer.sampling import EpochSampler, pad_rows


def test_padding_fills_the_last_batch_and_says_so():
    rows = pad_rows(Dataset.from_dict({"id": ["a", "b", "c", "d", "e"]}), multiple=4)
    assert rows["is_padding"][:] == [False] * 5 + [True] * 3
    assert rows["id"][:5] == ["a", "b", "c", "d", "e"]
    assert len(rows) == 8


def test_whole_batches_stay_as_they_are():
    rows = Dataset.from_dict({"id": ["a", "b", "c", "d"]})
    assert pad_rows(rows, multiple=2) is rows


@given(st.integers(1, 40), st.integers(0, 5), st.integers(0, 2**31), st.integers(0, 9))
def test_every_row_once_an_epoch_and_padding_last(num_rows, num_padding, seed, epoch):
    sampler = EpochSampler(num_rows, num_padding, seed)
    sampler.epoch = epoch
    order = list(sampler)
    assert sorted(order[:num_rows]) == list(range(num_rows))
    assert order[num_rows:] == list(range(num_rows, num_rows + num_padding))
    assert len(sampler) == num_rows + num_padding
    assert list(sampler) == order  # the same epoch, the same order


@pytest.mark.parametrize(("seed", "epoch"), [(0, 1), (1, 0), (1, 1)])
def test_epochs_and_seeds_have_orders_of_their_own(seed, epoch):
    first, other = EpochSampler(100, 0, 0), EpochSampler(100, 0, seed)
    other.epoch = epoch
    assert list(first) != list(other)
    later = EpochSampler(100, 0, 0)
    later.epoch = 1
    assert list(later) != list(EpochSampler(100, 0, 1))  # run 0 in epoch 1 is not run 1 in epoch 0
