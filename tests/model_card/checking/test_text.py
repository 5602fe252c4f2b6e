import pytest


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "# A\n\n[More Information Needed]\n",
            "6: says 'More Information Needed'; expected the information; write it",
        ),
        ("# A\n\nOne\nmore  information needed.\n", "7: says 'more information needed'; expected the information"),
        ("# A\n\nOne\n\nMore information\nneeded\n", "8: says 'More information needed'; expected the information"),
        ("# A\n\nMore information `x` needed.\n\n**More** information needed", "8: says 'More information needed'"),
        ("# A\n\n<p>\nMORE INFORMATION NEEDED</p>\n", "6: says 'MORE INFORMATION NEEDED'"),
        ("# A\n\nIt has {{ count }} rows.\n", "6: holds '{{ count }}'; expected what a template puts there"),
        ("# A\n\n{% if x %}\n", "6: holds '{% if x %}'"),
        ("# A\n\nSee /home/me/runs.\n", "6: path of one machine: /home/me/runs.; expected a name or a relative path"),
        ("# A\n\n```\nok\ncd /Users/me/x\n```\n", "8: path of one machine: /Users/me/x"),
        ("# A\n\n`C:\\me`\n", "6: path of one machine: C:\\me"),
        ("# A\n\n## B\n", "6: nothing under the heading 'B'; expected text; write it, or remove the heading"),
        ("# A\n\n## B\n## C\n\ntext\n", "6: nothing under the heading 'B'"),
        ("# A\n\n### B\n## `C` d\n\ntext\n", "6: nothing under the heading 'B'"),
        ("# A\n\n## B\n\n<!-- later -->\n", "6: nothing under the heading 'B'"),
        ("# A\n\n##\n\ntext\n", "6: a heading without words; expected a title"),
    ],
)
def test_one_problem(problems, text, message):
    (problem,) = problems(text=text)
    assert problem.startswith(message)


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n## B\n\n- a list\n\n# C\n\n| a |\n|---|\n",
        "# A\n\n`{{ code }}` and\n\n```\n{{ code }} and [More Information Needed]\n```\n",
        "# A\n\n/path/to/somewhere, https://host.org/home/me/x, and ../tmp/x, trainer/data/x\n",
    ],
)
def test_nothing_wrong(problems, text):
    assert problems(text=text) == []
