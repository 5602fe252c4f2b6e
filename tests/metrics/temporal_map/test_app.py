from pathlib import Path

import pytest

import metrics
from tests.browser import open_browser, serve, skip_without_chromium, wait_for

skip_without_chromium()

APP = Path(metrics.__file__).parent / "temporal_map" / "app.py"
PREDICTIONS = """\
{"id": "a", "segments": [{"label": "x", "start": 0, "end": 1, "score": 0.9}, \
{"label": "x", "start": 5, "end": 6, "score": 0.8}, {"label": "x", "start": 2, "end": 3, "score": 0.7}]}
{"id": "b", "segments": []}"""
REFERENCES = """\
{"id": "b", "segments": []}
{"id": "a", "segments": [{"label": "x", "start": 0, "end": 1}, {"label": "x", "start": 2, "end": 3}]}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with serve(APP, tmp_path_factory.mktemp("page")) as url:
        yield url


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


def open_page(browser, address):
    browser.get(address)
    wait_for(lambda: browser.find_elements("css selector", "#timeline"))  # the last part: the page is complete


def write(browser, name, text):
    def look():
        return browser.find_elements("css selector", f"#{name} textarea, #{name} input")

    box = wait_for(look)[0]
    # As a paste does: the whole text at once, and the page is told of it
    browser.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}));",
        box,
        text,
    )


def shown_number(browser):
    return browser.find_element("css selector", "#average_map textarea, #average_map input").get_property("value")


def test_paste_click_and_read_the_number(address, browser):
    open_page(browser, address)
    write(browser, "predictions", PREDICTIONS)
    write(browser, "references", REFERENCES)
    write(browser, "thresholds", "0.5")
    browser.find_element("css selector", "#score").click()
    # Precision 1 at recall 1/2, then 2/3 at recall 1: the mean of both
    assert wait_for(lambda: shown_number(browser)) == "0.8333"
    table = wait_for(lambda: browser.find_element("css selector", "#table").text)
    assert "AP @ 0.5" in table and "0.8333" in table
    picture = wait_for(lambda: browser.find_elements("css selector", "#timeline img"))[0]
    assert wait_for(lambda: picture.get_property("naturalWidth")) > 500


def test_a_wrong_line_is_named_on_the_page(address, browser):
    open_page(browser, address)
    write(browser, "predictions", PREDICTIONS.replace('"score": 0.8', '"score": "high"'))
    write(browser, "references", REFERENCES)
    browser.find_element("css selector", "#score").click()
    message = "predictions, line 1, id 'a': predictions[0][1]: `score` must be a finite number, got 'high'"
    wait_for(lambda: message in browser.find_element("css selector", "body").text)
    assert shown_number(browser) == ""


def test_an_uploaded_file_fills_its_box(address, browser, tmp_path):
    open_page(browser, address)
    (tmp_path / "references.jsonl").write_text(REFERENCES)
    upload = wait_for(lambda: browser.find_elements("css selector", "#references_file input[type=file]"))[0]
    upload.send_keys(str(tmp_path / "references.jsonl"))
    wait_for(lambda: browser.find_element("css selector", "#references textarea").get_property("value") == REFERENCES)
