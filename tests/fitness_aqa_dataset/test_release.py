import json
import shutil

import pytest

from fitness_aqa_dataset.release import ClipRecord, read_release

FORWARD = "Squat/Labeled_Dataset/Labels/error_knees_forward.json"
INWARD = "Squat/Labeled_Dataset/Labels/error_knees_inward.json"
TRAIN = "Squat/Labeled_Dataset/Splits/train_keys.json"
CLIP = "Squat/Labeled_Dataset/videos/10_1.mp4"


def test_records_hold_every_interval_in_time_order_and_the_split(release):
    videos = release.resolve() / "Squat/Labeled_Dataset/videos"
    records = read_release(release)
    assert records[:4] == [
        ClipRecord(
            id="squat/10_2",
            video=videos / "10_2.mp4",
            exercise="squat",
            errors=(("knees_forward", 0.25, 0.5), ("knees_inward", 0.25, 1.0), ("knees_forward", 1.5, 1.75)),
            split="train",
        ),
        ClipRecord("squat/10_1", videos / "10_1.mp4", "squat", (("knees_forward", 0.5, 1.25),), "train"),
        ClipRecord("squat/11_1", videos / "11_1.mp4", "squat", (), "validation"),
        ClipRecord("squat/12_1", videos / "12_1.mp4", "squat", (("knees_inward", 0.0, 1.0),), "test"),
    ]
    assert [(record.id, record.split) for record in records[4:]] == [
        ("overhead_press/20_1", "train"),
        ("overhead_press/20_2", "train"),
        ("overhead_press/21_1", "validation"),
        ("overhead_press/22_1", "test"),
    ]


@pytest.mark.parametrize(("folder", "exercise"), [("Squat", "overhead_press"), ("OHP", "squat")])
def test_one_exercise_alone_is_a_release(release, folder, exercise):
    shutil.rmtree(release / folder)
    assert {record.exercise for record in read_release(release)} == {exercise}


def test_what_unpacking_leaves_is_understood(release):
    expected = [(record.id, record.errors, record.split) for record in read_release(release)]
    labeled = release / "Squat/Labeled_Dataset"
    (labeled / "Labels").rename(labeled / "labels")
    (labeled / "Splits").rename(labeled / "splits")
    (labeled / "videos").rename(labeled / "once")
    (labeled / "videos").mkdir()
    (labeled / "once").rename(labeled / "videos" / "videos")
    (labeled / "__MACOSX").mkdir()
    (labeled / "videos" / "__MACOSX").mkdir()
    (labeled / "videos" / "videos" / "._10_1.mp4").write_text("not a clip")
    records = read_release(release)
    assert [(record.id, record.errors, record.split) for record in records] == expected
    assert records[0].video == labeled.resolve() / "videos" / "videos" / "10_2.mp4"


def test_no_such_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere: no such folder. Give the folder that holds Squat/ and OHP/"):
        read_release(tmp_path / "nowhere")


def test_a_folder_without_a_release_lists_what_was_looked_for(tmp_path):
    with pytest.raises(
        ValueError, match="no Fitness-AQA release here: looked for Squat/Labeled_Dataset/ or OHP/Labeled_Dataset/"
    ):
        read_release(tmp_path)


def test_a_release_not_unpacked_names_the_zip(tmp_path, release):
    (tmp_path / "zipped").mkdir()
    (tmp_path / "zipped" / "Squat.zip").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"not unpacked yet: Squat\.zip"):
        read_release(tmp_path / "zipped")


@pytest.mark.parametrize("name", [FORWARD, TRAIN, "OHP/Labeled_Dataset/Splits/test_keys.json"])
def test_a_missing_file(release, name):
    (release / name).unlink()
    with pytest.raises(FileNotFoundError, match=f"{name}: missing from the release. Unpack it again"):
        read_release(release)


def test_a_missing_clip_says_how_many(release):
    (release / CLIP).unlink()
    with pytest.raises(
        FileNotFoundError,
        match=r"10_1\.mp4: no such clip, but id 'squat/10_1' is in the split 'train' \(1 of 4 clips are missing\)",
    ):
        read_release(release)


def test_damaged_json_names_file_and_line(release):
    (release / FORWARD).write_text('{"10_1": [[0.5, 1.25]],\n "10_2": [[0.25,\n')
    with pytest.raises(ValueError, match=r"error_knees_forward\.json, line 3: damaged JSON .*Mend the line"):
        read_release(release)


def test_a_binary_file_in_the_place_of_json(release):
    (release / TRAIN).write_bytes(b"\xff\xfe\x00PK")
    with pytest.raises(ValueError, match=r"train_keys\.json, line 1: damaged JSON"):
        read_release(release)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([["10_1", []]], r"expected an object \{id: \[\[start, end\], …\]\}, got list"),
        ({"10_1": 3}, r"id '10_1': expected a list of \[start, end\] in seconds, got 3"),
        ({"10_1": [0.5, 1.25]}, r"id '10_1': expected \[start, end\], two numbers in seconds, got 0\.5"),
        ({"10_1": [[0.5]]}, r"id '10_1': expected \[start, end\], two numbers in seconds, got \[0\.5\]"),
        ({"10_1": [[0.1, 0.2, 0.3]]}, r"two numbers in seconds, got \[0\.1, 0\.2, 0\.3\]"),
        ({"10_1": [["0.1", 0.2]]}, r"two numbers in seconds, got \['0\.1', 0\.2\]"),
        ({"10_1": [[True, 2]]}, r"two numbers in seconds, got \[True, 2\]"),
        ({"10_1": [[float("nan"), 0.2]]}, r"two numbers in seconds, got \[nan, 0\.2\]"),
        ({"10_1": [[0.2, float("inf")]]}, r"two numbers in seconds, got \[0\.2, inf\]"),
        ({"10_1": [[0.5, 0.5]]}, r"id '10_1': expected 0 <= start < end in seconds, got \[0\.5, 0\.5\]"),
        ({"10_1": [[0.7, 0.5]]}, r"expected 0 <= start < end in seconds, got \[0\.7, 0\.5\]. Correct the two times"),
        ({"10_1": [[-0.1, 0.5]]}, r"expected 0 <= start < end in seconds, got \[-0\.1, 0\.5\]"),
    ],
)
def test_labels_of_the_wrong_shape(release, write_json, value, message):
    write_json(release / FORWARD, value)
    with pytest.raises(ValueError, match=rf"error_knees_forward\.json: .*{message}|error_knees_forward.*: {message}"):
        read_release(release)


@pytest.mark.parametrize(
    ("value", "got"),
    [({"10_1": 1}, r"\{'10_1': 1\}"), ([10], "10"), (["../10_1"], r"'\.\./10_1'"), (["/10_1"], "'/10_1'")],
)
def test_splits_of_the_wrong_shape(release, write_json, value, got):
    write_json(release / TRAIN, value)
    with pytest.raises(ValueError, match=rf"train_keys\.json: expected a list of ids such as .*32939_2.*got {got}"):
        read_release(release)


def test_an_id_in_a_split_but_unlabelled(release):
    labels = json.loads((release / INWARD).read_text())
    del labels["10_1"]
    (release / INWARD).write_text(json.dumps(labels))
    with pytest.raises(ValueError, match=r"train_keys\.json: id '10_1' has no entry in error_knees_inward\.json. Add"):
        read_release(release)


def test_an_id_in_two_splits(release, write_json):
    write_json(release / "Squat/Labeled_Dataset/Splits/test_keys.json", ["12_1", "10_1"])
    with pytest.raises(ValueError, match=r"test_keys\.json: id '10_1' is already in the split 'train'"):
        read_release(release)
