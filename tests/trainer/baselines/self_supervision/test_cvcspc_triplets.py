from pathlib import Path

import numpy as np
import pytest
import torch

from fitness_aqa_dataset.frames import sample_frames
from trainer.baselines.self_supervision.augmentation import NONE
from trainer.baselines.self_supervision.cvcspc_triplets import PhaseTriplets
from trainer.baselines.self_supervision.decoding import resize

SIZE = 48


@pytest.fixture(scope="module")
def plain(unlabeled_rows):
    """Without augmentations: a frame says where it is from."""
    return PhaseTriplets(unlabeled_rows, triplets_per_clip=3, image_size=SIZE, seed=5, augmentation=NONE)


@pytest.fixture(scope="module")
def find_frame(unlabeled_rows):
    """Id and number of the frame that a picture is."""
    small = {row["id"]: resize(sample_frames(row["video"])[0], SIZE) for row in unlabeled_rows}
    found = {
        frame.numpy().tobytes(): (id, number) for id, frames in small.items() for number, frame in enumerate(frames)
    }
    return lambda picture: found[picture.numpy().tobytes()]


@pytest.fixture(scope="module")
def true_phases(simulated) -> dict[str, np.ndarray]:
    """Of every frame: the bar's height in metres as a share of its way, in degrees."""
    phases = {}
    for id, clip in simulated.items():
        at = clip.joints(clip.times_s)
        height = (at["bar_l"] + at["bar_r"])[:, 2]
        phases[id] = (height - height.min()) / np.ptp(height) * 360
    return phases


def test_shapes(plain):
    assert len(plain) == 24
    sample = plain.sample(0, 0)
    assert list(sample) == ["anchor", "positive", "negative"]
    assert {(frame.shape, frame.dtype) for frame in sample.values()} == {((3, SIZE, SIZE), torch.uint8)}


def test_triplets_are_what_they_claim(plain, find_frame, true_phases):
    differences = {"positive": [], "negative": []}
    anchors = set()
    for index in range(24):
        for epoch in range(3):
            found = {name: find_frame(frame) for name, frame in plain.sample(index, epoch).items()}
            ids = {name: id for name, (id, _) in found.items()}
            phases = {name: true_phases[id][frame] for name, (id, frame) in found.items()}
            assert ids["positive"] != ids["anchor"] == ids["negative"]
            assert ids["positive"].split("/")[0] == ids["anchor"].split("/")[0]
            anchors.add(ids["anchor"])
            for name, values in differences.items():
                values.append(abs(phases[name] - phases["anchor"]))
    assert len(anchors) == 8
    # within 5°, and 45 to 50° apart, of what the camera saw, which is not quite the height in metres
    assert np.median(differences["positive"]) < 8 and np.max(differences["positive"]) < 40
    assert 42 < np.median(differences["negative"]) < 53
    assert 20 < np.min(differences["negative"]) and np.max(differences["negative"]) < 80


def test_triplets_of_a_clip_follow_each_other_and_differ(plain, find_frame):
    drawn = [{name: find_frame(frame) for name, frame in plain.sample(index, 0).items()} for index in range(6)]
    ids = [triplet["anchor"][0] for triplet in drawn]
    assert ids[0] == ids[1] == ids[2] != ids[3] == ids[4] == ids[5]
    assert len({tuple(triplet.values()) for triplet in drawn}) == 6


def test_branches_are_augmented_apart(unlabeled_rows):
    sample = PhaseTriplets(unlabeled_rows, image_size=SIZE).sample(0, 0)
    assert all((frame == 128).any() for frame in sample.values())  # a box, or what came in from outside


def test_a_sample_hangs_on_seed_id_and_epoch_alone(unlabeled_rows):
    first = PhaseTriplets(unlabeled_rows, image_size=SIZE, seed=5)
    turned = PhaseTriplets(unlabeled_rows.select(range(7, -1, -1)), image_size=SIZE, seed=5)
    other_seed = PhaseTriplets(unlabeled_rows, image_size=SIZE, seed=6)
    for name, frame in first.sample(17, 3).items():
        assert torch.equal(frame, first.sample(17, 3)[name])
        assert torch.equal(frame, turned.sample(17, 3)[name])
        assert not torch.equal(frame, first.sample(17, 4)[name])
        assert not torch.equal(frame, other_seed.sample(17, 3)[name])


def test_clips_are_decoded_once(unlabeled_rows, plain):
    again = PhaseTriplets(unlabeled_rows, triplets_per_clip=5, image_size=SIZE)
    assert again.frames.cache_files == plain.frames.cache_files != []
    assert len(again) == 40


def test_clips_that_cannot_be_used_are_left_out(unlabeled_rows, tmp_path, caplog):
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(Path(unlabeled_rows[1]["video"]["path"]).read_bytes()[:20_000])

    def damage(row: dict, index: int) -> dict:
        if index == 1:
            return {"video": {"bytes": None, "path": str(damaged)}}
        return {"bar_y": [100.0] * len(row["bar_y"])} if index in (4, 5) else {}

    rows = unlabeled_rows.map(damage, with_indices=True)
    triplets = PhaseTriplets(rows, 2, SIZE)
    assert len(triplets) == 10
    expected = "3 of 8 unlabelled clips are left out: 2 without a bar that moves, 1 that cannot be decoded"
    assert [record.getMessage() for record in caplog.records] == [expected]


def test_clips_without_another_one_of_the_exercise(unlabeled_rows, caplog):
    triplets = PhaseTriplets(unlabeled_rows.select([0, 1, 7]), 2, SIZE)  # two squats and a press
    assert len(triplets) == 4
    (record,) = caplog.records
    assert record.getMessage().startswith("1 unlabelled clips have no triplets: no other clip of the exercise")
    with pytest.raises(ValueError, match="no triplets can be made of the 2 unlabelled clips: no other.*self_super"):
        PhaseTriplets(unlabeled_rows.select([0, 7]), 2, SIZE)
