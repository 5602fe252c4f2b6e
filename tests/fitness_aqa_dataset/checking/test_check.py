"""The check of whole releases: what is fine, what is noted, and what hostile files cannot do."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest
import torchcodec

from fitness_aqa_dataset.checking import check_release
from fitness_aqa_dataset.checking.check import probe_file
from fitness_aqa_dataset.problems import Problem

SQUAT, OHP = "Squat/Labeled_Dataset", "OHP/Labeled_Dataset"
SHALLOW = f"{SQUAT}/Shallow_Squat_Error_Dataset"
FORWARD, INWARD = f"{SQUAT}/Labels/error_knees_forward.json", f"{SQUAT}/Labels/error_knees_inward.json"
TRAIN, VAL, TEST = (f"{SQUAT}/Splits/{name}_keys.json" for name in ("train", "val", "test"))
VIDEOS = f"{SQUAT}/videos"
BAR = "Squat/Unlabeled_Dataset/bar_trajectories_raw/50_1.json"
TWICE = "keep one of the two, in files, labels and splits"
AGAIN = "unpack or download it again"


def lines_of(release: Path) -> list[str]:
    """The problems' lines, without the notes."""
    report = check_release(release, num_workers=2, progress=False)
    return report.lines()[: len(report.problems)]


def edit(release: Path, name: str, change) -> None:
    content = json.loads((release / name).read_text())
    change(content)
    (release / name).write_text(json.dumps(content))


def test_a_sound_release_has_no_problem(sound):
    report = check_release(sound, progress=False)
    assert report.problems == []
    assert report.counts == {"clips": 8, "unlabeled_clips": 2, "images": 6, "trajectories": 2}
    assert report.lines() == [
        "note: squat: clip length alone tells knees_forward with an AUROC of 0.667 (4 clips, 0.5 is chance)",
        "note: squat: clip length alone tells knees_inward with an AUROC of 0.750 (4 clips, 0.5 is chance)",
        "note: overhead_press: clip length alone tells elbows with an AUROC of 1.000 (4 clips, 0.5 is chance)",
        "note: overhead_press: clip length alone tells knees with an AUROC of 0.667 (4 clips, 0.5 is chance)",
    ]


def test_an_interval_within_a_frame_of_the_end_is_fine(sound):
    edit(sound, FORWARD, lambda labels: labels.__setitem__("10_1", [[0.5, 1.533]]))
    assert lines_of(sound) == []


def test_links_inside_the_release_are_fine(sound):
    (sound / "pool").mkdir()
    (sound / VIDEOS / "10_1.mp4").rename(sound / "pool" / "10_1.mp4")
    (sound / VIDEOS / "10_1.mp4").symlink_to("../../../pool/10_1.mp4")
    (sound / OHP / "Labels").rename(sound / "pool" / "Labels")
    (sound / OHP / "Labels").symlink_to(sound / "pool" / "Labels")
    assert lines_of(sound) == []


def test_three_copies_give_two_lines(sound):
    for key in ("13_1", "14_1"):
        shutil.copy(sound / VIDEOS / "11_1.mp4", sound / VIDEOS / f"{key}.mp4")
    assert [line.partition(":")[0] for line in lines_of(sound)] == [
        f"{sound}/{VIDEOS}/13_1.mp4",
        f"{sound}/{VIDEOS}/14_1.mp4",
    ]


def test_a_copy_across_exercises_says_both_labels(sound):
    shutil.copy(sound / OHP / "videos/20_1.mp4", sound / VIDEOS / "11_1.mp4")
    assert lines_of(sound) == [
        f"{sound}/{VIDEOS}/11_1.mp4: the same content as '{OHP}/videos/20_1.mp4', with different labels: "
        f"no error here, overhead_press elbows [[0.5, 1.0]] there; {TWICE}"
    ]


def test_the_same_clip_unpacked_twice_is_fine(sound):
    (sound / VIDEOS / "videos").mkdir()
    shutil.copy(sound / VIDEOS / "11_1.mp4", sound / VIDEOS / "videos")
    assert lines_of(sound) == []


@pytest.mark.parametrize("name", ["nowhere", "a file", "empty"])
def test_a_folder_that_is_no_release_gives_one_line(tmp_path, name):
    (tmp_path / "a file").write_text("")
    (tmp_path / "empty").mkdir()
    report = check_release(tmp_path / name, progress=False)
    what = {
        "nowhere": "no such folder; give the folder that holds Squat/ and OHP/",
        "a file": "no such folder; give the folder that holds Squat/ and OHP/",
        "empty": "no Fitness-AQA release here, neither Squat/, nor OHP/, nor BarbellRow/; "
        "give the folder that holds them",
    }[name]
    assert report.lines() == [f"{tmp_path / name}: {what}"]


def test_a_release_not_unpacked_names_the_zip(tmp_path):
    (tmp_path / "Squat.zip").write_bytes(b"PK")
    assert check_release(tmp_path, progress=False).lines()[0].endswith("; unpack Squat.zip")


def test_paths_are_as_the_user_gave_the_release(sound, monkeypatch):
    (sound / VIDEOS / "10_1.mp4").write_bytes(b"")
    monkeypatch.chdir(sound.parent)
    assert lines_of("release") == [f"release/{VIDEOS}/10_1.mp4: empty (0 bytes); {AGAIN}"]
    assert lines_of("./release/") == [f"./release/{VIDEOS}/10_1.mp4: empty (0 bytes); {AGAIN}"]


def test_no_file_outside_is_opened_or_listed(sound, tmp_path):
    outside = tmp_path / "elsewhere"
    shutil.copytree(sound / OHP, outside)
    shutil.rmtree(sound / OHP)
    (sound / OHP).symlink_to(outside)
    opened = []
    sys.addaudithook(
        lambda event, args: opened.append(str(args[0])) if event in ("open", "os.scandir", "os.listdir") else None
    )
    assert lines_of(sound) == [
        f"{sound}/{OHP}: a link that leaves the release, to '{outside}'; put the file itself there or remove it"
    ]
    assert not [path for path in opened if "elsewhere" in path]


def test_the_rest_is_read_though_a_label_file_is_a_link_that_leaves(sound):
    (sound / FORWARD).unlink()
    (sound / FORWARD).symlink_to("/etc/passwd")
    (sound / VIDEOS / "10_1.mp4").write_bytes(b"")
    (sound / TRAIN).write_text("[]]")
    report = check_release(sound, progress=False)
    names = [problem.path.name for problem in report.problems]
    assert names == ["error_knees_forward.json", "train_keys.json", "10_1.mp4"]


def test_names_with_line_breaks_and_foreign_bytes_stay_on_one_line(sound):
    for name in ("two\nlines_1.mp4", "caf\udce9_1.mp4", "\x1b[31m_1.mp4"):
        (sound / VIDEOS / name).write_bytes(b"")
    lines = lines_of(sound)
    assert lines == [
        f"{sound}/{VIDEOS}/\\x1b[31m_1.mp4: empty (0 bytes); {AGAIN}",
        f"{sound}/{VIDEOS}/caf\\udce9_1.mp4: empty (0 bytes); {AGAIN}",
        f"{sound}/{VIDEOS}/two\\nlines_1.mp4: empty (0 bytes); {AGAIN}",
    ]
    for line in lines:
        line.encode("ascii")


def test_a_hundred_thousand_ids(sound):
    keys = [f"{number}_1" for number in range(1000, 101_000)]
    edit(sound, TRAIN, lambda split: split.extend(keys))
    for name in (FORWARD, INWARD):
        edit(sound, name, lambda labels: labels.update(dict.fromkeys(keys, [])))
    lines = lines_of(sound)
    assert len(lines) == 100_000
    assert lines[0] == (
        f"{sound}/{VIDEOS}/100000_1.mp4: no such clip, but its id is in the split 'train'; "
        "put the clip there, or remove the id from the split"
    )


def test_notes(sound):
    edit(sound, TEST, lambda keys: keys.append("10_2"))
    edit(sound, TRAIN, lambda keys: keys.remove("10_2"))
    edit(sound, VAL, lambda keys: keys.remove("11_1"))
    shutil.copy(sound / OHP / "videos/22_1.mp4", sound / "Squat/Unlabeled_Dataset/videos/51_1.mp4")
    (sound / BAR).write_text("[1.0, 2.0]")
    (sound / "OHP/Unlabeled_Dataset/bar_trajectories_raw/61_1.json").write_text("[]")
    shutil.rmtree(sound / SHALLOW)
    shutil.rmtree(sound / "BarbellRow")
    report = check_release(sound, progress=False)
    assert report.problems == []
    notes = report.lines()
    assert [note for note in notes if "AUROC" not in note and "not in" not in note] == [
        "note: squat: clips in no split: 1 of 4",
        "note: squat: labelled ids in no split: 1 of 4",
        "note: squat: sources in more than one split: 1 (1 of 2 clips of test)",
        "note: squat: unlabelled clips without a bar trajectory: 1 of 2",
        "note: squat: bar trajectories with more or fewer entries than frames: 1 of 1",
        "note: overhead_press: bar trajectories without a clip: 1 of 2",
        "note: labelled clips that are in the unlabelled part too: 1 of 8",
    ]
    assert [note for note in notes if "not in this release" in note] == [
        "note: shallow_squat: not in this release",
        "note: lumbar: not in this release",
        "note: torso_angle: not in this release",
    ]
    assert not [note for note in notes if ";" in note]


def test_parts_that_are_not_there_are_notes(sound):
    shutil.rmtree(sound / "Squat/Unlabeled_Dataset")
    shutil.rmtree(sound / "BarbellRow")
    report = check_release(sound, progress=False)
    assert report.problems == []
    assert report.lines()[-3:] == [
        "note: lumbar: not in this release",
        "note: torso_angle: not in this release",
        "note: squat: no unlabelled clips in this release",
    ]


def test_whatever_reading_raises_is_the_problem_of_the_file(tmp_path):
    os.mkfifo(tmp_path / "1.mp4")
    problem = probe_file((tmp_path / "1.mp4", "clip")).problem
    assert problem == Problem(
        "clip", tmp_path / "1.mp4", "cannot be read (no plain file)", "allow reading it or unpack it again"
    )
    assert probe_file((Path("a\0b"), "image")).problem.what == "cannot be read (ValueError)"


def test_without_ffmpeg_nothing_is_looked_at(sound, monkeypatch):
    monkeypatch.setattr(torchcodec, "ffmpeg_major_version", None)
    with pytest.raises(
        ValueError, match="^FFmpeg's libraries were not found, so no clip can be decoded; install FFmpeg"
    ):
        check_release(sound)


def test_the_object_for_programs(sound):
    (sound / VIDEOS / "10_1.mp4").write_bytes(b"")
    content = json.loads(json.dumps(check_release(sound, progress=False).to_json()))
    assert content["release"] == str(sound)
    assert content["problems"] == [
        {"kind": "clip", "path": f"{sound}/{VIDEOS}/10_1.mp4", "what": "empty (0 bytes)", "todo": AGAIN}
    ]
    assert content["counts"] == {"clips": 8, "unlabeled_clips": 2, "images": 6, "trajectories": 2}
    assert content["notes"] == [
        line.removeprefix("note: ") for line in check_release(sound, progress=False).lines()[1:]
    ]
    assert len(content["notes"]) == 3  # of the three clips left, none has knees forward


@pytest.mark.parametrize(
    ("folder", "archive"),
    [("BarbellRow", "BarbellRow.zip"), ("Squat/Unlabeled_Dataset", "Squat/Unlabeled_Dataset.zip")],
)
def test_a_part_still_in_its_zip_is_a_problem(sound, folder, archive):
    shutil.rmtree(sound / folder)
    (sound / archive).write_bytes(b"PK")
    (line,) = set(lines_of(sound))
    assert "unpack" in line
    assert archive.split("/")[-1] in line


def test_a_copy_over_a_clip_is_one_line_though_its_intervals_do_not_fit(sound):
    edit(sound, FORWARD, lambda labels: labels.__setitem__("10_2", [[1.5, 1.9]]))
    shutil.copy(sound / VIDEOS / "11_1.mp4", sound / VIDEOS / "10_2.mp4")
    (line,) = lines_of(sound)
    assert line.startswith(
        f"{sound}/{VIDEOS}/11_1.mp4: the same content as '{VIDEOS}/10_2.mp4', with different labels"
    )


def test_a_turned_clip_tells_its_other_problems_too(sound, ffmpeg):
    clip = sound / VIDEOS / "10_1.mp4"
    ffmpeg("-i", clip, "-c", "copy", "-metadata:s:v:0", "rotate=90", sound / "turned.mp4")
    (sound / "turned.mp4").replace(clip)
    edit(sound, FORWARD, lambda labels: labels.__setitem__("10_1", [[0.5, 99.0]]))
    interval, rotation = lines_of(sound)
    assert "id '10_1': [0.5, 99.0] reaches beyond the end" in interval
    assert "rotation metadata (" in rotation


def test_the_list_beside_the_splits_is_read_too(sound):
    (sound / SQUAT / "Splits" / "traj_nan.json").write_text("{")
    (line,) = lines_of(sound)
    assert line.startswith(f"{sound}/{SQUAT}/Splits/traj_nan.json: damaged JSON")
