from pathlib import Path

import pytest

from fitness_aqa_dataset.layout import files_by_key, find, is_litter, not_unpacked, require
from fitness_aqa_dataset.problems import Problem


@pytest.fixture
def tree(tmp_path) -> Path:
    for name in ("Squat/squat/labels/Error.json", "Squat/SQUAT.txt", "OHP/ohp.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    return tmp_path


def test_case_does_not_matter_and_a_doubled_folder_is_entered(tree):
    assert find(tree, "SQUAT", "Labels", "error.json") == tree / "Squat/squat/labels/Error.json"
    assert find(tree, "ohp", "OHP.JSON") == tree / "OHP/ohp.json"
    assert find(tree, "Squat", "nothing") is None
    assert find(tree, "Squat", "Labels", "Error.json", "below a file") is None
    assert find(tree / "nowhere", "Squat") is None
    assert find(tree) == tree


def test_the_exact_spelling_goes_before_another(tmp_path):
    for name in ("LABELS", "Labels", "labels"):
        (tmp_path / name).mkdir()
    assert find(tmp_path, "Labels") == tmp_path / "Labels"
    assert find(tmp_path, "lABELS") == tmp_path / "LABELS"


def test_what_is_missing_becomes_a_problem(tree):
    problems = []
    assert require("file", problems, tree, "OHP", "ohp.json") == tree / "OHP/ohp.json"
    assert problems == []
    assert require("folder", problems, tree, "OHP", "Labels") is None
    assert require("folder", problems, tree, "OHP", "ohp.json") is None
    assert require("file", problems, tree, "Squat") is None
    again = "unpack the release again, complete"
    assert problems == [
        Problem("missing", tree / "OHP/Labels", "no such folder, but the release needs it", again),
        Problem("missing", tree / "OHP/ohp.json", "expected a folder, found something else", again),
        Problem("missing", tree / "Squat", "expected a file, found something else", again),
    ]


def test_a_file_may_have_several_names_and_the_usual_one_is_named(tree):
    problems = []
    assert require("file", problems, tree / "OHP", ("keys.json", "OHP.json")) == tree / "OHP/ohp.json"
    assert require("file", problems, tree / "OHP", ("keys.json", "ids.json")) is None
    assert [problem.path for problem in problems] == [tree / "OHP/keys.json"]


@pytest.mark.parametrize("place", ["OHP", "."])
def test_a_zip_near_what_is_missing_is_named(tree, place):
    (tree / place / "Labels.ZIP").write_bytes(b"PK")
    (tree / place / "._Labels.zip").write_bytes(b"")
    problems = []
    require("file", problems, tree, "OHP", "Labels", "error.json")
    assert [problem.todo for problem in problems] == ["unpack Labels.ZIP"]


def test_files_by_id_at_any_depth(tmp_path):
    for name in ("b.mp4", "a.MP4", "in/c.mp4", "in/b.mp4", "__MACOSX/d.mp4", "._e.mp4", ".in/f.mp4", "g.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    assert files_by_key(tmp_path, (".mp4",)) == {
        "a": tmp_path / "a.MP4",
        "b": tmp_path / "b.mp4",
        "c": tmp_path / "in/c.mp4",
    }
    assert files_by_key(None, (".mp4",)) == {}


def test_litter():
    assert is_litter("__MACOSX") and is_litter("._a.mp4") and is_litter(".DS_Store")
    assert not is_litter("32939_2.mp4")


def test_zips_in_the_nearest_folder_that_is_there(tmp_path):
    (tmp_path / "b.zip").write_bytes(b"")
    (tmp_path / "a.Zip").write_bytes(b"")
    assert not_unpacked(tmp_path / "not" / "there") == ["a.Zip", "b.zip"]
