"""What a visitor does on the page and sees there."""

from pathlib import Path

from tests.browser import wait_for
from trainer.report.words import percent


def find(browser, selector):
    return browser.find_element("css selector", selector)


def open_page(browser, address):
    browser.get(address)
    for selector in ("#result", "#ask", "#decode input", "#example_press_elbows", "#clip input[type=file]"):
        wait_for(lambda selector=selector: browser.find_elements("css selector", selector))


def drop(browser, path):
    """Put a file in, and wait until it has arrived."""
    find(browser, "#clip input[type=file]").send_keys(str(path))
    wait_for(lambda: find(browser, "#clip .file-preview"))


def ask(browser):
    find(browser, "#ask").click()


def shown(browser, name):
    """The answer to the clip of that name, once it is there."""
    return wait_for(lambda: find(browser, f'#result .answer[data-answer="{name}"]'))


def text_of(element, selector):
    return [found.text for found in element.find_elements("css selector", selector)]


def uploads(scratch) -> list[Path]:
    """Files of visitors on the server, wherever."""
    return [path for path in scratch.rglob("*") if path.suffix in (".mp4", ".webm", ".mkv") or path.stem[:3] == "tmp"]


def expected(row):
    """Table of errors, as the page has it, from a row of the command line."""
    labels = {"squat": ("knees_forward", "knees_inward"), "overhead_press": ("elbows", "knees")}[row["exercise"]]
    spans = {error["label"]: f"{error['start']:.2f}–{error['end']:.2f} s" for error in row["errors"]}
    return [
        (
            label.replace("_", " "),
            "yes" if label in spans else "no",
            percent(row["scores"][label]),
            spans.get(label, "–"),
        )
        for label in labels
    ]


def errors_shown(answer):
    rows = answer.find_elements("css selector", ".repetition .errors tbody tr")
    return [tuple(text_of(row, "th, td")) for row in rows]
