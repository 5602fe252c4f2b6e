import json
import shutil

import pytest

from fitness_aqa_dataset.records import ClipRecord, ImageRecord, UnlabeledRecord
from fitness_aqa_dataset.release import read_images, read_release, read_unlabeled, unlabeled_files

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
    with pytest.raises(
        FileNotFoundError, match="nowhere: no such folder; give the folder that holds Squat/ and OHP/$"
    ):
        read_release(tmp_path / "nowhere")


def test_a_folder_without_a_release_lists_what_was_looked_for(tmp_path):
    message = (
        "no Fitness-AQA release here, neither Squat/, nor OHP/, nor BarbellRow/; give the folder that holds them$"
    )
    with pytest.raises(ValueError, match=message):
        read_release(tmp_path)


def test_a_release_not_unpacked_names_the_zip(tmp_path, release):
    (tmp_path / "zipped").mkdir()
    (tmp_path / "zipped" / "Squat.zip").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"nor BarbellRow/; unpack Squat\.zip$"):
        read_release(tmp_path / "zipped")


@pytest.mark.parametrize("name", [FORWARD, TRAIN, "OHP/Labeled_Dataset/Splits/test_keys.json"])
def test_a_missing_file(release, name):
    (release / name).unlink()
    message = f"{name}: no such file, but the release needs it; unpack the release again, complete$"
    with pytest.raises(FileNotFoundError, match=message):
        read_release(release)


def test_clips_not_unpacked_name_the_zip(release):
    videos = release / "Squat/Labeled_Dataset/videos"
    shutil.rmtree(videos)
    (videos.parent / "videos.zip").write_bytes(b"PK")
    message = r"videos: no such folder, but the release needs it; unpack videos\.zip$"
    with pytest.raises(FileNotFoundError, match=message):
        read_release(release)


def test_a_missing_clip(release):
    (release / CLIP).unlink()
    message = (
        r"10_1\.mp4: no such clip, but its id is in the split 'train'; put the clip there, or remove the id from the"
    )
    with pytest.raises(FileNotFoundError, match=message):
        read_release(release)


def test_no_clip_at_all_is_one_problem(release):
    for clip in (release / "Squat/Labeled_Dataset/videos").iterdir():
        clip.unlink()
    message = "Squat/Labeled_Dataset/videos: none of the 4 clips of the splits is here; put the clip there$"
    with pytest.raises(FileNotFoundError, match=message):
        read_release(release)


def test_the_first_problem_says_how_many_more_there_are(release):
    (release / CLIP).unlink()
    (release / FORWARD).unlink()
    (release / "OHP/Labeled_Dataset/Splits/test_keys.json").write_text("[")
    message = r"error_knees_forward\.json: .* \(2 more: `python -m fitness_aqa_dataset check` lists all\)$"
    with pytest.raises(FileNotFoundError, match=message):
        read_release(release)


def test_damaged_json_names_file_and_line(release):
    (release / FORWARD).write_text('{"10_1": [[0.5, 1.25]],\n "10_2": [[0.25,\n')
    message = r"error_knees_forward\.json: damaged JSON \(.*, line 3\); mend the line or unpack the file again$"
    with pytest.raises(ValueError, match=message):
        read_release(release)


def test_a_binary_file_in_the_place_of_json(release):
    (release / TRAIN).write_bytes(b"\xff\xfe\x00PK")
    with pytest.raises(ValueError, match=r"train_keys\.json: damaged JSON \(Expecting value, line 1\)"):
        read_release(release)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ([["10_1", []]], r"expected an object \{id: \[\[start, end\], …\]\}, got \[\['10_1', \[\]\]\]; correct it"),
        ({"10_1": 3}, r"id '10_1': expected a list of \[start, end\] in seconds, got 3"),
        (
            {"10_1": [0.5, 1.25]},
            r"id '10_1': expected a list of \[start, end\] in seconds, got \[0\.5, 1\.25\]; put each interval in brac",
        ),
        ({"10_1": [[0.5]]}, r"id '10_1': expected \[start, end\], two numbers in seconds, got \[0\.5\]"),
        ({"10_1": [[0.1, 0.2, 0.3]]}, r"two numbers in seconds, got \[0\.1, 0\.2, 0\.3\]"),
        ({"10_1": [["0.1", 0.2]]}, r"two numbers in seconds, got \['0\.1', 0\.2\]"),
        ({"10_1": [[True, 2]]}, r"two numbers in seconds, got \[True, 2\]"),
        ({"10_1": [[float("nan"), 0.2]]}, r"two numbers in seconds, got \[nan, 0\.2\]"),
        ({"10_1": [[0.2, float("inf")]]}, r"two numbers in seconds, got \[0\.2, inf\]"),
        ({"10_1": [[0.5, 0.5]]}, r"id '10_1': expected 0 <= start < end in seconds, got \[0\.5, 0\.5\]"),
        ({"10_1": [[0.7, 0.5]]}, r"expected 0 <= start < end in seconds, got \[0\.7, 0\.5\]; correct the two times"),
        ({"10_1": [[-0.1, 0.5]]}, r"expected 0 <= start < end in seconds, got \[-0\.1, 0\.5\]"),
    ],
)
def test_labels_of_the_wrong_shape(release, write_json, value, message):
    write_json(release / FORWARD, value)
    with pytest.raises(ValueError, match=rf"error_knees_forward\.json: .*{message}"):
        read_release(release)


@pytest.mark.parametrize(
    ("value", "got"),
    [({"10_1": 1}, r"\{'10_1': 1\}"), ([10], "10"), (["../10_1"], r"'\.\./10_1'"), (["/10_1"], "'/10_1'")],
)
def test_splits_of_the_wrong_shape(release, write_json, value, got):
    write_json(release / TRAIN, value)
    with pytest.raises(
        ValueError, match=rf"train_keys\.json: expected (a list of )?ids such as .*32939_2.*got {got}; correct"
    ):
        read_release(release)


def test_an_id_in_a_split_but_unlabelled(release):
    labels = json.loads((release / INWARD).read_text())
    del labels["10_1"]
    (release / INWARD).write_text(json.dumps(labels))
    message = r"train_keys\.json: id '10_1' has no entry in error_knees_inward\.json; add one there \(\[\] where"
    with pytest.raises(ValueError, match=message):
        read_release(release)


def test_an_id_in_two_splits(release, write_json):
    write_json(release / "Squat/Labeled_Dataset/Splits/test_keys.json", ["12_1", "10_1"])
    message = r"test_keys\.json: id '10_1' is in the split 'train' too; remove it from one of the two$"
    with pytest.raises(ValueError, match=message):
        read_release(release)


def test_images_of_a_task(whole_release):
    images = whole_release.resolve() / "BarbellRow/Labeled_Dataset/barbellrow_images_raw"
    assert read_images(whole_release, "lumbar") == [
        ImageRecord("barbell_row/40_2", images / "40_2.jpg", "lumbar", 1, "train"),
        ImageRecord("barbell_row/40_1", images / "40_1.jpg", "lumbar", 0, "train"),
        ImageRecord("barbell_row/41_1", images / "41_1.jpg", "lumbar", 1, "test"),
    ]
    assert [record.id for record in read_images(whole_release, "shallow_squat")] == [
        "squat/30_1",
        "squat/31_1",
        "squat/32_1",
    ]


def test_images_of_a_task_that_is_not_there(release):
    message = "BarbellRow/Labeled_Dataset: no such folder, but the release needs it"
    with pytest.raises(FileNotFoundError, match=message):
        read_images(release, "torso_angle")


def test_an_image_label_that_is_neither_0_nor_1(whole_release, write_json):
    labels = "BarbellRow/Labeled_Dataset/Labels/labels_lumbar_error.json"
    write_json(whole_release / labels, {"40_1": 0, "40_2": "1", "41_1": 1})
    message = r"labels_lumbar_error\.json: id '40_2': expected 0 or 1, got '1'; correct it \(1 more"
    with pytest.raises(ValueError, match=message):
        read_images(whole_release, "lumbar")


def test_unlabelled_clips_of_both_exercises(whole_release):
    root = whole_release.resolve()
    assert read_unlabeled(whole_release) == [
        UnlabeledRecord(
            f"{exercise}/{key}",
            root / folder / "Unlabeled_Dataset" / "videos" / f"{key}.mp4",
            exercise,
            root / folder / "Unlabeled_Dataset" / "bar_trajectories_raw" / f"{key}.json",
        )
        for exercise, folder, key in (("squat", "Squat", "50_1"), ("overhead_press", "OHP", "60_1"))
    ]
    shutil.rmtree(root / "Squat/Unlabeled_Dataset")
    assert [record.id for record in read_unlabeled(whole_release)] == ["overhead_press/60_1"]
    assert unlabeled_files(root, "squat") == ({}, {})


def test_an_unlabelled_clip_without_trajectory(whole_release):
    (whole_release / "Squat/Unlabeled_Dataset/bar_trajectories_raw/50_1.json").unlink()
    assert read_unlabeled(whole_release)[0].trajectory is None


def test_no_unlabelled_clips(release):
    message = (
        r"no unlabelled clips: looked into Squat/Unlabeled_Dataset/videos/ and OHP/Unlabeled_Dataset/videos/; unpack"
    )
    with pytest.raises(ValueError, match=message):
        read_unlabeled(release)
    (release / "Squat/Unlabeled_Dataset").mkdir()
    (release / "Squat/Unlabeled_Dataset/videos.zip").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"; unpack videos\.zip$"):
        read_unlabeled(release)


@pytest.mark.parametrize(
    ("folder", "archive"), [("OHP", "OHP.zip"), ("OHP/Labeled_Dataset", "OHP/Labeled_Dataset.zip")]
)
def test_an_exercise_still_in_its_zip_is_no_release_without_it(release, folder, archive):
    shutil.rmtree(release / folder)
    (release / archive).write_bytes(b"PK")
    with pytest.raises(
        FileNotFoundError, match=rf"no such folder, but the release needs it; unpack {archive.split('/')[-1]}"
    ):
        read_release(release)


def test_minus_zero_is_zero(release, write_json):
    write_json(release / FORWARD, {"10_1": [[-0.0, 0.5]], "10_2": [], "11_1": [], "12_1": []})
    (record,) = (record for record in read_release(release) if record.id == "squat/10_1")
    assert str(record.errors[0][1]) == "0.0"
