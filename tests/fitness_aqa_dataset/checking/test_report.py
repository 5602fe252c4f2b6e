from pathlib import Path

from fitness_aqa_dataset.checking import Report
from fitness_aqa_dataset.problems import Problem

ROOT = Path("/data/release")


def test_lines_begin_with_the_release_as_it_was_given_and_notes_come_last():
    problems = [Problem("json", ROOT / "b.json", "bad", "mend"), Problem("clip", ROOT / "a\n.mp4", "empty", "unpack")]
    report = Report("../release", ROOT, problems, ["a note"], {"clips": 3, "images": 0})
    report.sort()
    assert report.lines() == [
        "../release/a\\n.mp4: empty; unpack",
        "../release/b.json: bad; mend",
        "note: a note",
    ]
    assert report.summary() == "../release: 2 problems in 3 clips"


def test_what_two_tasks_say_of_one_file_is_there_once():
    missing = [Problem("missing", ROOT / "a", f"its id is in {name}", "put it there") for name in ("one", "two")]
    report = Report("r", ROOT, [*missing, Problem("id", ROOT / "a", "x", "y"), Problem("id", ROOT / "a", "x", "y")])
    report.sort()
    assert report.lines() == ["r/a: its id is in one; put it there", "r/a: x; y"]


def test_a_problem_of_the_release_itself():
    report = Report("r", ROOT, [Problem("missing", ROOT, "no such folder", "give another")])
    assert report.lines() == ["r: no such folder; give another"]
    assert report.summary() == "r: 1 problem"
    assert report.to_json() == {
        "release": "r",
        "problems": [{"kind": "missing", "path": "r", "what": "no such folder", "todo": "give another"}],
        "notes": [],
        "counts": {},
    }
