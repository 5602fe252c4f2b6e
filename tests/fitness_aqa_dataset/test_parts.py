import json

import pytest

from fitness_aqa_dataset.parts import read_clips_part, read_images_part

LABELED = "Squat/Labeled_Dataset"


def whats(part) -> list[tuple[str, str, str]]:
    return [(problem.kind, problem.path.name, problem.what) for problem in part.problems]


def test_a_part_holds_files_labels_and_splits(whole_release):
    part = read_clips_part(whole_release, "squat")
    folder = whole_release / LABELED
    assert (part.name, part.problems, part.media_folder) == ("squat", [], folder / "videos")
    assert part.media == {key: folder / f"videos/{key}.mp4" for key in ("10_1", "10_2", "11_1", "12_1")}
    assert part.label_files["knees_inward"] == folder / "Labels/error_knees_inward.json"
    assert part.labels["knees_inward"] == {"10_1": [], "10_2": [(0.25, 1.0)], "11_1": [], "12_1": [(0.0, 1.0)]}
    assert part.split_files["validation"] == folder / "Splits/val_keys.json"
    assert part.splits == {"train": ["10_2", "10_1"], "validation": ["11_1"], "test": ["12_1"]}


def test_a_part_of_images(whole_release):
    part = read_images_part(whole_release, "torso_angle")
    assert part.problems == []
    assert sorted(part.media) == ["40_1", "40_2", "41_1", "42_1"]
    assert part.labels == {"torso_angle": {"40_1": 1, "41_1": 1, "42_1": 0}}
    assert part.splits == {"train": ["40_1"], "validation": ["41_1"], "test": ["42_1"]}


def test_keys_and_ids_are_both_names_of_split_files(whole_release):
    splits = whole_release / "BarbellRow/Labeled_Dataset/Splits/Splits_Lumbar_Error"
    (splits / "train_ids.json").rename(splits / "train_Keys.json")
    assert read_images_part(whole_release, "lumbar").problems == []


def test_every_problem_is_listed_and_the_rest_is_read(release, write_json):
    (release / LABELED / "Labels/error_knees_forward.json").write_text("{")
    write_json(release / LABELED / "Splits/val_keys.json", ["11_1", "10_1", "77_1"])
    (release / LABELED / "videos/12_1.mp4").unlink()
    (release / LABELED / "Splits/test_keys.json").rename(release / LABELED / "Splits/other.json")
    part = read_clips_part(release, "squat")
    assert list(part.labels) == ["knees_inward"]
    assert list(part.splits) == ["train", "validation"]
    assert whats(part) == [
        (
            "json",
            "error_knees_forward.json",
            "damaged JSON (Expecting property name enclosed in double quotes, line 1)",
        ),
        ("missing", "test_keys.json", "no such file, but the release needs it"),
        ("split", "val_keys.json", "id '10_1' is in the split 'train' too"),
        ("label", "val_keys.json", "id '77_1' has no entry in error_knees_inward.json"),
        ("missing", "77_1.mp4", "no such clip, but its id is in the split 'validation'"),
    ]


def test_an_id_without_entries_names_every_label_file(release, write_json):
    write_json(release / LABELED / "Splits/val_keys.json", ["11_1", "77_1"])
    part = read_clips_part(release, "squat")
    assert whats(part)[0][2] == "id '77_1' has no entry in error_knees_forward.json and error_knees_inward.json"


def test_an_image_without_label_says_what_to_write(whole_release):
    path = whole_release / "BarbellRow/Labeled_Dataset/Labels/labels_lumbar_error.json"
    labels = json.loads(path.read_text())
    del labels["40_1"]
    path.write_text(json.dumps(labels))
    (problem,) = read_images_part(whole_release, "lumbar").problems
    assert problem.todo == "add one there (0 or 1) or remove the id from the split"


@pytest.mark.parametrize(("name", "thing"), [("Labels", "no such folder"), ("Splits", "no such folder")])
def test_a_missing_folder_is_one_problem(release, name, thing):
    (release / LABELED / name).rename(release / LABELED / "elsewhere")
    assert whats(read_clips_part(release, "squat")) == [("missing", name, f"{thing}, but the release needs it")]


def test_a_missing_part_is_one_problem(release):
    part = read_images_part(release, "lumbar")
    assert (part.media, part.media_folder, part.labels, part.splits) == ({}, None, {}, {})
    assert whats(part) == [("missing", "Labeled_Dataset", "no such folder, but the release needs it")]


def test_clips_still_in_their_zip(release):
    for clip in (release / LABELED / "videos").iterdir():
        clip.unlink()
    (release / LABELED / "videos" / "videos.zip").write_bytes(b"PK")
    (problem,) = read_clips_part(release, "squat").problems
    assert (problem.what, problem.todo) == ("none of the 4 clips of the splits is here", "unpack videos.zip")
