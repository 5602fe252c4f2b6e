import pytest

from model_card.checking.card_file import read_card_file


def test_lines_of_keys_and_of_text(tmp_path):
    (tmp_path / "README.md").write_text(
        "---\na: 1\nb:\n- c: 2\n  d: 3\n---\n\n# Title\n\none\n[two](x)\n\n| a |\n|-|\n| ![](p) |\n"
    )
    card = read_card_file(tmp_path)
    assert card.header == {"a": 1, "b": [{"c": 2, "d": 3}]}
    assert card.lines == {("a",): 2, ("b",): 3, ("b", 0): 4, ("b", 0, "c"): 4, ("b", 0, "d"): 5}
    lines = {token.type: line for line, token in card.inline()}
    assert (lines["link_open"], lines["image"]) == (11, 15)


def test_a_folder_and_a_file_are_the_same_card(tmp_path):
    (tmp_path / "README.md").write_text("---\na: 1\n---\n")
    assert read_card_file(tmp_path).header == read_card_file(tmp_path / "README.md").header


def test_no_card(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"README\.md: no such card\. Give a folder with a README\.md"):
        read_card_file(tmp_path)


def test_no_text(tmp_path):
    (tmp_path / "README.md").write_bytes(b"---\na: \xff\n---\n")
    with pytest.raises(ValueError, match=r"README\.md: no UTF-8 text \(invalid start byte at byte 7\)\. Save it"):
        read_card_file(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# Title\n", "1: no header; expected YAML between two lines `---`"),
        ("---\na: [1\nb: 2\n---\n", "3: header is no YAML (expected ',' or ']', but got ':')"),
        ("---\ntitle: {{ x }}\n---\n", "2: header is no YAML (found unhashable key)"),
        ("---\n- a\n---\n", "2: header is list; expected `key: value` lines"),
        ('---\na: !!int ""\n---\n', "2: header is no YAML (a value cannot be read: string index out of range)"),
        ("---\na: !!bool x\n---\n", "2: header is no YAML (a value cannot be read: 'x')"),
        ("---\na: !!timestamp x\n---\n", "2: header is no YAML (a value cannot be read: "),
        ("---\na: 2024-13-45\n---\n", "2: header is no YAML (a value cannot be read: month must be in 1..12"),
        ("---\na: &x [*x]\n---\n", "2: header holds itself, or is nested too deeply; expected `key: value` lines"),
        (f"---\na: {'[' * 3000}\n---\n", "2: header is no YAML (nested too deeply); expected `key: value` lines"),
        ("---\na: 1\nb: 2\na: 3\n---\n", "4: `a` stands twice, also in line 2; expected it once; remove one"),
    ],
)
def test_headers_that_cannot_be_read(tmp_path, content, message):
    path = tmp_path / "README.md"
    path.write_text(content)
    (problem,) = read_card_file(path).problems
    assert problem.startswith(f"{path}:{message}")
