from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness_aqa_dataset.problems import Problem, one_line, shorten

PROBLEM = Problem("json", Path("/data/a.json"), "damaged", "unpack it again")


def test_a_line_says_where_what_and_what_to_do():
    assert PROBLEM.line() == "/data/a.json: damaged; unpack it again"
    assert PROBLEM.line("a.json") == "a.json: damaged; unpack it again"


def test_a_file_name_cannot_break_the_line():
    line = Problem("clip", Path("/data/two\nlines\x1b[31m\udce9.mp4"), "empty", "unpack it").line()
    assert line == "/data/two\\nlines\\x1b[31m\\udce9.mp4: empty; unpack it"


def test_a_problem_is_raised_as_the_error_it_is():
    with pytest.raises(ValueError, match=r"^/data/a\.json: damaged; unpack it again$"):
        PROBLEM.raise_()
    with pytest.raises(FileNotFoundError, match=r"again \(3 more: `python -m fitness_aqa_dataset check` lists all\)$"):
        Problem("missing", Path("a"), "not there", "unpack it again").raise_(others=3)


@given(st.text(st.characters()))
def test_one_line_is_one_line_that_can_be_written(text):
    line = one_line(text)
    line.encode("utf-8")
    assert line.isprintable()
    assert one_line(line) == line


def test_letters_of_any_language_stay():
    assert one_line("Übung 練習 …") == "Übung 練習 …"


def test_long_values_are_cut():
    assert shorten([1, 2]) == "[1, 2]"
    assert shorten("x" * 500) == "'" + "x" * 119 + "…"
    assert shorten("x" * 10, limit=5) == "'xxxx…"
