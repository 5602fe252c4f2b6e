import pytest
from hypothesis import given
from hypothesis import strategies as st

from fitness_aqa_dataset.annotations import read_binary_labels, read_intervals, read_keys, read_trajectory


@pytest.fixture
def read(tmp_path):
    """Reads a text with one of the readers; gives the content, and kind and text of each problem."""

    def call(reader, text: str | bytes):
        path = tmp_path / "file.json"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        problems = []
        content = reader(path, problems)
        assert all(problem.path == path and problem.todo for problem in problems)
        return content, [(problem.kind, problem.what) for problem in problems]

    return call


def test_intervals(read):
    text = '{"32939_2": [[0, 1.5], [2, 3]], "32939_3": []}'
    expected = {"32939_2": [(0.0, 1.5), (2.0, 3.0)], "32939_3": []}
    assert read(read_intervals, text) == (expected, [])
    assert read(read_intervals, "\ufeff" + text) == (expected, [])  # as some Windows programs begin files


def test_what_is_right_comes_back_beside_every_problem(read):
    content, problems = read(read_intervals, '{"a": [[0, 1], [3, 2], "x"], "b": 5, "../c": [], "d": [[0, 1e400]]}')
    assert content == {"a": [(0.0, 1.0)], "b": [], "d": []}
    assert problems == [
        ("id", "expected ids such as \"32939_2\", file names without folder and ending, got '../c'"),
        ("interval", "id 'a': expected 0 <= start < end in seconds, got [3, 2]"),
        ("interval", "id 'a': expected [start, end], two numbers in seconds, got 'x'"),
        ("interval", "id 'b': expected a list of [start, end] in seconds, got 5"),
        ("interval", "id 'd': expected [start, end], two numbers in seconds, got [0, inf]"),
    ]


@pytest.mark.parametrize("pair", ["[true, 2]", "[0, null]", "[0]", "{}", "[NaN, 1]", "[0, 1" + "0" * 400 + "]"])
def test_pairs_that_are_no_times(read, pair):
    content, problems = read(read_intervals, f'{{"a": [{pair}]}}')
    assert content == {"a": []}
    assert [kind for kind, _ in problems] == ["interval"]
    assert "expected [start, end], two numbers in seconds" in problems[0][1]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "damaged JSON (Expecting value, line 1)"),
        ('{"a": [],\n', "damaged JSON (Expecting property name enclosed in double quotes, line 2)"),
        ("[" * 100_000, "damaged JSON (nested too deeply, or a number too long)"),
        ("9" * 10_000, "damaged JSON (nested too deeply, or a number too long)"),
        (b"\xff\xfe\0", "damaged JSON (Expecting value, line 1)"),
        ("null", "expected an object {id: [[start, end], …]}, got None"),
        ("[]", "expected an object {id: [[start, end], …]}, got []"),
    ],
)
def test_files_that_cannot_be_read_at_all(read, text, what):
    assert read(read_intervals, text) == (None, [("json", what)])


def test_an_id_twice_in_an_object(read):
    content, problems = read(read_intervals, '{"a": [], "b": [], "a": [[0, 1]]}')
    assert content == {"a": [(0.0, 1.0)], "b": []}
    assert problems == [("label", "id 'a' is there twice")]


def test_binary_labels(read):
    content, problems = read(read_binary_labels, '{"a": 0, "b": 1, "c": 1.0, "d": 2, "e": true, "f": "1", "g": NaN}')
    assert content == {"a": 0, "b": 1, "c": 1}
    assert problems == [
        ("label", "id 'd': expected 0 or 1, got 2"),
        ("label", "id 'e': expected 0 or 1, got True"),
        ("label", "id 'f': expected 0 or 1, got '1'"),
        ("label", "id 'g': expected 0 or 1, got nan"),
    ]
    assert read(read_binary_labels, "[0]") == (None, [("json", "expected an object {id: 0 or 1}, got [0]")])


def test_keys(read):
    content, problems = read(read_keys, '["b", "a", "b", "b", 5, ""]')
    assert content == ["b", "a"]
    name = 'expected ids such as "32939_2", file names without folder and ending, got '
    assert problems == [
        ("id", name + "5"),
        ("id", name + "''"),
        ("split", "id 'b' is in this split more than once"),
    ]
    assert read(read_keys, '{"a": 1}') == (
        None,
        [("json", "expected a list of ids such as [\"32939_2\"], got {'a': 1}")],
    )


@pytest.mark.parametrize(
    "key",
    ["../x", "/x", "C:\\x", "a/b", ".", "..", ".hidden", "a\nb", "a\0b", "a*", "x" * 201, "\ud800"],
    ids=lambda key: ascii(key)[:12],
)
def test_ids_that_are_no_plain_file_names(read, key):
    text = "[" + '"' + "".join(f"\\u{ord(letter):04x}" for letter in key) + '"]'
    content, problems = read(read_keys, text)
    assert content == []
    assert [kind for kind, _ in problems] == ["id"]


@pytest.mark.parametrize("key", ["32939_2", "a b", "Übung_1", "x" * 200, "a.b"])
def test_ids_that_are_plain_file_names(read, key):
    assert read(read_keys, f'["{key}"]') == ([key], [])


def test_trajectories(read):
    assert read(read_trajectory, "[1, null]") == ([1, None], [])
    assert read(read_trajectory, "[]") == ([], [])
    assert read(read_trajectory, '{"a": 1}') == (
        None,
        [("trajectory", "expected a list with one entry a frame, got {'a': 1}")],
    )


def test_a_folder_in_the_place_of_a_file(tmp_path):
    problems = []
    assert read_keys(tmp_path, problems) is None
    assert [problem.what for problem in problems] == ["cannot be read (Is a directory)"]


@given(st.binary())
@pytest.mark.parametrize("reader", [read_intervals, read_binary_labels, read_keys, read_trajectory])
def test_no_bytes_raise(tmp_path_factory, reader, content):
    path = tmp_path_factory.getbasetemp() / f"{reader.__name__}.json"
    path.write_bytes(content)
    problems = []
    if reader(path, problems) is None:
        assert len(problems) == 1
