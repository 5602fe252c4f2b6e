import pytest

from model_card.check import check_file


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("[a](#nope)", "6: no heading for the link '#nope'; expected one of its headings (2); correct it"),
        ("![a](gone.png)", "6: no file 'gone.png' for a link; expected it in "),
        ("[a](gone.md#part)", "6: no file 'gone.md' for a link"),
        ('<img src="gone.png">', "6: no file 'gone.png' for a link"),
        ('<div>\n<a href="gone.md">x</a>\n</div>', "6: no file 'gone.md' for a link"),
        (
            "[a](README.md#zz)",
            "6: no heading for the link 'README.md#zz'; expected one of its headings (2); correct it",
        ),
        ("[a](./README.md#zz)", "6: no heading for the link './README.md#zz'"),
        ("[a](%00)", "6: link to '\\x00' cannot be a file ("),
        (f"[a]({'x' * 5000})", f"6: link to '{'x' * 60}' cannot be a file (File name too long); expected a file in"),
        ("[a](../README.md)", "6: link to '../README.md', which is outside of the card's folder"),
        ("[a](/docs/x)", "6: link to the absolute path '/docs/x'; expected a file beside the card; make it relative"),
        (
            "[a](http://localhost:7860)",
            "6: link 'http://localhost:7860' leads to this machine; expected an address for",
        ),
        ("[a](http://127.0.0.1/x)", "6: link 'http://127.0.0.1/x' leads to this machine"),
        ("see http://127.0.0.1:80/x.", "6: link 'http://127.0.0.1:80/x' leads to this machine"),
        ("[a](https://)", "6: link 'https://' has no host; expected https://host/path"),
        ("[a](https://host)", "6: link 'https://host' has no host"),
        ("[a](http://a.b:port)", "6: link 'http://a.b:port' cannot be read ("),
        ("file:///home2/x", "6: link 'file:///home2/x'; expected http, https, or a file beside the card"),
        ("[a](ftp://a.b)", "6: link 'ftp://a.b'; expected http, https"),
    ],
)
def test_one_problem(problems, link, message):
    (problem,) = problems(text=f"# A title\n\n{link}\n\n## B\n\ntext\n")
    assert problem.startswith(message)


def test_links_that_lead_somewhere_are_counted(problems, tmp_path):
    (tmp_path / "a b.png").touch()
    (tmp_path / "docs").mkdir()
    text = """# It's `a` title, really

[1](#its-a-title-really) [2](#its-a-title-really-1) ![3](a%20b.png) [4](docs) [5](https://a.org/x?y#z) <https://b.org>
https://c.org (https://d.org/e). [7](mailto:me@a.org) <a name="here"></a> [8](#here)
[9](README.md#here) [10](README.md)

# It's a title, really

`http://localhost` and

```
http://localhost:7860
```
"""
    assert problems(text=text) == []
    assert check_file(tmp_path).num_links == 12
