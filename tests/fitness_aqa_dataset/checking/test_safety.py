import os
import socket

from fitness_aqa_dataset.checking.safety import fold, survey


def test_a_plain_tree_has_nothing(tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c.json").write_text("{}")
    (tmp_path / "link").symlink_to("a/b/c.json")
    (tmp_path / "a" / "beside").symlink_to(tmp_path / "a" / "b")
    found = survey(tmp_path)
    assert (found.problems, found.not_to_open, found.outside) == ([], set(), set())


def test_links_and_what_is_no_file(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("")
    (root / "a").symlink_to("../secret")
    (root / "b").symlink_to("../not there either")
    (root / "c").symlink_to("c")
    (root / "d").symlink_to(".")
    (root / "e").symlink_to("gone")
    os.mkfifo(root / "f")
    (root / "g").symlink_to("f")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(root / "h"))
    (root / "i").symlink_to("/dev/zero")
    found = survey(root)
    assert [(problem.path.name, problem.what) for problem in found.problems] == [
        ("a", "a link that leaves the release, to '../secret'"),
        ("b", "a link that leaves the release, to '../not there either'"),
        ("c", "a link that leads in a circle"),
        ("d", "a link that leads in a circle, to a folder that it lies in"),
        ("e", "a link to nothing, 'gone' is not there"),
        ("f", "a pipe, a device or a socket, no file"),
        ("g", "a link to a pipe, a device or a socket"),
        ("h", "a pipe, a device or a socket, no file"),
        ("i", "a link that leaves the release, to '/dev/zero'"),
    ]
    assert found.not_to_open == {root / name for name in "abcdefghi"}
    assert found.outside == {root / name for name in "abi"}


def test_a_link_through_a_link_that_leaves(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "away").mkdir()
    (root / "out").symlink_to(tmp_path / "away")
    (root / "inside").symlink_to("out/file")
    assert survey(root).outside == {root / "out", root / "inside"}


def test_names_that_differ_by_case_or_by_the_way_an_accent_is_written(tmp_path):
    for name in ("a.mp4", "A.mp4", "b.mp4", "caf\u00e9", "cafe\u0301"):
        (tmp_path / name).write_text("")
    problems = survey(tmp_path).problems
    assert [(problem.kind, problem.path.name) for problem in problems] == [("case", "a.mp4"), ("case", "caf\u00e9")]
    assert survey(tmp_path).not_to_open == set()


def test_what_macos_leaves_is_passed_over(tmp_path):
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "x").symlink_to("/etc")
    (tmp_path / "._x").symlink_to("/etc")
    assert survey(tmp_path).problems == []


def test_names_alike():
    assert fold("STRASSE") == fold("straße")
    assert fold("a") != fold("b")
