import shutil
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from datasets import Dataset, Features, Value, Video, load_dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from fitness_aqa_dataset import load_fitness_aqa
from fitness_aqa_dataset.balancing import dynamic_step, paper_code_dynamic_step, two_step

FORWARD, INWARD, BOTH = ("knees_forward",), ("knees_inward",), ("knees_forward", "knees_inward")
ELBOWS, KNEES, PRESS_BOTH = ("elbows",), ("knees",), ("elbows", "knees")

# Groups of the real release with validation merged into train.
RELEASE = {
    ("squat", FORWARD): 781,
    ("squat", INWARD): 37,
    ("squat", BOTH): 159,
    ("squat", ()): 402,
    ("overhead_press", ELBOWS): 392,
    ("overhead_press", KNEES): 551,
    ("overhead_press", PRESS_BOTH): 98,
    ("overhead_press", ()): 880,
}


def group(row: dict) -> tuple[str, tuple[str, ...]]:
    return ["squat", "overhead_press"][row["exercise"]], tuple(error["label"] for error in row["errors"])


def identity(row: dict) -> tuple:
    return row["id"], row["augmentation"]["name"], row["augmentation"]["angle"]


def test_the_release_grows_to_the_papers_sizes(make_rows):
    balanced = list(dynamic_step(make_rows(RELEASE)))
    sizes = Counter(map(group, balanced))
    assert sizes == {key: 781 if key[0] == "squat" else 880 for key in RELEASE}
    assert len(set(map(identity, balanced))) == 4 * 781 + 4 * 880
    originals = Counter(group(row) for row in balanced if row["augmentation"]["name"] == "none")
    assert originals == RELEASE  # nothing removed, nothing twice


def test_rows_are_spread_over_clips_and_augmentations(make_rows):
    balanced = list(dynamic_step(make_rows(RELEASE)))
    for key in RELEASE:
        per_clip = Counter(row["id"] for row in balanced if group(row) == key)
        assert max(per_clip.values()) - min(per_clip.values()) <= 1
    # 159 clips grow by 622: under the cap of five augmentations a clip, so all five come equally often
    both = [row for row in balanced if group(row) == ("squat", BOTH) and row["augmentation"]["name"] != "none"]
    per_name = Counter(row["augmentation"]["name"] for row in both)
    assert sorted(per_name.values()) == [124, 124, 124, 125, 125]
    # 37 clips grow by 744: each fixed one once a clip, the rest by the two rotations: 744 - 3 * 37 = 633
    inward = [row for row in balanced if group(row) == ("squat", INWARD)]
    per_name = Counter(row["augmentation"]["name"] for row in inward)
    assert [per_name[name] for name in ("none", "horizontal_flip", "invert_colors")] == [37, 37, 37]
    assert per_name["horizontal_flip+invert_colors"] == 37
    assert sorted((per_name["rotation"], per_name["horizontal_flip+rotation"])) == [316, 317]


def test_the_augmentation_column_replaces_the_old_one(release):
    train = load_fitness_aqa(release, split="train")
    balanced = dynamic_step(train, seed=5)
    assert balanced.features == train.features
    assert balanced.num_rows == 4  # four groups of one clip each
    assert {row["augmentation"]["name"] for row in balanced.remove_columns("video")} == {"none"}


def test_no_clip_is_decoded_or_copied(release):
    train = load_fitness_aqa(release, split="train", merge_validation=True)
    shutil.rmtree(release)
    for dataset in (dynamic_step(train), paper_code_dynamic_step(train), *two_step(train)):
        videos = dataset.cast_column("video", Video(decode=False))["video"]
        assert all(video["bytes"] is None and video["path"].endswith(".mp4") for video in videos)


def test_clips_inside_a_parquet_file_are_not_copied(tmp_path, make_rows):
    labels = make_rows({("squat", FORWARD): 40, ("squat", INWARD): 2})
    clips = [{"bytes": bytes([number]) * 100_000, "path": None} for number in range(42)]
    labels.add_column("video", clips, feature=Video()).to_parquet(tmp_path / "rows.parquet")
    dataset = load_dataset("parquet", data_files=str(tmp_path / "rows.parquet"), split="train")
    stored, before = {file["filename"] for file in dataset.cache_files}, pa.total_allocated_bytes()
    balanced = [dynamic_step(dataset.shuffle(seed=1)), paper_code_dynamic_step(dataset), *two_step(dataset)]
    assert pa.total_allocated_bytes() - before < 500_000  # 80 rows of clips would be 8 MB
    assert all({file["filename"] for file in rows.cache_files} == stored for rows in balanced)
    grown = balanced[0].cast_column("video", Video(decode=False))
    number_of = dict(zip(dataset["id"], range(42), strict=True))
    assert len(grown) == 80
    assert all(row["video"]["bytes"][0] == number_of[row["id"]] for row in grown)


def test_other_columns_and_their_features_stay(make_rows):
    dataset = make_rows({("squat", FORWARD): 5, ("overhead_press", ()): 2})
    dataset = dataset.add_column("lifter", [f"lifter {id}" for id in dataset["id"]], feature=Value("large_string"))
    for balanced in (dynamic_step(dataset), paper_code_dynamic_step(dataset), *two_step(dataset)):
        assert balanced.remove_columns("augmentation").features == dataset.features
        assert all(row["lifter"] == f"lifter {row['id']}" for row in balanced)


@pytest.mark.parametrize("balance", [dynamic_step, paper_code_dynamic_step, lambda rows: two_step(rows)[1]])
def test_exercises_by_name_and_errors_said_more_than_once(make_rows, balance):
    dataset = make_rows({("squat", FORWARD): 5, ("squat", BOTH): 2, ("overhead_press", ()): 3})
    by_index = list(balance(dataset))

    def by_name(row: dict) -> dict:
        name = ["squat", "overhead_press"][row["exercise"]]
        later = [error | {"start": 2.0, "end": 3.0} for error in row["errors"]]
        return {"exercise": name, "errors": later[::-1] + row["errors"] + row["errors"]}

    features = Features({**dataset.features, "exercise": Value("string")})
    named = list(balance(dataset.map(by_name, features=features)))
    assert list(map(identity, named)) == list(map(identity, by_index))


@pytest.mark.parametrize("balance", [dynamic_step, paper_code_dynamic_step, two_step])
def test_no_rows(make_rows, balance):
    with pytest.raises(ValueError, match="there is no row to balance. Give the rows of a split that has some"):
        balance(make_rows({("squat", FORWARD): 1}).select([]))


@pytest.mark.parametrize("balance", [dynamic_step, paper_code_dynamic_step, two_step])
def test_the_same_id_in_both_exercises(balance):
    rows = [{"id": "1_1", "exercise": exercise, "errors": []} for exercise in ("squat", "overhead_press")]
    features = {"label": Value("string"), "start": Value("float64"), "end": Value("float64")}
    features = Features({"id": Value("string"), "exercise": Value("string"), "errors": [features]})
    with pytest.raises(
        ValueError, match="id '1_1' is there twice. Balance original rows.* give each an id of its own"
    ):
        balance(Dataset.from_list(rows, features=features))


def test_what_the_authors_code_makes_of_the_release(make_rows):
    balanced = list(paper_code_dynamic_step(make_rows(RELEASE)))
    # by hand from their code: 159 * 4 + int(0.91195 * 159) = 780, 392 * 2 + int(0.2449 * 392) = 879, ...
    assert Counter(map(group, balanced)) == {
        ("squat", FORWARD): 781,
        ("squat", INWARD): 222,
        ("squat", BOTH): 780,
        ("squat", ()): 781,
        ("overhead_press", ELBOWS): 879,
        ("overhead_press", KNEES): 879,
        ("overhead_press", PRESS_BOTH): 588,
        ("overhead_press", ()): 880,
    }
    assert len(set(map(identity, balanced))) == len(balanced)

    def names(key: tuple) -> dict:
        return Counter(row["augmentation"]["name"] for row in balanced if group(row) == key)

    assert names(("squat", ())) == {"none": 402, "rotation": 379}
    assert names(("overhead_press", ELBOWS)) == {"none": 392, "invert_colors": 392, "horizontal_flip": 95}
    assert names(("squat", BOTH)) == {
        "none": 159,
        "invert_colors": 159,
        "rotation": 159,
        "horizontal_flip": 159,
        "horizontal_flip+rotation": 144,  # flip with inversion is skipped
    }
    assert set(names(("squat", INWARD)).values()) == {37}
    assert len(names(("squat", INWARD))) == 6


@pytest.mark.parametrize(("largest", "expected"), [(20, 20), (23, 20), (24, 24), (25, 24), (90, 24)])
def test_the_authors_code_between_five_and_six_times_the_clips(make_rows, largest, expected):
    balanced = paper_code_dynamic_step(make_rows({("squat", FORWARD): largest, ("squat", INWARD): 4}))
    assert Counter(map(group, balanced))[("squat", INWARD)] == expected


def test_the_authors_code_gives_its_fraction_to_the_first_ids(make_rows):
    dataset = make_rows({("squat", FORWARD): 9, ("squat", INWARD): 6}).shuffle(seed=2)  # ratio 1.5
    rotated = [row["id"] for row in paper_code_dynamic_step(dataset) if row["augmentation"]["name"] == "rotation"]
    assert rotated == ["squat/knees_inward0", "squat/knees_inward1", "squat/knees_inward2"]


def test_the_seed_of_the_authors_code_changes_angles_only(make_rows):
    dataset = make_rows({("squat", FORWARD): 9, ("squat", INWARD): 6})
    one, other = (list(paper_code_dynamic_step(dataset, seed)) for seed in (0, 1))
    assert [identity(row)[:2] for row in one] == [identity(row)[:2] for row in other]
    assert one != other


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(any),
    st.integers(0, 9),
    st.sets(
        st.sampled_from(
            ["horizontal_flip", "invert_colors", "horizontal_flip+invert_colors", "horizontal_flip+rotation"]
        )
    ),
)
def test_dynamic_step_keeps_its_promises(make_rows, counts, seed, augmentations):
    sizes = dict(zip([("squat", FORWARD), ("squat", INWARD), ("squat", BOTH), ("squat", ())], counts, strict=True))
    dataset = make_rows(sizes)
    names = tuple(sorted(augmentations | {"rotation"}))
    balanced = list(dynamic_step(dataset, seed, names))
    assert Counter(map(group, balanced)) == {key: max(counts) for key, count in sizes.items() if count}
    assert len(set(map(identity, balanced))) == len(balanced)
    assert {row["augmentation"]["name"] for row in balanced} <= {"none", *names}
    assert {row["id"] for row in balanced if row["augmentation"]["name"] == "none"} == set(dataset["id"])
    fixed = [name for name in names if "rotation" not in name]
    for key in sizes:
        rows = [row for row in balanced if group(row) == key]
        per_clip = Counter(row["id"] for row in rows).values()
        assert not rows or max(per_clip) - min(per_clip) <= 1
        per_name = Counter(row["augmentation"]["name"] for row in rows)
        assert all(abs(per_name[one] - per_name[other]) <= 1 for one in fixed for other in fixed)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_order_of_the_rows_does_not_matter(make_rows, seed):
    dataset = make_rows({("squat", FORWARD): 23, ("squat", INWARD): 3, ("overhead_press", ()): 5})
    shuffled = dataset.shuffle(seed=1)
    assert list(dynamic_step(shuffled, seed)) == list(dynamic_step(dataset, seed))
    assert list(paper_code_dynamic_step(shuffled, seed)) == list(paper_code_dynamic_step(dataset, seed))
    for one, other in zip(two_step(shuffled, seed), two_step(dataset, seed), strict=True):
        assert list(one) == list(other)


def test_another_seed_gives_other_rows(make_rows):
    dataset = make_rows({("squat", FORWARD): 23, ("squat", INWARD): 3})
    assert list(dynamic_step(dataset, 0)) != list(dynamic_step(dataset, 1))
    assert list(two_step(dataset, 0)[1]) != list(two_step(dataset, 1)[1])


def test_without_rotation_a_group_has_a_largest_size(make_rows):
    names = ("none", "horizontal_flip", "invert_colors")
    reachable = dynamic_step(make_rows({("squat", FORWARD): 9, ("squat", INWARD): 3}), augmentations=names)
    assert reachable.num_rows == 18
    too_far = make_rows({("squat", FORWARD): 10, ("squat", INWARD): 3})
    with pytest.raises(
        ValueError,
        match="squat, errors knees_inward: 3 clips give 9 rows with the augmentations horizontal_flip, invert_colors, "
        "but the largest group has 10. Add more augmentations, or `rotation`",
    ):
        dynamic_step(too_far, augmentations=names)
    with pytest.raises(ValueError, match="3 clips give 3 rows with the augmentations none"):
        dynamic_step(too_far, augmentations=("none",))


def test_a_single_angle_is_not_repeated(make_rows):
    dataset = make_rows({("squat", FORWARD): 7, ("squat", INWARD): 3})
    with pytest.raises(ValueError, match="3 clips give 6 rows with the augmentations rotation"):
        dynamic_step(dataset, augmentations=("rotation",), angle_range=(15.0, 15.0))


def test_angles_lie_in_the_range_asked_for(make_rows):
    balanced = dynamic_step(make_rows({("squat", FORWARD): 60, ("squat", INWARD): 2}), angle_range=(-20.0, -10.0))
    angles = [row["augmentation"]["angle"] for row in balanced if "rotation" in row["augmentation"]["name"]]
    assert len(angles) >= 40
    assert all(-20 <= angle <= -10 for angle in angles)


def test_angles_differ_in_float32_too(make_rows):
    dataset = make_rows({("squat", FORWARD): 8, ("squat", INWARD): 1})
    # 21 numbers of float32, so 7 draws often meet
    narrow = (1.0, 1.0 + 20 * 2**-23)
    for seed in range(20):
        balanced = list(dynamic_step(dataset, seed, ("rotation",), narrow))
        angles = [row["augmentation"]["angle"] for row in balanced if row["augmentation"]["name"] == "rotation"]
        assert len(balanced) == 16
        assert angles == [float(np.float32(angle)) for angle in angles]
        assert len(set(angles)) == 7


def test_too_narrow_a_range_for_different_angles(make_rows):
    dataset = make_rows({("squat", FORWARD): 8, ("squat", INWARD): 1})
    with pytest.raises(
        ValueError, match=r"`angle_range` \(1.0, 1.00000001\) is too narrow for 7 different angles a clip"
    ):
        dynamic_step(dataset, augmentations=("rotation",), angle_range=(1.0, 1.00000001))


def test_no_such_range_of_angles(make_rows):
    with pytest.raises(ValueError, match="`angle_range` must be two finite angles in degrees, the lower first"):
        dynamic_step(make_rows({("squat", FORWARD): 2}), angle_range=(30.0, 10.0))


def test_unknown_augmentation(make_rows):
    with pytest.raises(ValueError, match="no augmentation is called 'blur'. Choose among none, horizontal_flip"):
        dynamic_step(make_rows({("squat", FORWARD): 2}), augmentations=("rotation", "blur"))


def test_an_id_twice(make_rows):
    dataset = dynamic_step(make_rows({("squat", FORWARD): 3, ("squat", INWARD): 1}))
    with pytest.raises(ValueError, match="id 'squat/knees_inward0' is there twice. Balance original rows"):
        dynamic_step(dataset)
    with pytest.raises(ValueError, match="is there twice"):
        two_step(dataset)


def test_two_step_takes_all_rows_then_equal_groups(make_rows):
    first, second = two_step(make_rows(RELEASE))
    assert Counter(map(group, first)) == RELEASE
    assert {row["augmentation"]["name"] for row in first} == {"none"}
    rows = list(second)
    assert Counter(map(group, rows)) == dict.fromkeys(RELEASE, 74)  # the smallest group has 37 clips
    per_clip = {}
    for row in rows:
        per_clip.setdefault(row["id"], []).append(row["augmentation"]["name"])
    assert len(per_clip) == 8 * 37
    assert set(map(tuple, per_clip.values())) == {("none", "horizontal_flip")}


def test_two_step_ignores_combinations_without_clips(make_rows):
    _, second = two_step(make_rows({("squat", FORWARD): 5, ("overhead_press", ()): 2}))
    assert Counter(map(group, second)) == {("squat", FORWARD): 4, ("overhead_press", ()): 4}
