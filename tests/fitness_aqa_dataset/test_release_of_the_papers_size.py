"""Label and split files with the counts of the real release; the clips are empty files, nothing opens them."""

from collections import Counter

import datasets
import pytest

from fitness_aqa_dataset.balancing import dynamic_step, paper_code_dynamic_step, two_step
from fitness_aqa_dataset.release import read_release

# exercise: folder, the two errors, clips with the first only, the second only, both, none (train and validation)
GROUPS = {
    "squat": ("Squat", ("knees_forward", "knees_inward"), (781, 37, 159, 402)),
    "overhead_press": ("OHP", ("elbows", "knees"), (392, 551, 98, 880)),
}
SPLITS = {"squat": (1136, 243, 244), "overhead_press": (1582, 339, 339)}


@pytest.fixture(scope="module")
def rows(tmp_path_factory, write_json) -> datasets.Dataset:
    root = tmp_path_factory.mktemp("papers_size")
    for exercise, (name, errors, counts) in GROUPS.items():
        folder = root / name / "Labeled_Dataset"
        groups = [group for group, count in enumerate(counts) for _ in range(count)]
        groups += [3] * SPLITS[exercise][2]  # the test clips
        keys = [f"{index // 3}_{index % 3}" for index in range(len(groups))]
        for error, with_it in zip(errors, ((0, 2), (1, 2)), strict=True):
            labels = {k: [[0.5, 1.5]] if group in with_it else [] for k, group in zip(keys, groups, strict=True)}
            write_json(folder / "Labels" / f"error_{error}.json", labels)
        train, validation, _ = SPLITS[exercise]
        write_json(folder / "Splits" / "train_keys.json", keys[:train])
        write_json(folder / "Splits" / "val_keys.json", keys[train : train + validation])
        write_json(folder / "Splits" / "test_keys.json", keys[train + validation :])
        (folder / "videos").mkdir()
        for key in keys:
            (folder / "videos" / f"{key}.mp4").touch()
    records = [record for record in read_release(root) if record.split != "test"]
    assert len(records) == 1379 + 1921
    return datasets.Dataset.from_list(
        [
            {
                "id": record.id,
                "exercise": record.exercise,
                "errors": [{"label": label, "start": start, "end": end} for label, start, end in record.errors],
            }
            for record in records
        ]
    )


def sizes(dataset: datasets.Dataset) -> Counter:
    return Counter((row["exercise"], *(error["label"] for error in row["errors"])) for row in dataset)


def test_dynamic_step_grows_every_group_to_the_largest_of_its_exercise(rows):
    balanced = dynamic_step(rows)
    assert set(sizes(balanced).values()) == {781, 880}
    assert balanced.num_rows == 4 * 781 + 4 * 880


def test_two_step_cuts_every_group_to_37(rows):
    first, second = two_step(rows)
    assert first.num_rows == 1379 + 1921
    assert set(sizes(second).values()) == {2 * 37}
    assert second.num_rows == 8 * 2 * 37


def test_the_cap_of_the_authors_code_leaves_small_groups_small(rows):
    assert sizes(paper_code_dynamic_step(rows)) == {
        ("squat", "knees_forward"): 781,
        ("squat", "knees_inward"): 222,  # 37 clips, six rows each
        ("squat", "knees_forward", "knees_inward"): 780,  # its truncation loses one
        ("squat",): 781,
        ("overhead_press", "elbows"): 879,
        ("overhead_press", "knees"): 879,
        ("overhead_press", "elbows", "knees"): 588,  # 98 clips, six rows each
        ("overhead_press",): 880,
    }
