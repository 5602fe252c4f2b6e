import pytest

SPACE = "title: t\nsdk: gradio\nsdk_version: 6.31.0\napp_file: app.py\ncolorFrom: red\nshort_description: "


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("license: [mit]", "2: `license` is \"['mit']\" (list); expected a text; correct it, or quote it"),
        ("license: mit\nlanguage: no", "3: `language` is 'False' (bool); expected a text or a list of texts"),
        ("tags: [a, 3]", "2: `tags` is \"['a', 3]\" (list); expected a list of texts"),
        ("configs: {a: b}", "2: `configs` is \"{'a': 'b'}\" (dict); expected a list"),
        ("pinned: maybe", "2: `pinned` is 'maybe' (str); expected true or false"),
        ("dataset_info: 3", "2: `dataset_info` is '3' (int); expected names with values"),
        ("license: other", "2: `license: other` has no name; expected `license_name` too; add it"),
        (
            "base_model_relation: child",
            "2: `base_model_relation` is 'child'; expected one of adapter, finetune, merge,",
        ),
        ("base_model: a/b/c", "2: `base_model` has 'a/b/c'; expected a name on the Hub, `owner/name`"),
        ("datasets:\n- ok/ok\n- not ok", "2: `datasets` has 'not ok'; expected a name on the Hub"),
        ("license: mit\npretty_name: '[More Information Needed]'", "3: not filled in: '[More Information Needed]'"),
        ("pretty_name: 'My {{ name }}'", "2: not filled in: 'My {{ name }}'; expected a value"),
        ("license_link: /home/me/LICENSE", "2: path of one machine: '/home/me/LICENSE'; expected a name"),
    ],
)
def test_one_problem(problems, header, message):
    (problem,) = problems(header)
    assert problem.startswith(message)


def test_keys_that_are_not_known_are_left_alone(problems):
    assert problems("license: mit\nmine: [1, {a: 2}]\nlanguage: [en, de]\nbase_model: a/b") == []


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (SPACE.replace("title: t\n", ""), "1: no `title`; expected every Space to name it; add it"),
        (SPACE.replace("sdk_version: 6.31.0\n", ""), "1: no `sdk_version`; expected every Space"),
        (
            SPACE.replace("6.31.0", "6.3"),
            "4: `sdk_version` is '6.3' (float); expected a text; correct it, or quote it",
        ),
        (SPACE.replace("6.31.0", "newest"), "4: `sdk_version` is 'newest'; expected a version such as 6.31.0"),
        (SPACE.replace("gradio", "flask"), "3: `sdk` is 'flask'; expected one of gradio, docker, static"),
        (SPACE.replace("app.py", "main.py"), "5: `app_file` main.py is not there; expected a file beside the card"),
        (SPACE.replace("red", "orange"), "6: `colorFrom` is 'orange'; expected one of red, yellow, green, blue,"),
        (SPACE + "b" * 61, "7: `short_description` has 61 characters; expected at most 60; shorten it"),
    ],
)
def test_spaces(problems, tmp_path, header, message):
    (tmp_path / "app.py").touch()
    (problem,) = problems(header + ("a" if header.endswith(" ") else ""))
    assert problem.startswith(message)


def test_a_space_with_nothing_wrong(problems, tmp_path):
    (tmp_path / "app.py").touch()
    assert problems(SPACE + "b" * 60) == []
