"""The written folder of a Space, running by itself, and visitors with a real browser."""

import os
import shutil
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from model_card.space import app
from tests.browser import open_browser, serve, skip_without_chromium, wait_for
from tests.hub import LocalHub
from tests.model_card.space.test_limits import make_clip
from tests.model_card.space.visitors import ask, drop, errors_shown, expected, find, open_page, shown, text_of, uploads
from trainer.report.words import percent

skip_without_chromium()

PACKAGES = ("fitness_aqa_dataset", "metrics", "model_card", "trainer")
WHERE = f"from importlib.util import find_spec\nfor name in {PACKAGES}:\n    print(find_spec(name).origin)"


@pytest.fixture(scope="module")
def scratch(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("server")


@pytest.fixture(scope="module")
def address(space, scratch):
    with serve(space / "app.py", scratch, space, **environment(space)) as url:
        yield url


def environment(space: Path) -> dict[str, str]:
    alone = str(space.parent / "alone")
    return {"PYTHONPATH": alone, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "FITNESS_AQA_MODEL": ""}


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def test_the_space_has_only_its_own_packages(space):
    run = [sys.executable, "-c", WHERE]
    done = subprocess.run(run, cwd=space, env=os.environ | environment(space), capture_output=True, text=True)
    assert done.stdout.splitlines() == [f"{space}/{name}/__init__.py" for name in PACKAGES]


def test_a_dropped_clip_is_answered_as_on_the_command_line(address, browser, scratch, clips, command_line):
    [row] = command_line(clips["squat"], "score", 8)
    open_page(browser, address)
    assert "Trained on synthetic clips" in find(browser, "body").text
    drop(browser, clips["squat"])
    assert len(uploads(scratch)) == 1
    ask(browser)
    answer = shown(browser, "my squat.mp4")
    [exercise] = text_of(answer, ".exercise")
    name = {"squat": "Squat", "overhead_press": "Overhead press"}[row["exercise"]]
    assert exercise == f"{name} ({percent(row['scores'][row['exercise']])})"
    assert errors_shown(answer) == expected(row)
    assert text_of(answer, ".sentence") == [row["answer"]]
    assert [error["label"].replace("_", " ") for error in row["errors"]] == [
        text.split(",")[0] for text in text_of(answer, ".verdicts .bad")
    ]
    assert uploads(scratch) == []
    # what is shown needs the server no more
    video = answer.find_element("css selector", "video")
    assert wait_for(lambda: video.get_property("videoWidth")) == 240
    pictures = answer.find_elements("css selector", ".pictures img")
    assert len(pictures) == 8 and all(wait_for(lambda p=p: p.get_property("naturalWidth")) for p in pictures)
    assert len(answer.find_elements("css selector", ".lane svg")) == 2


def test_a_set_shows_every_repetition(address, browser, scratch, clips, command_line):
    rows = command_line(clips["set"], "score", 8)
    open_page(browser, address)
    drop(browser, clips["set"])
    ask(browser)
    answer = shown(browser, "my set.mp4")
    assert [text.split(":")[0] for text in text_of(answer, "h3")] == ["Repetition 1", "Repetition 2", "Repetition 3"]
    assert text_of(answer, ".sentence") == [row["answer"] for row in rows]
    assert errors_shown(answer) == [line for row in rows for line in expected(row)]
    assert uploads(scratch) == []


def test_an_example_is_picked_and_ways_without_probabilities_say_so(address, browser, scratch, space, command_line):
    [row] = command_line(space / "examples" / "press_elbows.mp4", "free", 8)
    open_page(browser, address)
    find(browser, "#decode input[value=free]").click()
    find(browser, "#example_press_elbows").click()
    answer = shown(browser, "press_elbows.mp4")
    assert text_of(answer, ".sentence") == [row["answer"].strip() or "(nothing)"]
    assert "gives no probabilities" in answer.text and "%" not in answer.text
    find(browser, "#decode input[value=score]").click()
    find(browser, "#example_press_elbows").click()  # it has not been deleted
    wait_for(lambda: "%" in shown(browser, "press_elbows.mp4").text)
    assert (space / "examples" / "press_elbows.mp4").exists() and uploads(scratch) == []


def test_files_that_are_no_clips_get_their_message(address, browser, scratch, tmp_path):
    (tmp_path / "text.mp4").write_text("This is no video.\n" * 50)
    (tmp_path / "empty.mp4").touch()
    make_clip(tmp_path / "long.mp4", 600)
    for name, message in (
        ("text.mp4", "text.mp4: not a video but text. Drop a whole video file, such as .mp4, .mov or .webm."),
        ("empty.mp4", "empty.mp4: empty (0 bytes). Drop a whole video file, such as .mp4, .mov or .webm."),
        ("long.mp4", "long.mp4: it lasts 600 seconds, and at most 60 are answered here."),
    ):
        open_page(browser, address)
        drop(browser, tmp_path / name)
        ask(browser)
        assert wait_for(lambda: find(browser, "#result .problem").text).startswith(message)
        assert uploads(scratch) == []
    open_page(browser, address)
    with (tmp_path / "large.mp4").open("wb") as file:
        file.truncate(50 * 2**20 + 1)
    find(browser, "#clip input[type=file]").send_keys(str(tmp_path / "large.mp4"))
    too_large = 'File(s) exceed the maximum allowed size of 50.0 Mb: "large.mp4"'
    wait_for(lambda: too_large in find(browser, "body").text)
    open_page(browser, address)
    ask(browser)
    assert wait_for(lambda: find(browser, "#result .problem").text) == "No clip yet: drop one, or pick an example."
    assert "Traceback" not in (scratch / "log.txt").read_text()


def test_two_visitors_at_once_get_their_own_answers(address, browser, scratch, clips, command_line, tmp_path):
    with open_browser(tmp_path / "profile") as other:
        visitors = {browser: clips["press"], other: clips["squat"]}
        for visitor, clip in visitors.items():
            open_page(visitor, address)
            drop(visitor, clip)
        for visitor in visitors:
            ask(visitor)
        for visitor, clip in visitors.items():
            [row] = command_line(clip, "score", 8)
            answer = shown(visitor, clip.name)
            assert text_of(answer, ".sentence") == [row["answer"]]
            assert errors_shown(answer) == expected(row)
    assert uploads(scratch) == []


def test_the_same_clip_of_two_visitors_and_a_visitor_who_leaves(address, browser, scratch, clips, tmp_path):
    with open_browser(tmp_path / "profile") as other:
        for visitor in (browser, other):
            open_page(visitor, address)
            drop(visitor, clips["press"])
        ask(browser)
        shown(browser, "my press.mp4")
        ask(other)  # whose clip is still there, though it lay in the same place
        shown(other, "my press.mp4")
        assert uploads(scratch) == []
        drop(other, clips["squat"])
        assert len(uploads(scratch)) == 1
        time.sleep(3)  # until the server has heard whose file it is
    wait_for(lambda: uploads(scratch) == [])


def test_a_private_model_without_a_token_is_said_on_the_page(browser, tmp_path):
    with ExitStack() as stack:
        hub = stack.enter_context(LocalHub(tmp_path / "hub"))
        own = {"FITNESS_AQA_MODEL": "tester/secret", "HF_ENDPOINT": hub.env["HF_ENDPOINT"], "HF_HUB_OFFLINE": "0"}
        own |= {"HF_TOKEN": "", "OMP_NUM_THREADS": "1"}
        program = Path(app.__file__)
        browser.get(stack.enter_context(serve(program, tmp_path, **own)))
        message = wait_for(lambda: find(browser, "#result .problem").text)
        assert message.startswith("tester/secret: no such model on the Hub, or it is private. A private model needs")
        assert "Traceback" not in (tmp_path / "log.txt").read_text()


def test_which_model_answers(model, tmp_path, monkeypatch):
    monkeypatch.delenv("FITNESS_AQA_MODEL", raising=False)
    monkeypatch.setattr(app, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="No model to answer with: set FITNESS_AQA_MODEL to a folder or a model"):
        app.load_answerer()
    shutil.copytree(model, tmp_path / "own")
    (tmp_path / "space.json").write_text('{"model": "own", "num_frames": 12}')
    answerer = app.load_answerer()
    assert (answerer.folder, answerer.num_frames, answerer.hub_id) == (str(tmp_path / "own"), 12, None)
    monkeypatch.setenv("FITNESS_AQA_MODEL", str(model))
    assert (app.load_answerer().folder, app.load_answerer().num_frames) == (str(model), 8)
