"""The command, and its pages in a browser."""

import json
import re
import signal

import pytest
from PIL import Image
from torchcodec.decoders import VideoDecoder

from tests.browser import open_browser, skip_without_chromium
from trainer.report.__main__ import main

LOGS = {"browser": "ALL", "performance": "ALL"}
FIGURES = ["precision_recall.png", "reliability.png", "table4.png", "timeline.png", "yes_rate.png"]


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    skip_without_chromium()
    with open_browser(tmp_path_factory.mktemp("profile"), **{"goog:loggingPrefs": LOGS}) as browser:
        yield browser


def open_page(browser, path):
    """Open a file; no error on the console, and nothing is asked of anybody."""
    browser.get_log("performance")
    browser.get(path.as_uri())
    assert browser.get_log("browser") == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [m["params"]["request"]["url"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    assert path.as_uri() in asked
    assert {url.split(":")[0] for url in asked} <= {"file", "data"}
    assert [url for url in asked if url.startswith("file")] == [path.as_uri()]
    images = browser.find_elements("css selector", "img")
    assert all(image.get_property("naturalWidth") > 0 for image in images)
    assert all(image.get_attribute("alt") for image in images)


def is_as_wide_as_a_phone(browser):
    size = {"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    width = browser.execute_script("return document.documentElement.scrollWidth")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    return width == 390


def table(browser, section):
    """Cells of a section's first table by the name of their row; the big print alone."""
    rows = browser.find_elements("css selector", f"#{section} table tbody tr")
    cells = {}
    for row in rows:
        name = row.find_element("css selector", "th").text.splitlines()[0]
        cells.setdefault(name, [cell.text.splitlines()[0] for cell in row.find_elements("css selector", "td")])
    return cells


def test_the_page_of_a_labelled_run(labelled_run, keys, tmp_path, browser, capsys):
    out = tmp_path / "page"
    main([str(labelled_run), "--out", str(out), "--no_controls"])
    assert capsys.readouterr().out == f"written: {out / 'index.html'}\n"
    assert sorted(path.name for path in (out / "figures").iterdir()) == FIGURES
    assert all(Image.open(out / "figures" / name).size[0] > 900 for name in FIGURES)
    open_page(browser, out / "index.html")
    heading = browser.find_element("css selector", "h1").text
    assert heading.startswith("SYNTHETIC: 4 clips of ")
    assert heading.endswith("split test, answered by m (decode score)")

    own = table(browser, "table4")
    # F1: found 1 of 1; 0 of 0 and one in vain; 1 of 1; 0 of 1. AP: hits over two clips. The published IoU of knees
    # inward, [0.2, 0.6], against nothing, [0, 0], is 0.2 / (0.4 + 0 - 0.2), a hit; of nothing against knees from 1.0
    # to 2.0 s the union is 0 + 1 - 1, no hit.
    assert own["mine SYNTHETIC"] == [
        "1.000", "0.000", "1.000", "0.000", "0.500", "0.500", "0.500", "0.000", "0.375", "0.250",
    ]  # fmt: skip
    # Always yes: 2 * 1 / (1 + 2) where one of two clips has the error.
    assert own["Always yes SYNTHETIC"][:4] == ["0.667", "0.000", "0.667", "0.667"]
    # Of the clip without knees forward too: [0.5, 1.5] against [0, 0] is 0.5 / (1 + 0 - 0.5) by the published IoU.
    constant = own["Constant interval SYNTHETIC"]
    assert constant[4:] == ["1.000", "0.000", "0.500", "0.500", "0.500", "0.375"]
    assert own["Dynamic-Step"][0] == "0.8155"
    # macro F1; MCC 1, 0 (no clip has it), 1, 0 (never named); mAP
    assert table(browser, "controls")["mine SYNTHETIC"][4:] == ["0.500", "0.500", "0.250"]
    rates = table(browser, "rates")
    assert rates["truth SYNTHETIC"] == ["50.0 %", "0.0 %", "50.0 %", "50.0 %", "0.0 %", "50.0 %"]
    assert rates["mine SYNTHETIC"] == ["50.0 %", "50.0 %", "50.0 %", "0.0 %", "50.0 %", "0.0 %"]

    shown = [heading.text for heading in browser.find_elements("css selector", "article h3")]
    assert shown == [
        f"1. {keys[3]} answered squat SYNTHETIC",
        f"2. {keys[2]} knees: missed SYNTHETIC",
        f"3. {keys[0]} knees inward: named, not there SYNTHETIC",
        f"4. {keys[1]} right SYNTHETIC",
    ]
    text = browser.find_element("css selector", "body").text
    assert "4 of 4 clips are shown; 3 have a mistake." in text
    assert "were left out (--no_controls)" in text
    assert "They are not comparable with the published ones" in text
    for link in browser.find_elements("css selector", "nav a"):
        assert browser.find_elements("css selector", link.get_attribute("href").split("index.html")[1])
    assert is_as_wide_as_a_phone(browser)


def test_two_runs_one_of_them_without_probabilities(write_run, labelled_run, labelled_rows, typed_release, tmp_path):
    rows = [
        row | {"scores": {}, "errors": [error | {"score": None} for error in row["errors"]]} for row in labelled_rows
    ]
    rows[1] |= {"error": "clip.mp4: damaged <tail>", "exercise": None, "errors": []}
    free = write_run(tmp_path / "free", rows, data=str(typed_release), split="test", decode="free", synthetic=True)
    main([str(free), str(labelled_run), "--out", str(tmp_path / "page"), "--no_controls", "--max_clips", "2"])
    html = (tmp_path / "page" / "index.html").read_text()
    assert "No probabilities: free." in html
    assert "2 of 3 clips are shown" in html
    assert "clip.mp4: damaged &lt;tail&gt;" in html
    main([str(free), "--out", str(tmp_path / "page"), "--no_controls"])
    assert sorted(path.name for path in (tmp_path / "page" / "figures").iterdir()) == FIGURES[2:]


def test_the_page_of_own_videos(own_run, tmp_path, browser):
    out, overlay = tmp_path / "page", tmp_path / "overlay.mp4"
    main([str(own_run), "--out", str(out), "--overlay", str(overlay)])
    open_page(browser, out / "index.html")
    findings = [one.text for one in browser.find_elements("css selector", ".verdicts li")]
    assert findings == [
        "knees forward, 0.5–1.0 s, 87 %",
        "No mistake found. Looked for: knees forward 12 %, knees inward < 1 %.",
    ]
    assert is_as_wide_as_a_phone(browser)
    assert VideoDecoder(overlay).metadata.codec == "h264"


def fails(arguments, capsys) -> str:
    with pytest.raises(SystemExit) as stopped:
        main([str(argument) for argument in arguments])
    message = str(stopped.value.code)
    assert re.match(r"error: [^\n]+$", message)
    return message


def test_errors_are_one_line_and_write_nothing(labelled_run, own_run, tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    out = tmp_path / "page"
    assert "no such run" in fails([tmp_path / "gone", "--out", out], capsys)
    assert "file: is a file" in fails([labelled_run, "--out", tmp_path / "file"], capsys)
    assert "--max_clips: expected at least 1, got 0" in fails([labelled_run, "--out", out, "--max_clips", 0], capsys)
    overlay = [labelled_run, "--out", out, "--overlay", tmp_path / "o.mp4"]
    assert "--overlay: " in (message := fails(overlay, capsys))
    assert "only a user's own videos are drawn into. Leave it out" in message
    assert "Make a page for each" in fails([labelled_run, own_run, "--out", out], capsys)
    assert (tmp_path / "file").read_text() == "mine"
    assert not out.exists()


def test_a_failure_leaves_the_page_before_it(labelled_run, tmp_path, capsys):
    out = tmp_path / "page"
    main([str(labelled_run), "--out", str(out), "--no_controls"])
    before = (out / "index.html").read_bytes()
    with (labelled_run / "predictions.jsonl").open("a") as file:
        file.write("{torn")
    assert "predictions.jsonl, line 5: is no JSON" in fails([labelled_run, "--out", out, "--no_controls"], capsys)
    assert (out / "index.html").read_bytes() == before


@pytest.fixture
def interruptible():
    """Python's own handler: a process that a shell has started in the background ignores the signal."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_is_one_line(own_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("trainer.report.__main__.read_runs", lambda paths: signal.raise_signal(signal.SIGINT))
    with pytest.raises(SystemExit) as stopped:
        main([str(own_run), "--out", str(tmp_path / "page")])
    assert stopped.value.code == 130
    assert capsys.readouterr().err == "\nstopped; no page was written\n"
    assert list(tmp_path.glob("*page*")) == []


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_while_a_control_is_answered(labelled_run, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("trainer.predict.predict", lambda options: signal.raise_signal(signal.SIGINT))
    with pytest.raises(SystemExit) as stopped:
        main([str(labelled_run), "--out", str(tmp_path / "page")])
    assert stopped.value.code == 130
    assert capsys.readouterr().err.endswith("\nstopped; no page was written\n")
