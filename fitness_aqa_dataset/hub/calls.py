"""Calls to the Hub: repeated where the connection or the server fails, one line where they cannot be made."""

import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from types import FrameType

from huggingface_hub import HfApi, constants, get_token
from huggingface_hub.errors import HfHubHTTPError, HTTPError
from huggingface_hub.hf_api import DatasetInfo, ModelInfo, SpaceInfo

# A server that restarts is back within seconds, and the commit call is the one that the client does not repeat itself.
WAITS_S = (1, 2, 4, 8)

LOGIN = "log in with `hf auth login`, or set HF_TOKEN to a token that may write"
# What a status means to the person who pushes, where the Hub's own words do not say what to do.
CURES = {
    409: "; somebody else has sent something meanwhile: run the same command again",
    412: "; somebody else has sent something meanwhile: run the same command again",
    413: "; a file or the whole is larger than the Hub takes: see what is listed above",
}


def require_token() -> None:
    """
    Raise before anything is asked where nobody is logged in.

    Raises:
        ValueError: If there is no token, or it has characters that no token has.
    """
    token = get_token()
    if token is None:
        raise ValueError(f"no token for the Hub: {LOGIN}")
    if not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError(f"the token for the Hub has characters that no token has: {LOGIN}")


def call(function: Callable) -> object:
    """
    The result of a call to the Hub.

    Args:
        function (`Callable`):
            Without arguments; called again after each of `WAITS_S` where the Hub does not answer.

    Returns:
        What `function` returns.

    Raises:
        ValueError: If the Hub refuses it.
        ConnectionError: If the Hub does not answer within five tries.
    """
    for wait_s in (*WAITS_S, None):
        try:
            return function()
        except (HTTPError, RuntimeError, JSONDecodeError) as error:
            # what goes wrong in the threads that send large files comes out as RuntimeError
            cause = error.__cause__ or error if isinstance(error, RuntimeError) else error
            status = cause.response.status_code if isinstance(cause, HfHubHTTPError) else None
            if status in (401, 403):
                raise ValueError(f"the Hub refuses this token: {_text(cause)}; {LOGIN}") from None
            if status is not None and status < 500 and status != 429:
                raise ValueError(f"the Hub refuses this: {_text(cause)}{CURES.get(status, '')}") from None
            if wait_s is None:
                reason = f"{constants.ENDPOINT}: the Hub does not answer ({_text(cause)})"
                raise ConnectionError(f"{reason}; start again later: what has arrived is not sent twice") from None
            print(f"the Hub does not answer, next try in {wait_s} s: {_text(cause)}", file=sys.stderr)
            time.sleep(wait_s)


def find_repository(api: HfApi, repo_id: str, repo_type: str) -> ModelInfo | DatasetInfo | SpaceInfo | None:
    """
    What the Hub says of a repository.

    Args:
        api (`HfApi`):
            The client.
        repo_id (`str`), repo_type (`str`):
            Its name, and `model`, `dataset` or `space`.

    Returns:
        `ModelInfo`, `DatasetInfo` or `SpaceInfo`, *optional*: With `private` and the newest commit `sha`; `None` where
        there is no such repository.

    Raises:
        ValueError, ConnectionError: As in [`call`].
    """
    if not call(lambda: api.repo_exists(repo_id, repo_type=repo_type)):
        return None
    return call(lambda: api.repo_info(repo_id, repo_type=repo_type))


@contextmanager
def says_how_to_stop() -> Iterator[None]:
    """At Ctrl-C, the client waits for the files that are on their way: say so at once, and how not to wait."""
    before = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        print("\nstopping when the files on their way have arrived; Ctrl-C again stops at once", file=sys.stderr)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _text(error: Exception) -> str:
    """On one line; of an address without what follows the question mark, which can be a permission."""
    if isinstance(error, JSONDecodeError):
        return "what it says is no JSON"
    return re.sub(r"(https?://[^\s?]+)\?[^\s)>'\"]+", r"\1", " ".join(str(error).split())) or type(error).__name__
