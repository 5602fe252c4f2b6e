from pathlib import Path

import numpy as np
import pytest
import torch

from fitness_aqa_dataset.frames import sample_frames
from trainer.baselines.self_supervision.augmentation import NONE
from trainer.baselines.self_supervision.decoding import resize
from trainer.baselines.self_supervision.md_triplets import HalfCycleTriplets

SIZE = 48
FPS = 30


@pytest.fixture(scope="module")
def plain(unlabeled_rows):
    """Without augmentations: a frame says where in the clip it is."""
    return HalfCycleTriplets(unlabeled_rows, image_size=SIZE, seed=5, augmentation=NONE)


@pytest.fixture(scope="module")
def clips(unlabeled_rows) -> dict[str, dict[bytes, int]]:
    """All frames of each clip, as small, and where they are; of equal ones the last."""
    small = {row["id"]: resize(sample_frames(row["video"])[0], SIZE) for row in unlabeled_rows}
    return {id: {as_bytes(frame): place for place, frame in enumerate(frames)} for id, frames in small.items()}


def as_bytes(frame: torch.Tensor) -> bytes:
    return frame.contiguous().numpy().tobytes()


def places(frames: torch.Tensor, clip: dict[bytes, int]) -> list[int]:
    """Where in the clip frames were taken."""
    return [clip[as_bytes(frame)] for frame in frames]


def test_every_clip_has_a_triplet(plain, simulated):
    assert len(plain) == 8
    for index in range(8):
        sample = plain.sample(index, 0)
        assert list(sample) == ["anchor", "positive", "negative"]
        assert {(frames.shape, frames.dtype) for frames in sample.values()} == {((16, 3, SIZE, SIZE), torch.uint8)}


def test_anchor_and_positive_are_the_way_out_and_the_negative_is_the_way_back(plain, clips, simulated):
    for index in range(8):
        id = plain.halves[index]["id"]
        rep = simulated[id].repetition
        out_s, back_s = rep.start_s + rep.out_s, rep.start_s + rep.out_s + rep.hold_s
        sample = plain.sample(index, 0)
        out, back = (sorted(places(sample[name], clips[id])) for name in ("anchor", "negative"))
        assert torch.equal(sample["anchor"], sample["positive"])
        assert out[-1] < back[0] and len(set(out)) > 12 and len(set(back)) > 12
        assert out_s * FPS - 5 <= out[-1] <= back_s * FPS + 5
        assert out_s * FPS - 5 <= back[0] <= back_s * FPS + 5
        if "knees" not in rep.errors:
            assert out[0] == pytest.approx(rep.start_s * FPS, abs=8)
            assert back[-1] == pytest.approx((back_s + rep.back_s) * FPS, abs=8)


def is_forward(frames: torch.Tensor, clip: dict[bytes, int]) -> bool:
    found = places(frames[[0, -1]], clip)
    assert found[0] != found[1]
    return found[0] < found[1]


def test_one_of_the_two_ways_is_reversed_and_never_both(plain, clips):
    reversed_out = []
    for index in range(8):
        clip = clips[plain.halves[index]["id"]]
        for epoch in range(20):
            sample = plain.sample(index, epoch)
            forward = [is_forward(sample[name], clip) for name in ("anchor", "positive", "negative")]
            assert forward in ([True, True, False], [False, False, True])
            reversed_out.append(not forward[0])
    # half of 160, give or take four standard deviations
    assert 55 <= sum(reversed_out) <= 105


def test_the_bar_goes_the_same_way_in_all_branches(plain, clips, simulated):
    for index in range(8):
        id = plain.halves[index]["id"]
        clip, truth = clips[id], simulated[id]
        height = truth.joints(truth.times_s)["bar_l"][:, 2]
        sample = plain.sample(index, 1)
        ways = [np.diff(height[places(sample[name][[0, -1]], clip)])[0] for name in ("anchor", "positive", "negative")]
        assert len(set(np.sign(ways))) == 1


def test_each_branch_has_an_augmentation_of_its_own(unlabeled_rows):
    triplets = HalfCycleTriplets(unlabeled_rows, image_size=SIZE, seed=5)
    for index in range(8):
        sample = triplets.sample(index, 0)
        assert not torch.equal(sample["anchor"], sample["positive"])
        assert (sample["anchor"] == 128).any()  # a box, or what came in from outside


def test_a_sample_hangs_on_seed_id_and_epoch_alone(unlabeled_rows):
    first = HalfCycleTriplets(unlabeled_rows, image_size=SIZE, seed=5)
    turned = HalfCycleTriplets(unlabeled_rows.select(range(7, -1, -1)), image_size=SIZE, seed=5)
    other_seed = HalfCycleTriplets(unlabeled_rows, image_size=SIZE, seed=6)
    for name, frames in first.sample(2, 3).items():
        assert torch.equal(frames, first.sample(2, 3)[name])
        assert torch.equal(frames, turned.sample(5, 3)[name])
        assert not torch.equal(frames, first.sample(2, 4)[name])
        assert not torch.equal(frames, other_seed.sample(2, 3)[name])


def test_clips_are_decoded_once(unlabeled_rows, plain):
    again = HalfCycleTriplets(unlabeled_rows, image_size=SIZE)
    assert again.halves.cache_files == plain.halves.cache_files != []
    assert HalfCycleTriplets(unlabeled_rows, image_size=32).sample(0, 0)["anchor"].shape == (16, 3, 32, 32)
    assert HalfCycleTriplets(unlabeled_rows, 4, 32).sample(0, 0)["anchor"].shape == (4, 3, 32, 32)


def test_clips_that_cannot_be_used_are_left_out(unlabeled_rows, tmp_path, caplog):
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(Path(unlabeled_rows[1]["video"]["path"]).read_bytes()[:20_000])

    def damage(row: dict, index: int) -> dict:
        if index == 1:
            return {"video": {"bytes": None, "path": str(damaged)}}
        return {"bar_y": [float("nan")] * len(row["bar_y"])} if index in (4, 5) else {}

    rows = unlabeled_rows.map(damage, with_indices=True)
    triplets = HalfCycleTriplets(rows, image_size=SIZE)
    assert len(triplets) == 5
    expected = "3 of 8 unlabelled clips are left out: 2 without a repetition, 1 that cannot be decoded"
    assert [record.getMessage() for record in caplog.records] == [expected]
    with pytest.raises(ValueError, match="no triplets can be made of the 2 unlabelled clips: 2 without a repetition"):
        HalfCycleTriplets(rows.select([4, 5]), image_size=SIZE)
