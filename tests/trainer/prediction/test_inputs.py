"""What is to be answered, in which order; every clip is *synthetic*."""

import json
import os
import shutil

import pytest

from fitness_aqa_dataset.prepare import prepare_release
from fitness_aqa_dataset.synthetic.sets import simulate_set, write_frames
from trainer.prediction.inputs import Clip, cut_repetitions, list_data, list_videos


@pytest.fixture
def own_release(release, tmp_path):
    """A copy to change."""
    return shutil.copytree(release, tmp_path / "own")


@pytest.fixture(scope="module")
def squat_keys(release) -> list[str]:
    return json.loads((release / "Squat/Labeled_Dataset/Splits/test_keys.json").read_text())


@pytest.fixture(scope="module")
def test_ids(release, squat_keys) -> list[str]:
    press_keys = json.loads((release / "OHP/Labeled_Dataset/Splits/test_keys.json").read_text())
    return [f"squat/{key}" for key in squat_keys] + [f"overhead_press/{key}" for key in press_keys]


@pytest.fixture
def clip(release, squat_keys):
    return release / f"Squat/Labeled_Dataset/videos/{squat_keys[0]}.mp4"


@pytest.fixture(scope="module")
def three_squats(tmp_path_factory):
    """A set of three squats, half a second and more between them."""
    path = tmp_path_factory.mktemp("set") / "set.mp4"
    write_frames(simulate_set(8, 2, 3).draw(), path)
    return path


def names(inputs) -> list[str]:
    return [clip.id for clip in inputs.clips]


def test_a_release_in_its_own_order(release, test_ids):
    inputs = list_data(str(release), "test")
    assert names(inputs) == [reference["id"] for reference in inputs.references] == test_ids
    assert inputs.is_synthetic is True
    assert inputs.rows is None
    assert names(list_data(str(release), "test", limit=3)) == test_ids[:3]


def test_references_have_errors_in_the_order_of_time(own_release, squat_keys):
    labels = own_release / "Squat/Labeled_Dataset/Labels"
    for name, intervals in (("knees_forward", [[1.0, 1.5], [0.2, 0.4]]), ("knees_inward", [[0.5, 0.7]])):
        file = labels / f"error_{name}.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {squat_keys[0]: intervals}))
    assert list_data(str(own_release), "test").references[0] == {
        "id": f"squat/{squat_keys[0]}",
        "exercise": "squat",
        "errors": [
            {"label": "knees_forward", "start": 0.2, "end": 0.4},
            {"label": "knees_inward", "start": 0.5, "end": 0.7},
            {"label": "knees_forward", "start": 1.0, "end": 1.5},
        ],
    }


def test_a_missing_clip_keeps_its_place(own_release, squat_keys, test_ids):
    path = own_release / f"Squat/Labeled_Dataset/videos/{squat_keys[1]}.mp4"
    path.unlink()
    inputs = list_data(str(own_release), "test")
    assert names(inputs) == test_ids
    assert [clip.problem for clip in inputs.clips].count(None) == 3
    assert inputs.clips[1].problem.startswith(f"{path}: no such ")
    assert len(inputs.references) == 4


def test_no_clip_at_all_is_an_error(own_release):
    for folder in ("Squat", "OHP"):
        for path in (own_release / folder / "Labeled_Dataset/videos").iterdir():
            path.unlink()
    with pytest.raises(FileNotFoundError, match="videos: none of the .* clips of the splits is here"):
        list_data(str(own_release), "test")


def test_a_changed_clip_changes_the_state(own_release, squat_keys):
    before = list_data(str(own_release), "test").state
    assert list_data(str(own_release), "test").state == before
    os.utime(own_release / f"Squat/Labeled_Dataset/videos/{squat_keys[0]}.mp4", ns=(1, 1))
    assert list_data(str(own_release), "test").state != before


def test_a_prepared_folder_gives_the_same(release, tmp_path, test_ids):
    prepare_release(release, tmp_path / "prepared")
    inputs = list_data(str(tmp_path / "prepared"), "test")
    assert names(inputs) == test_ids
    assert inputs.is_synthetic is True
    assert inputs.references == list_data(str(release), "test").references
    assert [clip.row for clip in inputs.clips] == [0, 1, 2, 3]
    assert inputs.rows[0]["video"]["bytes"][4:8] == b"ftyp"


def test_no_such_split(own_release):
    for folder in ("Squat", "OHP"):
        (own_release / folder / "Labeled_Dataset/Splits/val_keys.json").write_text("[]")
    with pytest.raises(ValueError, match="own: no clips in the split validation. Give another --split."):
        list_data(str(own_release), "validation")


def test_videos_of_files_and_folders_each_once(clip, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("b/2.mp4", "b/deep/1.MOV", "b/10.mp4", "a.mp4", "b/._2.mp4", "b/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, tmp_path / name)
    (tmp_path / "b/link.mp4").symlink_to(tmp_path / "a.mp4")
    inputs = list_videos(["b/2.mp4", "b", "./a.mp4", "b/../a.mp4"])
    # the link is a.mp4, under the name by which it is met first
    assert names(inputs) == ["b/2.mp4", "b/10.mp4", "b/deep/1.MOV", "b/link.mp4"]
    assert [clip.video for clip in inputs.clips] == names(inputs)
    assert (inputs.references, inputs.is_synthetic) == (None, False)
    assert names(list_videos(["b"], limit=1)) == ["b/10.mp4"]


def test_videos_of_a_simulated_release_are_synthetic(clip):
    assert list_videos([str(clip)]).is_synthetic is True


def test_a_file_that_is_named_needs_no_suffix(tmp_path):
    (tmp_path / "video.bin").write_bytes(b"x")
    assert names(list_videos([str(tmp_path / "video.bin")])) == [(tmp_path / "video.bin").as_posix()]


def test_a_path_that_is_not_there_and_a_folder_without_videos(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere.mp4: no such file or folder. Give videos, or folders"):
        list_videos([str(tmp_path / "nowhere.mp4")])
    with pytest.raises(FileNotFoundError, match=r"no video found \(files ending in .mp4, "):
        list_videos([str(tmp_path)])


def test_one_row_a_repetition(three_squats):
    clips = cut_repetitions(Clip("set.mp4", path=str(three_squats), video="set.mp4"))
    assert [clip.id for clip in clips] == ["set.mp4#1", "set.mp4#2", "set.mp4#3"]
    assert [clip.repetition for clip in clips] == [1, 2, 3]
    assert {clip.video for clip in clips} == {"set.mp4"}
    spans = [clip.span for clip in clips]
    assert spans[0][0] == 0.0
    assert [end for _, end in spans[:-1]] == [start for start, _ in spans[1:]]


def test_one_repetition_is_the_file(clip):
    one = Clip("a.mp4", path=str(clip), video="a.mp4")
    assert cut_repetitions(one) == [one]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "empty (0 bytes); unpack or download it again"),
        (b"#EXTM3U\n/etc/passwd\n", "not a video but text; unpack or download it again"),
    ],
)
def test_a_file_that_is_no_video_has_a_problem(tmp_path, content, problem):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    (clip,) = cut_repetitions(Clip("a.mp4", path=str(path), video="a.mp4"))
    assert clip.problem == problem
