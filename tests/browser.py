"""A real headless Chromium, and pages of ours running for it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
NEEDED = "install what the page's test needs: pip install -e '.[spaces]', apt-get install chromium chromium-driver"
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --window-size=1280,1800"
).split()


def skip_without_chromium() -> None:
    """Skip the module that calls this where pages cannot be looked at."""
    for package in ("gradio", "selenium.webdriver"):
        pytest.importorskip(package, reason=NEEDED)
    if not (CHROMIUM and DRIVER):
        pytest.skip(NEEDED, allow_module_level=True)


@contextmanager
def open_browser(profile: Path, **capabilities: object) -> Iterator:
    """
    Start Chromium.

    Args:
        profile (`Path`): A new folder for what it keeps.
        capabilities: More of them, such as which logs it writes.

    Returns:
        A context with its `selenium.webdriver.Chrome`.
    """
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    for name, value in capabilities.items():
        options.set_capability(name, value)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def serve(app: Path, scratch: Path, cwd: Path | None = None, **environment: str) -> Iterator[str]:
    """
    Run a page's program in a process of its own.

    Args:
        app (`Path`): The program.
        scratch (`Path`): Folder for its log (`log.txt`), caches and uploads.
        cwd (`Path`, *optional*): Where it runs; `scratch` by default.
        environment: More variables for it.

    Returns:
        A context with the page's address.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    url, log_path = f"http://127.0.0.1:{port}/", scratch / "log.txt"
    own = {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False", "NO_PROXY": "127.0.0.1"}
    own |= {"HF_HOME": str(scratch), "GRADIO_TEMP_DIR": str(scratch)}
    with log_path.open("w") as log:
        server = subprocess.Popen(
            [sys.executable, str(app)], env=os.environ | own | environment, stdout=log, stderr=log, cwd=cwd or scratch
        )
    try:
        for _ in range(240):
            assert server.poll() is None, log_path.read_text()
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        yield url
    finally:
        server.terminate()
        server.wait(20)


def wait_for(look: Callable, seconds: float = 120):
    """What `look` returns as soon as it is true; an element that is not there yet, or not any more, is not."""
    from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := look():
                return found
        except (NoSuchElementException, StaleElementReferenceException):
            pass
        time.sleep(0.1)
    raise AssertionError("the page did not show it in time")
