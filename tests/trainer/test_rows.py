import json
from itertools import pairwise

import pytest
from datasets import Dataset

from fitness_aqa_dataset.prepare import prepare_release
from metrics.fitness_aqa.parsing import parse_answer
from tests.hub import LocalHub, run_client
from trainer.arguments import DataArguments
from trainer.rows import (
    RowVariation,
    answer_class,
    answer_weights,
    fingerprint_rows,
    prepare_rows,
)
from trainer.splits import kind_of, load_split

ERROR = {"label": "knees_inward", "start": 1.0, "end": 2.0}
OTHER = {"label": "knees_forward", "start": 0.5, "end": 1.5}


@pytest.fixture(scope="module")
def prepared(release, tmp_path_factory):
    return prepare_release(release, tmp_path_factory.mktemp("prepared") / "data", progress=False)


def arguments(name, **settings):
    return DataArguments(dataset_name=str(name), **{"balancing": "none"} | settings)


def test_what_a_name_is(release, prepared, tmp_path):
    assert kind_of(str(release)) == "release"
    assert kind_of(str(prepared)) == "prepared"
    assert kind_of("me/fitness-aqa") == "hub"
    for name in ("/no/folder", "./me/data", "squats", str(tmp_path)):
        assert kind_of(name) == "release"  # whose message says what is missing


def test_a_prepared_folder_gives_the_rows_of_the_release(release, prepared):
    from_release, from_parquet = (prepare_rows(arguments(name), seed=3) for name in (release, prepared))
    assert len(from_release) == 20
    assert from_parquet["messages"][:] == from_release["messages"][:]
    assert from_parquet["id"][:] == from_release["id"][:]
    assert from_parquet[0]["video"]["bytes"].startswith(b"\x00\x00\x00")  # inside the Parquet file, not decoded
    assert fingerprint_rows(from_parquet) == fingerprint_rows(from_release)


def test_validation_rows_are_trained_on_only_if_asked(release):
    assert len(prepare_rows(arguments(release, merge_validation=False), seed=0)) == 16
    assert len(load_split(arguments(release), "validation")) == 4


def test_named_clips_are_left_out(release, prepared):
    first = prepare_rows(arguments(release), seed=0)["id"][0]
    for name in (release, prepared):
        ids = prepare_rows(arguments(name), seed=0, skip_clips=[first])["id"][:]
        assert len(ids) == 19 and first not in ids


def test_images_of_several_tasks(release):
    settings = arguments(release, dataset_config=["shallow_squat", "lumbar"])
    rows = prepare_rows(settings, seed=0)
    assert rows.column_names == ["id", "image", "augmentation", "messages"]
    assert rows[0]["messages"][0]["content"][0] == {"type": "image", "text": None}
    assert {id.partition("/")[0] for id in rows["id"]} == {"squat", "barbell_row"}


def test_clips_and_images_do_not_mix(release):
    settings = arguments(release, dataset_config=["video", "lumbar"])
    with pytest.raises(ValueError, match=r"dataset_config: expected clips \(video\) or images .*, got video, lumbar"):
        prepare_rows(settings, seed=0)


def test_images_are_not_balanced(release):
    settings = arguments(release, dataset_config=["lumbar"], balancing="dynamic_step")
    with pytest.raises(ValueError, match="balancing: dynamic_step is for clips. Give `balancing: none` for images"):
        prepare_rows(settings, seed=0)


def test_a_hub_that_cannot_be_asked():
    with pytest.raises(
        ValueError, match="no/such: no such folder; give the folder that holds Squat/ and OHP/, one that"
    ):
        prepare_rows(arguments("no/such"), seed=0)


def test_data_that_lacks_columns(tmp_path):
    Dataset.from_dict({"id": ["a"], "video": ["a.mp4"]}).to_parquet(
        tmp_path / "video" / "train-00000-of-00001.parquet"
    )
    (tmp_path / "README.md").write_text(
        "---\nconfigs:\n- config_name: video\n  data_files:\n  - split: train\n    path: video/train-*\n---\n"
    )
    with pytest.raises(ValueError, match="no column errors, exercise, the columns are id, video. Give data that"):
        prepare_rows(arguments(tmp_path), seed=0)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"errors": []}, "none"),
        ({"errors": [ERROR, ERROR]}, "knees_inward"),
        ({"errors": [ERROR, OTHER]}, "knees_forward+knees_inward"),
        ({"task": "lumbar", "label": 1}, "lumbar"),
        ({"task": "lumbar", "label": 0}, "none"),
    ],
)
def test_classes_of_answers(row, expected):
    assert answer_class(row) == expected


@pytest.fixture
def four_rows():
    return Dataset.from_dict({"errors": [[], [], [], [ERROR]]})


def test_weights_by_class_have_mean_one(four_rows):
    # 1, 1, 1, 5 divided by their mean of 2
    assert answer_weights(four_rows, {"knees_inward": 5}) == [0.5, 0.5, 0.5, 2.5]


def test_balanced_weights_give_classes_equal_sums(four_rows):
    # 4/3 three times and 4 once, divided by their mean of 2
    assert answer_weights(four_rows, "balanced") == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"elbow": 2}, r"no answer is of the class elbow; there are knees_inward \(1\), none \(3\)"),
        ({"none": 0}, r"a weight must be a number above 0, got \{'none': 0\}"),
        ("uniform", r"expected \{class: weight\} or balanced, got 'uniform'"),
    ],
)
def test_wrong_weights(four_rows, weights, message):
    with pytest.raises(ValueError, match=f"answer_weights: {message}"):
        answer_weights(four_rows, weights)


def test_weights_are_a_column_of_the_rows(release):
    rows = prepare_rows(arguments(release, answer_weights={"none": 3.0}), seed=0)
    assert rows.column_names[-1] == "weight"
    assert sum(rows["weight"]) / len(rows) == pytest.approx(1.0)


@pytest.fixture
def row():
    return {
        "id": "squat/1_1",
        "exercise": 0,
        "errors": [ERROR],
        "augmentation": {"name": "none", "horizontal_flip": False, "invert_colors": False, "angle": 0.0},
        "messages": [],
    }


def test_wording_changes_by_epoch_and_times_do_not(row):
    vary = RowVariation(DataArguments("x", vary_by_epoch=["wording"]), seed=0)
    answers = [vary(row, epoch)["messages"][1]["content"][0]["text"] for epoch in range(1, 20)]
    assert len(set(answers)) > 5
    assert all("knees inward from frame time 1.00s to 2.00s" in answer for answer in answers)
    assert answers == [vary(row, epoch)["messages"][1]["content"][0]["text"] for epoch in range(1, 20)]
    assert vary(row, 1)["augmentation"] == row["augmentation"]


def test_augmentation_changes_by_epoch_within_what_is_allowed(row):
    settings = DataArguments(
        "x", vary_by_epoch=["augmentation"], augmentations=["none", "rotation"], angle_range=[-3, 3]
    )
    vary = RowVariation(settings, seed=0)
    drawn = [vary(row, epoch)["augmentation"] for epoch in range(1, 40)]
    assert {augmentation["name"] for augmentation in drawn} == {"none", "rotation"}
    angles = [augmentation["angle"] for augmentation in drawn if augmentation["name"] == "rotation"]
    assert len(set(angles)) == len(angles) and all(-3 <= angle <= 3 for angle in angles)
    assert vary(row, 1)["messages"] == []


def test_two_rows_of_a_clip_vary_apart(row):
    vary = RowVariation(DataArguments("x", vary_by_epoch=["augmentation"]), seed=0)
    flipped = row | {"augmentation": row["augmentation"] | {"name": "horizontal_flip", "horizontal_flip": True}}
    pairs = [(vary(row, epoch)["augmentation"], vary(flipped, epoch)["augmentation"]) for epoch in range(1, 20)]
    assert any(one != other for one, other in pairs)


def test_rows_of_the_validation_sample_do_not_vary(row):
    vary = RowVariation(DataArguments("x", vary_by_epoch=["wording"]), seed=0)
    sample = {"id": "squat/1_1", "messages": []}
    assert vary(sample, 3) == sample


def test_a_fingerprint_is_of_what_is_learnt(release):
    rows = prepare_rows(arguments(release), seed=0)
    assert fingerprint_rows(rows) == fingerprint_rows(prepare_rows(arguments(release), seed=0))
    assert fingerprint_rows(rows) != fingerprint_rows(prepare_rows(arguments(release), seed=1))  # other wordings
    assert fingerprint_rows(rows) != fingerprint_rows(rows.select(range(19)))
    assert len(json.dumps(fingerprint_rows(rows))) == 18


PUSH = """
sys.path.insert(0, sys.argv[2])
from fitness_aqa_dataset.push import push_dataset
push_dataset(sys.argv[1], "tester/clips", yes=True)
answer = True
"""

READ = """
sys.path.insert(0, sys.argv[1])
from trainer.arguments import DataArguments
from trainer.clip_check import choose_clips_to_skip
from trainer.rows import fingerprint_rows, prepare_rows
from trainer.splits import kind_of
settings = DataArguments("tester/clips", balancing="none", on_bad_clip="skip")
rows = prepare_rows(settings, seed=3, skip_clips=choose_clips_to_skip(settings))
answer = [kind_of("tester/clips"), len(rows), fingerprint_rows(rows), len(rows[0]["video"]["bytes"])]
"""


def test_a_data_set_on_the_hub(release, prepared, tmp_path, pytestconfig):
    """From a Hub on this machine, with the real client in a process of its own."""
    expected = prepare_rows(arguments(release), seed=3)
    with LocalHub(tmp_path / "hub") as hub:
        run_client(hub.env, PUSH, prepared, pytestconfig.rootpath)
        kind, num_rows, fingerprint, num_bytes = run_client(hub.new_env(hub.token), READ, pytestconfig.rootpath)
    assert (kind, num_rows, fingerprint) == ("hub", 20, fingerprint_rows(expected))
    assert num_bytes > 10_000


def test_windows_of_clips_with_what_is_seen_in_them(release):
    settings = {"style": "checklist", "decimals": 1, "num_frames": 32}
    whole = prepare_rows(arguments(release, **settings), 0)
    rows = prepare_rows(arguments(release, **settings, clip_reduction="windows"), 0)
    assert "window" not in whole.column_names
    assert len(rows) > 2 * len(whole)
    assert set(rows["id"]) == set(whole["id"])
    for row in rows.remove_columns("video"):
        length = row["window"]["end"] - row["window"]["start"]
        assert 0 < length <= 32 / 30 + 1e-9
        for error in parse_answer(row["messages"][1]["content"][0]["text"])["errors"]:
            assert 0 <= error["start"] < error["end"] <= length + 0.1
    assert fingerprint_rows(rows) != fingerprint_rows(whole)


def test_phases_are_rows_of_their_own(release):
    rows = prepare_rows(arguments(release, clip_reduction="phases"), 0)
    windows = {}
    for id, window in zip(rows["id"], rows["window"], strict=True):
        windows.setdefault(id, []).append(window)
    assert sum(len(of_clip) == 2 for of_clip in windows.values()) > len(windows) / 2
    for of_clip in windows.values():
        assert of_clip[0]["start"] == 0.0
        assert all(first["end"] == second["start"] for first, second in pairwise(of_clip))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"clip_reduction": "halves"}, "clip_reduction: expected none, windows, phases, got 'halves'"),
        ({"overlap": 2}, "overlap: only windows overlap, and clip_reduction is none"),
        (
            {"clip_reduction": "phases", "dataset_config": ["lumbar"]},
            "clip_reduction: phases is for clips",
        ),
    ],
)
def test_reductions_that_cannot_be(release, settings, message):
    with pytest.raises(ValueError, match=message):
        arguments(release, **settings)


def test_an_overlap_as_long_as_a_window(release):
    with pytest.raises(ValueError, match="`overlap` must be from 0 to 3 for windows of 4 frames, got 4"):
        prepare_rows(arguments(release, clip_reduction="windows", num_frames=4, overlap=4), 0)
