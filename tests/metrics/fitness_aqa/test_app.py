from pathlib import Path

import pytest

import metrics
from tests.browser import open_browser, serve, skip_without_chromium, wait_for

skip_without_chromium()

APP = Path(metrics.__file__).parent / "fitness_aqa" / "app.py"
PREDICTIONS = """\
{"id": "a", "answer": "The subject is performing a Squat. An error: knees forward from frame time 1.00s to 2.00s."}
{"id": "b", "exercise": "overhead_press", "errors": []}"""
REFERENCES = """\
{"id": "b", "exercise": "squat", "errors": []}
{"id": "a", "exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.5}]}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serve(APP, tmp_path_factory.mktemp("page")) as url:
        yield url


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def find(browser, selector):
    return wait_for(lambda: browser.find_elements("css selector", selector))[0]


def write(browser, name, text):
    # As a paste does: the whole text at once, and the page is told of it
    browser.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}));",
        find(browser, f"#{name} textarea"),
        text,
    )


def open_page(browser, address):
    browser.get(address)
    find(browser, "#timeline")  # the last part: the page is complete


def headline(browser):
    return find(browser, "#headline textarea, #headline input").get_property("value")


def test_paste_click_and_read_the_numbers(address, browser):
    open_page(browser, address)
    write(browser, "predictions", PREDICTIONS)
    write(browser, "references", REFERENCES)
    find(browser, "#score").click()
    assert wait_for(lambda: headline(browser)) == (
        "2 clips, IoU threshold 0.5: exercise accuracy 0.5000 (1.0000), answers read 1.0000 (1.0000)"
    )
    scores = wait_for(lambda: find(browser, "#scores").text)
    # knees forward is found with IoU 1 / 1.5, in one of two clips; "yes" in both has precision 1/2
    assert "1.0000 (0.6667)" in scores and "0.6667 (1.0000)" in scores
    assert "overhead_press" in find(browser, "#exercises").text
    picture = find(browser, "#timeline img")
    assert wait_for(lambda: picture.get_property("naturalWidth")) > 500


def test_a_wrong_line_is_named_on_the_page(address, browser):
    open_page(browser, address)
    write(browser, "predictions", PREDICTIONS)
    write(browser, "references", REFERENCES.replace('"end": 2.5', '"end": 0.5'))
    find(browser, "#score").click()
    message = "references, line 2, id 'a': references[1][0]: `end` must be greater than `start` (1.0 s), got 0.5 s."
    wait_for(lambda: message in find(browser, "body").text)
    assert headline(browser) == ""


def test_an_uploaded_file_fills_its_box(address, browser, tmp_path):
    open_page(browser, address)
    (tmp_path / "references.jsonl").write_text(REFERENCES)
    upload = wait_for(lambda: browser.find_elements("css selector", "#references_file input[type=file]"))[0]
    upload.send_keys(str(tmp_path / "references.jsonl"))
    wait_for(lambda: find(browser, "#references textarea").get_property("value") == REFERENCES)
