"""Each kind of damage gives one line, however much follows from it."""

import json
import os
import shutil
from pathlib import Path

import pytest

from fitness_aqa_dataset.checking import check_release

SQUAT, OHP, ROW = "Squat/Labeled_Dataset", "OHP/Labeled_Dataset", "BarbellRow/Labeled_Dataset"
SHALLOW = f"{SQUAT}/Shallow_Squat_Error_Dataset"
FORWARD, INWARD = f"{SQUAT}/Labels/error_knees_forward.json", f"{SQUAT}/Labels/error_knees_inward.json"
TRAIN, VAL, TEST = (f"{SQUAT}/Splits/{name}_keys.json" for name in ("train", "val", "test"))
VIDEOS, CROPS = f"{SQUAT}/videos", f"{SHALLOW}/images/crops_unaligned"
BAR = "Squat/Unlabeled_Dataset/bar_trajectories_raw/50_1.json"
TWICE = "keep one of the two, in files, labels and splits"


def lines_of(release: Path) -> list[str]:
    """The problems' lines, without the notes."""
    report = check_release(release, num_workers=2, progress=False)
    return report.lines()[: len(report.problems)]


def edit(release: Path, name: str, change) -> None:
    content = json.loads((release / name).read_text())
    change(content)
    (release / name).write_text(json.dumps(content))


def label(name: str, key: str, value: object):
    return lambda release: edit(release, name, lambda labels: labels.__setitem__(key, value))


def write(name: str, content: bytes | str):
    def damage(release: Path) -> None:
        (release / name).unlink()
        (release / name).write_bytes(content if isinstance(content, bytes) else content.encode())

    return damage


def remove(name: str):
    return lambda release: shutil.rmtree(release / name) if (release / name).is_dir() else (release / name).unlink()


def cut(name: str, share: float):
    def damage(release: Path) -> None:
        data = (release / name).read_bytes()
        (release / name).write_bytes(data[: int(len(data) * share)])

    return damage


def replace(name: str, make):
    def damage(release: Path) -> None:
        (release / name).unlink()
        make(release / name)

    return damage


def copy(source: str, target: str):
    return lambda release: shutil.copy(release / source, release / target)


AGAIN = "unpack or download it again"
DAMAGES = {
    "no exercise folder": (
        remove(OHP),
        f"{OHP}: no such folder, but the release needs it; unpack the release again, complete",
    ),
    "no videos": (
        remove(VIDEOS),
        f"{VIDEOS}: no such folder, but the release needs it; unpack the release again, complete",
    ),
    "no label file": (
        remove(FORWARD),
        f"{FORWARD}: no such file, but the release needs it; unpack the release again, complete",
    ),
    "no split file": (
        remove(TEST),
        f"{TEST}: no such file, but the release needs it; unpack the release again, complete",
    ),
    "no images": (
        remove(f"{ROW}/barbellrow_images_raw"),
        f"{ROW}/barbellrow_images_raw: no such folder, but the release needs it; unpack the release again, complete",
    ),
    "no trajectories": (
        remove("OHP/Unlabeled_Dataset/bar_trajectories_raw"),
        "OHP/Unlabeled_Dataset/bar_trajectories_raw: no such folder, but the release needs it; "
        "unpack the release again, complete",
    ),
    "no JSON": (
        write(FORWARD, '{"10_1": [[0.5'),
        f"{FORWARD}: damaged JSON (Expecting ',' delimiter, line 1); mend the line or unpack the file again",
    ),
    "deep JSON": (
        write(FORWARD, "[" * 100_000),
        f"{FORWARD}: damaged JSON (nested too deeply, or a number too long); mend the line or unpack the file again",
    ),
    "long number": (
        write(FORWARD, f'{{"10_1": [[0, {"9" * 10_000}]]}}'),
        f"{FORWARD}: damaged JSON (nested too deeply, or a number too long); mend the line or unpack the file again",
    ),
    "wrong shape": (
        write(FORWARD, "[1]"),
        f"{FORWARD}: expected an object {{id: [[start, end], …]}}, got [1]; correct it or restore the file",
    ),
    "split of the wrong shape": (
        write(TRAIN, '{"10_1": 1}'),
        f"{TRAIN}: expected a list of ids such as [\"32939_2\"], got {{'10_1': 1}}; correct it or restore the file",
    ),
    "binary in the place of JSON": (
        write(TRAIN, b"\xff\xfe\0PK"),
        f"{TRAIN}: damaged JSON (Expecting value, line 1); mend the line or unpack the file again",
    ),
    "a key twice": (
        write(FORWARD, '{"10_1": [], "10_1": [], "10_2": [], "11_1": [], "12_1": []}'),
        f"{FORWARD}: id '10_1' is there twice; remove one of the two",
    ),
    "start after end": (
        label(FORWARD, "10_1", [[0.7, 0.5]]),
        f"{FORWARD}: id '10_1': expected 0 <= start < end in seconds, got [0.7, 0.5]; "
        "correct the two times or remove the interval",
    ),
    "negative": (
        label(FORWARD, "10_1", [[-0.1, 0.5]]),
        f"{FORWARD}: id '10_1': expected 0 <= start < end in seconds, got [-0.1, 0.5]; "
        "correct the two times or remove the interval",
    ),
    "NaN": (
        label(FORWARD, "10_1", [[float("nan"), 0.5]]),
        f"{FORWARD}: id '10_1': expected [start, end], two numbers in seconds, got [nan, 0.5]; "
        "correct the two times or remove the interval",
    ),
    "string": (
        label(FORWARD, "10_1", [["0.1", 0.5]]),
        f"{FORWARD}: id '10_1': expected [start, end], two numbers in seconds, got ['0.1', 0.5]; "
        "correct the two times or remove the interval",
    ),
    "three numbers": (
        label(FORWARD, "10_1", [[0.1, 0.5, 0.7]]),
        f"{FORWARD}: id '10_1': expected [start, end], two numbers in seconds, got [0.1, 0.5, 0.7]; "
        "correct the two times or remove the interval",
    ),
    "outside the clip": (
        label(FORWARD, "10_1", [[0.5, 1.54]]),
        f"{FORWARD}: id '10_1': [0.5, 1.54] reaches beyond the end, its clip lasts 1.500 s; correct the two times",
    ),
    "no binary label": (
        label(f"{SHALLOW}/labels_shallow_depth.json", "30_1", 2),
        f"{SHALLOW}/labels_shallow_depth.json: id '30_1': expected 0 or 1, got 2; correct it",
    ),
    "clip of a split absent": (
        remove(f"{VIDEOS}/10_1.mp4"),
        f"{VIDEOS}/10_1.mp4: no such clip, but its id is in the split 'train'; "
        "put the clip there, or remove the id from the split",
    ),
    "image of two tasks absent": (
        remove(f"{ROW}/barbellrow_images_raw/41_1.jpg"),
        f"{ROW}/barbellrow_images_raw/41_1.jpg: no such image, but its id is in the split 'test'; "
        "put the image there, or remove the id from the split",
    ),
    "labelled in no split, absent": (
        lambda release: [label(name, "99_9", [])(release) for name in (FORWARD, INWARD)],
        f"{VIDEOS}/99_9.mp4: no such clip, but its id '99_9' is labelled in error_knees_forward.json and "
        "error_knees_inward.json; put the clip there or remove the label",
    ),
    "in a split, unlabelled": (
        lambda release: edit(release, INWARD, lambda labels: labels.pop("10_1")),
        f"{TRAIN}: id '10_1' has no entry in error_knees_inward.json; "
        "add one there ([] where the error does not occur) or remove the id from the split",
    ),
    "in a split, unlabelled, absent": (
        lambda release: edit(release, TRAIN, lambda keys: keys.append("77_7")),
        f"{TRAIN}: id '77_7' is neither labelled nor is its clip there; remove it from the split or restore both",
    ),
    "in two splits": (
        lambda release: edit(release, TEST, lambda keys: keys.append("10_1")),
        f"{TEST}: id '10_1' is in the split 'train' too; remove it from one of the two",
    ),
    "twice in a split": (
        lambda release: edit(release, TRAIN, lambda keys: keys.append("10_1")),
        f"{TRAIN}: id '10_1' is in this split more than once; leave it there once",
    ),
    "path parts in a split": (
        lambda release: edit(release, TRAIN, lambda keys: keys.append("../x")),
        f"{TRAIN}: expected ids such as \"32939_2\", file names without folder and ending, got '../x'; "
        "correct or remove it",
    ),
    "an absolute path for an id of the labels": (
        lambda release: edit(release, INWARD, lambda labels: labels.__setitem__("/tmp/10_1", labels.pop("10_1"))),
        f"{INWARD}: expected ids such as \"32939_2\", file names without folder and ending, got '/tmp/10_1'; "
        "correct or remove it",
    ),
    "a clip cut in half": (cut(f"{VIDEOS}/10_1.mp4", 0.5), f"{VIDEOS}/10_1.mp4: truncated, at least "),
    "an empty clip": (write(f"{VIDEOS}/10_1.mp4", b""), f"{VIDEOS}/10_1.mp4: empty (0 bytes); {AGAIN}"),
    "text for a clip": (write(f"{VIDEOS}/10_1.mp4", "hello"), f"{VIDEOS}/10_1.mp4: not a video but text; {AGAIN}"),
    "zeros for a clip": (
        write(f"{VIDEOS}/10_1.mp4", bytes(9000)),
        f"{VIDEOS}/10_1.mp4: not a video that FFmpeg can open (Failed to open input buffer: "
        f"Invalid data found when processing input); {AGAIN}",
    ),
    "an unlabelled clip cut": (
        cut("OHP/Unlabeled_Dataset/videos/60_1.mp4", 0.9),
        "OHP/Unlabeled_Dataset/videos/60_1.mp4: truncated, at least ",
    ),
    "an image cut short": (
        cut(f"{CROPS}/30_1.jpg", 0.95),
        f"{CROPS}/30_1.jpg: truncated, the end of the image is missing; {AGAIN}",
    ),
    "text for an image": (write(f"{CROPS}/30_1.jpg", "hello"), f"{CROPS}/30_1.jpg: not an image; {AGAIN}"),
    "an empty image": (write(f"{CROPS}/30_1.jpg", ""), f"{CROPS}/30_1.jpg: empty (0 bytes); {AGAIN}"),
    "the same clip twice": (
        copy(f"{VIDEOS}/11_1.mp4", f"{VIDEOS}/13_1.mp4"),
        f"{VIDEOS}/13_1.mp4: the same content as '{VIDEOS}/11_1.mp4'; {TWICE}",
    ),
    "the same clip twice, labelled differently": (
        copy(f"{VIDEOS}/12_1.mp4", f"{VIDEOS}/11_1.mp4"),
        f"{VIDEOS}/12_1.mp4: the same content as '{VIDEOS}/11_1.mp4', with different labels: "
        f"squat knees_inward [[0.0, 1.0]] here, no error there; {TWICE}",
    ),
    "the same image twice": (
        copy(f"{CROPS}/32_1.jpg", f"{CROPS}/31_1.jpg"),
        f"{CROPS}/32_1.jpg: the same content as '{CROPS}/31_1.jpg'; {TWICE}",
    ),
    "an image in two parts": (
        copy(f"{CROPS}/32_1.jpg", f"{ROW}/barbellrow_images_raw/40_2.jpg"),
        f"{CROPS}/32_1.jpg: the same content as '{ROW}/barbellrow_images_raw/40_2.jpg', with different labels: "
        f"no error here, lumbar 1 there; {TWICE}",
    ),
    "two clips of one id": (
        lambda release: (
            (release / VIDEOS / "more").mkdir(),
            shutil.copy(release / OHP / "videos/22_1.mp4", release / VIDEOS / "more/11_1.mp4"),
        ),
        f"{VIDEOS}/more/11_1.mp4: id '11_1' has another file with other content, '11_1.mp4'; remove one of the two",
    ),
    "a link that leaves": (
        replace(f"{VIDEOS}/10_1.mp4", lambda path: path.symlink_to("/etc/passwd")),
        f"{VIDEOS}/10_1.mp4: a link that leaves the release, to '/etc/passwd'; put the file itself there or remove it",
    ),
    "a label file that is a link out": (
        replace(FORWARD, lambda path: path.symlink_to("/etc/passwd")),
        f"{FORWARD}: a link that leaves the release, to '/etc/passwd'; put the file itself there or remove it",
    ),
    "a link to nothing": (
        replace(f"{VIDEOS}/10_1.mp4", lambda path: path.symlink_to("nowhere.mp4")),
        f"{VIDEOS}/10_1.mp4: a link to nothing, 'nowhere.mp4' is not there; put the file itself there or remove it",
    ),
    "a link to itself": (
        replace(FORWARD, lambda path: path.symlink_to(path.name)),
        f"{FORWARD}: a link that leads in a circle; put the file itself there or remove it",
    ),
    "a folder that holds itself": (
        lambda release: (release / VIDEOS / "again").symlink_to(release),
        f"{VIDEOS}/again: a link that leads in a circle, to a folder that it lies in; "
        "put the file itself there or remove it",
    ),
    "a pipe for a clip": (
        replace(f"{VIDEOS}/10_1.mp4", os.mkfifo),
        f"{VIDEOS}/10_1.mp4: a pipe, a device or a socket, no file; put the file itself there or remove it",
    ),
    "a pipe for a label file": (
        replace(FORWARD, os.mkfifo),
        f"{FORWARD}: a pipe, a device or a socket, no file; put the file itself there or remove it",
    ),
    "a folder for a clip": (
        replace(f"{VIDEOS}/10_1.mp4", Path.mkdir),
        f"{VIDEOS}/10_1.mp4: a folder, no clip; unpack it again",
    ),
    "a folder for a label file": (
        replace(FORWARD, Path.mkdir),
        f"{FORWARD}: expected a file, found something else; unpack the release again, complete",
    ),
    "clips that differ by case": (
        copy(f"{VIDEOS}/10_1.mp4", f"{VIDEOS}/10_1.MP4"),
        f"{VIDEOS}/10_1.mp4: its name differs from '10_1.MP4' beside it only in upper and lower case; "
        "rename or remove one of the two",
    ),
    "folders that differ by case": (
        lambda release: (release / SQUAT / "labels").mkdir(),
        f"{SQUAT}/labels: its name differs from 'Labels' beside it only in upper and lower case; "
        "rename or remove one of the two",
    ),
    "an id in another case": (
        lambda release: (
            (release / VIDEOS / "11_1.mp4").rename(release / VIDEOS / "a_1.mp4"),
            [edit(release, name, lambda labels: labels.update(a_1=labels.pop("11_1"))) for name in (FORWARD, INWARD)],
            (release / VAL).write_text('["A_1"]'),
        ),
        f"{VAL}: id 'A_1' differs from 'a_1' only in upper and lower case; spell it in one way, as the file on disk",
    ),
    "a trajectory that is no JSON": (
        write(BAR, "[1, "),
        f"{BAR}: damaged JSON (Expecting value, line 1); mend the line or unpack the file again",
    ),
    "a trajectory that is no list": (
        write(BAR, '"up"'),
        f"{BAR}: expected a list with one entry a frame, got 'up'; correct it or restore the file",
    ),
    "a trajectory with a wrong entry": (
        write(BAR, '[1.0, "up"]'),
        f"{BAR}: entry 1: expected the bar's y in pixels, or NaN, got 'up'; correct it or unpack the file again",
    ),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_each_damage_gives_one_line_that_says_where_what_and_what_to_do(sound, name):
    damage, message = DAMAGES[name]
    damage(sound)
    lines = lines_of(sound)
    assert len(lines) == 1, lines
    if message.endswith("at least "):
        lines = [lines[0][: len(f"{sound}/{message}")]]
    assert lines == [f"{sound}/{message}"]


TEN = [
    "wrong shape",
    "in two splits",
    "labelled in no split, absent",
    "a clip cut in half",
    "an image cut short",
    "the same image twice",
    "a trajectory that is no list",
    "folders that differ by case",
    "path parts in a split",
    "no trajectories",
]


def test_ten_kinds_of_damage_at_once_give_ten_lines_in_the_order_of_path(sound):
    (sound / SQUAT / "labels").mkdir()
    for name in TEN:
        if name not in ("folders that differ by case", "labelled in no split, absent"):
            DAMAGES[name][0](sound)
    label(INWARD, "99_9", [])(sound)
    lines = lines_of(sound)
    assert len(lines) == 10, lines
    assert [line.removeprefix(f"{sound}/").partition(":")[0] for line in lines] == sorted(
        [
            FORWARD,
            TEST,
            f"{VIDEOS}/99_9.mp4",
            f"{VIDEOS}/10_1.mp4",
            f"{CROPS}/30_1.jpg",
            f"{CROPS}/32_1.jpg",
            BAR,
            f"{SQUAT}/labels",
            TRAIN,
            "OHP/Unlabeled_Dataset/bar_trajectories_raw",
        ]
    )
