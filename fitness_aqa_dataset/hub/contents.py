"""What is never sent: pickles, tokens, paths of one machine. They are looked for before any request."""

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from pathlib import Path

from huggingface_hub import get_token
from tqdm import tqdm

from .machine_paths import MACHINE_PATH, is_config, read_config
from .options import SHORTEN_FLAG
from .parcel import Parcel, size_of
from .pickles import find_pickle

MAX_TEXT_BYTES = 20_000_000
# Tokens as Hugging Face, GitHub, OpenAI, Amazon, Google, Slack give them; private keys; passwords in addresses.
SECRET = re.compile(
    r"\bhf_[A-Za-z0-9]{20,}|\bgh[pousr]_[A-Za-z0-9]{20,}|\bgithub_pat_[A-Za-z0-9_]{20,}|\bsk-[A-Za-z0-9_-]{20,}"
    r"|\bAKIA[A-Z0-9]{16}\b|\bAIza[A-Za-z0-9_-]{35}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----|https?://[^\s/:@]+:[^\s/:@]+@"
)
SECRET_NAME = re.compile(
    r"^(token|(.*_)?(hub|hf|huggingface|access|auth|api|bearer|wandb|github)_token|(.*_)?api_?key|(.*_)?secret(_key)?"
    r"|(.*_)?passw(or)?d)$",
    re.IGNORECASE,
)
# transformers blacks out what it writes: `<HUB_TOKEN>`
BLACKED_OUT = re.compile(r"^(<.*>|\**|None|null)$")


def check_contents(parcels: list[Parcel]) -> None:
    """
    Refuse what must not leave the machine.

    Args:
        parcels (`list[Parcel]`):
            What is to be sent.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: At the first file that must not be sent, with how many more there are. Secrets are not printed.
    """
    files = [(parcel.repo_id, name, content) for parcel in parcels for name, content in parcel.files.items()]
    bar = tqdm(files, desc="looking for what must not be sent", unit="file", delay=2, leave=False)
    problems = [problem for _, name, content in bar for problem in _problems(name, content)]
    if problems:
        others = f" ({len(problems) - 1} more like this)" if len(problems) > 1 else ""
        raise ValueError(f"{problems[0]}{others}")


def _problems(name: str, content: Path | bytes) -> Iterator[str]:
    shown = name if isinstance(content, bytes) else str(content)
    if why := find_pickle(name, content):
        yield f"{shown}: {why}, which can run code when it is read; send safetensors instead, or take the file away"
        return
    if size_of(content) > MAX_TEXT_BYTES:
        return
    raw = content if isinstance(content, bytes) else content.read_bytes()
    text = _as_text(raw)
    if text is None:
        return
    yield from _secrets(shown, text)
    if is_config(name):
        yield from _config_problems(shown, text)


def _as_text(raw: bytes) -> str | None:
    """The characters of a text, also where a single byte is no UTF-8; `None` for weights, clips and pictures."""
    if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return raw.decode("utf-16", errors="replace")
    if b"\0" in raw[:8192]:
        return None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _secrets(shown: str, text: str) -> Iterator[str]:
    token = get_token()
    for number, line in enumerate(text.splitlines(), start=1):
        if SECRET.search(line) or (token is not None and token in line):
            yield (
                f"{shown}, line {number}: holds what looks like a token or password (not shown here); take it out, "
                "and make it invalid where it was given"
            )


def _config_problems(shown: str, text: str) -> Iterator[str]:
    try:
        values = list(_values(read_config(shown, text)))
    except RecursionError:
        yield f"{shown}: holds itself, or is nested too deep; mend it or take it away"
        return
    except ValueError as error:
        yield str(error)
        return
    for keys, value in values:
        where = f"{shown}, `{'.'.join(keys)}`"
        if keys and SECRET_NAME.match(keys[-1]) and not BLACKED_OUT.match(value):
            yield f"{where}: holds what its name says is secret (not shown here); take it out"
        elif MACHINE_PATH.search(value):
            yield (
                f"{where}: {value[:80]!r} is a path of one machine; write a name or a relative path there, or add "
                f"{SHORTEN_FLAG}, which sends the last part only"
            )


def _values(tree: object, keys: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Texts and whole numbers with the way to them; a key is looked at like a text in its own place."""
    if isinstance(tree, str):
        yield keys, tree
    elif isinstance(tree, int) and not isinstance(tree, bool):
        yield keys, str(tree)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield keys, str(key)
            yield from _values(value, (*keys, str(key)))
    elif isinstance(tree, list):
        for value in tree:
            yield from _values(value, keys)
