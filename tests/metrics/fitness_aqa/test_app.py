import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

import metrics

APP = Path(metrics.__file__).parent / "fitness_aqa" / "app.py"
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
NEEDED = "install what the page's test needs: pip install -e '.[spaces]', apt-get install chromium chromium-driver"

pytest.importorskip("gradio", reason=NEEDED)
webdriver = pytest.importorskip("selenium.webdriver", reason=NEEDED)
pytestmark = pytest.mark.skipif(not (CHROMIUM and DRIVER), reason=NEEDED)

FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1280,2400"
).split()
PREDICTIONS = """\
{"id": "a", "answer": "The subject is performing a Squat. An error: knees forward from frame time 1.00s to 2.00s."}
{"id": "b", "exercise": "overhead_press", "errors": []}"""
REFERENCES = """\
{"id": "b", "exercise": "squat", "errors": []}
{"id": "a", "exercise": "squat", "errors": [{"label": "knees_forward", "start": 1.0, "end": 2.5}]}"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    folder = tmp_path_factory.mktemp("page")
    environment = {**os.environ, "GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    environment |= {"HF_HOME": str(folder), "GRADIO_TEMP_DIR": str(folder), "NO_PROXY": "127.0.0.1"}
    with (folder / "log.txt").open("w") as log:
        server = subprocess.Popen([sys.executable, str(APP)], env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        for _ in range(240):
            assert server.poll() is None, (folder / "log.txt").read_text()
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield driver
    driver.quit()


def wait_for(look, seconds=120):
    """What `look` returns as soon as it is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.2)
    raise AssertionError("the page did not show it in time")


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
